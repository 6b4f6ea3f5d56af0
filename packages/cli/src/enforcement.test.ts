/**
 * What documents say, real proxies do: a control plane with its store, sidecars and a gateway that enrolled with it, and requests
 * through their sockets. Each test writes documents as a user would, waits until every proxy has accepted them, and asks.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request as httpRequest, type Server } from 'node:http';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { Explainer, groupRefusal } from '@heddle/mesh-core';
import { type RunningProxy, runProxy } from '@heddle/proxy';
import type { AuthorizationPolicySpec } from '@heddle/schema';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControlPlane, startControlPlane } from './control-plane.ts';

interface App {
  readonly name: string;
  readonly server: Server;
  readonly port: number;
  /** Answers that differ from the usual 200. */
  fail: { status: number; times: number };
  delayMs: number;
  hits: number;
}

const directory = mkdtempSync(join(tmpdir(), 'heddle-enforcement-'));
const apps = new Map<string, App>();
const proxies: RunningProxy[] = [];
let plane: RunningControlPlane;
let client: RunningProxy;
let gateway: RunningProxy;

/** Says who it is and what reached it. */
async function startApp(name: string): Promise<App> {
  const server = createServer((request, response) => {
    const app = apps.get(name);
    if (app === undefined) return;
    app.hits++;
    const { method, url, headers } = request;
    const isFailing = app.fail.times > 0;
    if (isFailing) app.fail.times--;
    request.resume().on('end', () => {
      setTimeout(() => {
        response.writeHead(isFailing ? app.fail.status : 200, {
          'content-type': 'application/json',
          'x-extra': 'app',
          'x-app': name,
        });
        response.end(JSON.stringify({ app: name, method, url, headers }));
      }, app.delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const app = { name, server, port, fail: { status: 503, times: 0 }, delayMs: 0, hits: 0 };
  apps.set(name, app);
  return app;
}

async function startProxy(
  workload: string,
  over: {
    readonly app?: App;
    readonly kind?: 'gateway';
    readonly labels: Record<string, string>;
    readonly group?: string;
  },
): Promise<RunningProxy> {
  const serviceAccount = over.labels['app'] ?? workload;
  const { secret } = plane.mesh.tokens.create({
    namespace: 'default',
    serviceAccount,
    ttlMs: 60_000,
    uses: 1,
  });
  const proxy = await runProxy({
    kind: over.kind ?? 'sidecar',
    namespace: 'default',
    workload,
    serviceAccount,
    labels: over.labels,
    ...(over.group === undefined ? {} : { group: over.group }),
    trustDomain: 'cluster.local',
    ...(over.app === undefined ? {} : { appAddress: { host: '127.0.0.1', port: over.app.port } }),
    inboundPort: 0,
    outboundPort: 0,
    adminPort: 0,
    ...(over.kind === 'gateway' ? { listenPorts: new Map([[8080, 0]]) } : {}),
    controlPlaneUrl: plane.adsUrl,
    caPem: readFileSync(plane.caFile, 'utf8'),
    token: secret,
  });
  proxies.push(proxy);
  await proxy.ready;
  return proxy;
}

const services = ['loom', 'shadow', 'loom-canary']
  .map(
    (name) => `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name === 'loom-canary' ? 'loom, version: v2' : name} }, ports: [{ port: 80, name: http }] }
---`,
  )
  .join('');

const surroundings = `${services}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: loom }
spec: { host: loom, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge }
spec: { selector: { istio: edge }, servers: [{ port: { number: 8080, name: http, protocol: HTTP }, hosts: ["*"] }] }
`;

beforeAll(async () => {
  plane = await startControlPlane({
    dataDir: directory,
    host: '127.0.0.1',
    port: 0,
    adsPort: 0,
    otlpPort: 0,
    expectedProxies: 0,
    expectTraffic: false,
  });
  const version = (name: string) => ({ app: 'loom', version: name });
  await startProxy('loom-v1', { app: await startApp('loom-v1'), labels: version('v1') });
  await startProxy('loom-v2', { app: await startApp('loom-v2'), labels: version('v2') });
  await startProxy('shadow-v1', {
    app: await startApp('shadow-v1'),
    labels: { app: 'shadow', version: 'v1' },
  });
  client = await startProxy('web-v1', {
    app: await startApp('web-v1'),
    labels: { app: 'web', version: 'v1' },
  });
  gateway = await startProxy('edge', { kind: 'gateway', labels: { app: 'edge', istio: 'edge' } });
  await apply(surroundings);
  await eventually(async () => (await ask('/')).status === 200);
});

afterAll(async () => {
  for (const proxy of proxies) await proxy.close();
  await plane.close();
  for (const { server } of apps.values()) server.close().closeAllConnections();
  rmSync(directory, { recursive: true, force: true });
});

/** Writes documents and returns their revision when every proxy that they concern has accepted them. */
async function apply(yaml: string): Promise<number> {
  const outcome = plane.mesh.controlPlane.apply(yaml, { actor: 'test', via: 'api', reason: 'a test' });
  if (outcome.kind !== 'written') throw new Error(JSON.stringify(outcome));
  expect(outcome.findings.filter(({ code }) => code === 'HDL0020')).toEqual([]);
  await accepted(outcome.revision);
  return outcome.revision;
}

async function accepted(revision: number): Promise<void> {
  await eventually(() => {
    const push = plane.mesh.controlPlane.pushStatus(revision);
    expect(push?.nacked ?? 0).toBe(0);
    return Promise.resolve(push === null || push.pending === 0);
  });
}

/** Runs with documents in force and takes them back. */
async function withDocuments(yaml: string, test: () => Promise<void>): Promise<void> {
  const revision = await apply(yaml);
  try {
    await test();
  } finally {
    await takeBack(revision);
  }
}

async function takeBack(revision = plane.mesh.controlPlane.store.revision): Promise<void> {
  const outcome = plane.mesh.controlPlane.rollback(revision, { actor: 'test', via: 'api', reason: 'over' });
  if (outcome.kind !== 'written') throw new Error(JSON.stringify(outcome));
  await accepted(outcome.revision);
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not come about within ten seconds');
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** undefined: the proxy answered itself. */
  readonly app: string | undefined;
  readonly url: string;
  readonly saw: IncomingHttpHeaders;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly host?: string;
  readonly through?: 'gateway';
}

function ask(
  path: string,
  { method = 'GET', headers = {}, host = 'loom', through }: Asked = {},
): Promise<Answer> {
  const port = through === 'gateway' ? gateway.ports.gateway.values().next().value : client.ports.outbound;
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path: through === 'gateway' ? path : `http://${host}${path}`,
      headers: { host, ...headers },
      agent: false,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const isOfApp = response.headers['x-app'] !== undefined;
        const told: { app?: string; url?: string; headers?: IncomingHttpHeaders } = isOfApp
          ? JSON.parse(text)
          : {};
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          app: told.app,
          url: told.url ?? '',
          saw: told.headers ?? {},
        });
      });
    });
    request.end();
  });
}

