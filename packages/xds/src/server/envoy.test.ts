import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { connect, createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connect as connectTls,
  type ConnectionOptions,
  createServer as createTlsServer,
  Server as TlsServer,
} from 'node:tls';
import type {
  Authorization,
  AuthorizationRule,
  Condition,
  ExtAuthz,
  HealthCheck,
  Listener,
  LoadAssignment,
  ProxySnapshot,
  Route,
  RouteProvider,
  TcpFilterChain,
  TerminatedTls,
  TlsSecret,
} from '@heddle/traffic';
import { certificateToPem, signCertificate } from '@heddle/x509';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeNamed, reviewsMesh, reviewsSplit, TestMesh, token } from '../testing/mesh.ts';

const envoyPath = process.env['ENVOY_BIN'] ?? 'envoy';
const hasEnvoy = spawnSync(envoyPath, ['--version']).status === 0;
const { id } = nodeNamed('envoy');

let mesh: TestMesh;
let directory: string;
beforeEach(() => {
  mesh = new TestMesh();
  directory = mkdtempSync(join(tmpdir(), 'heddle-envoy-'));
});
afterEach(async () => {
  await mesh.stop();
  rmSync(directory, { recursive: true });
});

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  return address.port;
}

/** An upstream that answers with its name, unless it is told otherwise. */
async function upstream(
  name: string,
  cluster: string,
  answer: RequestListener = (_, response) => response.end(name),
): Promise<LoadAssignment> {
  const server = createHttpServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  mesh.onStop(() => {
    server.close();
    server.closeAllConnections();
  });
  const port = portOf(server.address());
  return {
    cluster,
    endpoints: [{ address: '127.0.0.1', port, weight: 1, health: 'HEALTHY', tlsMode: 'disabled' }],
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const port = portOf(probe.address());
  probe.close();
  await once(probe, 'close');
  return port;
}

function startEnvoy(apiType: string, adsPort: number): void {
  const ads = { ads: {}, resource_api_version: 'V3' };
  const address = { socket_address: { address: '127.0.0.1', port_value: adsPort } };
  const http = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const bootstrap = {
    node: {
      id,
      cluster: 'test',
      metadata: { NAMESPACE: 'default', WORKLOAD_NAME: 'envoy', SERVICE_ACCOUNT: 'envoy' },
    },
    dynamic_resources: {
      lds_config: ads,
      cds_config: ads,
      ads_config: {
        api_type: apiType,
        transport_api_version: 'V3',
        grpc_services: [
          {
            envoy_grpc: { cluster_name: 'ads' },
            initial_metadata: [{ key: 'authorization', value: `Bearer ${token}` }],
          },
        ],
      },
    },
    static_resources: {
      clusters: [
        {
          name: 'ads',
          type: 'STATIC',
          typed_extension_protocol_options: {
            [http]: {
              '@type': `type.googleapis.com/${http}`,
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: 'ads',
            endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
          },
        },
      ],
    },
  };
  const path = join(directory, 'bootstrap.json');
  writeFileSync(path, JSON.stringify(bootstrap));
  const args = [
    '-c',
    path,
    '--concurrency',
    '1',
    '--use-dynamic-base-id',
    '--base-id-path',
    join(directory, 'base-id'),
  ];
  const child = spawn(envoyPath, [...args, '-l', 'off'], { stdio: 'ignore' });
  mesh.onStop(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
}

async function shareOfV1(port: number): Promise<number> {
  const answers: string[] = [];
  for (let call = 0; call < 300; call += 1)
    answers.push(await (await fetch(`http://127.0.0.1:${port}/`)).text());
  return answers.filter((answer) => answer === 'v1').length / answers.length;
}

describe.skipIf(!hasEnvoy)('Envoy itself (needs envoy on PATH or in ENVOY_BIN)', () => {
  it.each(['DELTA_GRPC', 'GRPC'])(
    'over %s takes a split, its change, and says why it refuses one',
    async (apiType) => {
      const server = await mesh.serve();
      startEnvoy(apiType, server.port);
      await mesh.connected(id);
      const port = await freePort();
      const [v1, v2] = reviewsMesh.clusters;
      const loadAssignments = [await upstream('v1', v1.name), await upstream('v2', v2.name)];
      const listeners = [{ ...reviewsMesh.listeners[0], name: 'entry', port }];
      const split = (weight: number): ProxySnapshot => ({
        ...reviewsSplit(weight, 100 - weight),
        listeners,
        loadAssignments,
      });

      server.publish(id, split(80), 1);
      expect(await mesh.accepted(id, 1)).toMatchObject({
        node: { userAgent: expect.stringMatching(/^envoy/) },
      });
      expect(await shareOfV1(port)).toBeGreaterThan(0.65);

      server.publish(id, split(10), 2);
      await mesh.accepted(id, 2);
      expect(await shareOfV1(port)).toBeLessThan(0.25);

      server.publish(id, { ...split(10), routeConfigurations: reviewsSplit(0, 0).routeConfigurations }, 3);
      const { sync } = await mesh.syncWhere(id, (now) => now.types.some(({ state }) => state === 'nacked'));
      expect(sync.types.find(({ type }) => type === 'RDS')?.nack).toMatch(/weight/);
      expect(sync.revision).toBe(2);
      expect(await shareOfV1(port)).toBeLessThan(0.25);
    },
  );

  it('enforces the authorization of a filter chain', async () => {
    const server = await mesh.serve();
    startEnvoy('DELTA_GRPC', server.port);
    await mesh.connected(id);
    const port = await freePort();
    const [entry] = reviewsMesh.listeners;
    const loadAssignments = [await upstream('v1', reviewsMesh.clusters[0].name)];
    const rule = (condition: Condition, dryRun = false): AuthorizationRule => ({
      policy: { namespace: 'default', name: dryRun ? 'rehearsal' : 'reviews' },
      rule: 0,
      dryRun,
      condition,
      from: [],
    });
    const text = (kind: 'exact' | 'prefix', value: string) => ({ kind, value, ignoreCase: false }) as const;
    const authorization: Authorization = {
      custom: [],
      audit: [rule({ kind: 'any' })],
      deny: [rule({ kind: 'path', match: text('prefix', '/admin') }), rule({ kind: 'any' }, true)],
      allow: [
        rule({
          kind: 'all',
          of: [
            { kind: 'source-ip', block: '127.0.0.0/8' },
            { kind: 'not', of: { kind: 'principal', match: text('exact', 'spiffe://a') } },
            {
              kind: 'some',
              of: [
                {
                  kind: 'all',
                  of: [
                    { kind: 'path-template', template: '/a/{*}/{**}' },
                    { kind: 'destination-port', port },
                  ],
                },
                { kind: 'header', name: 'x-user' },
              ],
            },
          ],
        }),
      ],
    };
    const filterChains = entry.filterChains.map((chain) => ({ ...chain, authorization }));
    const listeners = [{ ...entry, name: 'entry', port, filterChains }];
    server.publish(id, { ...reviewsSplit(100, 0), listeners, loadAssignments }, 1);
    await mesh.accepted(id, 1);
    const statusOf = async (path: string, headers = {}) =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status;
    expect(await statusOf('/a/b/c')).toBe(200);
    expect(await statusOf('/b')).toBe(403);
    expect(await statusOf('/b', { 'x-user': 'ada' })).toBe(200);
    expect(await statusOf('/admin', { 'x-user': 'ada' })).toBe(403);
  });

  it('asks an external authorizer about what CUSTOM rules match, and heeds it', async () => {
    const server = await mesh.serve();
    startEnvoy('DELTA_GRPC', server.port);
    await mesh.connected(id);
    const port = await freePort();
    const [entry] = reviewsMesh.listeners;
    const [v1, authorizer] = reviewsMesh.clusters;
    const questions: string[] = [];
    const loadAssignments = [
      await upstream('v1', v1.name),
      await upstream('no', authorizer.name, ({ url, headers }, response) => {
        questions.push(`${url} ${headers['x-mesh']?.toString()}`);
        response.writeHead(headers['x-user'] === 'ada' ? 200 : 401, { 'x-why': 'stranger' }).end('no');
      }),
    ];
    const named = { kind: 'exact', value: 'x-user', ignoreCase: true } as const;
    const extAuthz: ExtAuthz = {
      name: 'gate',
      cluster: authorizer.name,
      service: {
        kind: 'http',
        host: 'gate.default.svc.cluster.local',
        pathPrefix: '/check',
        requestHeaders: [named],
        addedHeaders: [{ name: 'x-mesh', value: 'ours' }],
        upstreamHeadersOnAllow: [named],
        downstreamHeadersOnAllow: [named],
        downstreamHeadersOnDeny: [],
      },
      timeoutMs: 5000,
      failOpen: false,
      statusOnError: 503,
      clearRouteCache: false,
      from: [],
    };
    const custom: AuthorizationRule = {
      policy: { namespace: 'default', name: 'ask' },
      rule: 0,
      dryRun: false,
      provider: 'gate',
      condition: { kind: 'path', match: { kind: 'prefix', value: '/admin', ignoreCase: false } },
      from: [],
    };
    const authorization: Authorization = { custom: [custom], audit: [], deny: [], allow: [] };
    const filterChains = entry.filterChains.map((chain) => ({
      ...chain,
      authorization,
      extAuthz: [extAuthz],
    }));
    const listeners = [{ ...entry, name: 'entry', port, filterChains }];
    server.publish(id, { ...reviewsSplit(100, 0), listeners, loadAssignments }, 1);
    await mesh.accepted(id, 1);
    const ask = async (path: string, headers = {}) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      return [answer.status, answer.headers.get('x-why'), await answer.text()];
    };
    expect(await ask('/public')).toEqual([200, null, 'v1']);
    expect(await ask('/admin')).toEqual([401, 'stranger', 'no']);
    expect(await ask('/admin', { 'x-user': 'ada' })).toEqual([200, null, 'v1']);
    expect(questions).toEqual(['/check/admin ours', '/check/admin ours']);
  });

  it('enforces tokens, rules and limits of single routes, knows the client, and asks endpoints for their health', async () => {
    const server = await mesh.serve();
    startEnvoy('DELTA_GRPC', server.port);
    await mesh.connected(id);
    const port = await freePort();
    const [entry] = reviewsMesh.listeners;
    const [v1, ...others] = reviewsMesh.clusters;
    const loadAssignments = [await upstream('v1', v1.name)];
    const { routeConfigurations } = reviewsSplit(100, 0);
    const [host] = routeConfigurations[0]?.virtualHosts ?? [];
    const [plain] = host?.routes ?? [];
    if (host === undefined || plain === undefined) throw new Error('expected a route');
    const at = (value: string, more: Partial<Route>): Route => ({
      ...plain,
      name: value,
      match: { ...plain.match, path: { kind: 'path-separated-prefix', value, caseSensitive: true } },
      ...more,
    });
    const exact = (value: string) => ({ kind: 'exact', value, ignoreCase: false }) as const;
    const bucket = (n: number) => ({ maxTokens: n, tokensPerFill: n, fillIntervalMs: 3_600_000 });
    const routes = [
      at('/tokens', { tokens: 'default/people' }),
      at('/rules', {
        authorization: {
          custom: [],
          audit: [],
          deny: [],
          allow: [
            {
              policy: { namespace: 'default', name: 'p' },
              rule: 0,
              dryRun: false,
              condition: { kind: 'header', name: 'x-user', match: exact('ada') },
              from: [],
            },
          ],
        },
      }),
      at('/asked', { authorizer: 'default/nobody' }),
      at('/office', {
        authorization: {
          custom: [],
          audit: [],
          deny: [],
          allow: [
            {
              policy: { namespace: 'default', name: 'office' },
              rule: 0,
              dryRun: false,
              condition: { kind: 'remote-ip', block: '203.0.113.0/24' },
              from: [],
            },
          ],
        },
      }),
      at('/limits', {
        localRateLimit: {
          bucket: bucket(2),
          rules: [
            {
              matches: [{ kind: 'header', name: 'x-user', match: exact('ada'), invert: false }],
              bucket: bucket(1),
              isShadow: false,
            },
            { matches: [{ kind: 'each-header', name: 'x-team' }], bucket: bucket(1), isShadow: false },
            {
              matches: [
                { kind: 'source-ip', block: '10.0.0.0/8', invert: false },
                { kind: 'each-source-ip' },
              ],
              bucket: bucket(1),
              isShadow: false,
            },
          ],
          tellsLimits: true,
          from: [],
        },
        globalRateLimit: {
          rules: [
            {
              name: 'default/p/rule/0',
              matches: [{ kind: 'query', name: 'q', match: exact('1'), invert: true }],
              requests: 1,
              unit: 'Day',
              isShared: true,
              isShadow: false,
            },
          ],
          from: [],
        },
      }),
      plain,
    ];
    const http = {
      routeTokens: [
        {
          name: 'default/people',
          providers: [
            {
              issuer: 'https://people.example',
              audiences: [],
              jwks: { kind: 'inline', keys: '{"keys":[]}' },
              fromHeaders: [],
              fromParams: [],
              fromCookies: [],
              forwardToken: true,
              payloadHeader: '',
              claimToHeaders: [],
              spaceDelimitedClaims: ['scope'],
              required: true,
              from: [],
            },
          ],
          failsOpen: false,
          recomputesRoute: true,
        },
      ],
      routeAuthorizers: [
        {
          name: 'default/nobody',
          cluster: others[0]?.name ?? '',
          service: {
            kind: 'http',
            host: 'nobody.example',
            pathPrefix: '/check',
            requestHeaders: [exact('x-user')],
            addedHeaders: [],
            upstreamHeadersOnAllow: [],
            downstreamHeadersOnAllow: [],
            downstreamHeadersOnDeny: [],
          },
          timeoutMs: 100,
          failOpen: false,
          statusOnError: 503,
          clearRouteCache: true,
          from: [],
        },
      ],
      routeFilters: ['authorization', 'local-rate-limit'],
      client: {
        address: { kind: 'forwarded-for', hops: 2 },
        requestTimeoutMs: 10_000,
        requestHeadersTimeoutMs: 5000,
        idleTimeoutMs: 60_000,
        streamIdleTimeoutMs: 30_000,
        maxConnectionDurationMs: 3_600_000,
        maxStreamDurationMs: 600_000,
        maxRequestsPerConnection: 1000,
        maxConcurrentStreams: 50,
        mergesSlashes: true,
        escapedSlashes: 'UNESCAPE_AND_REDIRECT',
        underscores: 'REJECT_REQUEST',
        from: [],
      },
    } as const;
    const listeners = [
      {
        ...entry,
        name: 'entry',
        port,
        proxyProtocol: 'OPTIONAL' as const,
        keepalive: { probes: 3, timeMs: 60_000, intervalMs: 10_000 },
        bufferLimitBytes: 65_536,
        filterChains: entry.filterChains.map((chain) => ({
          ...chain,
          connectionLimit: { max: 100, closeDelayMs: 100 },
          http: { ...chain.http, ...http },
        })),
      },
    ];
    const healthCheck: HealthCheck = {
      intervalMs: 1000,
      timeoutMs: 500,
      initialJitterMs: 0,
      unhealthyThreshold: 3,
      healthyThreshold: 1,
      probe: {
        kind: 'http',
        host: 'health.example',
        path: '/healthz',
        method: 'GET',
        expectedStatuses: [200],
        retriableStatuses: [],
        send: '',
        receive: '',
      },
    };
    const connections = {
      maxRequestsPerConnection: 5,
      idleTimeoutMs: 1000,
      maxConnectionDurationMs: 0,
      protocol: 'http1',
      maxConcurrentStreams: 0,
      bufferLimitBytes: 32_768,
    } as const;
    const circuitBreaker = {
      maxConnections: 10,
      maxPendingRequests: 10,
      maxRequests: 10,
      maxRetries: 1,
      maxConnectionsPerEndpoint: 5,
    };
    const clusters = [
      { ...v1, healthCheck, panicThresholdPercent: 0, connections, circuitBreaker },
      ...others.map((one, i) => ({
        ...one,
        healthCheck: {
          ...healthCheck,
          probe: i === 0 ? ({ kind: 'tcp', send: '7069', receive: '6f6b' } as const) : healthCheck.probe,
        },
      })),
    ];
    server.publish(
      id,
      {
        ...reviewsSplit(100, 0),
        clusters,
        listeners,
        loadAssignments,
        routeConfigurations: routeConfigurations.map((one) => ({
          ...one,
          virtualHosts: [{ ...host, routes }],
        })),
      },
      1,
    );
    await mesh.accepted(id, 1);
    const statusOf = async (path: string, headers = {}) =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status;
    await expect.poll(() => statusOf('/')).toBe(200);
    expect(await statusOf('/asked')).toBe(503);
    expect(await statusOf('/tokens')).toBe(401);
    expect(await statusOf('/rules')).toBe(403);
    expect(await statusOf('/rules', { 'x-user': 'ada' })).toBe(200);
    const by = (forwarded: string) => statusOf('/office', { 'x-forwarded-for': forwarded });
    expect(await by('203.0.113.7, 10.0.0.1')).toBe(200);
    expect(await by('203.0.113.7, 198.51.100.1, 10.0.0.1')).toBe(403);
    expect(await by('203.0.113.7')).toBe(403);
    expect(await statusOf('/', { x_a: '1' })).toBe(400);
    const statuses = async (headers: object) => [
      await statusOf('/limits', headers),
      await statusOf('/limits', headers),
    ];
    expect(await statuses({ 'x-user': 'ada' })).toEqual([200, 429]);
    expect(await statuses({ 'x-team': 'a' })).toEqual([200, 429]);
    expect(await statuses({ 'x-team': 'b' })).toEqual([200, 429]);
    expect([...(await statuses({})), await statusOf('/limits')]).toEqual([200, 200, 429]);
  });

  it('sends people to the provider that a route names, and lets nobody in where it does not know one', async () => {
    const server = await mesh.serve();
    startEnvoy('DELTA_GRPC', server.port);
    await mesh.connected(id);
    const port = await freePort();
    const [entry] = reviewsMesh.listeners;
    const [v1, v2] = reviewsMesh.clusters;
    const loadAssignments = [await upstream('v1', v1.name)];
    const { routeConfigurations } = reviewsSplit(100, 0);
    const [host] = routeConfigurations[0]?.virtualHosts ?? [];
    const [plain] = host?.routes ?? [];
    if (host === undefined || plain === undefined) throw new Error('expected a route');
    const at = (value: string, provider: string): Route => ({
      ...plain,
      name: value,
      provider,
      match: { ...plain.match, path: { kind: 'path-separated-prefix', value, caseSensitive: true } },
    });
    const header = (name: string, value: string): RouteProvider['passThrough'][number] => ({
      name,
      match: { kind: 'regex', value },
      invert: false,
      treatMissingAsEmpty: false,
    });
    const provider: RouteProvider = {
      name: 'default/login',
      issuer: 'https://id.example',
      authorizationEndpoint: 'https://id.example/authorize',
      tokenEndpoint: { url: 'https://id.example/token', cluster: v2.name },
      clientId: 'shop',
      clientSecret: 'client-secret://default/client',
      cookieKey: 'cookies://default/client/1',
      scopes: ['openid', 'email'],
      resources: ['https://api.example'],
      redirectUrl: '%REQ(x-forwarded-proto)%://%REQ(:authority)%/login/back',
      redirectPath: '/login/back',
      logoutPath: '/login/out',
      forwardsAccessToken: true,
      idTokenHeader: '',
      cookies: { accessToken: 'AccessToken-1', idToken: 'IdToken-1', suffix: '1', domain: '' },
      loginTtlMs: 600_000,
      tokenTtlMs: 0,
      refreshTokenTtlMs: 604_800_000,
      refreshes: true,
      denyRedirect: [header('x-requested-with', 'XMLHttpRequest')],
      passThrough: [header('authorization', 'Bearer \\s*\\S.*')],
      from: [],
    };
    const { authorizationEndpoint: _known, ...unknown } = provider;
    const routeProviders = [provider, { ...unknown, name: 'default/discovered' }];
    const listeners = [
      {
        ...entry,
        name: 'entry',
        port,
        filterChains: entry.filterChains.map((chain) => ({
          ...chain,
          http: { ...chain.http, routeProviders },
        })),
      },
    ];
    const routes = [at('/login', 'default/login'), at('/found', 'default/discovered'), plain];
    server.publish(
      id,
      {
        ...reviewsSplit(100, 0),
        listeners,
        loadAssignments,
        routeConfigurations: routeConfigurations.map((one) => ({
          ...one,
          virtualHosts: [{ ...host, routes }],
        })),
      },
      1,
      [
        { kind: 'opaque', name: provider.clientSecret, value: 'hush' },
        { kind: 'opaque', name: provider.cookieKey, value: 'key' },
      ],
    );
    await mesh.accepted(id, 1);
    const ask = (path: string, headers = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: 'manual' });
    await expect.poll(async () => (await ask('/')).status).toBe(200);
    const sent = await ask('/login/cart');
    expect(sent.status).toBe(302);
    const { origin, pathname, searchParams } = new URL(sent.headers.get('location') ?? '');
    expect(origin + pathname).toBe('https://id.example/authorize');
    expect(Object.fromEntries(searchParams)).toMatchObject({
      client_id: 'shop',
      scope: 'openid email',
      resource: 'https://api.example',
      redirect_uri: `http://127.0.0.1:${port}/login/back`,
    });
    expect((await ask('/login/cart', { 'x-requested-with': 'XMLHttpRequest' })).status).toBe(401);
    expect((await ask('/login/cart', { authorization: 'Bearer a.b.c' })).status).toBe(200);
    expect((await ask('/found')).status).toBe(403);
  });

  it('ends TLS by the name that is asked for, with secrets over SDS, and takes a new one', async () => {
    const server = await mesh.serve();
    startEnvoy('DELTA_GRPC', server.port);
    await mesh.connected(id);
    const port = await freePort();
    const [entry] = reviewsMesh.listeners;
    const loadAssignments = [await upstream('v1', reviewsMesh.clusters[0].name)];
    const filterChains = entry.filterChains.flatMap((chain) => [
      { ...chain, name: 'shop', serverNames: ['shop.example'], tls: terminated('kubernetes://shop') },
      { ...chain, name: 'wild', serverNames: ['*.wild.example'], tls: terminated('kubernetes://wild') },
    ]);
    const listeners = [{ ...entry, name: 'entry', port, filterChains }];
    const snapshot = { ...reviewsSplit(100, 0), listeners, loadAssignments };
    server.publish(id, snapshot, 1, [
      certificateFor('kubernetes://shop', 'shop.example'),
      certificateFor('kubernetes://wild', '*.wild.example'),
    ]);
    await mesh.accepted(id, 1);
    expect(await shownBy(port, 'shop.example')).toBe('DNS:shop.example');
    expect(await shownBy(port, 'a.wild.example')).toBe('DNS:*.wild.example');
    server.publish(id, snapshot, 2, [
      certificateFor('kubernetes://shop', 'new.example'),
      certificateFor('kubernetes://wild', '*.wild.example'),
    ]);
    await mesh.accepted(id, 2);
    await expect.poll(() => shownBy(port, 'shop.example')).toBe('DNS:new.example');
  });

  it('passes on what is in TLS to a TCP upstream, and takes neither plaintext nor who has to prove itself and does not', async () => {
    const server = await mesh.serve();
    startEnvoy('DELTA_GRPC', server.port);
    await mesh.connected(id);
    const [v1, v2] = reviewsMesh.clusters;
    const [entry] = reviewsMesh.listeners;
    const secret = certificateFor('kubernetes://db', 'db.example');
    const authorities = { kind: 'secret', name: 'kubernetes://db-cacert' } as const;
    const tls = terminated('kubernetes://db');
    const listener = async (name: string, chain: Partial<TcpFilterChain>): Promise<Listener> => ({
      ...entry,
      name,
      port: await freePort(),
      filterChains: [],
      tcpChains: [
        {
          name,
          prefixRanges: [],
          serverNames: [],
          clusters: [{ cluster: v1.name, weight: 100, from: [] }],
          from: [],
          ...chain,
        },
      ],
    });
    const simple = await listener('simple', { tls, serverNames: ['db.example'] });
    const anyName = await listener('any', { tls });
    const mutual = await listener('mutual', { tls: { ...tls, mode: 'MUTUAL', authorities } });
    const passed = await listener('passed', { serverNames: ['db.example'] });
    const encrypted = await listener('encrypted', {
      tls,
      clusters: [{ cluster: v2.name, weight: 100, from: [] }],
    });
    const listeners = [simple, anyName, mutual, passed, encrypted];
    const client = certificateFor('client', 'client.example');
    const originated = {
      mode: 'SIMPLE',
      sni: 'db.example',
      subjectAltNames: ['db.example'],
      authorities: { kind: 'secret', name: 'configmap://default/roots' },
      isInsecure: false,
    } as const;
    const answers = await tcpUpstream(v1.name, createServer());
    const tlsAnswers = await tcpUpstream(
      v2.name,
      createTlsServer({ cert: secret.chainPem, key: secret.privateKeyPem }),
    );
    server.publish(
      id,
      {
        listeners,
        routeConfigurations: [],
        clusters: [v1, { ...v2, tls: originated }],
        loadAssignments: [answers.load, tlsAnswers.load],
      },
      1,
      [
        secret,
        { kind: 'authorities', name: authorities.name, rootsPem: client.chainPem },
        { kind: 'authorities', name: originated.authorities.name, rootsPem: secret.chainPem },
      ],
    );
    await mesh.accepted(id, 1);
    const ask = (port: number, more: ConnectionOptions = {}) =>
      answerTo(
        connectTls({ host: '127.0.0.1', port, servername: 'db.example', rejectUnauthorized: false, ...more }),
      );
    const askInClear = (port: number) => answerTo(connect(port, '127.0.0.1'));

    await expect.poll(() => ask(simple.port)).toBe('got: a question');
    expect(await ask(anyName.port, { ALPNProtocols: ['h2'] })).toBe('got: a question');
    expect(await ask(simple.port, { servername: 'other.example' })).toBe('');
    expect(await ask(mutual.port)).toBe('');
    const proof = { cert: client.chainPem, key: client.privateKeyPem };
    expect(await ask(mutual.port, proof)).toBe('got: a question');
    const stranger = certificateFor('stranger', 'client.example');
    expect(await ask(mutual.port, { cert: stranger.chainPem, key: stranger.privateKeyPem })).toBe('');
    for (const { port } of [simple, anyName, mutual]) expect(await askInClear(port)).toBe('');
    expect(answers.heard).toEqual(Array(3).fill('a question'));

    // Passed on as it is: the upstream hears a ClientHello, which begins with the type of a handshake.
    await ask(passed.port);
    expect(answers.heard.at(-1)?.charCodeAt(0)).toBe(0x16);
    // What came in TLS leaves in the TLS of the upstream's cluster.
    expect(await ask(encrypted.port)).toBe('got: a question');
    expect(tlsAnswers.heard).toEqual(['a question']);
  });
});

function terminated(secret: string): TerminatedTls {
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
  };
}

