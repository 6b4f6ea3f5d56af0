import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { decodeFrame, isFactFrame } from '@heddle/telemetry';
import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';
import { createAdsServer, systemClock, type AdsServer, type ProxyNode } from '@heddle/xds';
import { readCsr } from '@heddle/x509';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProxyOptions, RunningProxy } from './options.ts';
import { runProxy } from './run-proxy.ts';
import { ca, call, echo, fixedDice, idOf, seen, startApp } from './testing/mesh.ts';
import {
  cluster,
  endpoint,
  forward,
  gatewaySnapshot,
  inboundSnapshot,
  meshTls,
  outboundSnapshot,
  route,
  virtualHost,
  weighted,
} from './testing/snapshots.ts';

const name = 'outbound|9080||reviews.default.svc.cluster.local';

/** A control plane over a real gRPC port: signs what it is asked, publishes what the test says. */
class ControlPlane {
  readonly events: string[] = [];
  readonly nodes = new Map<string, ProxyNode>();
  readonly snapshots = new Map<string, ProxySnapshot>();
  readonly secrets = new Map<string, readonly TlsSecret[]>();
  readonly #listeners = new Set<() => void>();
  #server: AdsServer | undefined;
  #revision = 0;
  port = 0;
  /** Certificates end so much after they are issued. */
  lifeMs = 3_600_000;
  /** When each certificate was issued, in milliseconds since the epoch. */
  readonly issuedAtMs: number[] = [];

  async start(): Promise<void> {
    this.#server = await createAdsServer({
      host: '127.0.0.1',
      port: this.port,
      clock: systemClock,
      hooks: {
        authenticate: (token) =>
          token === 'secret' ? { ok: true } : { ok: false, reason: 'this token was never issued' },
        issueSvid: (node, csrPem) => {
          const nowMs = Date.now();
          this.issuedAtMs.push(nowMs);
          const notAfterMs = nowMs + this.lifeMs;
          const chainPem = ca.sign(readCsr(csrPem), [idOf(node.serviceAccount)], {
            notBeforeMs: nowMs - 1000,
            notAfterMs,
          });
          this.#tell(`certificate ${node.workload}`);
          return { chainPem, bundlePem: ca.rootPem, notAfterMs };
        },
        connected: (node) => {
          this.nodes.set(node.workload, node);
          this.#server?.publishBundle(ca.rootPem);
          this.#publish(node);
          this.#tell(`connected ${node.workload}`);
        },
        disconnected: () => {},
        health: (proxyId, healthy, reason) => {
          this.#tell(`health ${this.#workloadOf(proxyId)} ${healthy} ${reason}`.trim());
        },
        telemetry: (proxyId, frame) => {
          if (isFactFrame(frame)) return;
          for (const { key, counts } of decodeFrame(frame)) {
            this.#tell(
              `cell ${this.#workloadOf(proxyId)} ${key.reporter} ${key.status} ${key.mtls} ${counts.n}`,
            );
          }
        },
        status: (proxyId) => {
          const sync = this.#server?.proxyStatus(proxyId);
          for (const type of sync?.types ?? []) {
            const words = [this.#workloadOf(proxyId), type.type, type.state, sync?.revision, type.nack ?? ''];
            this.#tell(words.join(' ').trim());
          }
        },
      },
    });
    this.port = this.#server.port;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  publish(workload: string, snapshot: ProxySnapshot, secrets: readonly TlsSecret[] = []): void {
    this.snapshots.set(workload, snapshot);
    this.secrets.set(workload, secrets);
    const node = this.nodes.get(workload);
    if (node !== undefined) this.#publish(node);
  }

  /** Resolves when an event matches, also one that was there before. */
  until(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!this.events.some((event) => pattern.test(event))) return;
        this.#listeners.delete(check);
        resolve();
      };
      this.#listeners.add(check);
      check();
    });
  }

  #publish(node: ProxyNode): void {
    const snapshot = this.snapshots.get(node.workload);
    const secrets = this.secrets.get(node.workload) ?? [];
    if (snapshot !== undefined) this.#server?.publish(node.id, snapshot, ++this.#revision, secrets);
  }

  #workloadOf(proxyId: string): string {
    return [...this.nodes.values()].find(({ id }) => id === proxyId)?.workload ?? proxyId;
  }

  #tell(event: string): void {
    this.events.push(event);
    for (const check of this.#listeners) check();
  }
}

