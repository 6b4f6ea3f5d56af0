import type { HeaderMatch, RouteProvider } from './ir/index.ts';
import { compileHeaderMatch, pathOf, type RouteRequest } from './match.ts';
import { cookieOf } from './request-hash.ts';

/** What a request is to a route that sends people to a provider. */
export type ProviderStep =
  /** It brings a token of its own, which the route verifies. */
  | 'pass'
  /** The person leaves. */
  | 'logout'
  /** The provider sends the person back. */
  | 'callback'
  /** It needs a session; without one the person is sent to the provider. */
  | 'session'
  /** It needs a session; without one it is refused, because nobody would see the provider's page. */
  | 'session-or-refuse';

/** In Envoy's order. */
export function providerStep(provider: RouteProvider, request: RouteRequest): ProviderStep {
  const path = pathOf(request.path);
  if (matchesAny(provider.passThrough, request)) return 'pass';
  if (path === provider.logoutPath) return 'logout';
  if (path === provider.redirectPath) return 'callback';
  return matchesAny(provider.denyRedirect, request) ? 'session-or-refuse' : 'session';
}

/** Whether a request brings the cookies of a session; whether they are good only the gateway can say. */
export function bringsSession({ cookies }: RouteProvider, request: Pick<RouteRequest, 'header'>): boolean {
  const sent = request.header('cookie');
  return cookieOf(sent, cookies.accessToken) !== undefined && cookieOf(sent, cookies.idToken) !== undefined;
}

/**
 * Whether secrets may go to a URL: it has to prove whose it is, which only the machine itself need not.
 * @param url as it is written; false for what is none
 */
export function isProviderUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username } = new URL(url);
  const isOwn = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return username === '' && (protocol === 'https:' || (protocol === 'http:' && isOwn));
}

/** The IR is immutable: its patterns are compiled at the first request, not at each. */
const compiled = new WeakMap<readonly HeaderMatch[], readonly ((request: RouteRequest) => boolean)[]>();

function matchesAny(headers: readonly HeaderMatch[], request: RouteRequest): boolean {
  let matchers = compiled.get(headers);
  if (matchers === undefined) compiled.set(headers, (matchers = headers.map(compileHeaderMatch)));
  return matchers.some((matches) => matches(request));
}
