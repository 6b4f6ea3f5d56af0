/**
 * A sample of the decisions recorded from Istio and a real Envoy, made once more by real proxies: the documents are compiled to what
 * a proxy is told, requests go through its sockets, and what arrives behind it is compared.
 */
import { globSync, readFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { Compiler, Interner, parseDocuments, World, type WorkloadInstance } from '@heddle/mesh-core';
import { ca, startTestProxy, type TestProxy } from '@heddle/proxy/testing';
import type { AuthorizationExplainRequest, RouteExplainRequest } from '@heddle/schema';
import type { Endpoint, ProxySnapshot } from '@heddle/traffic';
import { afterAll, describe, expect, it } from 'vitest';

const recordings = join(import.meta.dirname, '../../mesh-core/src/explain/testdata');

/** Requests of one split: enough that shares which step evenly come out within the tolerance of the recording. */
const requestsOfSplit = 50;

interface Expected {
  readonly action: 'route' | 'redirect' | 'direct' | 'none' | 'passthrough';
  readonly status?: number;
  readonly location?: string;
  readonly body?: string;
  readonly upstreams?: readonly {
    readonly host?: string;
    readonly port?: number;
    readonly subset?: string;
    readonly status?: number;
    readonly percent: number;
  }[];
  readonly path?: string;
  readonly authority?: string;
  readonly requestHeaders?: Readonly<Record<string, string | null>>;
  readonly responseHeaders?: Readonly<Record<string, string | null>>;
}

interface RouteGroup {
  readonly id: string;
  readonly view: {
    readonly gateway: boolean;
    readonly namespace: string;
    readonly workload: string;
    readonly labels: Record<string, string>;
  };
  readonly resources: readonly object[];
  readonly cases: readonly {
    readonly request: Omit<RouteExplainRequest, 'from'>;
    readonly expect: Expected;
  }[];
}

/** What came back, and what arrived behind the proxy if anything did. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly arrived:
    | { readonly cluster: string; readonly url: string; readonly headers: Record<string, string> }
    | undefined;
}

const upstreams = new Map<string, Promise<{ readonly port: number; close(): void }>>();

afterAll(async () => {
  for (const upstream of upstreams.values()) (await upstream).close();
});

/** A server that stands for one cluster and says what reached it. */
function upstreamOf(cluster: string): Promise<{ readonly port: number; close(): void }> {
  const known = upstreams.get(cluster);
  if (known !== undefined) return known;
  const server = createServer((request, response) => {
    const { url, headers } = request;
    request.resume().on('end', () => response.end(JSON.stringify({ arrived: { cluster, url, headers } })));
  });
  const started = new Promise<{ port: number; close(): void }>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ port, close: () => server.close().closeAllConnections() });
    });
  });
  upstreams.set(cluster, started);
  return started;
}

function worldOf(objects: readonly object[], instances: readonly WorkloadInstance[]): World {
  const { documents } = parseDocuments(objects.map((one) => JSON.stringify(one)).join('\n---\n'));
  return new World(
    documents.map((one, i) => ({ ...one, generation: 1, createdAtMs: i, revision: 1 })),
    instances,
  );
}

function instanceOf(over: Partial<WorkloadInstance>): WorkloadInstance {
  return {
    id: 'asked',
    kind: 'sidecar',
    namespace: 'default',
    workload: 'asked',
    labels: {},
    serviceAccount: 'default',
    address: '127.0.0.1',
    inboundPort: 0,
    appPort: 8080,
    ready: true,
    reason: '',
    ...over,
  };
}

/** Every cluster leads to the server that stands for it, in plaintext: whom a request reaches is all that is asked. */
async function withUpstreams(snapshot: ProxySnapshot): Promise<ProxySnapshot> {
  const endpointOf = async (cluster: string): Promise<Endpoint> => ({
    address: '127.0.0.1',
    port: (await upstreamOf(cluster)).port,
    weight: 1,
    health: 'HEALTHY',
    tlsMode: 'disabled',
  });
  const clusters = await Promise.all(
    snapshot.clusters.map(async ({ tls: _tls, ...cluster }) =>
      cluster.name === 'PassthroughCluster'
        ? cluster
        : { ...cluster, discovery: 'STATIC' as const, endpoints: [await endpointOf(cluster.name)] },
    ),
  );
  return { ...snapshot, clusters, loadAssignments: [] };
}

/** Shares of a split come in even steps instead of by chance: what is compared is the split, not luck. */
function steppingDice() {
  let i = 0;
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => (i++ * 0.618_033_988_749_895) % 1,
    log: () => {},
  };
}

