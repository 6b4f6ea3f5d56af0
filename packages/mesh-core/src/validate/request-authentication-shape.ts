import type { JwtRule } from '@heddle/schema';
import { durationMs } from '../world/duration.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** What a RequestAuthentication must say of each issuer: who it is, keys that can be read, where tokens are (IST0106). */
export const requestAuthenticationShape: Rule = function* (world) {
  for (const document of world.documents.requestAuthentications) {
    for (const [i, rule] of (document.object.spec?.jwtRules ?? []).entries()) {
      for (const finding of ruleFindings(rule, `spec.jwtRules[${i}]`)) yield [document, finding];
    }
  }
};

function* ruleFindings(rule: JwtRule, path: string): Iterable<RuleFinding> {
  const uri = rule.jwksUri ?? rule.jwks_uri ?? '';
  if ((rule.issuer ?? '') === '' && uri === '') {
    yield error(`${path}.issuer`, 'neither issuer nor jwksUri is given; name the issuer of the tokens');
  }
  if (uri !== '' && !isHttpUrl(uri)) {
    yield error(`${path}.jwksUri`, `"${uri}" is no http or https URL; name where the keys are`);
  }
  if (rule.jwks !== undefined && rule.jwks !== '') yield* keyFindings(rule.jwks, `${path}.jwks`);
  for (const field of ['audiences', 'fromParams', 'fromCookies'] as const) {
    for (const [i, value] of (rule[field] ?? []).entries()) {
      if (value === '') yield error(`${path}.${field}[${i}]`, 'the value is empty; remove it');
    }
  }
  for (const [i, { name }] of (rule.fromHeaders ?? []).entries()) {
    if (name === '') yield error(`${path}.fromHeaders[${i}].name`, 'the header has no name');
  }
  for (const [i, { header, claim }] of (rule.outputClaimToHeaders ?? []).entries()) {
    const at = `${path}.outputClaimToHeaders[${i}]`;
    if (header === '' || claim === '') yield error(at, 'header and claim are both needed');
    else if (!/^[-\w]+$/.test(header)) yield error(`${at}.header`, `"${header}" is not a header name`);
  }
  if (rule.timeout !== undefined && (durationMs(rule.timeout) ?? 0) < 1) {
    yield error(`${path}.timeout`, `"${rule.timeout}" is not a duration of at least 1ms, such as 5s`);
  }
}

function* keyFindings(jwks: string, path: string): Iterable<RuleFinding> {
  let keys: unknown[];
  try {
    const set: unknown = JSON.parse(jwks);
    keys = isObject(set) && Array.isArray(set['keys']) ? set['keys'] : [set];
  } catch (cause) {
    yield error(path, `the keys are not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
    return;
  }
  for (const [i, key] of keys.entries()) {
    if (!isObject(key) || typeof key['kty'] !== 'string') {
      yield error(path, `key ${i} is no JSON Web Key: it has no "kty" (RFC 7517 §4.1)`);
    } else if ('d' in key || key['kty'] === 'oct') {
      yield {
        code: 'IST0133',
        severity: 'warning',
        path,
        message: `key ${i} is private: only public keys are needed to verify tokens; take it out and replace it everywhere`,
      };
    }
  }
}

function isHttpUrl(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function error(path: string, message: string): RuleFinding {
  return { code: 'IST0106', severity: 'error', path, message };
}
