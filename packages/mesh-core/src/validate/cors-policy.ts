import type { HttpRoute } from '@heddle/schema';
import { durationFindings } from './durations.ts';
import { stringMatchFindings } from './patterns.ts';
import { type RuleFinding, schemaError } from './rule.ts';

const methods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  '*',
]);

/** A CORS policy names origins, methods and headers that there can be (IST0106). */
export function* corsFindings(path: string, policy: HttpRoute['corsPolicy']): Iterable<RuleFinding> {
  if (policy === undefined) return;
  for (const [i, origin] of (policy.allowOrigins ?? []).entries()) {
    const at = `${path}.allowOrigins[${i}]`;
    if ([origin.exact, origin.prefix, origin.regex].every((text) => (text ?? '') === '')) {
      yield schemaError(at, 'the origin is empty; give it exact, prefix or regex');
    } else {
      yield* stringMatchFindings(at, origin);
    }
  }
  for (const [i, method] of (policy.allowMethods ?? []).entries()) {
    if (methods.has(method)) continue;
    yield schemaError(
      `${path}.allowMethods[${i}]`,
      `"${method}" is not a method; write it as GET, or * for any`,
    );
  }
  for (const field of ['allowHeaders', 'exposeHeaders'] as const) {
    for (const [i, name] of (policy[field] ?? []).entries()) {
      // RFC 9110 §5.6.2: a token; * is one too.
      if (/^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/.test(name)) continue;
      yield schemaError(`${path}.${field}[${i}]`, `"${name}" is not the name of a header`);
    }
  }
  yield* durationFindings(`${path}.maxAge`, policy.maxAge, 's');
}