async function startControlPlane(): Promise<ControlPlane> {
  const controlPlane = new ControlPlane();
  await controlPlane.start();
  onTestFinished(() => controlPlane.stop());
  return controlPlane;
}

async function startEnrolled(
  port: number,
  account: string,
  more: Partial<ProxyOptions> = {},
): Promise<RunningProxy> {
  const proxy = await runProxy({
    kind: 'sidecar',
    namespace: 'default',
    workload: account,
    serviceAccount: account,
    labels: { app: account },
    trustDomain: 'cluster.local',
    inboundPort: 0,
    outboundPort: 0,
    adminPort: 0,
    controlPlaneUrl: `http://127.0.0.1:${port}`,
    token: 'secret',
    runtime: fixedDice(0.5),
    ...more,
  });
  onTestFinished(() => proxy.close());
  return proxy;
}

function callerOf(port: number): ProxySnapshot {
  return outboundSnapshot(
    [virtualHost('reviews', ['reviews'], [route(forward([weighted(name)]))])],
    [cluster(name, { tls: meshTls('reviews', idOf('reviews')) })],
    { [name]: [endpoint(port, { tlsMode: 'istio' })] },
  );
}

/** `reviews` with its application, and `productpage` that calls it, both enrolled and ready. */
async function startMesh(more: Partial<ProxyOptions> = {}) {
  const app = await startApp(echo);
  const controlPlane = await startControlPlane();
  controlPlane.snapshots.set('reviews', inboundSnapshot(app.port));
  const server = await startEnrolled(controlPlane.port, 'reviews', {
    appAddress: { host: '127.0.0.1', port: app.port },
  });
  controlPlane.snapshots.set('productpage', callerOf(server.ports.inbound));
  const client = await startEnrolled(controlPlane.port, 'productpage', more);
  await Promise.all([server.ready, client.ready]);
  return { app, controlPlane, server, client };
}

describe('an enrolled proxy', () => {
  it('announces the port it has bound, gets configuration and certificate, serves mTLS, and sends telemetry', async () => {
    const { controlPlane, server, client } = await startMesh();
    expect(controlPlane.nodes.get('reviews')?.inboundPort).toBe(server.ports.inbound);
    const answer = await call(client.ports.outbound, 'http://reviews:9080/x');
    expect([answer.status, seen(answer).url]).toEqual([200, '/x']);
    await controlPlane.until(/^cell productpage source 200 true 1$/);
    await controlPlane.until(/^cell reviews destination 200 true 1$/);
    await controlPlane.until(/^productpage RDS acked/);
  });

  it('reports the health of its application as it changes', async () => {
    const { app, controlPlane } = await startMesh();
    await controlPlane.until(/^health reviews true$/);
    await app.close();
    await controlPlane.until(/^health reviews false the application does not accept connections$/);
    const told = controlPlane.events.filter((event) => event.startsWith('health reviews true'));
    expect(told).toHaveLength(1);
  });

  it('refuses a snapshot that does not compile with the reason, and goes on with the old one', async () => {
    const { app, controlPlane, server, client } = await startMesh();
    const badRegex = {
      path: { kind: 'regex', value: '(unclosed', caseSensitive: true },
      headers: [],
      queryParams: [],
    } as const;
    const { clusters, loadAssignments, listeners } = callerOf(server.ports.inbound);
    const virtualHosts = [
      virtualHost('reviews', ['reviews'], [route(forward([weighted(name)]), { match: badRegex })]),
    ];
    controlPlane.publish('productpage', {
      clusters,
      loadAssignments,
      listeners,
      routeConfigurations: [{ name: '9080', virtualHosts }],
    });
    await controlPlane.until(/^productpage RDS nacked/);
    expect((await call(client.ports.outbound, 'http://reviews:9080/')).status).toBe(200);
    expect(app.hits).toBe(1);
  });

  it('renews its certificate at half of its life, with a new key', async () => {
    const app = await startApp(echo);
    const controlPlane = await startControlPlane();
    // Issued 1 s in the past, ends in 8 s: half of it is 3.5 s away.
    controlPlane.lifeMs = 8_000;
    controlPlane.snapshots.set('reviews', inboundSnapshot(app.port));
    const proxy = await startEnrolled(controlPlane.port, 'reviews');
    await proxy.ready;
    const serial = async () =>
      JSON.parse((await call(proxy.ports.admin, '/certs')).text).certificates[0].serialNumber;
    const first = await serial();
    while ((await serial()) === first) await new Promise(setImmediate);
    const [firstAtMs = 0, secondAtMs = 0] = controlPlane.issuedAtMs;
    expect(secondAtMs - firstAtMs).toBeGreaterThan(3_000);
    expect(controlPlane.issuedAtMs).toHaveLength(2);
  });

  it('is told why it is not let in, and serves nothing', async () => {
    const controlPlane = await startControlPlane();
    const refused = Promise.withResolvers<unknown>();
    const proxy = await startEnrolled(controlPlane.port, 'stranger', {
      token: 'guess',
      runtime: {
        ...fixedDice(0.5),
        log: (_level, _message, fields) => {
          if (String(fields?.['reason']).includes('never issued')) refused.resolve(fields?.['reason']);
        },
      },
    });
    expect(await refused.promise).toContain('this token was never issued');
    expect((await call(proxy.ports.admin, '/healthz/ready')).status).toBe(503);
    expect((await call(proxy.ports.outbound, 'http://reviews:9080/')).status).toBe(502);
  });
});