/** An upstream that answers with what it has heard first, and keeps it. */
async function tcpUpstream(
  cluster: string,
  server: NetServer,
): Promise<{ readonly load: LoadAssignment; readonly heard: string[] }> {
  const heard: string[] = [];
  const answer = (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (bytes: Buffer) => {
      heard.push(bytes.toString('latin1'));
      socket.end(`got: ${bytes.toString('latin1')}`);
    });
  };
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  mesh.onStop(() => {
    server.close();
  });
  const port = portOf(server.address());
  return {
    heard,
    load: {
      cluster,
      endpoints: [{ address: '127.0.0.1', port, weight: 1, health: 'HEALTHY', tlsMode: 'disabled' }],
    },
  };
}

/** All that comes back for a question until the connection closes. */
async function answerTo(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
  // A connection that is refused ends in an error, and with nothing.
  socket.on('error', () => socket.destroy());
  // Five bytes at least: the header of a TLS record, by which Envoy tells that it is none.
  socket.write('a question');
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

function certificateFor(name: string, host: string): Extract<TlsSecret, { readonly kind: 'certificate' }> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const profile = {
    commonName: host,
    altNames: [{ kind: 'dns', value: host }],
    publicKey,
    notBeforeMs: Date.now() - 60_000,
    notAfterMs: Date.now() + 3_600_000,
    serial: randomBytes(16),
    use: { kind: 'server' },
  } as const;
  return {
    kind: 'certificate',
    name,
    chainPem: certificateToPem(signCertificate(profile, { commonName: host, publicKey, privateKey })),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** The names in the certificate that a server shows who asks for `servername`. */
async function shownBy(port: number, servername: string): Promise<string | undefined> {
  const socket = connectTls({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const names = socket.getPeerX509Certificate()?.subjectAltName;
  socket.destroy();
  return names;
}
