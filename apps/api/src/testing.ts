/** A mesh with its API on a free port, and proxies that enrol as real ones do. For the tests of this package. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestShape } from '@heddle/schema';
import { CellRecorder, type CellKey, encodeFacts } from '@heddle/telemetry';
import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';
import { createCsr } from '@heddle/x509';
import { type AdsClient, connectAds, proxyId } from '@heddle/xds';
import type { App } from './app.ts';
import { createMesh, type Mesh } from './mesh.ts';
import { createMetrics } from './metrics.ts';
import { createApi } from './server.ts';

export interface TestProxy {
  readonly id: string;
  readonly client: AdsClient;
  /** Snapshots as they came, newest last. */
  readonly snapshots: ProxySnapshot[];
  /** Secrets as they came, newest last. */
  readonly secrets: TlsSecret[];
  /** Refuse what comes from now on, with this text. */
  refuse: string | undefined;
  send(key: Partial<CellKey>, n: number): void;
  /** Tells of requests, each like the first but for what is given. */
  sendFacts(shapes: readonly Partial<RequestShape>[]): void;
}

export interface TestApi {
  readonly mesh: Mesh;
  readonly app: App;
  readonly url: string;
  connect(workload: string, app: string, version: string, kind?: 'sidecar' | 'gateway'): Promise<TestProxy>;
  close(): Promise<void>;
}

export const documents = `
apiVersion: v1
kind: Service
metadata: { name: productpage }
spec: { selector: { app: productpage }, ports: [{ port: 9080, name: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: reviews }
spec: { selector: { app: reviews }, ports: [{ port: 9080, name: http }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
`;

export const split = (v1: number, v2: number) => `# the canary
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews]
  http:
    - route:
        - destination: { host: reviews, subset: v1 }
          weight: ${v1}
        - destination: { host: reviews, subset: v2 }
          weight: ${v2}
`;

export async function startTestApi(): Promise<TestApi> {
  const directory = mkdtempSync(join(tmpdir(), 'heddle-api-'));
  const metrics = createMetrics();
  const mesh = await createMesh({
    dataDir: directory,
    adsHost: '127.0.0.1',
    adsPort: 0,
    metrics,
    log: () => {},
  });
  const readiness = { expectedProxies: 0, expectTraffic: false };
  const app = await createApi({ mesh, metrics, readiness, loopbackOnly: true, logger: false });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const clients: AdsClient[] = [];
  return {
    mesh,
    app,
    url,
    async connect(workload, name, version, kind = 'sidecar') {
      const proxy = connectProxy(mesh, workload, name, version, kind);
      clients.push(proxy.client);
      await proxy.first;
      return proxy;
    },
    async close() {
      for (const client of clients) client.close();
      await app.close();
      await mesh.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function connectProxy(
  mesh: Mesh,
  workload: string,
  name: string,
  version: string,
  kind: 'sidecar' | 'gateway',
): TestProxy & { first: Promise<void> } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serviceAccount = `bookinfo-${name}`;
  const address = '127.0.0.1';
  const id = proxyId({
    kind,
    address,
    name: workload,
    namespace: 'default',
    clusterDomain: 'cluster.local',
  });
  const { secret } = mesh.tokens.create({ namespace: 'default', serviceAccount, ttlMs: 60_000, uses: 1 });
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const snapshots: ProxySnapshot[] = [];
  const secrets: TlsSecret[] = [];
  const client = connectAds({
    url: `https://localhost:${mesh.ads.port}`,
    caPem: mesh.caPem,
    token: secret,
    node: {
      id,
      kind,
      workload,
      namespace: 'default',
      serviceAccount,
      labels: { app: name, version },
      version,
      userAgent: 'heddle/test',
      address,
      inboundPort: 20_000 + snapshots.length,
      appPort: 9080,
    },
    createCsr: () => createCsr(privateKey),
    hooks: {
      snapshot(snapshot) {
        if (proxy.refuse !== undefined) throw new Error(proxy.refuse);
        snapshots.push(snapshot);
        resolve();
        return Promise.resolve();
      },
      identity: () => {},
      secret: (one) => {
        secrets.push(one);
      },
      identityRefused: () => {},
      state: () => {},
    },
  });
  client.reportHealth(true, '');
  const proxy: TestProxy & { first: Promise<void> } = {
    id,
    client,
    snapshots,
    secrets,
    first,
    refuse: undefined,
    send(over, n) {
      const recorder = new CellRecorder();
      const key: CellKey = { ...toReviews, sourceWorkload: workload, sourceVersion: version, ...over };
      for (let i = 0; i < n; i++) {
        recorder.record(key, { durationMs: 10, requestBytes: 0, responseBytes: 0, endedAtMs: Date.now() });
      }
      recorder.flush((frame) => client.sendTelemetry(frame));
    },
    sendFacts(shapes) {
      const facts = shapes.map((over) => ({
        shape: { ...reviewsRequest, ...over },
        atMs: Date.now(),
        status: 200,
        durationMs: 12,
      }));
      client.sendTelemetry(encodeFacts({ seen: facts.length * 2, facts }));
    },
  };
  return proxy;
}

const reviewsRequest: RequestShape = {
  direction: 'outbound',
  authority: 'reviews:9080',
  port: 9080,
  method: 'GET',
  path: '/reviews/1',
  scheme: 'http',
  headers: { 'end-user': 'jason' },
  hidden: ['cookie'],
  peer: '',
  sourceIp: '127.0.0.1',
};

const toReviews: CellKey = {
  reporter: 'source',
  sourceNamespace: 'default',
  sourceWorkload: '',
  sourceVersion: '',
  sourceId: 'spiffe://cluster.local/ns/default/sa/bookinfo-productpage',
  destinationNamespace: 'default',
  destinationService: 'reviews',
  destinationWorkload: 'reviews-v1',
  destinationVersion: 'v1',
  destinationId: 'spiffe://cluster.local/ns/default/sa/bookinfo-reviews',
  route: 'default/reviews http[0]',
  method: 'GET',
  path: '/reviews/{id}',
  protocol: 'http',
  status: 200,
  flags: '',
  mtls: true,
};

/** Asks again until the answer fits; the limit of the test is the limit of the patience. */
export async function eventually<T>(ask: () => Promise<T> | T, fits: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
