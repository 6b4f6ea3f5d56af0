import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FilterChain, ProxySnapshot, TcpFilterChain, TerminatedTls, TlsSecret } from '@heddle/traffic';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  closeOf,
  connectTo,
  echo,
  exchangeBytes,
  identityOf,
  idOf,
  startApp,
  startTestProxy,
} from './testing/mesh.ts';
import { cluster, endpoint, forward, route, virtualHost, weighted } from './testing/snapshots.ts';
import { createTestCa } from './testing/test-ca.ts';
import { systemRuntime } from './runtime.ts';

const publicCa = createTestCa('public root');
const clientCa = createTestCa('client root');

function certificate(name: string, ...hosts: readonly string[]): TlsSecret {
  const { certificateChainPem, privateKeyPem } = publicCa.issue(hosts);
  return { kind: 'certificate', name, chainPem: certificateChainPem, privateKeyPem };
}

function simple(secret: string, more: Partial<TerminatedTls> = {}): TerminatedTls {
  return {
    mode: 'SIMPLE',
    certificates: [{ kind: 'secret', name: secret }],
    subjectAltNames: [],
    certificateHashes: [],
    publicKeyHashes: [],
    isInsecure: false,
    minVersion: 'TLSv1_2',
    maxVersion: 'TLSv1_3',
    cipherSuites: [],
    ecdhCurves: [],
    from: [],
    ...more,
  };
}

const mutual = (more: Partial<TerminatedTls> = {}) =>
  simple('kubernetes://shop', {
    mode: 'MUTUAL',
    authorities: { kind: 'secret', name: 'kubernetes://shop-cacert' },
    ...more,
  });

const clients: TlsSecret = {
  kind: 'authorities',
  name: 'kubernetes://shop-cacert',
  rootsPem: clientCa.rootPem,
};

function chain(name: string, serverNames: readonly string[], tls: FilterChain['tls']): FilterChain {
  return {
    name,
    serverNames,
    ...(tls === undefined ? {} : { tls }),
    http: { routeConfig: name, tracingShare: 0 },
  };
}

/** Every chain has routes of its own, to the one application, and names itself to it. */
function snapshotOf(
  chains: readonly FilterChain[],
  appPort: number,
  tcpChains?: readonly TcpFilterChain[],
): ProxySnapshot {
  const shop = 'outbound|80||shop.default.svc.cluster.local';
  return {
    listeners: [
      {
        name: '0.0.0.0_443',
        address: '127.0.0.1',
        port: 0,
        bind: true,
        direction: 'GATEWAY',
        filterChains: chains,
        ...(tcpChains === undefined ? {} : { tcpChains }),
      },
    ],
    routeConfigurations: chains.map(({ name }) => ({
      name,
      virtualHosts: [
        virtualHost(
          name,
          [`${name}.example`],
          [
            route(forward([weighted(shop)]), {
              requestHeaders: { set: [{ name: 'x-chain', value: name }], add: [], remove: [] },
            }),
          ],
        ),
      ],
    })),
    clusters: [cluster(shop)],
    loadAssignments: [{ cluster: shop, endpoints: [endpoint(appPort)] }],
  };
}

