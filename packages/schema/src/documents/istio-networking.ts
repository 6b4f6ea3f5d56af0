/** networking.istio.io: the fields of Istio's API, in its words. The descriptions say what the mesh does with them. */
import Type, { type Static } from 'typebox';
import { closed, DocumentOf, Int32, Labels, NonNegativeInt32, PolicySelector, UInt32 } from './metadata.ts';

/** `10s`, `250ms`, `1h30m`. */
export const Duration = Type.String({
  // Go's time.ParseDuration.
  pattern: '^[-+]?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$',
  description: 'a duration such as 250ms, 10s or 1h30m',
});
const Strings = Type.Array(Type.String());
const Percent = Type.Number({ minimum: 0, maximum: 100 });
const PercentValue = Type.Object({ value: Type.Optional(Percent) }, closed);
const PortNumber = Type.Integer({ minimum: 1, maximum: 65535 });
const PortOrUnset = Type.Integer({ minimum: 0, maximum: 65535, description: '0 is not given' });

export const IstioStringMatch = Type.Object(
  {
    exact: Type.Optional(Type.String()),
    prefix: Type.Optional(Type.String()),
    regex: Type.Optional(Type.String({ description: 'RE2, the whole value must match' })),
  },
  closed,
);
export type IstioStringMatch = Static<typeof IstioStringMatch>;

const HeaderOperations = Type.Object(
  {
    set: Type.Optional(Type.Record(Type.String(), Type.String())),
    add: Type.Optional(Type.Record(Type.String(), Type.String())),
    remove: Type.Optional(Strings),
  },
  closed,
);
export const IstioHeaders = Type.Object(
  { request: Type.Optional(HeaderOperations), response: Type.Optional(HeaderOperations) },
  closed,
);
export type IstioHeaders = Static<typeof IstioHeaders>;

export const Destination = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      description: 'short names are completed with the namespace of the document',
    }),
    subset: Type.Optional(Type.String()),
    port: Type.Optional(Type.Object({ number: PortNumber }, closed)),
  },
  closed,
);
export type Destination = Static<typeof Destination>;

export const HttpRouteDestination = Type.Object(
  {
    destination: Destination,
    weight: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2_147_483_647,
        description: 'proportion of the sum; ignored for a lone destination',
      }),
    ),
    headers: Type.Optional(IstioHeaders),
  },
  closed,
);
export type HttpRouteDestination = Static<typeof HttpRouteDestination>;

export const HttpMatchRequest = Type.Object(
  {
    name: Type.Optional(Type.String()),
    uri: Type.Optional(IstioStringMatch),
    scheme: Type.Optional(IstioStringMatch),
    method: Type.Optional(IstioStringMatch),
    authority: Type.Optional(IstioStringMatch),
    headers: Type.Optional(Type.Record(Type.String(), IstioStringMatch)),
    withoutHeaders: Type.Optional(Type.Record(Type.String(), IstioStringMatch)),
    queryParams: Type.Optional(Type.Record(Type.String(), IstioStringMatch)),
    ignoreUriCase: Type.Optional(Type.Boolean({ description: 'for exact and prefix of uri' })),
    port: Type.Optional(PortOrUnset),
    sourceLabels: Type.Optional(Labels),
    sourceNamespace: Type.Optional(Type.String()),
    gateways: Type.Optional(Strings),
    statPrefix: Type.Optional(Type.String()),
  },
  closed,
);
export type HttpMatchRequest = Static<typeof HttpMatchRequest>;