async function startFor(view: RouteGroup['view'], objects: readonly object[]): Promise<TestProxy> {
  const edge = objects.find(isEdge);
  const instance = view.gateway
    ? instanceOf({
        kind: 'gateway',
        namespace: 'mill',
        labels: edge?.spec.selector ?? view.labels,
        appPort: 0,
      })
    : instanceOf({ namespace: view.namespace, workload: view.workload, labels: view.labels });
  const snapshot = new Compiler(worldOf(objects, [instance]), new Interner()).snapshotFor(instance);
  return startTestProxy({
    kind: instance.kind,
    namespace: instance.namespace,
    workload: instance.workload,
    snapshot: await withUpstreams({
      ...snapshot,
      listeners: snapshot.listeners.filter(({ direction }) => direction !== 'INBOUND'),
    }),
    listenPorts: new Map(snapshot.listeners.map(({ port }) => [port, 0])),
    runtime: steppingDice(),
  });
}

function isEdge(object: object): object is { spec: { selector?: Record<string, string> } } {
  return 'kind' in object && object.kind === 'Gateway' && 'spec' in object;
}

function ask(port: number, path: string, method: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false });
    request.on('error', reject);
    request.on('response', (response) => resolve(read(response)));
    request.end();
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  let arrived: Answer['arrived'];
  try {
    const parsed: { arrived?: Answer['arrived'] } = JSON.parse(body);
    arrived = parsed.arrived;
  } catch {
    arrived = undefined; // an answer of the proxy itself
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body, arrived };
}

function askRoute(
  proxy: TestProxy,
  isGateway: boolean,
  request: Omit<RouteExplainRequest, 'from'>,
): Promise<Answer> {
  const { host, port, method = 'GET', path = '/', headers = {} } = request;
  const authority = port === 80 ? host : `${host}:${port}`;
  return isGateway
    ? ask(listenerPort(proxy, port) ?? 0, path, method, { host: authority, ...headers })
    : ask(proxy.ports.outbound, `http://${authority}${path}`, method, { host: authority, ...headers });
}

function listenerPort(proxy: TestProxy, port: number): number | undefined {
  return [...proxy.ports.gateway].find(([name]) => name.endsWith(`_${port}`))?.[1];
}

async function* routeDifferences(
  proxy: TestProxy,
  isGateway: boolean,
  request: Omit<RouteExplainRequest, 'from'>,
  wanted: Expected,
): AsyncIterable<string> {
  const isSplit = (wanted.upstreams ?? []).length > 1;
  const answers: Answer[] = [];
  for (let i = 0; i < (isSplit ? requestsOfSplit : 1); i++) {
    answers.push(await askRoute(proxy, isGateway, request));
  }
  const [answer] = answers;
  if (answer === undefined) return;
  if (wanted.action !== 'route') {
    if (answer.arrived !== undefined) yield `reached ${answer.arrived.cluster}, expected ${wanted.action}`;
    const status = wanted.action === 'none' ? 404 : wanted.status;
    if (status !== undefined && answer.status !== status) yield `status ${answer.status}, expected ${status}`;
    if (wanted.location !== undefined && answer.headers.location !== wanted.location)
      yield `to ${answer.headers.location}, expected ${wanted.location}`;
    if (wanted.body !== undefined && answer.body !== wanted.body) yield `body ${answer.body}`;
    return;
  }
  for (const { host, port, subset = '', status, percent } of wanted.upstreams ?? []) {
    const cluster = `outbound|${port}|${subset}|${host}`;
    const hits = answers.filter((one) =>
      host === undefined
        ? one.arrived === undefined && one.status === status
        : one.arrived?.cluster === cluster,
    );
    const share = (hits.length / answers.length) * 100;
    if (Math.abs(share - percent) > 9) yield `${share} % to ${host ?? status}, expected ${percent} %`;
  }
  if (wanted.path === undefined || answer.arrived === undefined) return;
  const { url, headers } = answer.arrived;
  if (url !== wanted.path) yield `path ${url}, expected ${wanted.path}`;
  if (headers['host'] !== wanted.authority) yield `host ${headers['host']}, expected ${wanted.authority}`;
  for (const [name, value] of Object.entries(wanted.requestHeaders ?? {})) {
    if ((headers[name] ?? null) !== value) yield `${name} ${headers[name]}, expected ${value}`;
  }
  for (const [name, value] of Object.entries(wanted.responseHeaders ?? {})) {
    if ((answer.headers[name] ?? null) !== value) yield `response ${name} ${String(answer.headers[name])}`;
  }
}