async function startEdge(
  chains: readonly FilterChain[],
  secrets: readonly TlsSecret[],
  tcpChains?: readonly TcpFilterChain[],
) {
  const app = await startApp(echo);
  const logged: string[] = [];
  const gateway = await startTestProxy({
    kind: 'gateway',
    workload: 'edge',
    runtime: {
      ...systemRuntime,
      log: (_level, message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`),
    },
    snapshot: snapshotOf(chains, app.port, tcpChains),
    secrets,
    identity: identityOf('edge'),
  });
  return { gateway, app, logged, port: gateway.ports.gateway.get('0.0.0.0_443') ?? 0 };
}

/** How a client hears that it is not let in. */
const cutOff = /ECONNRESET|EPIPE|hang up|disconnected|alert/;

interface HttpsCall extends ConnectionOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

function get(port: number, servername: string, { headers, agent, ...tls }: HttpsCall = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; peer: string; socket: TLSSocket }>(
    (resolve, reject) => {
      const request = httpsRequest({
        host: '127.0.0.1',
        port,
        path: '/x',
        servername,
        ca: publicCa.rootPem,
        headers: { host: servername, ...headers },
        agent: agent ?? false,
        ...tls,
      });
      request.on('error', reject);
      request.on('response', (response) => {
        const socket = response.socket as TLSSocket;
        const peer = socket.getPeerX509Certificate()?.subjectAltName ?? '';
        response.resume();
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, peer, socket });
        });
      });
      request.end();
    },
  );
}

describe('a gateway that ends TLS', () => {
  it('serves HTTP after the handshake, and tells the application that it was https', async () => {
    const { port } = await startEdge(
      [chain('shop', ['shop.example'], simple('kubernetes://shop'))],
      [certificate('kubernetes://shop', 'shop.example')],
    );
    const answer = await get(port, 'shop.example', { headers: { 'x-forwarded-proto': 'http' } });
    expect(answer.status).toBe(200);
    const { headers } = JSON.parse(String(answer.headers['x-saw']));
    expect(headers).toMatchObject({ 'x-forwarded-proto': 'https', 'x-chain': 'shop' });
  });

  it('chooses certificate and routes by the name that TLS asks for: exact, then the longest wildcard', async () => {
    const { port } = await startEdge(
      [
        chain('any', [], simple('any')),
        chain('wild', ['*.shop.example'], simple('wild')),
        chain('shop', ['www.shop.example'], simple('shop')),
      ],
      [
        certificate('any', 'other.test'),
        certificate('wild', '*.shop.example'),
        certificate('shop', 'www.shop.example'),
      ],
    );
    const peers = await Promise.all(
      ['WWW.shop.example', 'teas.shop.example', 'other.test'].map(
        async (name) => (await get(port, name)).peer,
      ),
    );
    expect(peers).toEqual(['DNS:www.shop.example', 'DNS:*.shop.example', 'DNS:other.test']);
    const byChain = await get(port, 'teas.shop.example', { headers: { host: 'wild.example' } });
    expect(JSON.parse(String(byChain.headers['x-saw'])).headers['x-chain']).toBe('wild');
  });

  it('does not serve the hosts of one server to who has asked for another', async () => {
    const { port } = await startEdge(
      [chain('a', ['a.example'], simple('a')), chain('b', ['b.example'], simple('b'))],
      [certificate('a', 'a.example'), certificate('b', 'b.example')],
    );
    expect((await get(port, 'a.example', { headers: { host: 'b.example' } })).status).toBe(404);
  });

  it('refuses a name that no server has, and plaintext', async () => {
    const { port } = await startEdge(
      [chain('shop', ['shop.example'], simple('kubernetes://shop'))],
      [certificate('kubernetes://shop', 'shop.example')],
    );
    await expect(get(port, 'evil.example')).rejects.toThrow(cutOff);
    expect(await exchangeBytes(port, 'GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n')).toBe('');
  });

  it('refuses connections of which it would have to pass on what is in them, with TLS and without', async () => {
    const shop = certificate('kubernetes://shop', 'shop.example', 'db.example');
    const ended: TcpFilterChain = {
      name: 'db',
      prefixRanges: [],
      serverNames: ['db.example'],
      tls: simple('kubernetes://shop'),
      clusters: [{ cluster: 'outbound|80||shop.default.svc.cluster.local', weight: 100, from: [] }],
      from: [],
    };
    const { port } = await startEdge([chain('shop', [], simple('kubernetes://shop'))], [shop], [ended]);
    expect((await get(port, 'shop.example')).status).toBe(200);
    await expect(get(port, 'db.example')).rejects.toThrow(cutOff);
    expect(await exchangeBytes(port, 'GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n')).toBe('');
    const alone = await startEdge([], [shop], [ended]);
    expect(alone.port).toBe(0);
  });

  it('refuses connections, says why, and serves the others when a certificate is missing', async () => {
    const { port, logged, gateway } = await startEdge(
      [chain('shop', ['shop.example'], simple('kubernetes://shop')), chain('b', ['b.example'], simple('b'))],
      [certificate('b', 'b.example')],
    );
    await expect(get(port, 'shop.example')).rejects.toThrow(cutOff);
    expect((await get(port, 'b.example')).status).toBe(200);
    expect(logged).toEqual([expect.stringContaining('no certificate in secret \\"kubernetes://shop\\"')]);
    gateway.applySecret(certificate('kubernetes://shop', 'shop.example'));
    expect((await get(port, 'shop.example')).status).toBe(200);
  });

  it('shows a replaced certificate to new connections and keeps the open ones', async () => {
    const { port, gateway } = await startEdge(
      [chain('shop', ['shop.example'], simple('kubernetes://shop'))],
      [certificate('kubernetes://shop', 'shop.example')],
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const before = await get(port, 'shop.example', { agent });
    gateway.applySecret(certificate('kubernetes://shop', 'shop.example', 'www.shop.example'));
    const kept = await get(port, 'shop.example', { agent });
    expect(kept.socket).toBe(before.socket);
    expect((await get(port, 'shop.example')).peer).toBe('DNS:shop.example, DNS:www.shop.example');
  });

  it('refuses a key that does not belong to its certificate, keeps the one before and tells no part of it', async () => {
    const { port, gateway } = await startEdge(
      [chain('shop', ['shop.example'], simple('kubernetes://shop'))],
      [certificate('kubernetes://shop', 'shop.example')],
    );
    const other = publicCa.issue(['shop.example']);
    const broken = {
      kind: 'certificate',
      name: 'kubernetes://shop',
      chainPem: publicCa.issue(['shop.example']).certificateChainPem,
      privateKeyPem: other.privateKeyPem,
    } as const;
    expect(() => gateway.applySecret(broken)).toThrow(
      'secret "kubernetes://shop": its certificate and key cannot be used (key values mismatch)',
    );
    expect(() => gateway.applySecret({ ...broken, privateKeyPem: 'hunter2' })).toThrow(
      /^(?!.*hunter2).*cannot be used/,
    );
    expect((await get(port, 'shop.example')).status).toBe(200);
  });

  it('reads certificates from files, too', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'heddle-tls-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const { certificateChainPem, privateKeyPem } = publicCa.issue(['shop.example']);
    const files = {
      kind: 'files',
      certificate: join(directory, 'tls.crt'),
      privateKey: join(directory, 'tls.key'),
    } as const;
    writeFileSync(files.certificate, certificateChainPem);
    writeFileSync(files.privateKey, privateKeyPem);
    const { port } = await startEdge(
      [chain('shop', ['shop.example'], simple('', { certificates: [files] }))],
      [],
    );
    expect((await get(port, 'shop.example')).status).toBe(200);
  });

  it('speaks no other version than it is told to', async () => {
    const { port } = await startEdge(
      [chain('shop', ['shop.example'], simple('kubernetes://shop', { maxVersion: 'TLSv1_2' }))],
      [certificate('kubernetes://shop', 'shop.example')],
    );
    expect((await get(port, 'shop.example')).socket.getProtocol()).toBe('TLSv1.2');
    await expect(get(port, 'shop.example', { minVersion: 'TLSv1.3' })).rejects.toThrow(cutOff);
  });

  it('waits for a greeting that comes in pieces', async () => {
    const { port } = await startEdge(
      [chain('shop', ['shop.example'], simple('kubernetes://shop'))],
      [certificate('kubernetes://shop', 'shop.example')],
    );
    const raw = await connectTo(port);
    raw.setNoDelay(true);
    const socket = connectTls({ socket: raw, servername: 'shop.example', ca: publicCa.rootPem });
    await once(socket, 'secureConnect');
    socket.end('GET / HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n');
    socket.resume();
    await closeOf(socket);
  });

  it('takes mTLS of the mesh where the server says so', async () => {
    const { port } = await startEdge([chain('shop', ['shop.example'], { mode: 'STRICT', from: [] })], []);
    const { privateKeyPem, certificateChainPem } = identityOf('reviews');
    const asPeer = { key: privateKeyPem, cert: certificateChainPem, rejectUnauthorized: false };
    expect((await get(port, 'shop.example', asPeer)).status).toBe(200);
    await expect(get(port, 'shop.example', { rejectUnauthorized: false })).rejects.toThrow(cutOff);
  });
});

describe('a gateway that asks clients for a certificate', () => {
  const secrets = [certificate('kubernetes://shop', 'shop.example'), clients] as const;
  const showing = (names: readonly string[], ca = clientCa) => {
    const { privateKeyPem, certificateChainPem } = ca.issue(names);
    return { key: privateKeyPem, cert: certificateChainPem };
  };

  it('lets those in for whom its authorities vouch, and nobody else', async () => {
    const { port } = await startEdge([chain('shop', ['shop.example'], mutual())], secrets);
    expect((await get(port, 'shop.example', showing(['buyer.example']))).status).toBe(200);
    await expect(get(port, 'shop.example')).rejects.toThrow(cutOff);
    await expect(get(port, 'shop.example', showing(['buyer.example'], publicCa))).rejects.toThrow(cutOff);
    await expect(get(port, 'shop.example', showing([idOf('reviews')], publicCa))).rejects.toThrow(cutOff);
  });

  it('asks for one of the names where there are any', async () => {
    const tls = mutual({ subjectAltNames: ['buyer.example'] });
    const { port } = await startEdge([chain('shop', ['shop.example'], tls)], secrets);
    expect((await get(port, 'shop.example', showing(['buyer.example']))).status).toBe(200);
    await expect(get(port, 'shop.example', showing(['thief.example']))).rejects.toThrow(cutOff);
  });

  it('takes who shows none where it is optional, but not who shows a bad one', async () => {
    const tls = mutual({ mode: 'OPTIONAL_MUTUAL' });
    const { port } = await startEdge([chain('shop', ['shop.example'], tls)], secrets);
    expect((await get(port, 'shop.example')).status).toBe(200);
    expect((await get(port, 'shop.example', showing(['buyer.example']))).status).toBe(200);
    await expect(get(port, 'shop.example', showing(['buyer.example'], publicCa))).rejects.toThrow(cutOff);
  });

  it('lets nobody in whose certificate was revoked', async () => {
    const [shop] = secrets;
    const [good, revoked] = [showing(['buyer.example']), showing(['thief.example'])];
    const listed = { ...clients, revocationListPem: clientCa.revoke([revoked.cert]) };
    const { port } = await startEdge([chain('shop', ['shop.example'], mutual())], [shop, listed]);
    expect((await get(port, 'shop.example', good)).status).toBe(200);
    await expect(get(port, 'shop.example', revoked)).rejects.toThrow(cutOff);
  });

  it('takes no list of revoked certificates that is none', async () => {
    const { gateway } = await startEdge([chain('shop', ['shop.example'], mutual())], secrets);
    expect(() => gateway.applySecret({ ...clients, revocationListPem: 'x' })).toThrow(/revocation list/);
  });

  it('lets nobody in while it does not know who vouches for them', async () => {
    const { port, logged } = await startEdge(
      [chain('shop', ['shop.example'], mutual())],
      secrets.slice(0, 1),
    );
    await expect(get(port, 'shop.example', showing(['buyer.example']))).rejects.toThrow(cutOff);
    expect(logged.join()).toContain('no authorities in secret');
  });

  it('takes a certificate that it knows by its hash', async () => {
    const buyer = clientCa.issue(['buyer.example']);
    const tls = mutual({
      certificateHashes: [new X509Certificate(buyer.certificateChainPem).fingerprint256],
    });
    const { port } = await startEdge([chain('shop', ['shop.example'], tls)], secrets);
    const known = { key: buyer.privateKeyPem, cert: buyer.certificateChainPem };
    expect((await get(port, 'shop.example', known)).status).toBe(200);
    await expect(get(port, 'shop.example', showing(['buyer.example']))).rejects.toThrow(cutOff);
  });
});
