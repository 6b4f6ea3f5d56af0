import { describe, expect, it } from 'vitest';
import type { HeaderMatch, RouteProvider } from './ir/index.ts';
import { bringsSession, isProviderUrl, providerStep } from './provider-login.ts';

const has = (name: string): HeaderMatch => ({ name, invert: false, treatMissingAsEmpty: false });
const provider: RouteProvider = {
  name: 'default/login',
  issuer: 'https://id.example',
  clientId: 'shop',
  clientSecret: '',
  cookieKey: '',
  scopes: ['openid'],
  resources: [],
  redirectUrl: 'https://shop.example/back',
  redirectPath: '/back',
  logoutPath: '/bye',
  forwardsAccessToken: false,
  idTokenHeader: '',
  cookies: { accessToken: 'a', idToken: 'i', suffix: '1', domain: '' },
  loginTtlMs: 1,
  tokenTtlMs: 0,
  refreshTokenTtlMs: 1,
  refreshes: false,
  denyRedirect: [has('x-script')],
  passThrough: [has('x-token')],
  from: [],
};
const request = (path: string, headers: Readonly<Record<string, string>> = {}) => ({
  authority: 'shop.example',
  method: 'GET',
  path,
  scheme: 'https',
  header: (name: string) => headers[name],
});

describe('a request to a route that asks for a login', () => {
  it.each([
    ['session', '/', {}],
    ['session', '/back/x', {}],
    ['callback', '/back?code=1', {}],
    ['logout', '/bye?now', {}],
    ['session-or-refuse', '/', { 'x-script': '1' }],
    ['pass', '/', { 'x-token': '1', 'x-script': '1' }],
    // A request that brings a token of its own is none of the provider's business wherever it goes.
    ['pass', '/back', { 'x-token': '1' }],
  ])('is taken for %s at %s with %j', (step, path, headers) => {
    expect(providerStep(provider, request(path, headers))).toBe(step);
  });

  it('brings a session with both tokens', () => {
    expect(bringsSession(provider, request('/', { cookie: 'a=1; i=2' }))).toBe(true);
    expect(bringsSession(provider, request('/', { cookie: 'a=1; b=2' }))).toBe(false);
    expect(bringsSession(provider, request('/'))).toBe(false);
  });
});

it('trusts URLs with TLS, and the machine itself, with nobody written into them', () => {
  for (const url of [
    'https://id.example/a?b',
    'http://localhost:1',
    'http://127.0.0.1:80/',
    'http://[::1]:1/',
  ])
    expect(isProviderUrl(url)).toBe(true);
  for (const url of [
    'http://id.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'https://id.example@evil.example',
    'javascript:alert(1)',
    'id.example',
    '',
  ])
    expect(isProviderUrl(url)).toBe(false);
});