export const HttpFault = Type.Object(
  {
    delay: Type.Optional(
      Type.Object(
        {
          fixedDelay: Type.Optional(Duration),
          percentage: Type.Optional(PercentValue),
          percent: Type.Optional(Int32),
        },
        closed,
      ),
    ),
    abort: Type.Optional(
      Type.Object(
        {
          httpStatus: Type.Optional(Type.Integer({ minimum: 200, maximum: 600 })),
          grpcStatus: Type.Optional(Type.String()),
          http2Error: Type.Optional(Type.String()),
          percentage: Type.Optional(PercentValue),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type HttpFault = Static<typeof HttpFault>;

export const HttpRetry = Type.Object(
  {
    attempts: Type.Optional(NonNegativeInt32),
    perTryTimeout: Type.Optional(Duration),
    retryOn: Type.Optional(Type.String()),
    backoff: Type.Optional(Duration),
    retryRemoteLocalities: Type.Optional(Type.Boolean()),
    retryIgnorePreviousHosts: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type HttpRetry = Static<typeof HttpRetry>;

export const HttpRoute = Type.Object(
  {
    name: Type.Optional(Type.String()),
    match: Type.Optional(Type.Array(HttpMatchRequest)),
    route: Type.Optional(Type.Array(HttpRouteDestination)),
    redirect: Type.Optional(
      Type.Object(
        {
          uri: Type.Optional(Type.String()),
          prefixRewrite: Type.Optional(
            Type.String({ description: 'takes the place of the matched prefix; not together with uri' }),
          ),
          authority: Type.Optional(Type.String()),
          port: Type.Optional(PortOrUnset),
          derivePort: Type.Optional(Type.Enum(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT'])),
          scheme: Type.Optional(Type.String()),
          redirectCode: Type.Optional(
            Type.Union([Type.Literal(0), Type.Integer({ minimum: 300, maximum: 399 })], {
              description: 'default (and 0) 301',
            }),
          ),
        },
        closed,
      ),
    ),
    directResponse: Type.Optional(
      Type.Object(
        {
          status: Type.Integer({ minimum: 200, maximum: 600 }),
          body: Type.Optional(
            Type.Object(
              { string: Type.Optional(Type.String()), bytes: Type.Optional(Type.String()) },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    delegate: Type.Optional(
      Type.Object({ name: Type.Optional(Type.String()), namespace: Type.Optional(Type.String()) }, closed),
    ),
    rewrite: Type.Optional(
      Type.Object(
        {
          uri: Type.Optional(Type.String()),
          authority: Type.Optional(Type.String()),
          uriRegexRewrite: Type.Optional(
            Type.Object(
              { match: Type.Optional(Type.String()), rewrite: Type.Optional(Type.String()) },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    timeout: Type.Optional(Duration),
    retries: Type.Optional(HttpRetry),
    fault: Type.Optional(HttpFault),
    mirror: Type.Optional(Destination),
    mirrorPercentage: Type.Optional(PercentValue),
    mirrorPercent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    mirror_percent: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, description: 'old spelling of mirrorPercent' }),
    ),
    mirrors: Type.Optional(
      Type.Array(Type.Object({ destination: Destination, percentage: Type.Optional(PercentValue) }, closed)),
    ),
    corsPolicy: Type.Optional(
      Type.Object(
        {
          allowOrigin: Type.Optional(Strings),
          allowOrigins: Type.Optional(Type.Array(IstioStringMatch)),
          allowMethods: Type.Optional(Strings),
          allowHeaders: Type.Optional(Strings),
          exposeHeaders: Type.Optional(Strings),
          maxAge: Type.Optional(Duration),
          allowCredentials: Type.Optional(Type.Boolean()),
          unmatchedPreflights: Type.Optional(Type.Enum(['UNSPECIFIED', 'FORWARD', 'IGNORE'])),
        },
        closed,
      ),
    ),
    headers: Type.Optional(IstioHeaders),
  },
  closed,
);
export type HttpRoute = Static<typeof HttpRoute>;

const RouteDestination = Type.Object(
  { destination: Destination, weight: Type.Optional(NonNegativeInt32) },
  closed,
);
const L4Match = {
  destinationSubnets: Type.Optional(Strings),
  port: Type.Optional(PortOrUnset),
  sourceLabels: Type.Optional(Labels),
  sourceNamespace: Type.Optional(Type.String()),
  gateways: Type.Optional(Strings),
};

export const VirtualServiceSpec = Type.Object(
  {
    hosts: Type.Optional(Strings),
    gateways: Type.Optional(Strings),
    http: Type.Optional(Type.Array(HttpRoute)),
    tcp: Type.Optional(
      Type.Array(
        Type.Object(
          {
            match: Type.Optional(
              Type.Array(Type.Object({ ...L4Match, sourceSubnet: Type.Optional(Type.String()) }, closed)),
            ),
            route: Type.Optional(Type.Array(RouteDestination)),
          },
          closed,
        ),
      ),
    ),
    tls: Type.Optional(
      Type.Array(
        Type.Object(
          {
            match: Type.Array(Type.Object({ ...L4Match, sniHosts: Strings }, closed)),
            route: Type.Optional(Type.Array(RouteDestination)),
          },
          closed,
        ),
      ),
    ),
    exportTo: Type.Optional(Strings),
  },
  closed,
);
export const VirtualServiceDocument = DocumentOf(VirtualServiceSpec);
export type VirtualServiceDocument = Static<typeof VirtualServiceDocument>;

const UInt = Type.Integer({ minimum: 0 });
const WasDuration = Type.Optional(Duration);

export const TcpKeepalive = Type.Object(
  { probes: Type.Optional(UInt32), time: WasDuration, interval: WasDuration },
  closed,
);
export type TcpKeepalive = Static<typeof TcpKeepalive>;

export const ConnectionPool = Type.Object(
  {
    tcp: Type.Optional(
      Type.Object(
        {
          maxConnections: Type.Optional(NonNegativeInt32),
          connectTimeout: WasDuration,
          tcpKeepalive: Type.Optional(TcpKeepalive),
          maxConnectionDuration: WasDuration,
          idleTimeout: WasDuration,
        },
        closed,
      ),
    ),
    http: Type.Optional(
      Type.Object(
        {
          http1MaxPendingRequests: Type.Optional(NonNegativeInt32),
          http2MaxRequests: Type.Optional(NonNegativeInt32),
          maxRequestsPerConnection: Type.Optional(NonNegativeInt32),
          maxRetries: Type.Optional(NonNegativeInt32),
          idleTimeout: WasDuration,
          h2UpgradePolicy: Type.Optional(Type.Enum(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE'])),
          useClientProtocol: Type.Optional(Type.Boolean()),
          maxConcurrentStreams: Type.Optional(NonNegativeInt32),
          http2KeepAlive: Type.Optional(Type.Object({ interval: Duration, timeout: Duration }, closed)),
        },
        closed,
      ),
    ),
  },
  closed,
);

const Failover = Type.Array(
  Type.Object({ from: Type.Optional(Type.String()), to: Type.Optional(Type.String()) }, closed),
);

export const LocalityLbSetting = Type.Object(
  {
    distribute: Type.Optional(
      Type.Array(
        Type.Object(
          { from: Type.Optional(Type.String()), to: Type.Optional(Type.Record(Type.String(), UInt32)) },
          closed,
        ),
      ),
    ),
    failover: Type.Optional(Failover),
    failoverPriority: Type.Optional(Strings),
    enabled: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type LocalityLbSetting = Static<typeof LocalityLbSetting>;

const LoadBalancer = Type.Object(
  {
    simple: Type.Optional(
      Type.Enum(['UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST']),
    ),
    consistentHash: Type.Optional(
      Type.Object(
        {
          httpHeaderName: Type.Optional(Type.String()),
          httpCookie: Type.Optional(
            Type.Object(
              {
                name: Type.String(),
                path: Type.Optional(Type.String()),
                ttl: WasDuration,
                attributes: Type.Optional(
                  Type.Array(
                    Type.Object({ name: Type.String(), value: Type.Optional(Type.String()) }, closed),
                  ),
                ),
              },
              closed,
            ),
          ),
          useSourceIp: Type.Optional(Type.Boolean()),
          httpQueryParameterName: Type.Optional(Type.String()),
          ringHash: Type.Optional(Type.Object({ minimumRingSize: Type.Optional(UInt) }, closed)),
          maglev: Type.Optional(Type.Object({ tableSize: Type.Optional(UInt) }, closed)),
          minimumRingSize: Type.Optional(UInt),
        },
        closed,
      ),
    ),
    localityLbSetting: Type.Optional(LocalityLbSetting),
    zoneAwareLbSetting: Type.Optional(
      Type.Object(
        {
          enabled: Type.Optional(Type.Boolean()),
          failover: Type.Optional(Failover),
          failoverPriority: Type.Optional(Strings),
          minClusterSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_294_967_295 })),
        },
        closed,
      ),
    ),
    backendUtilization: Type.Optional(
      Type.Object(
        {
          metricNamesForComputingUtilization: Type.Optional(Strings),
          errorUtilizationPenaltyPercent: Type.Optional(UInt32),
          weightExpirationPeriod: WasDuration,
          weightStabilizationPeriod: WasDuration,
          weightUpdatePeriod: WasDuration,
        },
        closed,
      ),
    ),
    warmupDurationSecs: WasDuration,
    warmup: Type.Optional(
      Type.Object(
        {
          duration: Duration,
          minimumPercent: Type.Optional(Percent),
          aggression: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const OutlierDetection = Type.Object(
  {
    consecutiveErrors: Type.Optional(Int32),
    splitExternalLocalOriginErrors: Type.Optional(Type.Boolean()),
    consecutiveLocalOriginFailures: Type.Optional(UInt32),
    consecutiveGatewayErrors: Type.Optional(UInt32),
    consecutive5xxErrors: Type.Optional(UInt32),
    outlierDetectionHttpErrorCodes: Type.Optional(Type.Array(Type.Integer({ minimum: 100, maximum: 599 }))),
    interval: WasDuration,
    baseEjectionTime: WasDuration,
    maxEjectionPercent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    minHealthPercent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
  },
  closed,
);

const ClientTls = Type.Object(
  {
    mode: Type.Optional(Type.Enum(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'])),
    clientCertificate: Type.Optional(Type.String()),
    privateKey: Type.Optional(Type.String()),
    caCertificates: Type.Optional(Type.String()),
    credentialName: Type.Optional(Type.String()),
    subjectAltNames: Type.Optional(Strings),
    sni: Type.Optional(Type.String()),
    insecureSkipVerify: Type.Optional(Type.Boolean()),
    caCrl: Type.Optional(Type.String()),
  },
  closed,
);

const trafficSettings = {
  loadBalancer: Type.Optional(LoadBalancer),
  connectionPool: Type.Optional(ConnectionPool),
  outlierDetection: Type.Optional(OutlierDetection),
  tls: Type.Optional(ClientTls),
};

export type LoadBalancerSettings = Static<typeof LoadBalancer>;
export type ConnectionPoolSettings = Static<typeof ConnectionPool>;
export type OutlierDetectionSettings = Static<typeof OutlierDetection>;
export type ClientTlsSettings = Static<typeof ClientTls>;

export const TrafficPolicy = Type.Object(
  {
    ...trafficSettings,
    portLevelSettings: Type.Optional(
      Type.Array(
        Type.Object(
          { port: Type.Optional(Type.Object({ number: Type.Optional(UInt32) }, closed)), ...trafficSettings },
          closed,
        ),
        { maxItems: 4096 },
      ),
    ),
    tunnel: Type.Optional(
      Type.Object(
        { protocol: Type.Optional(Type.String()), targetHost: Type.String(), targetPort: PortNumber },
        closed,
      ),
    ),
    proxyProtocol: Type.Optional(Type.Object({ version: Type.Optional(Type.Enum(['V1', 'V2'])) }, closed)),
    retryBudget: Type.Optional(
      Type.Object(
        {
          percent: Type.Optional(Percent),
          minRetryConcurrency: Type.Optional(UInt32),
          budgetInterval: WasDuration,
        },
        closed,
      ),
    ),
  },
  closed,
);
export type TrafficPolicy = Static<typeof TrafficPolicy>;

export const Subset = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    labels: Type.Optional(Labels),
    trafficPolicy: Type.Optional(TrafficPolicy),
  },
  closed,
);
export type Subset = Static<typeof Subset>;

export const DestinationRuleSpec = Type.Object(
  {
    host: Type.String({ minLength: 1 }),
    trafficPolicy: Type.Optional(TrafficPolicy),
    subsets: Type.Optional(Type.Array(Subset)),
    exportTo: Type.Optional(Strings),
    workloadSelector: Type.Optional(PolicySelector),
  },
  closed,
);
export const DestinationRuleDocument = DocumentOf(DestinationRuleSpec);
export type DestinationRuleDocument = Static<typeof DestinationRuleDocument>;

const TlsVersion = Type.Enum(['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3']);

export const GatewayServerTls = Type.Object(
  {
    httpsRedirect: Type.Optional(Type.Boolean()),
    mode: Type.Optional(
      Type.Enum(['PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL']),
    ),
    serverCertificate: Type.Optional(Type.String()),
    privateKey: Type.Optional(Type.String()),
    caCertificates: Type.Optional(Type.String()),
    caCrl: Type.Optional(Type.String()),
    credentialName: Type.Optional(Type.String()),
    credentialNames: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 2 })),
    tlsCertificates: Type.Optional(
      Type.Array(
        Type.Object(
          {
            serverCertificate: Type.Optional(Type.String()),
            privateKey: Type.Optional(Type.String()),
            caCertificates: Type.Optional(Type.String()),
          },
          closed,
        ),
        { minItems: 1, maxItems: 2 },
      ),
    ),
    caCertCredentialName: Type.Optional(Type.String()),
    insecureSkipVerify: Type.Optional(Type.Boolean()),
    ecdhCurves: Type.Optional(Strings),
    subjectAltNames: Type.Optional(Strings),
    verifyCertificateSpki: Type.Optional(Strings),
    verifyCertificateHash: Type.Optional(Strings),
    minProtocolVersion: Type.Optional(TlsVersion),
    maxProtocolVersion: Type.Optional(TlsVersion),
    cipherSuites: Type.Optional(Strings),
  },
  closed,
);
export type GatewayServerTls = Static<typeof GatewayServerTls>;

export const GatewaySpec = Type.Object(
  {
    selector: Type.Optional(Labels),
    servers: Type.Array(
      Type.Object(
        {
          port: Type.Object(
            {
              number: PortOrUnset,
              name: Type.String(),
              protocol: Type.String({
                description: 'HTTP, HTTPS, GRPC, HTTP2, TCP, TLS, ...; case does not matter',
              }),
              targetPort: Type.Optional(Type.Literal(0)),
            },
            closed,
          ),
          hosts: Type.Array(Type.String(), { minItems: 1 }),
          bind: Type.Optional(Type.String()),
          name: Type.Optional(Type.String()),
          defaultEndpoint: Type.Optional(Type.String()),
          tls: Type.Optional(GatewayServerTls),
        },
        closed,
      ),
      { minItems: 1 },
    ),
  },
  closed,
);
export const GatewayDocument = DocumentOf(GatewaySpec);
export type GatewayDocument = Static<typeof GatewayDocument>;