describe('while the control plane is away', () => {
  it('proxies go on, and take up with it when it is back', async () => {
    const { app, controlPlane, client } = await startMesh();
    await controlPlane.stop();
    for (let i = 0; i < 5; i++) {
      expect((await call(client.ports.outbound, 'http://reviews:9080/')).status).toBe(200);
    }
    controlPlane.events.length = 0;
    await controlPlane.start();
    await controlPlane.until(/^connected productpage$/);
    await controlPlane.until(/^cell productpage source 200 true \d+$/);
    expect(app.hits).toBe(5);
  });

  it('a proxy that starts serves the last good snapshot with the identity of the disk', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'heddle-state-'));
    onTestFinished(() => rm(stateDir, { recursive: true }));
    const { controlPlane, client } = await startMesh({ stateDir });
    await call(client.ports.outbound, 'http://reviews:9080/');
    await client.close();
    await controlPlane.stop();
    const again = await startEnrolled(controlPlane.port, 'productpage', { stateDir });
    await again.ready;
    expect((await call(again.ports.outbound, 'http://reviews:9080/')).status).toBe(200);
  });

  it('a stored identity of somebody else is not used', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'heddle-state-'));
    onTestFinished(() => rm(stateDir, { recursive: true }));
    const { controlPlane, client } = await startMesh({ stateDir });
    await client.close();
    await controlPlane.stop();
    const other = await startEnrolled(controlPlane.port, 'ratings', { stateDir });
    // The snapshot is restored after the identity was looked at.
    while ((await call(other.ports.outbound, 'http://reviews:9080/')).status === 502) {
      await new Promise(setImmediate);
    }
    const answer = await call(other.ports.outbound, 'http://reviews:9080/');
    expect([answer.status, answer.headers['x-heddle-flags']]).toEqual([503, 'UF']);
    expect(answer.text).toContain('has no certificate yet');
  });
});