describe('routes, through real sidecars and gateways', () => {
  // Every so many groups of each recording: sixty or so decisions of each kind, of every seed.
  it.each(globSync(['routes/*.json', 'httproutes/*.json'], { cwd: recordings }).toSorted())(
    '%s',
    async (file) => {
      const { common, groups }: { common: object[]; groups: RouteGroup[] } = JSON.parse(
        readFileSync(join(recordings, file), 'utf8'),
      );
      const step = Math.max(Math.floor(groups.length / 16), 1);
      const differences: string[] = [];
      let decisions = 0;
      for (const { id, view, resources, cases } of groups.filter((_, i) => i % step === 0).slice(0, 16)) {
        const proxy = await startFor(view, [...common, ...resources]);
        for (const { request, expect: wanted } of cases.slice(0, 5)) {
          if (wanted.action === 'passthrough' || request.scheme === 'https') continue;
          // A port that no listener of the gateway has cannot be called at all.
          if (view.gateway && listenerPort(proxy, request.port) === undefined) {
            expect(wanted.action).toBe('none');
            continue;
          }
          decisions++;
          for await (const difference of routeDifferences(proxy, view.gateway, request, wanted)) {
            differences.push(`${basename(file)} ${id} ${request.host}${request.path}: ${difference}`);
          }
        }
        await proxy.close();
      }
      expect(differences).toEqual([]);
      expect(decisions).toBeGreaterThan(40);
    },
  );
});

type AuthzCase = readonly ['allow' | 'deny', Omit<AuthorizationExplainRequest, 'workload'>];

/** What is not there in this test: tokens of the recording's issuer, its addresses, other authorizers. */
const needsMore =
  /requestPrincipals|RequestPrincipals|request\.auth|[iI]pBlocks|\.ip"|sni|CUSTOM|experimental/;

describe('authorization, through real sidecars with mTLS', () => {
  it('decides as Istio and Envoy do', async () => {
    const differences: string[] = [];
    let decisions = 0;
    for (const file of globSync('authz/*.ndjson', { cwd: recordings }).toSorted()) {
      const [first = '', ...rest] = readFileSync(join(recordings, file), 'utf8').trim().split('\n');
      const workload: Required<AuthorizationExplainRequest['workload']> = JSON.parse(first);
      for (const line of rest.filter((one) => !needsMore.test(one.slice(0, one.indexOf('"cases"'))))) {
        const { policies, cases }: { policies: object[]; cases: AuthzCase[] } = JSON.parse(line);
        for (const port of new Set(cases.map(([, { port: one = 8080 }]) => one))) {
          const proxy = await startService(workload, policies, port);
          for (const [decision, request] of cases
            .filter(([, one]) => (one.port ?? 8080) === port)
            .slice(0, 6)) {
            // Our proxies refuse escaped slashes before they ask who may call.
            if (request.protocol === 'tcp' || /%2f/i.test(request.path ?? '')) continue;
            decisions++;
            const { status, arrived } = await askService(proxy, request);
            const decided = arrived === undefined && status === 403 ? 'deny' : 'allow';
            if (decided !== decision)
              differences.push(`${file} ${JSON.stringify([policies, request])}: ${decided}`);
          }
          await proxy.close();
        }
      }
    }
    expect(differences).toEqual([]);
    expect(decisions).toBeGreaterThan(40);
  });
});

async function startService(
  { namespace, serviceAccount, labels }: Required<AuthorizationExplainRequest['workload']>,
  policies: readonly object[],
  appPort: number,
): Promise<TestProxy> {
  const permissive = {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: 'permissive', namespace },
    spec: { mtls: { mode: 'PERMISSIVE' } },
  };
  const instance = instanceOf({ namespace, serviceAccount, labels, workload: 'called', appPort });
  const snapshot = new Compiler(worldOf([...policies, permissive], [instance]), new Interner()).snapshotFor(
    instance,
  );
  const inbound = await withUpstreams(snapshot);
  return startTestProxy({
    workload: 'called',
    namespace,
    serviceAccount,
    appAddress: { host: '127.0.0.1', port: (await upstreamOf(`inbound|${appPort}||`)).port },
    snapshot: { ...inbound, listeners: inbound.listeners.filter(({ direction }) => direction === 'INBOUND') },
    identity: ca.issue([`spiffe://cluster.local/ns/${namespace}/sa/${serviceAccount}`]),
  });
}

function askService(
  proxy: TestProxy,
  { peer, method = 'GET', path = '/', host = 'called', headers = {} }: AuthzCase[1],
): Promise<Answer> {
  const fields = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null));
  const options = {
    host: '127.0.0.1',
    port: proxy.ports.inbound,
    path,
    method,
    agent: false,
    headers: { host, ...fields },
  } as const;
  return new Promise((resolve, reject) => {
    const secret = peer === undefined ? undefined : ca.issue([peer]);
    const request =
      secret === undefined
        ? httpRequest(options)
        : httpsRequest({
            ...options,
            cert: secret.certificateChainPem,
            key: secret.privateKeyPem,
            rejectUnauthorized: false,
          });
    request.on('error', reject);
    request.on('response', (response) => resolve(read(response)));
    request.end();
  });
}
