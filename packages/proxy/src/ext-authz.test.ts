/** CUSTOM policies at a real sidecar with real authorizers: one that speaks HTTP, one that speaks Envoy's gRPC protocol. */
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { loadPackageDefinition, Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type {
  Authorization,
  AuthorizationRule,
  ExtAuthz,
  ExtAuthzHttp,
  FilterChain,
  ProxySnapshot,
  Route,
} from '@heddle/traffic';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call, echo, identityOf, seen, startApp, startTestProxy } from './testing/mesh.ts';
import { cluster, endpoint, everything, inboundSnapshot, route } from './testing/snapshots.ts';

const gateCluster = 'outbound|9000||authz.default.svc.cluster.local';
const underAdmin: AuthorizationRule = {
  policy: { namespace: 'default', name: 'ask' },
  rule: 0,
  dryRun: false,
  provider: 'gate',
  condition: { kind: 'path', match: { kind: 'prefix', value: '/admin', ignoreCase: false } },
  from: [],
};
const custom: Authorization = { custom: [underAdmin], audit: [], deny: [], allow: [] };
const http: ExtAuthzHttp = {
  kind: 'http',
  host: 'authz.default.svc.cluster.local',
  pathPrefix: '',
  requestHeaders: [],
  addedHeaders: [],
  upstreamHeadersOnAllow: [],
  downstreamHeadersOnAllow: [],
  downstreamHeadersOnDeny: [],
};
const named = (...names: string[]) =>
  names.map((value) => ({ kind: 'exact', value, ignoreCase: true }) as const);
const gate = (over: Partial<ExtAuthz> = {}): ExtAuthz => ({
  name: 'gate',
  cluster: gateCluster,
  service: http,
  timeoutMs: 5000,
  failOpen: false,
  statusOnError: 403,
  clearRouteCache: false,
  from: [],
  ...over,
});

/** A sidecar whose rules for /admin ask the authorizer on this port, and the application behind it. */
async function startSidecar(
  port: number,
  authorizer: Partial<ExtAuthz> = {},
  more: {
    readonly authorization?: Authorization;
    readonly chain?: Partial<FilterChain>;
    /** Before the one that leads to the application. */
    readonly routes?: readonly Route[];
  } = {},
) {
  const app = await startApp(echo);
  const plain = inboundSnapshot(app.port, 'DISABLE');
  const snapshot: ProxySnapshot = {
    ...plain,
    listeners: plain.listeners.map((listener) => ({
      ...listener,
      filterChains: listener.filterChains.map((chain) => ({
        ...chain,
        authorization: more.authorization ?? custom,
        extAuthz: [gate(authorizer)],
        ...more.chain,
      })),
    })),
    routeConfigurations: plain.routeConfigurations.map((config) => ({
      ...config,
      virtualHosts: config.virtualHosts.map((host) => ({
        ...host,
        routes: [...(more.routes ?? []), ...host.routes],
      })),
    })),
    clusters: [...plain.clusters, cluster(gateCluster)],
    loadAssignments: [{ cluster: gateCluster, endpoints: [endpoint(port)] }],
  };
  const proxy = await startTestProxy({
    workload: 'reviews-v1',
    appAddress: { host: '127.0.0.1', port: app.port },
    snapshot,
    identity: identityOf('reviews'),
  });
  return {
    app,
    proxy,
    ask: (path: string, { headers = {}, ...rest }: Parameters<typeof call>[2] = {}) =>
      call(proxy.ports.inbound, path, { headers: { host: 'reviews:9080', ...headers }, ...rest }),
  };
}

/** Lets pass whoever says `x-user: ann`, and says what it was asked. */
const onlyAnn: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers } = request;
    const told = JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(headers['x-user'] === 'ann' ? 200 : 401, {
      'content-type': 'text/html',
      'x-told': told,
      'x-level': '7',
      'www-authenticate': 'Basic',
      'set-cookie': ['a=1', 'b=2'],
    });
    response.end('<p>who are you?</p>');
  });
};
const toldOf = (headers: NodeJS.Dict<string | string[]>) =>
  JSON.parse(String(headers['x-told'])) as {
    method: string;
    url: string;
    headers: Record<string, string>;
    body: string;
  };

