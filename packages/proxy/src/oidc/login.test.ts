/** Logins at a real gateway with a real provider, by a client that keeps cookies as a browser does. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { HttpConnectionManager, ProxySnapshot, Route, RouteProvider } from '@heddle/traffic';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemRuntime } from '../runtime.ts';
import { client, startIdentityProvider } from '../testing/identity-provider.ts';
import { type Answer, call, echo, seen, startApp, startTestProxy } from '../testing/mesh.ts';
import {
  cluster,
  endpoint,
  forward,
  gatewaySnapshot,
  route,
  virtualHost,
  weighted,
} from '../testing/snapshots.ts';
import { createTestCa } from '../testing/test-ca.ts';

const page = 'outbound|9080||productpage.default.svc.cluster.local';

function shopAt(issuer: string, over: Partial<RouteProvider> = {}): RouteProvider {
  return {
    name: 'default/login',
    issuer,
    clientId: client.id,
    clientSecret: 'client-secret://default/client',
    cookieKey: 'cookies://default/client/1',
    scopes: ['openid', 'email'],
    resources: [],
    redirectUrl: '%REQ(x-forwarded-proto)%://%REQ(:authority)%/oauth2/callback',
    redirectPath: '/oauth2/callback',
    logoutPath: '/logout',
    forwardsAccessToken: false,
    idTokenHeader: '',
    cookies: { accessToken: 'AccessToken-1', idToken: 'IdToken-1', suffix: '1', domain: '' },
    loginTtlMs: 600_000,
    tokenTtlMs: 0,
    refreshTokenTtlMs: 3_600_000,
    refreshes: false,
    denyRedirect: [],
    passThrough: [],
    from: [],
    ...over,
  };
}

/** A gateway before an application, whose routes need a login. */
async function startShop(
  issuer: string,
  {
    provider = {},
    routes = {},
    http = {},
    cookieKey = 'a key',
  }: {
    readonly http?: Partial<HttpConnectionManager>;
    readonly provider?: Partial<RouteProvider>;
    readonly routes?: Partial<Route>;
    readonly cookieKey?: string;
  } = {},
) {
  const app = await startApp(echo);
  const shop = shopAt(issuer, provider);
  const host = virtualHost(
    'shop',
    ['*'],
    [route(forward([weighted(page)]), { provider: shop.name, ...routes })],
  );
  const plain = gatewaySnapshot([host], [cluster(page)], { [page]: [endpoint(app.port)] });
  const snapshot: ProxySnapshot = {
    ...plain,
    listeners: plain.listeners.map((listener) => ({
      ...listener,
      filterChains: listener.filterChains.map((chain) => ({
        ...chain,
        http: { ...chain.http, routeProviders: [shop], ...http },
      })),
    })),
  };
  const clock = { aheadMs: 0 };
  const logged: string[] = [];
  const gateway = await startTestProxy({
    kind: 'gateway',
    workload: 'edge',
    labels: { app: 'edge' },
    snapshot,
    secrets: [
      { kind: 'opaque', name: shop.clientSecret, value: client.secret },
      { kind: 'opaque', name: shop.cookieKey, value: cookieKey },
    ],
    runtime: {
      ...systemRuntime,
      now: () => Date.now() + clock.aheadMs,
      log: (...line) => logged.push(JSON.stringify(line)),
    },
  });
  return { app, gateway, clock, logged, port: gateway.ports.gateway.get('0.0.0.0_8080') ?? 0 };
}

/** Keeps cookies, and follows redirects where it is told to. */
class Browser {
  readonly jar = new Map<string, string>();
  readonly #gateway: number;

  constructor(gateway: number) {
    this.#gateway = gateway;
  }

  async open(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await call(this.#gateway, path, {
      headers: {
        host: `127.0.0.1:${this.#gateway}`,
        ...(cookie === '' ? {} : { cookie }),
        ...headers,
      },
    });
    for (const field of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = '', age = ''] = /^([^=]+)=([^;]*);.*Max-Age=(\d+)/.exec(field) ?? [];
      if (age === '0') this.jar.delete(name);
      else this.jar.set(name, value);
    }
    return answer;
  }

  /** Over the provider's page and back. @returns what the gateway answers to the code */
  async logIn(path = '/cart?n=1'): Promise<Answer> {
    return this.open(await this.callback(path));
  }

  /** Where the provider sends the person back to. */
  async callback(path = '/cart?n=1'): Promise<string> {
    const sent = await this.open(path);
    const { host, pathname, search } = new URL(sent.headers.location ?? '');
    const asked = await call(Number(host.split(':')[1]), `${pathname}${search}`);
    const back = new URL(asked.headers.location ?? '');
    return `${back.pathname}${back.search}`;
  }
}

