import type { CorsPolicy } from './ir/index.ts';
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
  const isPermitted = isAllowed(policy, origin);
  if (!isPermitted && (!isPreflight(request) || policy.forwardUnmatchedPreflights)) return { kind: 'pass' };
  const credentials = policy.allowCredentials
    ? [{ name: 'access-control-allow-credentials', value: 'true' }]
    : [];
  const permission = isPermitted
    ? [
        { name: 'access-control-allow-origin', value: origin },
        ...credentials,
        ...listed('access-control-expose-headers', policy.exposeHeaders),
      ]
    : credentials; // which says nothing without the origin: Envoy's answer to a preflight is the same but for that
  if (!isPreflight(request)) return { kind: 'permit', responseHeaders: permission };
  const { allowMethods, allowHeaders, maxAgeSeconds } = policy;
  // A star is answered with what was asked for: with credentials a browser takes a star for a name.
  const answered = (values: readonly string[], asked: string) =>
    values.length === 1 && values[0] === '*' ? [request.header(asked) ?? ''].filter(Boolean) : values;
  return {
    kind: 'answer',
    responseHeaders: [
      ...permission,
      ...listed('access-control-allow-methods', answered(allowMethods, 'access-control-request-method')),
      ...listed('access-control-allow-headers', answered(allowHeaders, 'access-control-request-headers')),
      ...(maxAgeSeconds === undefined
        ? []
        : [{ name: 'access-control-max-age', value: String(maxAgeSeconds) }]),
    ],
  };
}

/** A browser asks whether it may send a request; no credentials come with it (Fetch standard, CORS protocol). */
export function isPreflight({ method, header }: CorsRequest): boolean {
  return (
    method === 'OPTIONS' &&
    (header('origin') ?? '') !== '' &&
    (header('access-control-request-method') ?? '') !== ''
  );
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