async function countsOf(n: number, asked: () => Promise<Answer>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < n; i++) {
    const { app, status } = await asked();
    const name = app ?? String(status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const routes = (http: string, more = '') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: loom }
spec: { hosts: [loom]${more}, http: ${http} }
`;
const toV1 = 'route: [{ destination: { host: loom, subset: v1 } }]';
const toV2 = 'route: [{ destination: { host: loom, subset: v2 } }]';

describe('a VirtualService', () => {
  it('matches on path, header, method and query, in the order of its rules', async () => {
    await withDocuments(
      routes(`[
        { match: [{ uri: { prefix: /v2 }, headers: { x-tier: { exact: gold } } }], ${toV2} },
        { match: [{ method: { exact: PUT } }, { queryParams: { v: { regex: "[2-9]" } } }], ${toV2} },
        { match: [{ withoutHeaders: { x-old: {} }, uri: { regex: "/new/.*" }, ignoreUriCase: false }], ${toV2} },
        { match: [{ uri: { exact: /NONE }, ignoreUriCase: true }], ${toV2} },
        { ${toV1} }]`),
      async () => {
        const gold = { headers: { 'x-tier': 'gold' } };
        expect((await ask('/v2/x', gold)).app).toBe('loom-v2');
        expect((await ask('/v2/x')).app).toBe('loom-v1');
        expect((await ask('/', { method: 'PUT' })).app).toBe('loom-v2');
        expect((await ask('/?v=3')).app).toBe('loom-v2');
        expect((await ask('/?v=1')).app).toBe('loom-v1');
        expect((await ask('/new/x')).app).toBe('loom-v2');
        expect((await ask('/new/x', { headers: { 'x-old': '1' } })).app).toBe('loom-v1');
        expect((await ask('/none')).app).toBe('loom-v2');
      },
    );
  });

  it('splits by weight, and answers 404 where no rule matches', async () => {
    await withDocuments(
      routes(`[{ match: [{ uri: { prefix: /in } }], route: [
        { destination: { host: loom, subset: v1 }, weight: 75 },
        { destination: { host: loom, subset: v2 }, weight: 25 }] }]`),
      async () => {
        const counts = await countsOf(400, () => ask('/in'));
        // Binomial with n 400, p 0.25: standard deviation 8.7.
        expect(counts['loom-v2']).toBeGreaterThan(60);
        expect(counts['loom-v2']).toBeLessThan(140);
        expect(Object.keys(counts).toSorted()).toEqual(['loom-v1', 'loom-v2']);
        expect((await ask('/out')).status).toBe(404);
      },
    );
  });

  it('rewrites, redirects and answers by itself', async () => {
    await withDocuments(
      routes(`[
        { match: [{ uri: { prefix: /old/ } }], rewrite: { uri: /new/, authority: inner.example }, ${toV1} },
        { match: [{ uri: { prefix: /re/ } }], rewrite: { uriRegexRewrite: { match: "/re/([a-z]+)", rewrite: '/x/\\1' } }, ${toV1} },
        { match: [{ uri: { exact: /moved } }], redirect: { uri: /here, authority: there.example, scheme: https, redirectCode: 308 } },
        { match: [{ uri: { exact: /tea } }], directResponse: { status: 418, body: { string: short and stout } } }]`),
      async () => {
        const old = await ask('/old/a?b=1');
        expect([old.url, old.saw.host]).toEqual(['/new/a?b=1', 'inner.example']);
        expect((await ask('/re/abc/d')).url).toBe('/x/abc/d');
        const moved = await ask('/moved?x=1');
        expect([moved.status, moved.headers.location]).toEqual([308, 'https://there.example/here?x=1']);
        const tea = await ask('/tea');
        expect([tea.status, tea.text]).toEqual([418, 'short and stout']);
      },
    );
  });

  it('mutates headers of requests and responses, of the route and of its parts', async () => {
    await withDocuments(
      routes(`[{
        headers: { request: { set: { x-set: one }, add: { x-add: more }, remove: [x-gone] }, response: { set: { x-back: "yes" }, remove: [x-extra] } },
        route: [{ destination: { host: loom, subset: v1 }, headers: { request: { set: { x-part: v1 } } } }] }]`),
      async () => {
        const answer = await ask('/', { headers: { 'x-gone': '1', 'x-add': 'some', 'x-set': 'zero' } });
        expect(answer.saw).toMatchObject({ 'x-set': 'one', 'x-add': 'some, more', 'x-part': 'v1' });
        expect(answer.saw['x-gone']).toBeUndefined();
        expect([answer.headers['x-back'], answer.headers['x-extra']]).toEqual(['yes', undefined]);
      },
    );
  });

  it('answers preflights and permits origins (CORS)', async () => {
    await withDocuments(
      routes(
        `[{ corsPolicy: { allowOrigins: [{ exact: "https://shop.example" }], allowMethods: [GET, PUT], allowHeaders: [x-token], maxAge: 60s, allowCredentials: true }, ${toV1} }]`,
      ),
      async () => {
        const preflight = await ask('/', {
          method: 'OPTIONS',
          headers: { origin: 'https://shop.example', 'access-control-request-method': 'PUT' },
        });
        expect([preflight.status, preflight.app]).toEqual([200, undefined]);
        expect(preflight.headers).toMatchObject({
          'access-control-allow-origin': 'https://shop.example',
          'access-control-allow-methods': 'GET,PUT',
          'access-control-allow-headers': 'x-token',
          'access-control-max-age': '60',
          'access-control-allow-credentials': 'true',
        });
        const permitted = await ask('/', { headers: { origin: 'https://shop.example' } });
        expect(permitted.headers['access-control-allow-origin']).toBe('https://shop.example');
        const foreign = await ask('/', { headers: { origin: 'https://evil.example' } });
        expect([foreign.app, foreign.headers['access-control-allow-origin']]).toEqual(['loom-v1', undefined]);
      },
    );
  });

  it('gives up after its timeout and tries again what failed', async () => {
    const v1 = appNamed('loom-v1');
    await withDocuments(
      routes(`[
        { match: [{ uri: { prefix: /slow } }], timeout: 100ms, retries: { attempts: 0 }, ${toV1} },
        { retries: { attempts: 2, retryOn: "503", perTryTimeout: 2s }, ${toV1} }]`),
      async () => {
        v1.delayMs = 400;
        expect((await ask('/slow')).status).toBe(504);
        v1.delayMs = 0;
        v1.fail = { status: 503, times: 2 };
        const before = v1.hits;
        expect((await ask('/')).status).toBe(200);
        expect(v1.hits - before).toBe(3);
        v1.fail = { status: 503, times: 3 };
        expect((await ask('/')).status).toBe(503);
        v1.fail = { status: 503, times: 0 };
      },
    );
  });

  it('injects faults and mirrors requests', async () => {
    const shadow = appNamed('shadow-v1');
    await withDocuments(
      routes(`[
        { match: [{ uri: { prefix: /abort } }], fault: { abort: { httpStatus: 555, percentage: { value: 100 } } }, ${toV1} },
        { match: [{ uri: { prefix: /late } }], fault: { delay: { fixedDelay: 200ms, percentage: { value: 100 } } }, ${toV1} },
        { mirrors: [{ destination: { host: shadow } }], ${toV1} }]`),
      async () => {
        expect([(await ask('/abort')).status, (await ask('/abort')).app]).toEqual([555, undefined]);
        const startedAt = performance.now();
        expect((await ask('/late')).status).toBe(200);
        expect(performance.now() - startedAt).toBeGreaterThanOrEqual(195);
        const before = shadow.hits;
        expect((await ask('/mirrored')).app).toBe('loom-v1');
        await eventually(() => Promise.resolve(shadow.hits === before + 1));
      },
    );
  });

  it('delegates to another one', async () => {
    await withDocuments(
      `${routes('[{ match: [{ uri: { prefix: /team } }], delegate: { name: team } }, { ' + toV1 + ' }]')}---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: team }