describe('an authorizer that speaks HTTP', () => {
  it('is asked about what its rules match and nothing else; what it allows goes on with its headers', async () => {
    const authorizer = await startApp(onlyAnn);
    const { app, ask } = await startSidecar(authorizer.port, {
      service: {
        ...http,
        requestHeaders: named('X-User'),
        upstreamHeadersOnAllow: named('x-level'),
        downstreamHeadersOnAllow: named('set-cookie'),
      },
    });
    expect((await ask('/public')).status).toBe(200);
    expect([authorizer.hits, app.hits]).toEqual([0, 1]);

    const allowed = await ask('/admin?a=1', { headers: { 'x-user': 'ann', 'x-level': '99' } });
    expect(allowed.status).toBe(200);
    expect(seen(allowed).headers).toMatchObject({ 'x-level': '7', 'x-user': 'ann' });
    expect(allowed.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(authorizer.hits).toBe(1);
  });

  it('answers for what it refuses: status, headers and body', async () => {
    const authorizer = await startApp(onlyAnn);
    const { app, ask, proxy } = await startSidecar(authorizer.port);
    const denied = await ask('/admin');
    expect([denied.status, denied.text, denied.headers['content-type']]).toEqual([
      401,
      '<p>who are you?</p>',
      'text/html',
    ]);
    expect(denied.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(app.hits).toBe(0);
    const [cell] = await proxy.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key).toMatchObject({ status: 401, flags: 'UAEX' });
  });

  it('tells of its refusal only the headers that are named, and those that a client has to see', async () => {
    const authorizer = await startApp(onlyAnn);
    const service = { ...http, downstreamHeadersOnDeny: named('x-level') };
    const { ask } = await startSidecar(authorizer.port, { service });
    const { headers } = await ask('/admin');
    expect([headers['x-level'], headers['www-authenticate']]).toEqual(['7', 'Basic']);
    expect([headers['set-cookie'], headers['x-told']]).toEqual([undefined, undefined]);
  });

  it('is told method, host, path under its prefix and authorization, named headers and fixed ones; no body', async () => {
    const authorizer = await startApp(onlyAnn);
    const service: ExtAuthzHttp = {
      ...http,
      pathPrefix: '/check',
      requestHeaders: [{ kind: 'prefix', value: 'x-', ignoreCase: true }],
      addedHeaders: [{ name: 'x-mesh', value: 'ours' }],
    };
    const { ask } = await startSidecar(authorizer.port, { service });
    const denied = await ask('/admin/x?y=1', {
      method: 'POST',
      body: 'secret',
      headers: { authorization: 'Basic Zm9v', cookie: 'c=1', 'x-mesh': 'mine', 'x-tenant': 't' },
    });
    const told = toldOf(denied.headers);
    expect([told.method, told.url, told.body]).toEqual(['POST', '/check/admin/x?y=1', '']);
    expect(told.headers).toMatchObject({
      host: 'reviews:9080',
      authorization: 'Basic Zm9v',
      'x-mesh': 'ours',
      'x-tenant': 't',
      'content-length': '0',
    });
    expect(told.headers).not.toHaveProperty('cookie');
  });

  it('keeps its connection for the next question', async () => {
    const authorizer = await startApp(onlyAnn);
    let connections = 0;
    authorizer.server.on('connection', () => connections++);
    const { ask } = await startSidecar(authorizer.port);
    for (let i = 0; i < 3; i++) await ask('/admin');
    expect([authorizer.hits, connections]).toEqual([3, 1]);
  });

  it.each([
    [false, 'as the client sent it'],
    [true, 'as the authorizer made it'],
  ])('clearRouteCache %s: routes are chosen by the request %s', async (clearRouteCache) => {
    const authorizer = await startApp((_request, response) => {
      response.writeHead(200, { 'x-tier': 'gold' }).end();
    });
    const gold = route(
      { kind: 'direct', status: 299, body: 'gold' },
      {
        match: {
          ...everything,
          headers: [
            {
              name: 'x-tier',
              match: { kind: 'exact', value: 'gold', ignoreCase: false },
              invert: false,
              treatMissingAsEmpty: false,
            },
          ],
        },
      },
    );
    const service = { ...http, upstreamHeadersOnAllow: named('x-tier') };
    const { ask } = await startSidecar(authorizer.port, { service, clearRouteCache }, { routes: [gold] });
    expect((await ask('/admin')).status).toBe(clearRouteCache ? 299 : 200);
    expect((await ask('/public', { headers: { 'x-tier': 'gold' } })).status).toBe(299);
  });

  it('does not let pass what a DENY policy denies after it', async () => {
    const authorizer = await startApp((_request, response) => response.end());
    const { condition } = underAdmin;
    const { provider: _, ...rule } = underAdmin;
    const authorization = { ...custom, deny: [{ ...rule, condition }] };
    const { ask } = await startSidecar(authorizer.port, {}, { authorization });
    expect([(await ask('/admin')).status, authorizer.hits]).toEqual([403, 1]);
  });
});

describe('the body', () => {
  const settings = { maxBytes: 10, allowPartial: false, packAsBytes: false };
  const post = (body: string) => ({ method: 'POST', body, headers: { 'x-user': 'ann' } });
  const service = { ...http, requestHeaders: named('x-user'), downstreamHeadersOnAllow: named('x-told') };

  it('is sent along, and reaches the application whole', async () => {
    const authorizer = await startApp(onlyAnn);
    const { ask } = await startSidecar(authorizer.port, { service, requestBody: settings });
    const answer = await ask('/admin', post('ten bytes!'));
    const { body, headers } = toldOf(answer.headers);
    expect([body, headers['x-envoy-auth-partial-body'], answer.text]).toEqual([
      'ten bytes!',
      'false',
      'ten bytes!',
    ]);
  });

  it('that is longer is refused with 413, whether the authorizer fails open or not', async () => {
    const authorizer = await startApp(onlyAnn);
    const { ask } = await startSidecar(authorizer.port, { service, requestBody: settings, failOpen: true });
    expect([(await ask('/admin', post('eleven byte'))).status, authorizer.hits]).toEqual([413, 0]);
  });

  it('that is longer is sent in part where that is allowed, and reaches the application whole', async () => {
    const authorizer = await startApp(onlyAnn);
    const { ask } = await startSidecar(authorizer.port, {
      service,
      requestBody: { ...settings, allowPartial: true },
    });
    const long = 'x'.repeat(300_000);
    const answer = await ask('/admin', post(long));
    const { body, headers } = toldOf(answer.headers);
    expect([body, headers['x-envoy-auth-partial-body']]).toEqual(['xxxxxxxxxx', 'true']);
    expect(answer.text).toBe(long);
  });
});

describe('an authorizer that fails', () => {
  const hangs: RequestListener = () => {};
  const fails: RequestListener = (_request, response) => {
    response.writeHead(500).end('broken');
  };
  /** Nobody listens there. */
  const closedPort = async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    return typeof address === 'object' && address !== null ? address.port : 0;
  };

  it.each([
    ['answers 5xx', async () => (await startApp(fails)).port],
    ['does not answer in time', async () => (await startApp(hangs)).port],
    ['is not there', closedPort],
  ])('because it %s refuses with its status, or lets the request pass', async (_how, start) => {
    const port = await start();
    const closed = await startSidecar(port, { timeoutMs: 100, statusOnError: 503 });
    const refused = await closed.ask('/admin');
    expect([refused.status, refused.text, closed.app.hits]).toEqual([503, 'RBAC: access denied', 0]);
    const open = await startSidecar(port, { timeoutMs: 100, failOpen: true });
    expect((await open.ask('/admin')).status).toBe(200);
  });

  it('because its cluster is not there refuses with 403', async () => {
    const { ask } = await startSidecar(0, { cluster: 'outbound|1||nobody' });
    expect((await ask('/admin')).status).toBe(403);
  });

  it('because nobody has configured it denies what its rules match', async () => {
    const { ask } = await startSidecar(0, {}, { chain: { extAuthz: [] } });
    expect([(await ask('/admin')).status, (await ask('/public')).status]).toEqual([403, 200]);
  });
});