describe('secrets over SDS', () => {
  const shop = (...hosts: readonly string[]): Extract<TlsSecret, { kind: 'certificate' }> => {
    const { certificateChainPem, privateKeyPem } = ca.issue(hosts);
    return { kind: 'certificate', name: 'kubernetes://shop', chainPem: certificateChainPem, privateKeyPem };
  };
  const edgeSnapshot = (): ProxySnapshot => {
    const { listeners, ...rest } = gatewaySnapshot(
      [virtualHost('shop', ['*'], [route({ kind: 'direct', status: 200, body: 'tea' })])],
      [],
      {},
    );
    const tls = {
      mode: 'SIMPLE',
      certificates: [{ kind: 'secret', name: 'kubernetes://shop' }],
      subjectAltNames: [],
      certificateHashes: [],
      publicKeyHashes: [],
      isInsecure: false,
      minVersion: 'TLSv1_2',
      maxVersion: 'TLSv1_3',
      cipherSuites: [],
      ecdhCurves: [],
      from: [],
    } as const;
    return {
      ...rest,
      listeners: listeners.map((one) => ({
        ...one,
        filterChains: one.filterChains.map((chain) => ({ ...chain, tls })),
      })),
    };
  };
  const startEdge = async (more: Partial<ProxyOptions> = {}) => {
    const controlPlane = await startControlPlane();
    controlPlane.snapshots.set('edge', edgeSnapshot());
    const edge = await startEnrolled(controlPlane.port, 'edge', { kind: 'gateway', ...more });
    await edge.ready;
    return { controlPlane, edge };
  };
  /** The names in the certificate that the gateway shows. */
  const shown = async (edge: RunningProxy) => {
    const port = edge.ports.gateway.get('0.0.0.0_8080') ?? 0;
    const socket = connectTls({ host: '127.0.0.1', port, ca: ca.rootPem, servername: 'shop.example' });
    await once(socket, 'secureConnect');
    const names = socket.getPeerX509Certificate()?.subjectAltName;
    socket.destroy();
    return names;
  };

  it('come when the snapshot names them, and are replaced by what is published next', async () => {
    const { controlPlane, edge } = await startEdge();
    await expect(shown(edge)).rejects.toThrow(/disconnected|ECONNRESET/);
    controlPlane.events.length = 0;
    controlPlane.publish('edge', edgeSnapshot(), [shop('shop.example')]);
    await controlPlane.until(/^edge SDS acked 2$/);
    expect(await shown(edge)).toBe('DNS:shop.example');
    controlPlane.publish('edge', edgeSnapshot(), [shop('shop.example', 'www.shop.example')]);
    await controlPlane.until(/^edge SDS acked 3$/);
    expect(await shown(edge)).toBe('DNS:shop.example, DNS:www.shop.example');
  });

  it('are refused when they cannot be used, and the one before stays', async () => {
    const { controlPlane, edge } = await startEdge();
    controlPlane.publish('edge', edgeSnapshot(), [shop('shop.example')]);
    await controlPlane.until(/^edge SDS acked 2$/);
    const broken = {
      ...shop('shop.example'),
      privateKeyPem: ca.issue(['x.example']).privateKeyPem,
    };
    controlPlane.publish('edge', edgeSnapshot(), [broken]);
    await controlPlane.until(/^edge SDS nacked/);
    expect(await shown(edge)).toBe('DNS:shop.example');
  });

  it('are on the disk of a proxy that starts while the control plane is away', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'heddle-state-'));
    onTestFinished(() => rm(stateDir, { recursive: true }));
    const { controlPlane, edge } = await startEdge({ stateDir });
    controlPlane.publish('edge', edgeSnapshot(), [shop('shop.example')]);
    await controlPlane.until(/^edge SDS acked 2$/);
    await expect.poll(() => readFile(join(stateDir, 'secrets.json'), 'utf8')).toContain('shop');
    await edge.close();
    await controlPlane.stop();
    const again = await startEnrolled(controlPlane.port, 'edge', { kind: 'gateway', stateDir });
    await again.ready;
    expect(await shown(again)).toBe('DNS:shop.example');
    expect((await stat(join(stateDir, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });
});

describe('ports', () => {
  it('are open before the control plane is asked', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    await once(nobody, 'close');
    const proxy = await startEnrolled(port, 'alone');
    expect(proxy.ports.inbound).toBeGreaterThan(0);
    expect((await call(proxy.ports.admin, '/healthz/ready')).text).toBe('no configuration yet\n');
  });

  it('of a gateway that are taken are told with the reason, hold nothing else up, and are opened once they are free', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const tea = [virtualHost('shop', ['*'], [route({ kind: 'direct', status: 200, body: 'tea' })])];
    const snapshot = gatewaySnapshot(tea, [], {});
    const taken = snapshot.listeners.map((one) => ({ ...one, name: 'taken', port }));
    const controlPlane = await startControlPlane();
    controlPlane.snapshots.set('edge', { ...snapshot, listeners: [...snapshot.listeners, ...taken] });
    const edge = await startEnrolled(controlPlane.port, 'edge', { kind: 'gateway' });
    await controlPlane.until(
      /^edge LDS nacked 0 listener "taken": cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/,
    );
    const open = edge.ports.gateway.get('0.0.0.0_8080') ?? 0;
    expect((await call(open, '/', { headers: { host: 'x' } })).text).toBe('tea');
    other.close();
    await controlPlane.until(/^edge LDS acked 1$/);
    expect((await call(port, '/', { headers: { host: 'x' } })).text).toBe('tea');
  });
});