spec: { http: [{ match: [{ uri: { prefix: /team/new } }], ${toV2} }, { ${toV1} }] }
`,
      async () => {
        expect((await ask('/team/new/x')).app).toBe('loom-v2');
        expect((await ask('/team/old')).app).toBe('loom-v1');
      },
    );
  });

  it('routes at the gateway', async () => {
    await withDocuments(
      `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec: { hosts: [shop.example], gateways: [edge], http: [{ match: [{ uri: { prefix: /v2 } }], ${toV2} }, { ${toV1} }] }
`,
      async () => {
        expect((await ask('/v2', { through: 'gateway', host: 'shop.example' })).app).toBe('loom-v2');
        expect((await ask('/', { through: 'gateway', host: 'shop.example' })).app).toBe('loom-v1');
        expect((await ask('/', { through: 'gateway', host: 'other.example' })).status).toBe(404);
      },
    );
  });
});

describe('a DestinationRule with a consistent hash', () => {
  it('sends a user to one endpoint', async () => {
    await withDocuments(
      `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: loom }
spec: { host: loom, trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: x-user, maglev: { tableSize: 5003 } } } } }
`,
      async () => {
        const reached = new Set<string>();
        for (let user = 0; user < 12; user++) {
          const counts = await countsOf(4, () => ask('/', { headers: { 'x-user': `user-${user}` } }));
          expect(Object.keys(counts)).toHaveLength(1);
          for (const app of Object.keys(counts)) reached.add(app);
        }
        expect([...reached].toSorted()).toEqual(['loom-v1', 'loom-v2']);
      },
    );
  });
});

describe('the Gateway API', () => {
  it('routes callers of a Service, with a filter and weights', async () => {
    await withDocuments(
      `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: loom }
spec:
  parentRefs: [{ group: "", kind: Service, name: loom }]
  rules:
    - matches: [{ path: { type: PathPrefix, value: /canary } }]
      filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } }]
      backendRefs: [{ name: loom-canary, port: 80, weight: 1 }, { name: shadow, port: 80, weight: 0 }]
    - matches: [{ path: { type: PathPrefix, value: /nowhere } }]
      backendRefs: [{ name: not-there, port: 80 }]
    - backendRefs: [{ name: shadow, port: 80 }]
`,
      async () => {
        const canary = await ask('/canary/x');
        expect([canary.app, canary.url]).toEqual(['loom-v2', '/x']);
        expect((await ask('/canaryx')).app).toBe('shadow-v1');
        expect((await ask('/nowhere')).status).toBe(500);
      },
    );
  });
});

describe('SMI', () => {
  it('splits a root service', async () => {
    await withDocuments(
      `apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: { name: loom }
