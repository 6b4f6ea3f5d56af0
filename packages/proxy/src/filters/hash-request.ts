import { randomBytes } from 'node:crypto';
import { cookieOf, type HashPolicy, requestHash } from '@heddle/traffic';
import type { Filter } from './filter.ts';

type CookiePolicy = Extract<HashPolicy, { kind: 'cookie' }>;

/** Hashes what the route's destinations are chosen by. A cookie with a lifetime is made for a client that has none. */
export const hashRequest: Filter = {
  name: 'hash-request',

  onRequest(exchange) {
    const policies = exchange.action?.hashPolicies;
    if (policies === undefined) return undefined;
    const { requestHeaders, downstream } = exchange;
    const sent = requestHeaders.get('cookie');
    const missing = policies.find(
      (one): one is CookiePolicy =>
        one.kind === 'cookie' && one.ttlMs !== undefined && cookieOf(sent, one.name) === undefined,
    );
    let cookie = sent;
    if (missing !== undefined) {
      const value = randomBytes(8).toString('hex');
      exchange.stickyCookie = cookieText(missing, value);
      // The request is hashed as the next one will be, which brings the cookie along.
      cookie = `${sent ?? ''}; ${missing.name}=${value}`;
    }
    exchange.hash = requestHash(policies, {
      header: (name) => (name === 'cookie' ? cookie : requestHeaders.get(name)),
      path: exchange.originalPath,
      sourceIp: downstream.remoteAddress,
    });
    return undefined;
  },

  onResponse({ stickyCookie }, { headers }) {
    if (stickyCookie !== undefined) headers.add('set-cookie', stickyCookie);
  },
};

/** @see RFC 6265 §4.1; a lifetime of 0 is a cookie of the browser's session (Envoy) */
function cookieText({ name, path, ttlMs = 0, attributes }: CookiePolicy, value: string): string {
  return [
    `${name}="${value}"`,
    ...(ttlMs === 0 ? [] : [`Max-Age=${Math.round(ttlMs / 1000)}`]),
    ...(path === '' ? [] : [`Path=${path}`]),
    ...attributes.map((one) => (one.value === '' ? one.name : `${one.name}=${one.value}`)),
    'HttpOnly',
  ].join('; ');
}