interface Asked {
  readonly attributes: {
    readonly source: { readonly principal: string };
    readonly destination: { readonly principal: string };
    readonly request: {
      readonly http: {
        readonly method: string;
        readonly path: string;
        readonly host: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly body: string;
        readonly raw_body: Buffer;
      };
    };
  };
}

const require = createRequire(import.meta.url);

/** A server of envoy.service.auth.v3.Authorization, by the protocol's own files. */
async function startGrpcAuthorizer(answer: (asked: Asked) => object): Promise<number> {
  const protos = join(dirname(require.resolve('@grpc/grpc-js-xds/package.json')), 'deps');
  const definition = loadSync('envoy/service/auth/v3/external_auth.proto', {
    keepCase: true,
    defaults: true,
    includeDirs: ['envoy-api', 'googleapis', 'protoc-gen-validate', 'xds'].map((one) => join(protos, one)),
  });
  loadPackageDefinition(definition);
  const server = new Server();
  // The definition of a service is what the loader makes of it; its type says less.
  const service = definition['envoy.service.auth.v3.Authorization'] as ServiceDefinition;
  server.addService(service, {
    Check: ({ request }: { request: Asked }, reply: (error: object | null, value?: object) => void) => {
      const value = answer(request);
      if ('code' in value) reply(value);
      else reply(null, value);
    },
  });
  onTestFinished(() => {
    server.forceShutdown();
  });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

describe('an authorizer that speaks gRPC', () => {
  const service = { kind: 'grpc', authority: 'authz.default.svc.cluster.local' } as const;

  it('is told of the request, and what it allows goes on with the headers and parameters that it says', async () => {
    const questions: Asked[] = [];
    const port = await startGrpcAuthorizer((asked) => {
      questions.push(asked);
      return {
        status: { code: 0 },
        ok_response: {
          headers: [
            { header: { key: 'X-User', value: 'ann' } },
            { header: { key: 'x-list', value: 'two' }, append: { value: true } },
          ],
          headers_to_remove: ['x-secret'],
          response_headers_to_add: [{ header: { key: 'x-checked', value: 'yes' } }],
          query_parameters_to_set: [{ key: 'who', value: 'ann' }],
          query_parameters_to_remove: ['token'],
        },
      };
    });
    const { ask } = await startSidecar(port, {
      service,
      requestBody: { maxBytes: 100, allowPartial: false, packAsBytes: false },
    });
    const answer = await ask('/admin?token=t&a=1', {
      method: 'POST',
      body: 'hello',
      headers: { 'x-list': 'one', 'x-secret': 's', 'x-user': 'eve' },
    });
    expect([answer.status, answer.text, answer.headers['x-checked']]).toEqual([200, 'hello', 'yes']);
    const { url, headers } = seen(answer);
    expect(url).toBe('/admin?a=1&who=ann');
    expect([headers['x-user'], headers['x-list'], headers['x-secret']]).toEqual([
      'ann',
      'one, two',
      undefined,
    ]);
    const [question] = questions;
    expect(question?.attributes.destination.principal).toBe('spiffe://cluster.local/ns/default/sa/reviews');
    const { http: told } = question?.attributes.request ?? {};
    expect(told).toMatchObject({
      method: 'POST',
      path: '/admin?token=t&a=1',
      host: 'reviews:9080',
      body: 'hello',
    });
    expect(told?.headers).toMatchObject({ 'x-secret': 's', ':path': '/admin?token=t&a=1' });
  });

  it('answers for what it refuses', async () => {
    const port = await startGrpcAuthorizer(() => ({
      status: { code: 16 },
      denied_response: {
        status: { code: 'PaymentRequired' },
        headers: [{ header: { key: 'x-why', value: 'money' } }],
        body: 'pay first',
      },
    }));
    const { ask, app } = await startSidecar(port, { service });
    const denied = await ask('/admin');
    expect([denied.status, denied.headers['x-why'], denied.text]).toEqual([402, 'money', 'pay first']);
    expect(app.hits).toBe(0);
  });

  it('refuses with 403 when it says no more than that', async () => {
    const port = await startGrpcAuthorizer(() => ({ status: { code: 7 } }));
    const { ask } = await startSidecar(port, { service });
    expect((await ask('/admin')).status).toBe(403);
  });

  it('that fails refuses with its status, or lets the request pass', async () => {
    const port = await startGrpcAuthorizer(() => ({ code: 14, details: 'away' }));
    const closed = await startSidecar(port, { service, statusOnError: 503 });
    expect((await closed.ask('/admin')).status).toBe(503);
    const open = await startSidecar(port, { service, failOpen: true });
    expect((await open.ask('/admin')).status).toBe(200);
  });

  it('that does not speak gRPC fails', async () => {
    const { port } = await startApp(onlyAnn);
    const { ask } = await startSidecar(port, { service, timeoutMs: 1000 });
    expect((await ask('/admin')).status).toBe(403);
  });
});