spec: { service: loom, backends: [{ service: loom-canary, weight: 100 }, { service: shadow, weight: 0 }] }
`,
      async () => expect(await countsOf(10, () => ask('/'))).toEqual({ 'loom-v2': 10 }),
    );
  });

  it('lets only the sources of a TrafficTarget in, on its routes', async () => {
    await withDocuments(
      `apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: routes }
spec: { matches: [{ name: read, pathRegex: /read, methods: [GET] }] }
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: loom }
spec:
  destination: { kind: ServiceAccount, name: loom }
  sources: [{ kind: ServiceAccount, name: web }]
  rules: [{ kind: HTTPRouteGroup, name: routes, matches: [read] }]
`,
      async () => {
        expect((await ask('/read/1')).status).toBe(200);
        expect((await ask('/write')).status).toBe(403);
        expect((await ask('/read', { method: 'PUT' })).status).toBe(403);
        // Another workload is nobody's destination.
        expect((await ask('/write', { host: 'shadow' })).status).toBe(200);
      },
    );
  });
});

describe('an AuthorizationPolicy', () => {
  const policy = (spec: AuthorizationPolicySpec, annotations = '') => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: loom${annotations} }
spec: ${JSON.stringify({ selector: { matchLabels: { app: 'loom' } }, ...spec })}
`;
  const admin = { rules: [{ to: [{ operation: { paths: ['/admin*'] } }] }] };

  it('denies with DENY', async () => {
    await withDocuments(policy({ action: 'DENY', ...admin }), async () => {
      const denied = await ask('/admin/x');
      expect([denied.status, denied.text]).toEqual([403, 'RBAC: access denied']);
      expect((await ask('/admin/../admin')).status).toBe(403);
      expect((await ask('/public')).status).toBe(200);
    });
  });

  it('lets in by ALLOW, by identity', async () => {
    const source = (account: string) => ({
      source: { principals: [`cluster.local/ns/default/sa/${account}`] },
    });
    await withDocuments(policy({ action: 'ALLOW', rules: [{ from: [source('web')] }] }), async () => {
      expect((await ask('/')).status).toBe(200);
    });
    await withDocuments(policy({ action: 'ALLOW', rules: [{ from: [source('other')] }] }), async () => {
      expect((await ask('/')).status).toBe(403);
    });
  });

  it('only records with AUDIT, and only tries out with dry-run', async () => {
    await withDocuments(policy({ action: 'AUDIT', ...admin }), async () => {
      expect((await ask('/admin')).status).toBe(200);
    });
    await withDocuments(
      policy({ action: 'DENY', ...admin }, ', annotations: { istio.io/dry-run: "true" }'),
      async () => {
        expect((await ask('/admin')).status).toBe(200);
      },
    );
  });
});

describe('a CUSTOM policy', () => {
  const provider = (more = '') => `
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    extensionProviders:
      - name: gate
        envoyExtAuthzHttp:
          service: shadow.default.svc.cluster.local
          port: 80
          headersToUpstreamOnAllow: [x-app]
          ${more}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ask }
spec:
  selector: { matchLabels: { app: loom } }
  action: CUSTOM
  provider: { name: gate }
  rules: [{ to: [{ operation: { paths: [/admin*] } }] }]
`;
  const gate = () => {
    const app = apps.get('shadow-v1');
    if (app === undefined) throw new Error('shadow-v1 is running');
    return app;
  };

  it('asks its provider, a service of the mesh behind a sidecar of its own, and heeds it', async () => {
    await withDocuments(provider(), async () => {
      const before = gate().hits;
      expect((await ask('/public')).status).toBe(200);
      expect(gate().hits).toBe(before);
      const allowed = await ask('/admin');
      expect([allowed.status, allowed.saw['x-app']]).toEqual([200, 'shadow-v1']);
      expect(gate().hits).toBe(before + 1);
      gate().fail = { status: 401, times: 1 };
      const denied = await ask('/admin');
      expect([denied.status, denied.app, denied.headers['x-extra']]).toEqual([401, 'shadow-v1', 'app']);
    });
  });

  it('lets pass what a provider that fails open cannot decide, and refuses it otherwise', async () => {
    await withDocuments(provider(), async () => {
      gate().fail = { status: 500, times: 1 };
      expect((await ask('/admin')).status).toBe(403);
    });
    await withDocuments(provider('failOpen: true'), async () => {
      gate().fail = { status: 500, times: 1 };
      expect((await ask('/admin')).status).toBe(200);
    });
  });
});