describe('a login', () => {
  it('leads to the provider and back to the page that was asked for, and then requests pass', async () => {
    const provider = await startIdentityProvider();
    const { app, port } = await startShop(provider.issuer);
    const browser = new Browser(port);
    const sent = await browser.open('/cart?n=1');
    expect(sent.status).toBe(302);
    const { origin, pathname, searchParams } = new URL(sent.headers.location ?? '');
    expect(origin + pathname).toBe(`${provider.issuer}/authorize`);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'shop',
      scope: 'openid email',
      redirect_uri: `http://127.0.0.1:${port}/oauth2/callback`,
      code_challenge_method: 'S256',
    });
    const back = await browser.logIn();
    expect([back.status, back.headers.location]).toEqual([302, '/cart?n=1']);
    expect(back.headers['cache-control']).toBe('no-store');
    for (const field of back.headers['set-cookie'] ?? [])
      expect(field).toMatch(/; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=Lax$/);
    expect(app.hits).toBe(0);
    const entered = await browser.open('/cart?n=1', { 'x-own': 'kept' });
    expect([entered.status, seen(entered).url]).toEqual([200, '/cart?n=1']);
    // Tokens stand in the cookies of their names, and nothing that a browser could not write stays.
    expect(seen(entered).headers['cookie']).toMatch(
      /^AccessToken-1=access-[\w-]+; IdToken-1=[\w-]+\.[\w-]+\.[\w-]+$/,
    );
    expect(seen(entered).headers['authorization']).toBeUndefined();
    expect([...browser.jar.values()].join()).not.toContain('access-');
  });

  it('keeps what else the browser has in cookies, and tells upstream the tokens that are asked for', async () => {
    const provider = await startIdentityProvider();
    const { port } = await startShop(provider.issuer, {
      provider: { forwardsAccessToken: true, idTokenHeader: 'x-id' },
    });
    const browser = new Browser(port);
    await browser.logIn();
    browser.jar.set('theme', 'dark');
    const { headers } = seen(await browser.open('/', { authorization: 'Bearer own', 'x-id': 'own' }));
    expect(headers['authorization']).toMatch(/^Bearer access-/);
    expect(headers['x-id']?.split('.')).toHaveLength(3);
    expect(headers['cookie']).toMatch(/^theme=dark; AccessToken-1=/);
  });

  it.each([
    [
      'client_secret_post',
      { token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'] },
      '',
    ],
    ['client_secret_basic', { token_endpoint_auth_methods_supported: ['client_secret_basic'] }, 'Basic '],
    ['client_secret_basic, when the provider does not say', {}, 'Basic '],
  ])('proves the client by %s', async (_, metadata, authorization) => {
    const provider = await startIdentityProvider(metadata);
    const { port } = await startShop(provider.issuer);
    expect((await new Browser(port).logIn()).status).toBe(302);
    const [asked] = provider.asked;
    expect(asked?.authorization.slice(0, 6)).toBe(authorization);
    expect(asked?.form.has('client_secret')).toBe(authorization === '');
  });

  it('holds at another gateway with the same secrets, and not at one with others', async () => {
    const provider = await startIdentityProvider();
    const one = new Browser((await startShop(provider.issuer)).port);
    await one.logIn();
    for (const [cookieKey, status] of [
      ['a key', 200],
      ['another key', 302],
    ] as const) {
      const { port } = await startShop(provider.issuer, { cookieKey });
      const other = new Browser(port);
      for (const [name, value] of one.jar) other.jar.set(name, value);
      expect((await other.open('/')).status).toBe(status);
    }
  });

  it('is asked for again when the session is over', async () => {
    const provider = await startIdentityProvider();
    const { port, clock } = await startShop(provider.issuer);
    const browser = new Browser(port);
    await browser.logIn();
    clock.aheadMs = 59_000;
    expect((await browser.open('/')).status).toBe(200);
    clock.aheadMs = 61_000;
    expect((await browser.open('/')).status).toBe(302);
  });

  it('is renewed with a refresh token, once for all requests of a page, and the next renewal follows', async () => {
    const provider = await startIdentityProvider();
    const { port, clock } = await startShop(provider.issuer, { provider: { refreshes: true } });
    const browser = new Browser(port);
    await browser.logIn();
    const first = seen(await browser.open('/')).headers['cookie'];
    clock.aheadMs = 61_000;
    const answers = await Promise.all([browser.open('/a'), browser.open('/b'), browser.open('/c')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(provider.asked.map(({ form }) => form.get('grant_type'))).toEqual([
      'authorization_code',
      'refresh_token',
    ]);
    const second = seen(await browser.open('/')).headers['cookie'];
    expect(second).not.toBe(first);
    clock.aheadMs = 122_000;
    expect((await browser.open('/')).status).toBe(200);
    expect(provider.asked).toHaveLength(3);
    provider.faults.claims = { sub: 'eve' };
    clock.aheadMs = 183_000;
    expect((await browser.open('/')).status).toBe(302);
  });

  it('ends at the logout path, here and at the provider', async () => {
    const provider = await startIdentityProvider();
    const { port } = await startShop(provider.issuer);
    const browser = new Browser(port);
    await browser.logIn();
    const left = await browser.open('/logout');
    expect(left.status).toBe(302);
    const { origin, pathname, searchParams } = new URL(left.headers.location ?? '');
    expect(origin + pathname).toBe(`${provider.issuer}/end`);
    expect(searchParams.get('post_logout_redirect_uri')).toBe(`http://127.0.0.1:${port}/`);
    expect(searchParams.get('id_token_hint')?.split('.')).toHaveLength(3);
    expect([...browser.jar.keys()]).toEqual([]);
    expect((await browser.open('/')).status).toBe(302);
  });

  it('of a large token is kept in several cookies, and one that does not fit is refused', async () => {
    const provider = await startIdentityProvider();
    const { port } = await startShop(provider.issuer);
    const browser = new Browser(port);
    provider.faults.answer = { access_token: 'a'.repeat(5000) };
    await browser.logIn();
    expect(browser.jar.has('AccessToken-1.1')).toBe(true);
    expect(seen(await browser.open('/')).headers['cookie']).toContain(`AccessToken-1=${'a'.repeat(5000)};`);
    provider.faults.answer = { access_token: 'a'.repeat(20_000) };
    const other = await new Browser(port).logIn();
    expect([other.status, other.text]).toEqual([503, 'the tokens of the provider do not fit into cookies']);
  });

  it('comes back to a site whose cookies are strict by a page of that site', async () => {
    const provider = await startIdentityProvider();
    const strict = { ...shopAt('').cookies, sameSite: 'Strict', domain: 'shop.example' } as const;
    const { port } = await startShop(provider.issuer, { provider: { cookies: strict } });
    const back = await new Browser(port).logIn('/cart?a="><script>');
    expect(back.status).toBe(200);
    expect(back.text).toContain('content="0;url=/cart?a=');
    expect(back.text).not.toContain('<script>');
    expect(back.headers['set-cookie']?.find((one) => one.startsWith('AccessToken-1='))).toMatch(
      /; Domain=shop\.example; Secure; HttpOnly; SameSite=Strict$/,
    );
  });
});

it('brings the token that the route verifies and decides by', async () => {
  const provider = await startIdentityProvider();
  const keys = await call(provider.port, '/keys');
  const ofAda = {
    kind: 'claim',
    path: ['sub'],
    match: { kind: 'exact', value: 'ada', ignoreCase: false },
    lists: false,
  } as const;
  const { port } = await startShop(provider.issuer, {
    routes: {
      tokens: 'default/login',
      authorization: {
        custom: [],
        audit: [],
        deny: [],
        allow: [
          {
            policy: { namespace: 'default', name: 'login' },
            rule: 0,
            dryRun: false,
            condition: ofAda,
            from: [],
          },
        ],
      },
    },
    http: {
      routeTokens: [
        {
          name: 'default/login',
          providers: [
            {
              issuer: provider.issuer,
              audiences: [client.id],
              jwks: { kind: 'inline', keys: keys.text },
              fromHeaders: [],
              fromParams: [],
              fromCookies: ['IdToken-1'],
              forwardToken: true,
              payloadHeader: '',
              claimToHeaders: [{ claim: 'sub', header: 'x-user' }],
              spaceDelimitedClaims: [],
              required: true,
              from: [],
            },
          ],
          failsOpen: false,
          recomputesRoute: false,
        },
      ],
    },
  });
  const ada = new Browser(port);
  await ada.logIn();
  expect(seen(await ada.open('/', { 'x-user': 'eve' })).headers['x-user']).toBe('ada');
  provider.faults.claims = { sub: 'eve' };
  const eve = new Browser(port);
  await eve.logIn();
  expect((await eve.open('/')).status).toBe(403);
});

describe('a login is refused', () => {
  it('with a state that this browser was not given, and with one that was changed', async () => {
    const provider = await startIdentityProvider();
    const { port, app } = await startShop(provider.issuer);
    const [mallory, ada] = [new Browser(port), new Browser(port)];
    const stolen = await mallory.callback();
    await ada.open('/');
    expect((await ada.open(stolen)).status).toBe(401);
    const own = await ada.callback();
    expect((await ada.open(own.replace(/state=..../, 'state=AAAA'))).status).toBe(401);
    expect((await ada.open('/oauth2/callback')).status).toBe(401);
    expect(provider.asked).toEqual([]);
    expect(app.hits).toBe(0);
    expect((await ada.open(own)).status).toBe(302);
  });

  it('with a code that was used before', async () => {
    const provider = await startIdentityProvider();
    const { port } = await startShop(provider.issuer);
    const browser = new Browser(port);
    const back = await browser.callback();
    const before = new Map(browser.jar);
    expect((await browser.open(back)).status).toBe(302);
    expect((await browser.open(back)).status).toBe(401);
    const thief = new Browser(port);
    for (const [name, value] of before) thief.jar.set(name, value);
    expect((await thief.open(back)).status).toBe(401);
    expect([...thief.jar.keys()].some((name) => name.startsWith('AccessToken'))).toBe(false);
  });

  it.each([
    ['another nonce', { claims: { nonce: 'another' } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['another issuer', { claims: { iss: 'https://else.example' } }],
    ['another audience', { claims: { aud: 'else' } }],
    ['several audiences and no authorized party', { claims: { aud: ['shop', 'else'] } }],
    ['another authorized party', { claims: { azp: 'else' } }],
    ['a key that the provider does not show', { isForged: true }],
    ['tokens that nobody knows the end of', { answer: { expires_in: undefined } }],
  ])('with %s', async (_, faults) => {
    const provider = await startIdentityProvider();
    const { port, logged } = await startShop(provider.issuer);
    const browser = new Browser(port);
    Object.assign(provider.faults, faults);
    expect((await browser.logIn()).status).toBe(401);
    expect((await browser.open('/')).status).toBe(302);
    expect(logged.join()).toContain('nobody could be logged in');
    expect(logged.join()).not.toMatch(/access-|hush|eyJ/);
  });

  it('after its time', async () => {
    const provider = await startIdentityProvider();
    const { port, clock } = await startShop(provider.issuer);
    const browser = new Browser(port);
    const back = await browser.callback();
    clock.aheadMs = 601_000;
    expect((await browser.open(back)).status).toBe(401);
  });

  it('while the provider cannot be reached, with a status that says so', async () => {
    const provider = await startIdentityProvider();
    const { port } = await startShop(provider.issuer);
    const browser = new Browser(port);
    const back = await browser.callback();
    provider.faults.status = 500;
    expect((await browser.open(back)).status).toBe(503);
    await provider.close();
    const other = await startShop(provider.issuer);
    const down = await new Browser(other.port).open('/');
    expect([down.status, down.text]).toEqual([503, 'the provider that people log in at cannot be reached']);
  });

  it('by a provider that speaks for another issuer or names an endpoint without TLS', async () => {
    for (const metadata of [
      { issuer: 'https://else.example' },
      { authorization_endpoint: 'http://else.example/authorize' },
      { jwks_uri: undefined },
    ]) {
      const provider = await startIdentityProvider(metadata);
      const { port } = await startShop(provider.issuer);
      expect((await new Browser(port).open('/')).status).toBe(503);
    }
  });
});

describe('a request without a session', () => {
  it('does not pass with a forged cookie, one of another name, or tokens of two logins', async () => {
    const provider = await startIdentityProvider();
    const { port, app } = await startShop(provider.issuer);
    const [one, two] = [new Browser(port), new Browser(port)];
    await one.logIn();
    await two.logIn();
    const access = one.jar.get('AccessToken-1') ?? '';
    const id = one.jar.get('IdToken-1') ?? '';
    const changed = `${access.slice(0, 60)}${access[60] === 'A' ? 'B' : 'A'}${access.slice(61)}`;
    for (const [accessToken, idToken] of [
      ['access', 'id'],
      [changed, id],
      [id, access],
      [access, access],
      [access, two.jar.get('IdToken-1') ?? ''],
      [access, ''],
    ] as const) {
      const other = new Browser(port);
      other.jar.set('AccessToken-1', accessToken).set('IdToken-1', idToken);
      expect((await other.open('/')).status).toBe(302);
    }
    expect(app.hits).toBe(0);
  });

  it('comes back to no other host, whatever path it asks for', async () => {
    const provider = await startIdentityProvider();
    const { port } = await startShop(provider.issuer);
    for (const path of ['//evil.example/a', '/%5c/evil.example', '///evil.example', '/\\\\evil.example']) {
      const browser = new Browser(port);
      const sent = await browser.open(path);
      if (sent.status !== 302) {
        expect(sent.status).toBe(400);
        continue;
      }
      const { location = '' } = (await browser.logIn(path)).headers;
      expect(new URL(location, 'https://shop.example').origin).toBe('https://shop.example');
    }
  });

  it('is answered 401 where nobody would see the page of the provider', async () => {
    const provider = await startIdentityProvider();
    const { port } = await startShop(provider.issuer, {
      provider: {
        denyRedirect: [
          {
            name: 'x-requested-with',
            match: { kind: 'exact', value: 'XMLHttpRequest', ignoreCase: false },
            invert: false,
            treatMissingAsEmpty: false,
          },
        ],
      },
    });
    const browser = new Browser(port);
    const script = { 'x-requested-with': 'XMLHttpRequest' };
    expect((await browser.open('/', script)).status).toBe(401);
    expect(browser.jar.size).toBe(0);
    await browser.logIn();
    expect((await browser.open('/', script)).status).toBe(200);
  });

  it('passes with a token that the route verifies, and takes no header along that only a login fills', async () => {
    const provider = await startIdentityProvider();
    const { port } = await startShop(provider.issuer, {
      provider: {
        idTokenHeader: 'x-id',
        passThrough: [
          {
            name: 'authorization',
            match: { kind: 'regex', value: 'Bearer \\s*\\S.*' },
            invert: false,
            treatMissingAsEmpty: false,
          },
        ],
      },
    });
    const passed = await new Browser(port).open('/', { authorization: 'Bearer a.b.c', 'x-id': 'ada' });
    expect(passed.status).toBe(200);
    expect(seen(passed).headers).not.toHaveProperty('x-id');
    expect((await new Browser(port).open('/', { authorization: 'Bearer ' })).status).toBe(302);
  });

  it('is refused where the route names a provider that nobody knows', async () => {
    const provider = await startIdentityProvider();
    const { port } = await startShop(provider.issuer, { routes: { provider: 'default/other' } });
    expect((await new Browser(port).open('/')).status).toBe(403);
  });

  it('makes no more than a few logins wait', async () => {
    const provider = await startIdentityProvider();
    const { port } = await startShop(provider.issuer);
    const browser = new Browser(port);
    for (let i = 0; i < 12; i++) await browser.open('/');
    expect(browser.jar.size).toBeLessThanOrEqual(5);
    expect((await browser.logIn()).status).toBe(302);
  });
});

it('tells telemetry nothing of the code', async () => {
  const provider = await startIdentityProvider();
  const { gateway, port } = await startShop(provider.issuer);
  const browser = new Browser(port);
  const back = await browser.callback();
  const code = new URLSearchParams(back.split('?')[1]).get('code') ?? 'none';
  await browser.open(back);
  await gateway.cellsUntil((cells) => cells.length >= 2);
  expect(JSON.stringify([gateway.cells(), gateway.factFrames()])).not.toContain(code);
});

it('asks a provider with a certificate that is trusted, and no other one', async () => {
  const ca = createTestCa('public root');
  const { certificateChainPem: cert, privateKeyPem: key } = ca.issue(['localhost']);
  const server = createServer({ cert, key }, (_, response) => {
    const { port } = server.address() as AddressInfo;
    const issuer = `https://localhost:${port}`;
    response.end(
      JSON.stringify({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
      }),
    );
  }).listen(0);
  await once(server, 'listening');
  const trusted = getCACertificates('default');
  onTestFinished(() => {
    setDefaultCACertificates(trusted);
    server.close();
    server.closeAllConnections();
  });
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`;
  const untrusting = await startShop(issuer);
  expect((await new Browser(untrusting.port).open('/')).status).toBe(503);
  setDefaultCACertificates([...trusted, ca.rootPem]);
  const trusting = await startShop(issuer);
  expect((await new Browser(trusting.port).open('/')).status).toBe(302);
});
