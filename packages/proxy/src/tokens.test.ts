/** RequestAuthentication through a real sidecar: tokens are signed here, verified there. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Authorization, JwtProvider, ProxySnapshot } from '@heddle/traffic';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call, echo, seen, startApp, startTestProxy } from './testing/mesh.ts';
import { inboundSnapshot } from './testing/snapshots.ts';

const algorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;
const keys = new Map(
  await Promise.all(
    algorithms.map(async (alg) => [alg, await generateKeyPair(alg, { extractable: true })] as const),
  ),
);
const jwks = JSON.stringify({
  keys: await Promise.all(
    [...keys].map(async ([alg, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid: alg, alg })),
  ),
});

async function token(claims: JWTPayload = {}, alg: (typeof algorithms)[number] = 'ES256'): Promise<string> {
  const pair = keys.get(alg);
  if (pair === undefined) throw new Error('no key');
  return new SignJWT({ iss: 'mill', sub: 'ada', exp: Math.floor(Date.now() / 1000) + 60, ...claims })
    .setProtectedHeader({ alg, kid: alg })
    .sign(pair.privateKey);
}

const provider = (over: Partial<JwtProvider> = {}): JwtProvider => ({
  issuer: 'mill',
  audiences: [],
  jwks: { kind: 'inline', keys: jwks },
  fromHeaders: [],
  fromParams: [],
  fromCookies: [],
  forwardToken: false,
  payloadHeader: '',
  claimToHeaders: [],
  spaceDelimitedClaims: ['permission', 'scope'],
  required: false,
  from: [],
  ...over,
});

/** A service behind its sidecar, in plaintext, that echoes what reaches it. */
async function startService(jwt: readonly JwtProvider[], authorization?: Authorization) {
  const app = await startApp(echo);
  const snapshot = inboundSnapshot(app.port, 'DISABLE');
  const withTokens: ProxySnapshot = {
    ...snapshot,
    listeners: snapshot.listeners.map((listener) => ({
      ...listener,
      filterChains: listener.filterChains.map((chain) => ({
        ...chain,
        jwt,
        ...(authorization === undefined ? {} : { authorization }),
      })),
    })),
  };
  const proxy = await startTestProxy({
    workload: 'reviews-v1',
    appAddress: { host: '127.0.0.1', port: app.port },
    snapshot: withTokens,
  });
  return (headers: Record<string, string> = {}, path = '/', method = 'GET') =>
    call(proxy.ports.inbound, path, { headers: { host: 'reviews', ...headers }, method });
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

describe('a token', () => {
  it.each(algorithms)('of %s holds by its signature', async (alg) => {
    const ask = await startService([provider()]);
    expect((await ask(bearer(await token({}, alg)))).status).toBe(200);
  });

  it('that is missing passes: a policy asks for it', async () => {
    const ask = await startService([provider()]);
    expect((await ask()).status).toBe(200);
    const strict = await startService([provider({ required: true })]);
    expect(await strict()).toMatchObject({ status: 401, text: 'Jwt is missing' });
  });

  it.each<[string, () => Promise<string> | string, number, string]>([
    ['of another issuer', () => token({ iss: 'other', aud: 'mill' }), 401, 'Jwt issuer is not configured'],
    [
      'that is over',
      () => token({ aud: 'mill', exp: Math.floor(Date.now() / 1000) - 61 }),
      401,
      'Jwt is expired',
    ],
    [
      'that is not valid yet',
      () => token({ aud: 'mill', nbf: Math.floor(Date.now() / 1000) + 120 }),
      401,
      'Jwt not yet valid',
    ],
    ['for somebody else', () => token({ aud: 'others' }), 403, 'Audiences in Jwt are not allowed'],
    [
      'whose payload was changed',
      async () => {
        const [head, , signature] = (await token({ aud: 'mill' })).split('.');
        const payload = Buffer.from('{"iss":"mill","aud":"mill","sub":"root"}').toString('base64url');
        return `${head}.${payload}.${signature}`;
      },
      401,
      'Jwt verification fails',
    ],
    [
      'without a signature',
      () =>
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"iss":"mill"}').toString('base64url')}.`,
      401,
      'Jwt header [alg] is not supported',
    ],
    [
      'that is none',
      () => 'abc',
      401,
      'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections',
    ],
  ])('%s is refused', async (_, make, status, text) => {
    const ask = await startService([provider({ audiences: ['mill'] })]);
    const answer = await ask(bearer(await make()));
    expect({ status: answer.status, text: answer.text }).toEqual({ status, text });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="http://reviews/", error="invalid_token"');
  });

  it('within a minute of its end still holds, whatever the clocks say', async () => {
    const ask = await startService([provider()]);
    expect((await ask(bearer(await token({ exp: Math.floor(Date.now() / 1000) - 30 })))).status).toBe(200);
  });

  it('is found in headers, parameters and cookies of its own, and nowhere else then', async () => {
    const ask = await startService([
      provider({
        required: true,
        fromHeaders: [{ name: 'X-Token', prefix: 'Token ' }],
        fromParams: ['t'],
        fromCookies: ['session'],
      }),
    ]);
    const text = await token();
    expect((await ask({ 'x-token': `Token ${text}` })).status).toBe(200);
    expect((await ask({}, `/?t=${text}`)).status).toBe(200);
    expect((await ask({ cookie: `a=1; session=${text}` })).status).toBe(200);
    expect((await ask(bearer(text))).status).toBe(401);
  });

  it('is kept from the application unless the rule forwards it; what it says goes in headers nobody else can fill', async () => {
    const ask = await startService([
      provider({
        payloadHeader: 'X-Payload',
        claimToHeaders: [
          { claim: 'sub', header: 'X-Sub' },
          { claim: 'org.id', header: 'X-Org' },
        ],
      }),
    ]);
    const text = await token({ org: { id: 7 } });
    const saw = seen(await ask({ ...bearer(text), 'x-sub': 'root' })).headers;
    expect(saw).toMatchObject({ 'x-sub': 'ada', 'x-org': '7', 'x-payload': text.split('.')[1] });
    expect(saw['authorization']).toBeUndefined();
    expect(seen(await ask({ 'x-sub': 'root' })).headers['x-sub']).toBeUndefined();
    const forwarding = await startService([provider({ forwardToken: true })]);
    expect(seen(await forwarding(bearer(text))).headers['authorization']).toBe(`Bearer ${text}`);
  });

  it('of either of two issuers holds', async () => {
    const ask = await startService([provider(), provider({ issuer: 'works' })]);
    expect((await ask(bearer(await token({ iss: 'works' })))).status).toBe(200);
    expect((await ask(bearer(await token({ iss: 'dock' })))).status).toBe(401);
  });

  it('does not cover for another one of its provider', async () => {
    const ask = await startService([provider()]);
    const good = await token();
    expect((await ask(bearer(good), '/?access_token=bad')).status).toBe(401);
    expect((await ask(bearer('bad'), `/?access_token=${good}`)).status).toBe(401);
    expect((await ask(bearer(good), `/?access_token=${await token({ sub: 'bob' })}`)).status).toBe(200);
    expect((await ask({}, '/?access_token=')).status).toBe(401);
  });

  it('is the text behind its prefix, wherever that stands, up to the next space', async () => {
    const ask = await startService([provider()]);
    const good = await token();
    expect((await ask({ authorization: `Basic YTpi, Bearer  ${good} x` })).status).toBe(200);
    expect((await ask({ authorization: 'Basic YTpi, Bearer bad' })).status).toBe(401);
    expect((await ask({ authorization: 'bearer bad' })).status).toBe(200);
  });

  it('is taken out of the query unless the rule forwards it', async () => {
    const ask = await startService([provider()]);
    const good = await token();
    expect(seen(await ask({}, `/a?x=1&access_token=${good}&y`)).url).toBe('/a?x=1&y');
    expect(seen(await ask({}, `/a?access_token=${good}`)).url).toBe('/a');
    const forwarding = await startService([provider({ forwardToken: true })]);
    expect(seen(await forwarding({}, `/a?access_token=${good}`)).url).toBe(`/a?access_token=${good}`);
  });

  it.each([
    [{ aud: 'mill.example' }, 200],
    [{ aud: ['other', 'http://mill.example/'] }, 200],
    [{ aud: 'https://mill.example/x' }, 403],
    [{ aud: [] }, 403],
  ])('for %j is for https://mill.example/ or not', async (claims, status) => {
    const ask = await startService([provider({ audiences: ['https://mill.example/'] })]);
    expect((await ask(bearer(await token(claims)))).status).toBe(status);
  });

  it.each([
    ['sub', 5, 'Jwt payload [sub] field is not a string'],
    ['jti', 5, 'Jwt payload [jti] field is not a string'],
    ['aud', ['a', 5], 'Jwt payload [aud] field is not a string or string list'],
    ['iat', 'now', 'Jwt payload [iat] field is not an integer'],
  ])('with a malformed %s is refused', async (name, value, text) => {
    const ask = await startService([provider()]);
    expect(await ask(bearer(await token({ [name]: value })))).toMatchObject({ status: 401, text });
  });

  it('holds by a key that has no id, whatever id it names', async () => {
    const [key] = (JSON.parse(jwks) as { keys: Record<string, unknown>[] }).keys.filter(
      ({ kid }) => kid === 'ES256',
    );
    const keysOf = (kid?: string) =>
      ({ kind: 'inline', keys: JSON.stringify({ keys: [{ ...key, kid }] }) }) as const;
    const nameless = await startService([provider({ jwks: keysOf() })]);
    expect((await nameless(bearer(await token()))).status).toBe(200);
    const other = await startService([provider({ jwks: keysOf('other') })]);
    expect(await other(bearer(await token()))).toMatchObject({
      status: 401,
      text: "Jwks doesn't have key to match kid or alg from Jwt",
    });
  });

  it('tells what it says as it is written, lists and objects as base64 of their JSON', async () => {
    const names = ['scope', 'list', 'object', 'number', 'flag', 'text', 'empty', 'nothing', 'lines'];
    const ask = await startService([
      provider({ claimToHeaders: names.map((claim) => ({ claim, header: `x-${claim}` })) }),
    ]);
    const said = {
      scope: 'read write',
      list: ['x', 'y'],
      object: { k: 1 },
      number: 1.5,
      flag: false,
      text: 'é漢',
      empty: '',
      nothing: null,
      lines: 'a\r\nx-admin: yes',
    };
    const { headers } = seen(await ask(bearer(await token(said))));
    expect(Object.fromEntries(names.map((name) => [name, headers[`x-${name}`]]))).toEqual({
      scope: 'read write',
      list: 'WyJ4IiwieSJd',
      object: 'eyJrIjoxfQ==',
      number: '1.500000',
      flag: 'false',
      text: Buffer.from('é漢').toString('latin1'),
    });
    expect(headers).not.toHaveProperty('x-admin');
  });

  it('has to be there of each issuer that is required', async () => {
    const own = (name: string, required: boolean) =>
      provider({ issuer: name, fromHeaders: [{ name: `x-${name}`, prefix: '' }], required });
    const a = await token({ iss: 'a' });
    const b = await token({ iss: 'b' });
    const one = await startService([own('a', false), own('b', true)]);
    expect(await one({ 'x-a': a })).toMatchObject({ status: 401, text: 'Jwt is missing' });
    expect((await one({ 'x-b': b })).status).toBe(200);
    const both = await startService([own('a', true), own('b', true)]);
    expect((await both({ 'x-a': a })).status).toBe(401);
    expect((await both({ 'x-a': a, 'x-b': 'bad' })).status).toBe(401);
    expect(seen(await both({ 'x-a': a, 'x-b': b })).headers).not.toHaveProperty('x-b');
  });

  it('is not asked of a preflight, which has none', async () => {
    const ask = await startService([provider({ required: true })]);
    const preflight = { origin: 'http://a.example', 'access-control-request-method': 'PUT' };
    expect((await ask(preflight, '/', 'OPTIONS')).status).toBe(200);
  });

  it('is verified with keys that are fetched where the rule says, once', async () => {
    let fetched = 0;
    const server = createServer((_, response) => {
      fetched++;
      response.setHeader('content-type', 'application/json').end(jwks);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const ask = await startService([
      provider({ jwks: { kind: 'uri', uri: `http://127.0.0.1:${port}/keys`, timeoutMs: 2000 } }),
    ]);
    expect((await ask(bearer(await token()))).status).toBe(200);
    expect((await ask(bearer(await token({ sub: 'bob' })))).status).toBe(200);
    expect(fetched).toBe(1);
    const nowhere = await startService([
      provider({ jwks: { kind: 'uri', uri: 'http://127.0.0.1:1/keys', timeoutMs: 200 } }),
    ]);
    expect(await nowhere(bearer(await token()))).toMatchObject({
      status: 401,
      text: 'Jwks remote fetch is failed',
    });
  });
});

describe('policies on a token', () => {
  const allow = (path: readonly string[], value: string): Authorization => ({
    custom: [],
    audit: [],
    deny: [],
    allow: [
      {
        policy: { namespace: 'default', name: 'p' },
        rule: 0,
        dryRun: false,
        condition: { kind: 'claim', path, match: { kind: 'exact', value, ignoreCase: false }, lists: true },
        from: [],
      },
    ],
  });

  it('let in who has the claim', async () => {
    const ask = await startService([provider()], allow(['scope'], 'read'));
    expect((await ask()).status).toBe(403);
    expect((await ask(bearer(await token({ scope: 'write' })))).status).toBe(403);
    expect((await ask(bearer(await token({ scope: 'write read' })))).status).toBe(200);
    // The same token again, which is remembered by now.
    expect((await ask(bearer(await token({ scope: 'write read' })))).status).toBe(200);
  });
});
