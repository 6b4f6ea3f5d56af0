/** Random IR for property tests: every field and every member of every union, from a seed. */
import type {
  AcceptedMeshTls,
  Authorization,
  AuthorizationRule,
  ExtAuthz,
  CircuitBreaker,
  ClaimMatch,
  ClientAddress,
  ClientSettings,
  Cluster,
  Condition,
  CorsPolicy,
  DownstreamTls,
  EndedTls,
  Endpoint,
  FaultInjection,
  FilterChain,
  ForwardAction,
  HashPolicy,
  HeaderMatch,
  HealthCheck,
  LocalRateLimit,
  GlobalRateLimit,
  RateLimitMatch,
  RouteLogin,
  RouteProvider,
  RouteTokens,
  TokenBucket,
  HeaderMutation,
  JwtProvider,
  Listener,
  LoadAssignment,
  LocalityPreference,
  Origin,
  OutlierDetection,
  PathMatch,
  PathNormalization,
  PathRewrite,
  ProxySnapshot,
  QueryParamMatch,
  ReadinessProbe,
  RetryPolicy,
  Route,
  RouteAction,
  RouteConfiguration,
  StringMatch,
  TcpFilterChain,
  TerminatedTls,
  TlsMaterial,
  TlsSecret,
  UpstreamConnections,
  UpstreamTls,
  VirtualHost,
  WeightedCluster,
} from '@heddle/traffic';

