import { RE2JS } from 're2js';
import { clusterDomain } from '../world/hostname.ts';
import type { Rule, RuleFinding } from './rule.ts';

type Entry = readonly [path: string, finding: Omit<RuleFinding, 'path'>];

/** What one VirtualService must have by itself: hosts, one action per rule, patterns that compile. */
export const virtualServiceShape: Rule = function* (world) {
  for (const document of world.documents.virtualServices) {
    const { spec } = document.object;
    const found: Entry[] = [];
    if ((spec.hosts ?? []).length === 0 && (spec.http ?? []).some(({ delegate }) => delegate !== undefined)) {
      found.push([
        'spec.hosts',
        error('hosts is missing: a rule without hosts matches nothing; name the service'),
      ]);
    }
    for (const [i, host] of (spec.hosts ?? []).entries()) {
      if (host === '*' && (spec.gateways ?? ['mesh']).includes('mesh')) {
        found.push([
          `spec.hosts[${i}]`,
          error(`"*" is not allowed on the mesh gateway; name a service, or a Gateway under spec.gateways`),
        ]);
      }
      if (host.includes('/') || host.trim() === '' || /[<>\s]/.test(host)) {
        found.push([
          `spec.hosts[${i}]`,
          error(
            `"${host}" is not a host name; write a service such as reviews or reviews.default.svc.${clusterDomain}`,
          ),
        ]);
      }
    }
    for (const [i, rule] of (spec.http ?? []).entries()) {
      const path = `spec.http[${i}]`;
      const actions = ['route', 'redirect', 'directResponse', 'delegate'] as const;
      const given = actions.filter((name) => rule[name] !== undefined);
      if (given.length === 0) {
        found.push([path, error('the rule has no action; give it a route, a redirect or a directResponse')]);
      } else if (given.length > 1) {
        found.push([
          `${path}.${given[1]}`,
          error(`${given.join(' and ')} exclude each other; keep one of them`),
        ]);
      }
      if (rule.route !== undefined && rule.route.length === 0) {
        found.push([`${path}.route`, error('route is empty; name at least one destination')]);
      }
      for (const [m, match] of (rule.match ?? []).entries()) {
        const at = `${path}.match[${m}]`;
        found.push(...stringMatch(`${at}.uri`, match.uri));
        found.push(...stringMatch(`${at}.method`, match.method));
        found.push(...stringMatch(`${at}.scheme`, match.scheme));
        found.push(...stringMatch(`${at}.authority`, match.authority));
        for (const field of ['headers', 'withoutHeaders', 'queryParams'] as const) {
          for (const [name, value] of Object.entries(match[field] ?? {})) {
            found.push(...stringMatch(`${at}.${field}.${name}`, value));
          }
        }
      }
      if (rule.rewrite?.uriRegexRewrite?.match !== undefined) {
        found.push(...regex(`${path}.rewrite.uriRegexRewrite.match`, rule.rewrite.uriRegexRewrite.match));
      }
      if (rule.fault?.abort !== undefined && rule.fault.abort.httpStatus === undefined) {
        found.push([
          `${path}.fault.abort.httpStatus`,
          error('fault.abort has no httpStatus; name the status to answer, such as 503'),
        ]);
      }
    }
    for (const [path, finding] of found) yield [document, { path, ...finding }];
  }
};

function error(message: string): Omit<RuleFinding, 'path'> {
  return { code: 'IST0106', severity: 'error', message };
}

function stringMatch(
  path: string,
  match: { exact?: string | undefined; prefix?: string | undefined; regex?: string | undefined } | undefined,
): Entry[] {
  if (match === undefined) return [];
  const given = (['exact', 'prefix', 'regex'] as const).filter((name) => match[name] !== undefined);
  if (given.length > 1) return [[path, error(`${given.join(' and ')} exclude each other; keep one of them`)]];
  return match.regex === undefined || match.regex === '*' ? [] : regex(`${path}.regex`, match.regex);
}

function regex(path: string, pattern: string): Entry[] {
  if (pattern.length > 1024)
    return [[path, error(`the pattern has ${pattern.length} characters, at most 1024`)]];
  try {
    RE2JS.compile(pattern);
    return [];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return [[path, error(`"${pattern}" is not a regular expression of RE2: ${why}`)]];
  }
}
