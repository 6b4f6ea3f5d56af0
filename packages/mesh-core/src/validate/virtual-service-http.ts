import type { Destination, HttpRoute } from '@heddle/schema';
import { corsFindings } from './cors-policy.ts';
import { durationFindings } from './durations.ts';
import { faultFindings } from './fault-injection.ts';
import { headerFindings, isAuthority } from './header-operations.ts';
import { isDnsLabel, wildcardHostError } from './host-names.ts';
import { patternError } from './patterns.ts';
import { retryFindings } from './retries.ts';
import { errorIf, exclusive, type RuleFinding, documentRule, schemaError, schemaWarning } from './rule.ts';

/** What one rule under http does: one action, and settings that go together with it (IST0106). */
export const virtualServiceHttp = documentRule('virtualServices', function* ({ object: { spec } }) {
  const isDelegate = (spec.hosts ?? []).length === 0;
  for (const [i, rule] of (spec.http ?? []).entries()) {
    const path = `spec.http[${i}]`;
    yield* actionFindings(path, rule, isDelegate);
    yield* headerFindings(`${path}.headers`, rule.headers);
    yield* corsFindings(`${path}.corsPolicy`, rule.corsPolicy);
    yield* faultFindings(`${path}.fault`, rule.fault);
    yield* mirrorFindings(path, rule);
    yield* redirectFindings(`${path}.redirect`, rule);
    yield* directResponseFindings(`${path}.directResponse`, rule.directResponse);
    yield* retryFindings(`${path}.retries`, rule.retries);
    yield* rewriteFindings(path, rule);
    for (const [r, { destination, headers }] of (rule.route ?? []).entries()) {
      yield* headerFindings(`${path}.route[${r}].headers`, headers);
      yield* destinationFindings(`${path}.route[${r}].destination`, destination);
    }
    yield* durationFindings(`${path}.timeout`, rule.timeout);
  }
});

function* actionFindings(path: string, rule: HttpRoute, isDelegate: boolean): Iterable<RuleFinding> {
  const together = (first: keyof HttpRoute, ...others: (keyof HttpRoute)[]) =>
    others
      .filter((other) => rule[other] !== undefined)
      .map((other) =>
        schemaError(`${path}.${other}`, `${first} and ${other} exclude each other; keep one of them`),
      );
  if (rule.delegate !== undefined && !isDelegate) {
    yield* together('delegate', 'redirect', 'route');
    return;
  }
  if (rule.delegate !== undefined) {
    yield schemaError(
      `${path}.delegate`,
      'this is a delegate itself (it has no hosts): it cannot delegate further',
    );
  }
  if (rule.redirect !== undefined) {
    yield* together('redirect', ...nonEmptyRoute(rule), 'fault', 'rewrite', 'directResponse');
  } else if (rule.directResponse !== undefined) {
    yield* together('directResponse', ...nonEmptyRoute(rule), 'fault', 'rewrite');
  } else if ((rule.route ?? []).length === 0) {
    yield schemaError(
      rule.route === undefined ? path : `${path}.route`,
      'the rule has no action; give it a route with a destination, a redirect or a directResponse',
    );
  }
  if (rule.mirror !== undefined && (rule.mirrors ?? []).length > 0) {
    yield schemaError(`${path}.mirrors`, 'mirror and mirrors exclude each other; keep mirrors');
  }
}

function nonEmptyRoute({ route }: HttpRoute): 'route'[] {
  return (route ?? []).length > 0 ? ['route'] : [];
}

function* mirrorFindings(path: string, rule: HttpRoute): Iterable<RuleFinding> {
  for (const field of ['mirrorPercent', 'mirror_percent'] as const) {
    if (rule[field] !== undefined) {
      yield schemaWarning(`${path}.${field}`, `${field} is deprecated; write mirrorPercentage.value`);
    }
  }
  if (rule.mirror !== undefined) yield* destinationFindings(`${path}.mirror`, rule.mirror);
  for (const [i, { destination }] of (rule.mirrors ?? []).entries()) {
    yield* destinationFindings(`${path}.mirrors[${i}].destination`, destination);
  }
}

