import type { Authorization, AuthorizationRule, Condition, ProxySnapshot } from '@heddle/traffic';
import { describe, expect, it } from 'vitest';
import { call, echo, exchangeBytes, idOf, identityOf, startApp, startTestProxy } from './testing/mesh.ts';
import {
  cluster,
  endpoint,
  forward,
  inboundSnapshot,
  meshTls,
  outboundSnapshot,
  route,
  virtualHost,
  weighted,
} from './testing/snapshots.ts';

const reviews = 'outbound|9080||reviews.default.svc.cluster.local';
const none: Authorization = { custom: [], audit: [], deny: [], allow: [] };
const rule = (condition: Condition, more: Partial<AuthorizationRule> = {}): AuthorizationRule => ({
  policy: { namespace: 'default', name: 'reviews' },
  rule: 0,
  dryRun: false,
  condition,
  from: [],
  ...more,
});
const fromProductpage: Condition = {
  kind: 'principal',
  match: { kind: 'exact', value: idOf('productpage'), ignoreCase: false },
};
const underAdmin: Condition = { kind: 'path', match: { kind: 'prefix', value: '/admin', ignoreCase: false } };

function withAuthorization(snapshot: ProxySnapshot, authorization: Authorization): ProxySnapshot {
  const listeners = snapshot.listeners.map((listener) => ({
    ...listener,
    filterChains: listener.filterChains.map((chain) => ({ ...chain, authorization })),
  }));
  return { ...snapshot, listeners };
}

/** reviews behind its sidecar with these policies, and a way to call it as somebody. */
async function startReviews(authorization: Authorization, mode: 'STRICT' | 'PERMISSIVE' = 'STRICT') {
  const app = await startApp(echo);
  const server = await startTestProxy({
    workload: 'reviews-v1',
    appAddress: { host: '127.0.0.1', port: app.port },
    snapshot: withAuthorization(inboundSnapshot(app.port, mode), authorization),
    identity: identityOf('reviews'),
  });
  const callAs = async (account: string, path: string, more: Parameters<typeof call>[2] = {}) => {
    const workload = { namespace: 'default', name: 'reviews-v1', version: 'v1', spiffeId: idOf('reviews') };
    const client = await startTestProxy({
      workload: `${account}-v1`,
      snapshot: outboundSnapshot(
        [virtualHost('reviews', ['reviews'], [route(forward([weighted(reviews)]))])],
        [cluster(reviews, { tls: meshTls('reviews', idOf('reviews')) })],
        { [reviews]: [endpoint(server.ports.inbound, { tlsMode: 'istio', workload })] },
      ),
      identity: identityOf(account),
    });
    return call(client.ports.outbound, `http://reviews:9080${path}`, more);
  };
  return { app, server, callAs };
}

describe('a sidecar with authorization policies', () => {
  it('lets in whom an ALLOW rule names, and nobody else', async () => {
    const { app, callAs } = await startReviews({ ...none, allow: [rule(fromProductpage)] });
    expect((await callAs('productpage', '/')).status).toBe(200);
    const denied = await callAs('ratings', '/');
    expect([denied.status, denied.text.trim()]).toEqual([403, 'RBAC: access denied']);
    expect(app.hits).toBe(1);
  });

  it('denies by DENY what ALLOW would let in, whatever way the path is written', async () => {
    const { app, callAs } = await startReviews({
      ...none,
      deny: [rule(underAdmin)],
      allow: [rule({ kind: 'any' })],
    });
    expect((await callAs('productpage', '/public')).status).toBe(200);
    expect((await callAs('productpage', '/admin/x')).status).toBe(403);
    expect((await callAs('productpage', '/public/%2e%2e/admin/x')).status).toBe(403);
    expect((await callAs('productpage', '/%61dmin/x')).status).toBe(403);
    expect(app.hits).toBe(1);
  });

  it('denies what a CUSTOM rule matches whose provider nobody has configured', async () => {
    const { callAs } = await startReviews({ ...none, custom: [rule(underAdmin, { provider: 'gate' })] });
    expect((await callAs('productpage', '/public')).status).toBe(200);
    expect((await callAs('productpage', '/admin')).status).toBe(403);
  });

  it('only rehearses dry-run rules and only records AUDIT rules', async () => {
    const { callAs } = await startReviews({
      ...none,
      audit: [rule({ kind: 'any' })],
      deny: [rule({ kind: 'any' }, { dryRun: true })],
      allow: [rule({ kind: 'never' }, { dryRun: true })],
    });
    expect((await callAs('productpage', '/')).status).toBe(200);
  });

  it('knows no identity of a caller in plaintext', async () => {
    const { server } = await startReviews(
      { ...none, deny: [rule({ kind: 'not', of: fromProductpage })] },
      'PERMISSIVE',
    );
    expect((await call(server.ports.inbound, '/', { headers: { host: 'reviews' } })).status).toBe(403);
  });

  it('takes the client behind a gateway from the last hop that it added', async () => {
    const { callAs } = await startReviews({
      ...none,
      allow: [rule({ kind: 'remote-ip', block: '192.0.2.0/24' })],
    });
    const by = (hops: string) => callAs('productpage', '/', { headers: { 'x-forwarded-for': hops } });
    expect((await by('10.0.0.1, 192.0.2.7')).status).toBe(200);
    expect((await by('192.0.2.7, 10.0.0.1')).status).toBe(403);
  });

  it('takes the connection for the client where the last hop is no address', async () => {
    const { callAs } = await startReviews({
      ...none,
      deny: [rule({ kind: 'remote-ip', block: '127.0.0.0/8' })],
    });
    const by = (hops: string) => callAs('productpage', '/', { headers: { 'x-forwarded-for': hops } });
    expect((await by('192.0.2.7')).status).toBe(200);
    expect((await by('192.0.2.7, unknown')).status).toBe(403);
  });

  it('finds a value of a header that came several times', async () => {
    const gold: Condition = {
      kind: 'header',
      name: 'x-tier',
      match: { kind: 'exact', value: 'gold', ignoreCase: false },
    };
    const { callAs } = await startReviews({ ...none, deny: [rule(gold)] });
    const by = (tier: string[]) => callAs('productpage', '/', { headers: { 'x-tier': tier } });
    expect((await by(['silver', 'gold'])).status).toBe(403);
    expect((await by(['silver', 'golden'])).status).toBe(200);
  });

  it('sees which protocol a request wants to switch to', async () => {
    const { server } = await startReviews(
      {
        ...none,
        deny: [
          rule({
            kind: 'header',
            name: 'upgrade',
            match: { kind: 'exact', value: 'websocket', ignoreCase: false },
          }),
        ],
      },
      'PERMISSIVE',
    );
    const ask = (fields: string) =>
      exchangeBytes(server.ports.inbound, `GET /ws HTTP/1.1\r\nHost: reviews\r\n${fields}\r\n\r\n`);
    expect(await ask('Connection: Upgrade\r\nUpgrade: websocket')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask('Connection: close')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('records a refused request once, with its status and caller', async () => {
    const { server, callAs } = await startReviews({ ...none, allow: [rule({ kind: 'never' })] });
    await callAs('ratings', '/reviews/1');
    const [cell] = await server.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key).toMatchObject({ reporter: 'destination', status: 403, sourceId: idOf('ratings') });
  });
});
