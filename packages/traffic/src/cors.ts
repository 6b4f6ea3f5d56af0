import type { CorsPolicy } from './ir.ts';
import { compileStringMatch } from './string-match.ts';

/** The parts of a request that CORS looks at. */
export interface CorsRequest {
  readonly method: string;
  /** @param name lower case */
  header(name: string): string | undefined;
}

export type CorsDecision =
  /** No request of a browser for another origin, or one without permission: it goes on as it is. */
  | { readonly kind: 'pass' }
  /** It goes on, and its response gets these fields. */
  | { readonly kind: 'permit'; readonly responseHeaders: readonly CorsHeader[] }
  /** A preflight that the proxy answers itself, with 200. */
  | { readonly kind: 'answer'; readonly responseHeaders: readonly CorsHeader[] };

export interface CorsHeader {
  readonly name: string;
  readonly value: string;
}

/**
 * What a policy says to a request.
 *
 * @see Envoy's CORS filter; https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function decideCors(policy: CorsPolicy, request: CorsRequest): CorsDecision {
  const origin = request.header('origin');
  if (origin === undefined || origin === '') return { kind: 'pass' };
  const isPreflight =
    request.method === 'OPTIONS' && (request.header('access-control-request-method') ?? '') !== '';
  if (!isAllowed(policy, origin)) {
    return isPreflight && !policy.forwardUnmatchedPreflights
      ? { kind: 'answer', responseHeaders: [] }
      : { kind: 'pass' };
  }
  const permission = [
    { name: 'access-control-allow-origin', value: origin },
    ...(policy.allowCredentials ? [{ name: 'access-control-allow-credentials', value: 'true' }] : []),
    ...listed('access-control-expose-headers', policy.exposeHeaders),
  ];
  if (!isPreflight) return { kind: 'permit', responseHeaders: permission };
  const { allowMethods, allowHeaders, maxAgeSeconds } = policy;
  return {
    kind: 'answer',
    responseHeaders: [
      ...permission,
      ...listed('access-control-allow-methods', allowMethods),
      ...listed('access-control-allow-headers', allowHeaders),
      ...(maxAgeSeconds === undefined
        ? []
        : [{ name: 'access-control-max-age', value: String(maxAgeSeconds) }]),
    ],
  };
}

function listed(name: string, values: readonly string[]): CorsHeader[] {
  return values.length === 0 ? [] : [{ name, value: values.join(',') }];
}

/** The IR is immutable: its patterns are compiled at the first request, not at each. */
const compiled = new WeakMap<CorsPolicy, readonly ((origin: string) => boolean)[]>();

function isAllowed(policy: CorsPolicy, origin: string): boolean {
  const matches = compiled.get(policy) ?? policy.allowOrigins.map(compileStringMatch);
  compiled.set(policy, matches);
  return matches.some((isMatch) => isMatch('*') || isMatch(origin));
}