/** Host, subset and port of a destination have the right form; whether they exist is another question. */
export function* destinationFindings(
  path: string,
  { host, subset = '' }: Destination,
): Iterable<RuleFinding> {
  yield* errorIf(
    `${path}.host`,
    host === '*' ? '"*" is no destination; name a service' : wildcardHostError(host),
  );
  if (subset !== '' && !isDnsLabel(subset)) {
    yield schemaError(
      `${path}.subset`,
      `"${subset}" cannot be the name of a subset; use letters, digits and -`,
    );
  }
}

function* redirectFindings(path: string, { redirect, match }: HttpRoute): Iterable<RuleFinding> {
  if (redirect === undefined) return;
  yield* exclusive(path, redirect, ['port', 'derivePort']);
  const { uri = '', prefixRewrite = '', authority = '', scheme = '' } = redirect;
  if (uri !== '' && prefixRewrite !== '') {
    yield schemaError(`${path}.prefixRewrite`, 'uri and prefixRewrite exclude each other; keep one of them');
  }
  if (
    prefixRewrite !== '' &&
    (match ?? []).some((one) => one.uri !== undefined && one.uri.prefix === undefined)
  ) {
    yield schemaError(
      `${path}.prefixRewrite`,
      'a prefix can be rewritten only where every uri is matched by prefix',
    );
  }
  const hasPort = redirect.port !== undefined || redirect.derivePort !== undefined;
  if ([uri, prefixRewrite, authority, scheme].every((text) => text === '') && !hasPort) {
    yield schemaError(
      path,
      'the redirect leads nowhere else; give it a uri, prefixRewrite, authority, scheme or port',
    );
  }
  if (!['', 'http', 'https'].includes(scheme)) {
    yield schemaError(`${path}.scheme`, `"${scheme}" is not a scheme of HTTP; expected http or https`);
  }
}

function* directResponseFindings(path: string, response: HttpRoute['directResponse']): Iterable<RuleFinding> {
  const { body } = response ?? {};
  if (body === undefined) return;
  yield* exclusive(`${path}.body`, body, ['string', 'bytes']);
  const { string, bytes = '' } = body;
  // RFC 4648 §4, with its padding.
  if (bytes.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bytes)) {
    yield schemaError(`${path}.body.bytes`, 'the bytes are not base64; write text under string instead');
  }
  const size = string === undefined ? (bytes.replace(/=+$/, '').length * 3) >> 2 : byteLength(string);
  if (size > 1_048_576) {
    yield schemaError(`${path}.body`, `the body has ${size} bytes, at most 1 MiB; let a service answer it`);
  } else if (size > 102_400) {
    yield schemaWarning(
      `${path}.body`,
      `the body has ${size} bytes, and every proxy holds it; let a service answer it`,
    );
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function* rewriteFindings(path: string, { rewrite, headers }: HttpRoute): Iterable<RuleFinding> {
  const { uri = '', authority = '', uriRegexRewrite } = rewrite ?? {};
  if (rewrite !== undefined) {
    if (uri !== '' && uriRegexRewrite !== undefined) {
      yield schemaError(
        `${path}.rewrite.uriRegexRewrite`,
        'uri and uriRegexRewrite exclude each other; keep one',
      );
    }
    if (uri === '' && authority === '' && uriRegexRewrite === undefined) {
      yield schemaError(
        `${path}.rewrite`,
        'the rewrite changes nothing; give it a uri, uriRegexRewrite or authority',
      );
    }
  }
  if (uriRegexRewrite !== undefined) {
    const at = `${path}.rewrite.uriRegexRewrite`;
    yield* errorIf(`${at}.match`, patternError(uriRegexRewrite.match ?? ''));
    if ((uriRegexRewrite.rewrite ?? '') === '') {
      yield schemaError(`${at}.rewrite`, 'rewrite is empty; say what takes the place of the match');
    }
  }
  const setting = (['set', 'add'] as const).flatMap((operation) =>
    Object.keys(headers?.request?.[operation] ?? {})
      .filter(isAuthority)
      .map((name) => `${path}.headers.request.${operation}[${JSON.stringify(name)}]`),
  );
  const second = authority === '' ? setting[1] : setting[0];
  if (second !== undefined) yield schemaError(second, 'the authority is set twice; keep one of them');
}