describe('a Sidecar', () => {
  it('says what its workload serves: two ports, each with its own application', async () => {
    const [loom, shadow] = ['loom-v1', 'shadow-v1'].map((name) => apps.get(name)?.port);
    const yaml = `
apiVersion: v1
kind: Service
metadata: { name: two }
spec:
  selector: { app: loom, version: v1 }
  ports: [{ port: 80, targetPort: 9080, name: http }, { port: 81, targetPort: 9081, name: http-admin }]
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: two }
spec:
  workloadSelector: { labels: { app: loom, version: v1 } }
  ingress:
    - { port: { number: 9080, protocol: HTTP, name: http }, defaultEndpoint: "127.0.0.1:${loom}" }
    - { port: { number: 9081, protocol: HTTP, name: http-admin }, defaultEndpoint: "0.0.0.0:${shadow}" }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: two }
spec:
  selector: { matchLabels: { app: loom, version: v1 } }
  action: DENY
  rules: [{ to: [{ operation: { ports: ["9081"], paths: [/admin] } }] }]
`;
    await withDocuments(yaml, async () => {
      expect((await ask('/admin', { host: 'two' })).app).toBe('loom-v1');
      expect((await ask('/', { host: 'two:81' })).app).toBe('shadow-v1');
      expect((await ask('/admin', { host: 'two:81' })).status).toBe(403);
    });
  });

  it('sends what no document names to its egress proxy', async () => {
    const yaml = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: web }
spec:
  workloadSelector: { labels: { app: web } }
  egress: [{ hosts: ["./*"] }]
  outboundTrafficPolicy:
    mode: ALLOW_ANY
    egressProxy: { host: shadow.default.svc.cluster.local, port: { number: 80 } }
`;
    await withDocuments(yaml, async () => {
      const answer = await ask('/x', { host: 'nowhere.example' });
      expect([answer.app, answer.saw.host, answer.url]).toEqual(['shadow-v1', 'nowhere.example', '/x']);
    });
  });
});

describe('a WorkloadGroup', () => {
  const group = (path: string, port: number) => `
apiVersion: v1
kind: Service
metadata: { name: mill }
spec: { selector: { team: mill }, ports: [{ port: 80, name: http }] }
---
apiVersion: networking.istio.io/v1
kind: WorkloadGroup
metadata: { name: mill }
spec:
  metadata: { labels: { team: mill } }
  template: { serviceAccount: mill, weight: 3 }
  probe: { httpGet: { path: ${path}, port: ${port} }, periodSeconds: 1, failureThreshold: 1 }
`;

  it('makes a proxy that names it an endpoint with its labels, as long as it is there and its probe is good', async () => {
    const app = await startApp('mill-v1');
    const revision = await apply(group('/ready', app.port));
    const proxy = await startProxy('mill-v1', { app, labels: { app: 'mill' }, group: 'mill' });
    await eventually(async () => (await ask('/', { host: 'mill' })).app === 'mill-v1');
    expect(plane.mesh.controlPlane.world.instances).toContainEqual(
      expect.objectContaining({ workload: 'mill-v1', labels: { app: 'mill', team: 'mill' }, weight: 3 }),
    );
    app.fail = { status: 500, times: Infinity };
    await eventually(async () => (await ask('/', { host: 'mill' })).status === 503);
    app.fail = { status: 500, times: 0 };
    await eventually(async () => (await ask('/', { host: 'mill' })).status === 200);
    await proxy.close();
    const { registry } = plane.mesh.controlPlane;
    await eventually(() => Promise.resolve(registry.list().every(({ workload }) => workload !== 'mill-v1')));
    expect((await ask('/', { host: 'mill' })).status).toBe(503);
    await takeBack(revision);
  });

  it('refuses proxies that are of another account, and groups that are not there', async () => {
    const refused = (account: string, name: string) =>
      groupRefusal(
        { namespace: 'default', serviceAccount: account, group: name },
        plane.mesh.controlPlane.world.documents,
      );
    await withDocuments(group('/', 80), async () => {
      expect(refused('mill', 'mill')).toBeUndefined();
      expect(refused('web', 'mill')).toBe(
        'WorkloadGroup default/mill is for service account mill, and this is web',
      );
      expect(refused('mill', 'other')).toBe('there is no WorkloadGroup default/other');
      await Promise.resolve();
    });
  });
});

describe("the mesh's configuration", () => {
  const mesh = (config: string) => `
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: ${JSON.stringify(config)} }
---
`;
  const policy = (spec: string) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: web }
spec: { selector: { matchLabels: { app: loom } }, ${spec} }
`;

  it('gives everybody a new trust domain at once, without losing a request where the old one is an alias', async () => {
    const config = 'trustDomain: mesh.example\ntrustDomainAliases: [cluster.local]';
    // Meant for whatever the mesh is called; only who has proved to be web gets in.
    const web = policy('rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/web] } }] }]');
    await withDocuments(web, async () => {
      const over = new AbortController();
      const failed: number[] = [];
      const load = (async () => {
        while (!over.signal.aborted) {
          const { status } = await ask('/');
          if (status !== 200) failed.push(status);
        }
      })();
      const revision = await apply(mesh(config));
      await eventually(() =>
        Promise.resolve(
          plane.mesh.ads
            .status()
            .filter(({ online }) => online)
            .every(({ id }) => plane.mesh.certificateOf(id)?.spiffeId.startsWith('spiffe://mesh.example/')),
        ),
      );
      await eventually(async () => (await ask('/')).status === 200);
      over.abort();
      await load;
      expect(failed).toEqual([]);
      await takeBack(revision);
    });
  });

  it('changes the trust domain without an alias, and the mesh finds itself again', async () => {
    await withDocuments(mesh('trustDomain: other.example'), async () => {
      const theirs = policy('rules: [{ from: [{ source: { trustDomains: [other.example] } }] }]');
      await withDocuments(theirs, () => eventually(async () => (await ask('/')).status === 200));
    });
    await eventually(async () => (await ask('/')).status === 200);
  });

  it('says how paths are normalised, for policies and for the application', async () => {
    const yaml =
      mesh('pathNormalization: { normalization: DECODE_AND_MERGE_SLASHES }') +
      policy('action: DENY, rules: [{ to: [{ operation: { paths: [/admin/x] } }] }]');
    await withDocuments(yaml, async () => {
      expect((await ask('/admin%2Fx')).status).toBe(403);
      expect((await ask('//admin//x')).status).toBe(403);
      expect(await ask('/other%5cx//y')).toMatchObject({ status: 200, url: '/other/x/y' });
    });
    await withDocuments(mesh('pathNormalization: { normalization: NONE }'), async () => {
      expect(await ask('/a/../b%2fc')).toMatchObject({ status: 200, url: '/a/../b%2fc' });
    });
    expect((await ask('/b%2fc')).status).toBe(400);
  });

  it('leaves mTLS to DestinationRules that ask for it', async () => {
    await withDocuments(mesh('enableAutoMtls: false'), async () => {
      expect((await ask('/')).status).toBe(503);
      const mutual = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: loom }
spec: { host: loom, trafficPolicy: { tls: { mode: ISTIO_MUTUAL } }, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
`;
      await withDocuments(mutual, async () => {
        expect((await ask('/')).status).toBe(200);
      });
    });
  });
});

describe('a RequestAuthentication with inline keys', () => {
  it('refuses bad tokens; a policy asks for good ones', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] });
    const sign = (claims: object) =>
      new SignJWT({ iss: 'mill', sub: 'ada', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .setExpirationTime('1m')
        .sign(privateKey);
    const as = async (claims: object) => ({ headers: { authorization: `Bearer ${await sign(claims)}` } });
    await withDocuments(
      `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: loom }
spec: { selector: { matchLabels: { app: loom } }, jwtRules: [{ issuer: mill, jwks: ${JSON.stringify(jwks)} }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: loom-groups }
spec:
  selector: { matchLabels: { app: loom } }
  action: DENY
  rules: [{ to: [{ operation: { paths: ["/dev*"] } }], when: [{ key: "request.auth.claims[groups]", notValues: [dev] }] }]
`,
      async () => {
        expect((await ask('/')).status).toBe(200);
        expect((await ask('/', { headers: { authorization: 'Bearer nonsense' } })).status).toBe(401);
        expect((await ask('/', await as({ iss: 'other' }))).status).toBe(401);
        expect((await ask('/dev', await as({ groups: ['dev', 'ops'] }))).status).toBe(200);
        expect((await ask('/dev', await as({ groups: ['ops'] }))).status).toBe(403);
        expect((await ask('/dev')).status).toBe(403);
      },
    );
  });
});

describe('policies of Envoy Gateway at a gateway', () => {
  const policy = (kind: string, name: string, spec: string) => `
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: ${kind}
metadata: { name: ${name} }
spec: ${spec}
---`;
  const route = 'targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: api }]';
  const rule = (name: string) => route.replace('name: api', `name: api, sectionName: ${name}`);
  const served = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: door }
spec:
  gatewayClassName: heddle
  infrastructure: { labels: { istio: edge } }
  listeners: [{ name: http, port: 8080, protocol: HTTP, hostname: api.example }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: api }
spec:
  parentRefs: [{ name: door }]
  rules:
    - { name: special, matches: [{ path: { value: /special } }], backendRefs: [{ name: loom, port: 80 }] }
    - { name: staff, matches: [{ headers: [{ name: x-group, value: staff }] }], filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplaceFullPath, replaceFullPath: /staff } } }], backendRefs: [{ name: loom, port: 80 }] }
    - { backendRefs: [{ name: loom, port: 80 }] }
---`;
  const asked = (path: string, more: Asked = {}) =>
    ask(path, { host: 'api.example', through: 'gateway', ...more });

  /** What explain says of a request to the gateway. */
  function foretold(path: string, more: object = {}): unknown {
    const request = { from: { gateway: 'default/door' }, host: 'api.example', port: 8080, path, ...more };
    return new Explainer(plane.mesh.controlPlane.world).explain(request);
  }

  it('say how long a request may take, how often it is tried, and what is done to it', async () => {
    await withDocuments(
      served +
        policy(
          'BackendTrafficPolicy',
          'all',
          `{ ${route}, timeout: { http: { requestTimeout: 4s } }, retry: { numRetries: 3, retryOn: { triggers: [retriable-status-codes], httpStatusCodes: [418] } } }`,
        ) +
        policy(
          'BackendTrafficPolicy',
          'special',
          `{ ${rule('special')}, faultInjection: { abort: { httpStatus: 451 } } }`,
        ),
      async () => {
        await eventually(async () => (await asked('/')).status === 200);
        const loom = [appNamed('loom-v1'), appNamed('loom-v2')];
        for (const app of loom) app.fail = { status: 418, times: 1 };
        expect((await asked('/')).status).toBe(200);
        for (const app of loom) app.fail = { status: 418, times: 0 };
        for (const app of loom) app.delayMs = 6000;
        const late = await asked('/');
        for (const app of loom) app.delayMs = 0;
        expect(late.status).toBe(504);
        expect((await asked('/special')).status).toBe(451);
        expect(foretold('/')).toMatchObject({
          timeoutMs: 4000,
          retry: { attempts: 3, on: ['retriable-status-codes'] },
        });
        expect(foretold('/special')).toMatchObject({ action: 'fault', status: 451 });
      },
    );
  });

  it('keep a user at one endpoint', async () => {
    await withDocuments(
      served +
        policy(
          'BackendTrafficPolicy',
          'sticky',
          `{ ${route}, loadBalancer: { type: ConsistentHash, consistentHash: { type: Headers, headers: [{ name: X-User }] } } }`,
        ),
      async () => {
        await eventually(async () => (await asked('/')).status === 200);
        const apps_ = new Set<string | undefined>();
        for (let user = 0; user < 20; user++) {
          const of = () => asked('/', { headers: { 'x-user': `user-${user}` } });
          const { app } = await of();
          apps_.add(app);
          for (let i = 0; i < 3; i++) expect((await of()).app).toBe(app);
        }
        expect(apps_).toEqual(new Set(['loom-v1', 'loom-v2']));
      },
    );
  });

  it('ask for tokens, and of their claims', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] });
    const sign = (claims: object) =>
      new SignJWT({ iss: 'https://mill.example', sub: 'ada', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .setExpirationTime('1m')
        .sign(privateKey);
    const as = async (claims: object) => ({ headers: { authorization: `Bearer ${await sign(claims)}` } });
    const provider = `{ name: mill, issuer: "https://mill.example", localJWKS: { inline: ${JSON.stringify(jwks)} }, claimToHeaders: [{ claim: group, header: x-group }], recomputeRoute: true }`;
    await withDocuments(
      served +
        policy('SecurityPolicy', 'tokens', `{ ${route}, jwt: { providers: [${provider}] } }`) +
        policy(
          'SecurityPolicy',
          'special',
          `{ ${rule('special')}, jwt: { optional: true, providers: [${provider}] }, authorization: { rules: [
            { action: Deny, operation: { methods: [DELETE] }, principal: { clientCIDRs: [127.0.0.0/8] } },
            { action: Allow, principal: { jwt: { provider: mill, scopes: [write], claims: [{ name: org.teams, valueType: StringArray, values: [a, b] }] } } }] } }`,
        ),
      async () => {
        await eventually(async () => (await asked('/')).status === 401);
        expect((await asked('/')).text).toBe('Jwt is missing');
        expect((await asked('/', { headers: { authorization: 'Bearer nonsense' } })).status).toBe(401);
        expect((await asked('/', await as({ iss: 'https://other.example' }))).status).toBe(401);
        expect((await asked('/', await as({}))).status).toBe(200);
        // The token says which header the next route matches; what a client sends in it is not heeded.
        expect((await asked('/', await as({ group: 'staff' }))).url).toBe('/staff');
        const claimed = { iss: 'https://mill.example', scope: 'read write', org: { teams: ['b'] } };
        expect((await asked('/special')).status).toBe(403);
        expect((await asked('/special', await as(claimed))).status).toBe(200);
        expect((await asked('/special', { method: 'DELETE', ...(await as(claimed)) })).status).toBe(403);
        expect((await asked('/special', await as({ scope: 'read' }))).status).toBe(403);
        expect(foretold('/')).toMatchObject({ action: 'error', status: 401 });
        expect(foretold('/', { jwt: claimed })).toMatchObject({ action: 'route' });
        expect(foretold('/special')).toMatchObject({ action: 'error', status: 403 });
        expect(foretold('/special', { jwt: claimed })).toMatchObject({ action: 'route' });
        expect(foretold('/special', { jwt: claimed, method: 'DELETE', sourceIp: '127.0.0.1' })).toMatchObject(
          { action: 'error', status: 403 },
        );
      },
    );
  });

  it('hold for all calls of a Service that they are for', async () => {
    await withDocuments(
      policy(
        'BackendTrafficPolicy',
        'loom',
        '{ targetRefs: [{ group: "", kind: Service, name: loom }], timeout: { http: { requestTimeout: 150ms } } }',
      ),
      async () => {
        const loom = [appNamed('loom-v1'), appNamed('loom-v2')];
        for (const app of loom) app.delayMs = 400;
        const late = await ask('/');
        for (const app of loom) app.delayMs = 0;
        expect(late.status).toBe(504);
        await eventually(async () => (await ask('/')).status === 200);
      },
    );
  });

  it('find the client behind other proxies, and refuse names with underscores', async () => {
    await withDocuments(
      served +
        policy(
          'ClientTrafficPolicy',
          'door',
          '{ targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: door }], clientIPDetection: { xForwardedFor: { numTrustedHops: 2 } }, headers: { withUnderscoresAction: RejectRequest } }',
        ) +
        policy(
          'SecurityPolicy',
          'office',
          `{ ${route}, authorization: { rules: [{ action: Allow, principal: { clientCIDRs: [203.0.113.0/24] } }] } }`,
        ),
      async () => {
        const by = (forwarded: string) => ({ headers: { 'x-forwarded-for': forwarded } });
        await eventually(async () => (await asked('/')).status === 403);
        expect((await asked('/', by('203.0.113.7, 10.0.0.1'))).status).toBe(200);
        // What a client writes to the left of what its proxies know is not believed.
        expect((await asked('/', by('203.0.113.7, 198.51.100.1, 10.0.0.1'))).status).toBe(403);
        expect((await asked('/', by('203.0.113.7'))).status).toBe(403);
        const odd = { 'x-forwarded-for': '203.0.113.7, 10.0.0.1', x_a: '1' };
        expect((await asked('/', { headers: odd })).status).toBe(400);
        const headers = by('203.0.113.7, 10.0.0.1').headers;
        expect(foretold('/', { headers, sourceIp: '127.0.0.1' })).toMatchObject({ action: 'route' });
        expect(foretold('/', { sourceIp: '127.0.0.1' })).toMatchObject({ action: 'error', status: 403 });
      },
    );
  });

  it('limit connections', async () => {
    await withDocuments(
      served +
        policy(
          'ClientTrafficPolicy',
          'door',
          '{ targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: door, sectionName: http }], connection: { connectionLimit: { value: 1 } } }',
        ),
      async () => {
        await eventually(async () => (await asked('/')).status === 200);
        const port = gateway.ports.gateway.values().next().value ?? 0;
        const first = connectTcp(port, '127.0.0.1');
        await once(first, 'connect');
        // The connection is counted when the proxy has accepted it: from then on another one is closed.
        await eventually(async () => {
          const second = connectTcp(port, '127.0.0.1').resume();
          const outcome = await Promise.race([
            once(second, 'close').then(() => 'closed'),
            new Promise((resolve) => setTimeout(resolve, 200, 'open')),
          ]);
          second.destroy();
          return outcome === 'closed';
        });
        first.destroy();
        await eventually(async () => (await asked('/').catch(() => undefined))?.status === 200);
      },
    );
  });

  it('sent to the provider at which people log in', async () => {
    const secret = (value: string) => `apiVersion: v1
kind: Secret
metadata: { name: client }
stringData: { client-id: shop, client-secret: ${value} }
---
`;
    const oidc = `oidc: { provider: { issuer: "https://id.example", authorizationEndpoint: "https://id.example/login", tokenEndpoint: "https://id.example/token", endSessionEndpoint: "https://id.example/end" }, clientIDRef: { name: client }, clientSecret: { name: client }, scopes: [email], denyRedirect: { headers: [{ name: x-script, value: "1" }] } }`;
    await withDocuments(
      `${served}
${secret('hush')}
${policy('SecurityPolicy', 'people', `{ ${route}, ${oidc} }`)}`,
      async () => {
        await eventually(async () => (await asked('/cart')).status === 302);
        const sent = await asked('/cart');
        const { origin, pathname, searchParams } = new URL(sent.headers.location ?? '');
        expect(origin + pathname).toBe('https://id.example/login');
        expect(Object.fromEntries(searchParams)).toMatchObject({ client_id: 'shop', scope: 'openid email' });
        expect((await asked('/oauth2/callback?code=a&state=b')).status).toBe(401);
        expect((await asked('/logout')).headers.location).toMatch(
          /^https:\/\/id\.example\/end\?client_id=shop&/,
        );
        expect((await asked('/', { headers: { 'x-script': '1' } })).status).toBe(401);
        expect(foretold('/cart')).toMatchObject({
          action: 'redirect',
          status: 302,
          location: 'https://id.example/login',
          why: [{ kind: 'SecurityPolicy', path: 'spec.oidc' }, {}],
        });
        expect(foretold('/', { headers: { 'x-script': '1' } })).toMatchObject({
          action: 'error',
          status: 401,
        });
        const [name] = Object.keys(
          Object.fromEntries((sent.headers['set-cookie'] ?? []).map((one) => one.split('=', 2))),
        );
        const suffix = name?.split(/[-.]/)[1] ?? '';
        const session = { headers: { cookie: `AccessToken-${suffix}=a; IdToken-${suffix}=b` } };
        expect(foretold('/cart', session)).toMatchObject({ action: 'route' });
        expect((await asked('/cart', session)).status).toBe(302);
      },
    );
  });

  it('let in by a password and by a key', async () => {
    const hash = createHash('sha1').update('lace').digest('base64');
    await withDocuments(
      `${served}
apiVersion: v1
kind: Secret
metadata: { name: users }
stringData: { .htpasswd: "ada:{SHA}${hash}" }
---
apiVersion: v1
kind: Secret
metadata: { name: clients }
stringData: { mill: k-1234, loom: k-5678 }
---
${policy('SecurityPolicy', 'people', `{ ${route}, basicAuth: { users: { name: users }, forwardUsernameHeader: x-user } }`)}
${policy(
  'SecurityPolicy',
  'clients',
  `{ ${rule('special')}, apiKeyAuth: { credentialRefs: [{ name: clients }], extractFrom: [{ headers: [x-key] }, { params: [key] }], forwardClientIDHeader: x-client, sanitize: true } }`,
)}`,
      async () => {
        await eventually(async () => (await asked('/')).status === 401);
        const as = (text: string) => ({
          headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}`, 'x-user': 'eve' },
        });
        expect((await asked('/')).headers['www-authenticate']).toMatch(/^Basic realm=/);
        await eventually(async () => (await asked('/', as('ada:lace'))).status === 200);
        expect((await asked('/', as('ada:lace'))).saw['x-user']).toBe('ada');
        expect((await asked('/', as('ada:satin'))).status).toBe(401);
        expect((await asked('/', as('eve:lace'))).status).toBe(401);
        expect((await asked('/special')).status).toBe(401);
        const keyed = await asked('/special', { headers: { 'x-key': 'k-5678' } });
        expect([keyed.saw['x-client'], keyed.saw['x-key']]).toEqual(['loom', undefined]);
        expect((await asked('/special?a=1&key=k-1234&b')).url).toBe('/special?a=1&b');
        expect((await asked('/special?key=k-12345')).status).toBe(401);
        expect(foretold('/')).toMatchObject({ action: 'error', status: 401 });
        expect(foretold('/', as('ada:lace'))).toMatchObject({ action: 'route' });
        expect(foretold('/special?key=a')).toMatchObject({ action: 'route' });
      },
    );
  });

  it('ask somebody about each request of a route', async () => {
    await withDocuments(
      served +
        policy(
          'SecurityPolicy',
          'asking',
          `{ ${rule('special')}, extAuth: { headersToExtAuth: [x-user], http: { path: /check, backendRefs: [{ name: shadow, port: 80 }], headersToBackend: [x-app] } } }`,
        ),
      async () => {
        await eventually(async () => (await asked('/special')).saw['x-app'] === 'shadow-v1');
        const shadow = appNamed('shadow-v1');
        shadow.fail = { status: 401, times: 1 };
        const refused = await asked('/special', { headers: { 'x-user': 'ada' } });
        expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
          401,
          { url: '/check/special', headers: { 'x-user': 'ada' } },
        ]);
        const { hits } = shadow;
        expect((await asked('/')).status).toBe(200);
        expect(shadow.hits).toBe(hits);
        shadow.fail = { status: 500, times: 1 };
        expect((await asked('/special')).status).toBe(403);
      },
    );
  });

  it('permit origins, and let a preflight in without a token', async () => {
    await withDocuments(
      served +
        policy(
          'SecurityPolicy',
          'pages',
          `{ ${route}, cors: { allowOrigins: ["https://*.mill.example"], allowMethods: [GET], maxAge: 1m }, jwt: { providers: [{ name: none, localJWKS: { inline: '{"keys":[]}' } }] } }`,
        ),
      async () => {
        await eventually(async () => (await asked('/')).status === 401);
        const preflight = await asked('/', {
          method: 'OPTIONS',
          headers: { origin: 'https://a.mill.example', 'access-control-request-method': 'GET' },
        });
        expect(preflight.status).toBe(200);
        expect(preflight.headers).toMatchObject({
          'access-control-allow-origin': 'https://a.mill.example',
          'access-control-max-age': '60',
        });
        const other = { origin: 'https://mill.example.other', 'access-control-request-method': 'GET' };
        const refused = await asked('/', { method: 'OPTIONS', headers: other });
        expect(refused.headers['access-control-allow-origin']).toBeUndefined();
      },
    );
  });
});

function appNamed(name: string): App {
  const app = apps.get(name);
  if (app === undefined) throw new Error(`no app ${name}`);
  return app;
}