export class RandomIr {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = mulberry32(seed);
  }

  snapshot(): ProxySnapshot {
    return {
      listeners: this.#list(3, (i) => this.listener(`listener-${i}`)),
      routeConfigurations: this.#list(3, (i) => this.routeConfiguration(String(9080 + i))),
      clusters: this.#list(4, (i) => this.cluster(`outbound|${i}||${this.#word()}`)),
      loadAssignments: this.#list(4, (i) => this.loadAssignment(`outbound|${i}||${this.#word()}`)),
    };
  }

  listener(name: string): Listener {
    return {
      name: this.#oneOf([name, 'virtualOutbound', 'virtualInbound']),
      address: this.#oneOf(['0.0.0.0', '127.0.0.1', '::1']),
      port: this.#integer(0, 65_535),
      bind: this.#coin(),
      direction: this.#oneOf(['INBOUND', 'OUTBOUND', 'GATEWAY']),
      filterChains: this.#list(3, () => this.#filterChain()),
      ...this.#maybe(() => ({ proxyProtocol: this.#oneOf(['REQUIRED', 'OPTIONAL']) })),
      ...this.#maybe(() => ({
        keepalive: {
          probes: this.#integer(0, 9),
          timeMs: this.#milliseconds(),
          intervalMs: this.#milliseconds(),
        },
      })),
      ...this.#maybe(() => ({ bufferLimitBytes: this.#integer(1, 1_000_000) })),
      ...this.#maybe(() => ({ tcpChains: [this.#tcpChain(), this.#tcpChain()] })),
      ...this.#maybe(() => ({ readiness: this.#readiness() })),
    };
  }

  #readiness(): ReadinessProbe {
    const target = { host: this.#word(), port: this.#integer(1, 65_535) };
    return {
      check: this.#coin()
        ? { kind: 'tcp', ...target }
        : {
            kind: 'http',
            scheme: this.#oneOf(['http', 'https']),
            ...target,
            path: `/${this.#word()}`,
            headers: this.#list(2, () => ({ name: 'x-a', value: this.#text() })),
          },
      initialDelayMs: this.#milliseconds(),
      periodMs: this.#milliseconds(),
      timeoutMs: this.#milliseconds(),
      successThreshold: this.#integer(1, 5),
      failureThreshold: this.#integer(1, 5),
      from: this.#origins(),
    };
  }

  #tcpChain(): TcpFilterChain {
    const target = () => ({
      cluster: this.#word(),
      weight: this.#integer(0, 100),
      ...this.#maybe(() => ({ invalidStatus: 503 })),
      from: this.#origins(),
    });
    return {
      name: this.#word(),
      prefixRanges: this.#some(['10.0.0.0/8', '10.96.1.1/32', 'fd00::/8']),
      serverNames: this.#some(['shop.example', '*.example']),
      ...this.#maybe(() => ({ tls: this.#endedTls() })),
      ...this.#maybe(() => ({ authorization: this.#authorization() })),
      clusters: [target(), ...this.#list(2, target)],
      from: this.#origins(),
    };
  }

  routeConfiguration(name: string): RouteConfiguration {
    return { name, virtualHosts: this.#list(3, () => this.#virtualHost()) };
  }

  cluster(name: string): Cluster {
    const discovery = this.#oneOf([
      'EDS',
      'STATIC',
      'STRICT_DNS',
      'LOGICAL_DNS',
      'ORIGINAL_DST',
      'DYNAMIC_FORWARD_PROXY',
    ] as const);
    const namesEndpoints = ['STATIC', 'STRICT_DNS', 'LOGICAL_DNS'].includes(discovery);
    return {
      name,
      discovery,
      endpoints: namesEndpoints ? this.#list(3, () => this.#endpoint()) : [],
      ...(discovery === 'ORIGINAL_DST' && this.#coin() ? { portOverride: this.#integer(1, 65_535) } : {}),
      lb: this.#oneOf(['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM', 'RING_HASH', 'MAGLEV']),
      ...this.#maybe(() => ({ hashTableSize: this.#integer(1, 5_000_011) })),
      ...this.#maybe(() => ({ hashPolicy: this.#hashPolicy() })),
      ...this.#maybe(() => ({
        slowStart: {
          windowMs: this.#milliseconds(),
          minWeightPercent: this.#integer(0, 100),
          aggression: this.#oneOf([0.5, 1, 2]),
        },
      })),
      ...this.#maybe(() => ({ locality: this.#locality() })),
      connectTimeoutMs: this.#milliseconds(),
      ...this.#maybe(() => ({ circuitBreaker: this.#circuitBreaker() })),
      ...this.#maybe(() => ({ outlierDetection: this.#outlierDetection() })),
      ...this.#maybe(() => ({ healthCheck: this.#healthCheck() })),
      ...this.#maybe(() => ({ panicThresholdPercent: this.#integer(0, 100) })),
      ...this.#maybe(() => ({ connections: this.#connections() })),
      ...this.#maybe(() => ({ proxyProtocol: this.#oneOf(['V1', 'V2'] as const) })),
      ...this.#maybe(() => ({
        tunnel: { protocol: this.#oneOf(['CONNECT', 'POST'] as const), host: this.#word(), port: 443 },
      })),
      ...this.#maybe(() => ({ tls: this.#upstreamTls() })),
      ...this.#maybe(() => ({
        service: {
          hostname: this.#word(),
          namespace: this.#word(),
          name: this.#word(),
          port: this.#integer(1, 65_535),
          subset: this.#text(),
        },
      })),
      from: this.#origins(),
    };
  }

  #hashPolicy(): HashPolicy {
    return this.#oneOf<() => HashPolicy>([
      () => ({ kind: 'header', name: 'x-user' }),
      () => ({
        kind: 'cookie',
        name: this.#word(),
        path: this.#oneOf(['', '/']),
        ...this.#maybe(() => ({ ttlMs: this.#milliseconds() })),
        attributes: this.#list(2, () => ({ name: 'SameSite', value: this.#text() })),
      }),
      () => ({ kind: 'source-ip' }),
      () => ({ kind: 'query', name: this.#word() }),
    ])();
  }

  #locality(): LocalityPreference {
    return this.#coin()
      ? {
          kind: 'distribute',
          distribute: this.#list(2, () => ({
            from: 'region/zone/*',
            to: { 'a/b/*': 80, 'c/*': 20 },
          })),
        }
      : {
          kind: 'failover',
          failover: this.#list(2, () => ({ from: this.#word(), to: this.#word() })),
          failoverPriority: this.#words(),
        };
  }

  #circuitBreaker(): CircuitBreaker {
    const limit = () => this.#oneOf([1, 1024, 4_294_967_295]);
    return {
      maxConnections: limit(),
      maxPendingRequests: limit(),
      maxRequests: limit(),
      maxRetries: limit(),
      ...this.#maybe(() => ({
        retryBudget: { percent: this.#oneOf([0, 20, 33.5]), minConcurrency: this.#integer(0, 9) },
      })),
      ...this.#maybe(() => ({ maxConnectionsPerEndpoint: limit() })),
    };
  }

  #outlierDetection(): OutlierDetection {
    return {
      consecutive5xx: this.#integer(0, 9),
      consecutiveGatewayFailure: this.#integer(0, 9),
      consecutiveLocalOriginFailure: this.#integer(0, 9),
      splitLocalOrigin: this.#coin(),
      intervalMs: this.#milliseconds(),
      baseEjectionMs: this.#milliseconds(),
      maxEjectionPercent: this.#integer(0, 100),
      minHealthPercent: this.#integer(0, 100),
      ...this.#maybe(() => ({ failurePercentageThreshold: this.#integer(0, 100) })),
      ...this.#maybe(() => ({ alwaysEjectsOne: this.#coin() })),
    };
  }

  #connections(): UpstreamConnections {
    return {
      maxRequestsPerConnection: this.#integer(0, 1000),
      idleTimeoutMs: this.#milliseconds(),
      maxConnectionDurationMs: this.#milliseconds(),
      protocol: this.#oneOf(['http1', 'http2', 'client']),
      maxConcurrentStreams: this.#oneOf([0, 100]),
      ...this.#maybe(() => ({
        keepalive: {
          probes: this.#integer(0, 9),
          timeMs: this.#milliseconds(),
          intervalMs: this.#milliseconds(),
        },
      })),
      ...this.#maybe(() => ({ bufferLimitBytes: this.#integer(0, 1_000_000) })),
    };
  }

  #upstreamTls(): UpstreamTls {
    if (this.#coin()) {
      return { mode: 'ISTIO_MUTUAL', sni: this.#text(), spiffeIds: [this.#word(), ...this.#words()] };
    }
    const material = () => this.#material();
    return {
      mode: this.#oneOf(['SIMPLE', 'MUTUAL']),
      sni: this.#text(),
      subjectAltNames: this.#words(),
      authorities: this.#coin() ? { kind: 'system' } : material(),
      ...this.#maybe(() => ({ certificate: material() })),
      isInsecure: this.#coin(),
    };
  }

  #material(): TlsMaterial {
    return this.#coin()
      ? { kind: 'secret', name: this.#word() }
      : {
          kind: 'files',
          certificate: '/etc/certs/a.pem',
          privateKey: this.#oneOf(['', '/etc/certs/a.key']),
          ...this.#maybe(() => ({ revocationList: '/etc/certs/a.crl' })),
        };
  }

  /** Not the names of the mesh's own two. */
  secret(name: string): TlsSecret {
    return this.#oneOf<() => TlsSecret>([
      () => ({ kind: 'certificate', name, chainPem: this.#text(), privateKeyPem: this.#text() }),
      () => ({
        kind: 'authorities',
        name,
        rootsPem: this.#text(),
        ...this.#maybe(() => ({ revocationListPem: this.#text() })),
      }),
      () => ({
        kind: 'credentials',
        name,
        entries: this.#list(2, () => ({ id: this.#text(), value: this.#text() })),
      }),
      () => ({ kind: 'opaque', name, value: this.#text() }),
    ])();
  }

  loadAssignment(cluster: string): LoadAssignment {
    return { cluster, endpoints: this.#list(4, () => this.#endpoint()) };
  }

  #filterChain(): FilterChain {
    return {
      name: this.#word(),
      ...this.#maybe(() => ({ destinationPort: this.#integer(1, 65_535) })),
      ...this.#maybe(() => ({
        calledAs: this.#list(2, () => ({ host: this.#word(), port: this.#integer(1, 65_535) })),
      })),
      ...this.#maybe(() => ({ serverNames: this.#some(['shop.example', '*.example']) })),
      ...this.#maybe(() => ({ tls: this.#downstreamTls() })),
      ...this.#maybe(() => ({
        connectionLimit: { max: this.#integer(1, 1000), closeDelayMs: this.#milliseconds() },
      })),
      ...this.#maybe(() => ({ jwt: [this.#jwtProvider()] })),
      ...this.#maybe(() => ({ authorization: this.#authorization() })),
      ...this.#maybe(() => ({ extAuthz: this.#list(2, () => this.#extAuthz()) })),
      http: {
        routeConfig: this.#word(),
        tracingShare: this.#perMillion(),
        ...this.#maybe(() => ({
          pathNormalization: this.#oneOf<PathNormalization>([
            'NONE',
            'BASE',
            'MERGE_SLASHES',
            'DECODE_AND_MERGE_SLASHES',
          ]),
        })),
        ...this.#maybe(() => ({ client: this.#client() })),
        ...this.#maybe(() => ({ routeTokens: [this.#routeTokens('a'), this.#routeTokens('b')] })),
        ...this.#maybe(() => ({ routeLogins: [this.#routeLogin()] })),
        ...this.#maybe(() => ({ routeProviders: [this.#routeProvider()] })),
        ...this.#maybe(() => ({ routeAuthorizers: [this.#extAuthz()] })),
        ...this.#maybe(() => ({ routeFilters: this.#some(['authorization', 'local-rate-limit'] as const) })),
      },
    };
  }

  #client(): ClientSettings {
    return {
      ...this.#maybe(() => ({
        address: this.#oneOf<ClientAddress>([
          { kind: 'forwarded-for', hops: 2 },
          { kind: 'trusted-blocks', blocks: ['10.0.0.0/8'] },
          { kind: 'header', name: 'x-client', failsClosed: this.#coin() },
        ]),
      })),
      ...this.#maybe(() => ({ requestTimeoutMs: this.#milliseconds() })),
      ...this.#maybe(() => ({ requestHeadersTimeoutMs: this.#milliseconds() })),
      ...this.#maybe(() => ({ idleTimeoutMs: this.#milliseconds() })),
      ...this.#maybe(() => ({ streamIdleTimeoutMs: this.#milliseconds() })),
      ...this.#maybe(() => ({ maxConnectionDurationMs: this.#milliseconds() })),
      ...this.#maybe(() => ({ maxStreamDurationMs: this.#milliseconds() })),
      ...this.#maybe(() => ({ maxRequestsPerConnection: this.#integer(0, 9) })),
      ...this.#maybe(() => ({ maxConcurrentStreams: this.#integer(1, 9) })),
      ...this.#maybe(() => ({ mergesSlashes: this.#coin() })),
      ...this.#maybe(() => ({ escapedSlashes: 'UNESCAPE_AND_REDIRECT' as const })),
      ...this.#maybe(() => ({ underscores: 'DROP_HEADER' as const })),
      from: this.#origins(),
    };
  }

  #routeLogin(): RouteLogin {
    return {
      name: this.#word(),
      kind: this.#oneOf(['basic', 'api-key']),
      secrets: this.#words(),
      places: this.#list(2, () => ({ kind: this.#oneOf(['header', 'query', 'cookie']), name: this.#word() })),
      forwardHeader: this.#text(),
      sanitizes: this.#coin(),
      from: this.#origins(),
    };
  }

  #routeProvider(): RouteProvider {
    return {
      name: this.#word(),
      issuer: 'https://id.example',
      ...this.#maybe(() => ({ authorizationEndpoint: 'https://id.example/authorize' })),
      ...this.#maybe(() => ({ tokenEndpoint: { url: 'https://id.example/token', cluster: this.#word() } })),
      ...this.#maybe(() => ({ endSessionEndpoint: 'https://id.example/end' })),
      clientId: this.#word(),
      clientSecret: this.#word(),
      cookieKey: this.#word(),
      scopes: this.#words(),
      resources: this.#words(),
      redirectUrl: 'https://shop.example/back',
      redirectPath: '/back',
      logoutPath: `/${this.#word()}`,
      forwardsAccessToken: this.#coin(),
      idTokenHeader: this.#oneOf(['', 'x-id']),
      cookies: {
        accessToken: this.#word(),
        idToken: this.#word(),
        suffix: this.#word(),
        domain: this.#oneOf(['', 'example']),
        ...this.#maybe(() => ({ sameSite: this.#oneOf(['Lax', 'Strict', 'None']) })),
      },
      loginTtlMs: this.#milliseconds(),
      tokenTtlMs: this.#milliseconds(),
      refreshTokenTtlMs: this.#milliseconds(),
      refreshes: this.#coin(),
      denyRedirect: this.#list(2, () => this.#headerMatch()),
      passThrough: this.#list(2, () => this.#headerMatch()),
      from: this.#origins(),
    };
  }

  #routeTokens(name: string): RouteTokens {
    return {
      name,
      providers: [this.#jwtProvider(), this.#jwtProvider()],
      failsOpen: this.#coin(),
      recomputesRoute: this.#coin(),
    };
  }

  #healthCheck(): HealthCheck {
    const payloads = () => ({ send: this.#oneOf(['', '7069']), receive: this.#oneOf(['', '6f6b']) });
    return {
      intervalMs: this.#milliseconds(),
      timeoutMs: this.#milliseconds(),
      initialJitterMs: this.#milliseconds(),
      unhealthyThreshold: this.#integer(1, 9),
      healthyThreshold: this.#integer(1, 9),
      probe: this.#oneOf<() => HealthCheck['probe']>([
        () => ({
          kind: 'http',
          host: this.#text(),
          path: '/healthz',
          method: this.#oneOf(['GET', 'POST']),
          expectedStatuses: this.#some([200, 204, 503]),
          retriableStatuses: this.#some([429, 500]),
          ...payloads(),
        }),
        () => ({ kind: 'tcp', ...payloads() }),
        () => ({ kind: 'grpc', service: this.#text() }),
      ])(),
    };
  }

  #localRateLimit(): LocalRateLimit {
    return {
      ...this.#maybe(() => ({ bucket: this.#bucket() })),
      rules: this.#list(2, () => ({
        matches: this.#list(2, () => this.#rateLimitMatch()),
        bucket: this.#bucket(),
        isShadow: this.#coin(),
      })),
      tellsLimits: this.#coin(),
      from: this.#origins(),
    };
  }

  #globalRateLimit(): GlobalRateLimit {
    return {
      rules: this.#list(2, () => ({
        name: this.#word(),
        matches: this.#list(2, () => this.#rateLimitMatch()),
        requests: this.#integer(0, 1000),
        unit: this.#oneOf(['Second', 'Minute', 'Hour', 'Day', 'Month', 'Year']),
        isShared: this.#coin(),
        isShadow: this.#coin(),
      })),
      from: this.#origins(),
    };
  }

  #bucket(): TokenBucket {
    return {
      maxTokens: this.#integer(1, 100),
      tokensPerFill: this.#integer(1, 100),
      fillIntervalMs: this.#milliseconds(),
    };
  }

  #rateLimitMatch(): RateLimitMatch {
    return this.#oneOf<() => RateLimitMatch>([
      () => ({
        kind: this.#oneOf(['header', 'query'] as const),
        name: this.#word(),
        match: this.#stringMatch(),
        invert: this.#coin(),
      }),
      () => ({ kind: this.#oneOf(['each-header', 'each-query'] as const), name: this.#word() }),
      () => ({ kind: 'source-ip', block: this.#oneOf(['10.0.0.0/8', 'fd00::/8']), invert: this.#coin() }),
      () => ({ kind: 'each-source-ip' }),
    ])();
  }

  #jwtProvider(): JwtProvider {
    return {
      issuer: this.#text(),
      audiences: this.#words(),
      jwks: this.#oneOf<JwtProvider['jwks']>([
        { kind: 'inline', keys: '{"keys":[]}' },
        { kind: 'uri', uri: 'https://issuer.example/keys', timeoutMs: 5000 },
        { kind: 'issuer', timeoutMs: 5000 },
      ]),
      fromHeaders: this.#list(2, () => ({ name: 'x-token', prefix: this.#oneOf(['', 'Token ']) })),
      fromParams: this.#words(),
      fromCookies: this.#words(),
      forwardToken: this.#coin(),
      payloadHeader: this.#oneOf(['', 'x-payload']),
      claimToHeaders: this.#list(2, () => ({ claim: this.#word(), header: 'x-claim' })),
      spaceDelimitedClaims: this.#words(),
      required: this.#coin(),
      from: this.#origins(),
    };
  }

  #authorization(): Authorization {
    const rules = () => this.#list(2, (i) => this.#authorizationRule(i));
    return { custom: rules(), audit: rules(), deny: rules(), allow: rules() };
  }

  #extAuthz(): ExtAuthz {
    const names = () => this.#list(2, () => this.#stringMatch());
    return {
      name: this.#word(),
      cluster: this.#word(),
      service: this.#coin()
        ? { kind: 'grpc', authority: this.#word() }
        : {
            kind: 'http',
            host: this.#word(),
            pathPrefix: this.#oneOf(['', '/check']),
            requestHeaders: names(),
            addedHeaders: this.#list(2, () => ({ name: 'x-a', value: this.#text() })),
            upstreamHeadersOnAllow: names(),
            downstreamHeadersOnAllow: names(),
            downstreamHeadersOnDeny: names(),
          },
      timeoutMs: this.#milliseconds(),
      failOpen: this.#coin(),
      statusOnError: this.#oneOf([403, 503]),
      clearRouteCache: this.#coin(),
      ...this.#maybe(() => ({
        requestBody: {
          maxBytes: this.#integer(1, 65_535),
          allowPartial: this.#coin(),
          packAsBytes: this.#coin(),
        },
      })),
      from: this.#origins(),
    };
  }

  #authorizationRule(rule: number): AuthorizationRule {
    return {
      policy: { namespace: this.#word(), name: this.#word() },
      rule,
      dryRun: this.#coin(),
      ...this.#maybe(() => ({ provider: this.#word() })),
      condition: this.#condition(3),
      from: this.#origins(),
    };
  }

  #condition(depth: number): Condition {
    const leaf = this.#oneOf<() => Condition>([
      () => ({ kind: this.#oneOf(['any', 'never'] as const) }),
      () => ({ kind: this.#oneOf(['principal', 'sni', 'path'] as const), match: this.#stringMatch() }),
      () => ({
        kind: this.#oneOf(['source-ip', 'remote-ip', 'destination-ip'] as const),
        block: this.#oneOf(['10.0.0.0/8', '::1']),
      }),
      () => ({ kind: 'destination-port', port: this.#integer(0, 65_535) }),
      () => ({
        kind: 'header',
        name: this.#oneOf(['x-a', ':method']),
        ...this.#maybe(() => ({ match: this.#stringMatch() })),
      }),
      () => ({ kind: 'path-template', template: '/a/{*}/{**}' }),
      () => ({ kind: 'claim', path: this.#words(), match: this.#stringMatch(), lists: this.#coin() }),
      () => ({
        kind: 'metadata',
        filter: this.#word(),
        key: this.#text(),
        match: this.#stringMatch(),
        list: this.#coin(),
      }),
    ]);
    if (depth === 0 || this.#coin()) return leaf();
    return this.#oneOf<() => Condition>([
      () => ({
        kind: this.#oneOf(['all', 'some'] as const),
        of: this.#list(3, () => this.#condition(depth - 1)),
      }),
      () => ({ kind: 'not', of: this.#condition(depth - 1) }),
    ])();
  }

  #downstreamTls(): DownstreamTls {
    return this.#coin()
      ? this.#meshTls(this.#oneOf(['STRICT', 'PERMISSIVE', 'DISABLE']))
      : this.#terminatedTls();
  }

  #endedTls(): EndedTls {
    return this.#coin() ? this.#meshTls('STRICT') : this.#terminatedTls();
  }

  #meshTls<M extends AcceptedMeshTls['mode']>(mode: M): AcceptedMeshTls & { readonly mode: M } {
    return {
      mode,
      ...this.#maybe(() => ({ trustDomains: this.#some(['cluster.local', 'mesh.example']) })),
      ...this.#maybe(() => ({ minVersion: 'TLSv1_3' as const })),
      from: this.#origins(),
    };
  }

  #terminatedTls(): TerminatedTls {
    const version = () => this.#oneOf(['TLSv1_0', 'TLSv1_1', 'TLSv1_2', 'TLSv1_3'] as const);
    return {
      mode: this.#oneOf(['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL']),
      certificates: this.#list(2, () => this.#material()),
      ...this.#maybe(() => ({ authorities: this.#material() })),
      subjectAltNames: this.#words(),
      certificateHashes: this.#words(),
      publicKeyHashes: this.#words(),
      isInsecure: this.#coin(),
      minVersion: version(),
      maxVersion: version(),
      cipherSuites: this.#words(),
      ecdhCurves: this.#words(),
      from: this.#origins(),
    };
  }

  #virtualHost(): VirtualHost {
    return {
      name: this.#word(),
      domains: this.#words(),
      routes: this.#list(4, () => this.#route()),
      from: this.#origins(),
    };
  }

  #route(): Route {
    return {
      name: this.#word(),
      match: {
        path: this.#pathMatch(),
        headers: this.#list(2, () => this.#headerMatch()),
        queryParams: this.#list(2, () => this.#queryParamMatch()),
        ...this.#maybe(() => ({ claims: [this.#claimMatch(), this.#claimMatch()] })),
      },
      action: this.#action(),
      requestHeaders: this.#headerMutation(),
      responseHeaders: this.#headerMutation(),
      ...this.#maybe(() => ({ tokens: this.#word() })),
      ...this.#maybe(() => ({ authorizer: this.#word() })),
      ...this.#maybe(() => ({ logins: this.#word() })),
      ...this.#maybe(() => ({ provider: this.#word() })),
      ...this.#maybe(() => ({ authorization: this.#authorization() })),
      ...this.#maybe(() => ({ localRateLimit: this.#localRateLimit() })),
      ...this.#maybe(() => ({ globalRateLimit: this.#globalRateLimit() })),
      from: this.#origins(),
    };
  }

  #pathMatch(): PathMatch {
    const kind = this.#oneOf(['exact', 'prefix', 'path-separated-prefix', 'regex'] as const);
    if (kind === 'regex') return { kind, value: '/v[0-9]+/.*' };
    const value = this.#oneOf(['/', '/api', '/api/', '/a.b/c%2F', `/${this.#word()}`]);
    return { kind, value, caseSensitive: this.#coin() };
  }

  #headerMatch(): HeaderMatch {
    return {
      name: this.#oneOf(['end-user', ':method', ':authority']),
      ...this.#maybe(() => ({ match: this.#stringMatch() })),
      invert: this.#coin(),
      treatMissingAsEmpty: this.#coin(),
    };
  }

  #queryParamMatch(): QueryParamMatch {
    return { name: this.#word(), ...this.#maybe(() => ({ match: this.#stringMatch() })) };
  }

  #stringMatch(): StringMatch {
    const kind = this.#oneOf(['exact', 'prefix', 'suffix', 'contains', 'regex'] as const);
    if (kind === 'regex') return { kind, value: '^(jason|[a-z]{2,}).*$' };
    return { kind, value: this.#text(), ignoreCase: this.#coin() };
  }

  #action(): RouteAction {
    const kind = this.#oneOf(['forward', 'forward', 'forward', 'redirect', 'direct'] as const);
    if (kind === 'forward') return this.#forward();
    if (kind === 'direct') {
      return { kind, status: this.#integer(200, 599), body: this.#oneOf(['', 'gone', 'x'.repeat(5000)]) };
    }
    return {
      kind,
      status: this.#oneOf([301, 302, 303, 307, 308]),
      ...this.#maybe(() => ({ host: this.#word() })),
      ...this.#maybe(() =>
        this.#coin() ? { path: `/${this.#word()}` } : { prefixRewrite: `/${this.#word()}` },
      ),
      ...this.#maybe(() => ({ scheme: 'https' })),
      ...this.#maybe(() => ({ port: this.#integer(1, 65_535) })),
    };
  }

  #forward(): ForwardAction {
    return {
      kind: 'forward',
      clusters: [this.#weightedCluster(), ...this.#list(2, () => this.#weightedCluster())],
      ...this.#maybe(() => ({ pathRewrite: this.#pathRewrite() })),
      ...this.#maybe(() => ({ hostRewrite: this.#word() })),
      timeoutMs: this.#milliseconds(),
      ...this.#maybe(() => ({ idleTimeoutMs: this.#milliseconds() })),
      ...this.#maybe(() => ({ maxStreamDurationMs: this.#milliseconds() })),
      retry: this.#retry(),
      ...this.#maybe(() => ({ fault: this.#fault() })),
      ...this.#maybe(() => ({ cors: this.#cors() })),
      mirrors: this.#list(2, () => ({ cluster: this.#word(), share: this.#perMillion() })),
      ...this.#maybe(() => ({ hashPolicies: [this.#hashPolicy()] })),
    };
  }

  #weightedCluster(): WeightedCluster {
    return {
      cluster: this.#word(),
      weight: this.#integer(0, 100),
      requestHeaders: this.#headerMutation(),
      responseHeaders: this.#headerMutation(),
      ...this.#maybe(() => ({ invalidStatus: this.#oneOf([500, 503]) })),
      ...this.#maybe(() => ({ hostRewrite: this.#word() })),
      from: this.#origins(),
    };
  }

  #pathRewrite(): PathRewrite {
    const kind = this.#oneOf(['prefix', 'full', 'regex'] as const);
    if (kind === 'regex') return { kind, pattern: '^/a/(.*)$', substitution: '/b/\\1' };
    return { kind, value: this.#oneOf(['', '/', '/new', '/back\\1slash']) };
  }

  #retry(): RetryPolicy {
    return {
      retryOn: this.#some(['connect-failure', '5xx', 'reset', 'gateway-error', 'retriable-status-codes']),
      statusCodes: this.#some([502, 503, 504]),
      numRetries: this.#integer(0, 5),
      perTryTimeoutMs: this.#milliseconds(),
      backoffBaseMs: this.#milliseconds(),
      backoffMaxMs: this.#milliseconds(),
      ...this.#maybe(() => ({ avoidPreviousHosts: false })),
      ...this.#maybe(() => ({ remoteLocalities: true })),
      from: this.#origins(),
    };
  }

  #claimMatch(): ClaimMatch {
    return {
      path: [this.#word(), ...this.#words()],
      ...this.#maybe(() => ({ match: this.#stringMatch() })),
      invert: this.#coin(),
    };
  }

  #cors(): CorsPolicy {
    return {
      allowOrigins: this.#list(2, () => this.#stringMatch()),
      allowMethods: this.#words(),
      allowHeaders: this.#words(),
      exposeHeaders: this.#words(),
      ...this.#maybe(() => ({ maxAgeSeconds: this.#integer(0, 86_400) })),
      allowCredentials: this.#coin(),
      forwardUnmatchedPreflights: this.#coin(),
      from: this.#origins(),
    };
  }

  #fault(): FaultInjection {
    return {
      ...this.#maybe(() => ({ delay: { ms: this.#milliseconds(), share: this.#perMillion() } })),
      ...this.#maybe(() => ({
        abort: this.#coin()
          ? { status: this.#integer(200, 599), share: this.#perMillion() }
          : { status: 200, grpcStatus: this.#integer(0, 16), share: this.#perMillion() },
      })),
      from: this.#origins(),
    };
  }

  #headerMutation(): HeaderMutation {
    const header = () => ({
      name: this.#oneOf(['x-a', 'x-b']),
      value: this.#oneOf(['', '100%%', '%START_TIME%', '%%', this.#word()]),
    });
    return { set: this.#list(2, header), add: this.#list(2, header), remove: this.#words() };
  }

  #endpoint(): Endpoint {
    return {
      address: this.#oneOf(['127.0.0.1', '10.0.1.7', 'fd00::1']),
      port: this.#integer(1, 65_535),
      weight: this.#integer(0, 128),
      health: this.#oneOf(['HEALTHY', 'UNHEALTHY', 'DRAINING']),
      tlsMode: this.#oneOf(['istio', 'disabled']),
      ...this.#maybe(() => ({
        workload: {
          namespace: this.#word(),
          name: this.#word(),
          version: this.#text(),
          spiffeId: this.#word(),
        },
      })),
    };
  }

  #origins(): readonly Origin[] {
    return this.#list(2, () => ({
      group: this.#oneOf(['networking.istio.io', '']),
      kind: this.#oneOf(['VirtualService', 'Default']),
      namespace: this.#text(),
      name: this.#text(),
      generation: this.#integer(0, 1000),
      path: this.#oneOf(['', 'spec.http[0].route[1]']),
    }));
  }

  #milliseconds(): number {
    return this.#oneOf([0, 0.25, 1, 999, 1000, 15_000, 1500.5, this.#integer(1, 10_000_000)]);
  }

  #perMillion(): number {
    return this.#oneOf([0, 1, 333_333, 10_000, 1_000_000, this.#integer(0, 1_000_000)]);
  }

  #text(): string {
    return this.#oneOf(['', 'Straße/日本 "x"', this.#word()]);
  }

  #words(): string[] {
    return this.#list(2, () => this.#word());
  }

  #word(): string {
    return this.#oneOf(['reviews', 'ratings', 'details']) + this.#integer(0, 9999);
  }

  #some<T>(values: readonly T[]): T[] {
    return values.filter(() => this.#coin());
  }

  #maybe<T extends object>(make: () => T): T | Record<never, never> {
    return this.#coin() ? make() : {};
  }

  #list<T>(atMost: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.#integer(0, atMost) }, (_, index) => make(index));
  }

  #oneOf<T>(values: readonly [T, ...T[]]): T {
    return values[this.#integer(0, values.length - 1)] ?? values[0];
  }

  #coin(): boolean {
    return this.#random() < 0.5;
  }

  #integer(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
