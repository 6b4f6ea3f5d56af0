/** gateway.envoyproxy.io: what the policies of Envoy Gateway have in common, in its words, with the limits of its definitions (v1.9). */
import Type from 'typebox';
import { closed, Int32, NonNegativeInt32, UInt32 } from './metadata.ts';

/** `500ms`, `2s`, `1h30m`. */
export const Duration = Type.String({
  pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$',
  description: 'a duration such as 500ms, 10s or 1h30m (GEP-2257)',
});
/** Bytes, or anything else that is counted in thousands: `32Ki`, `1M`, 1024. */
export const Quantity = Type.Union([
  Type.Integer({ minimum: 1 }),
  Type.String({ pattern: '^[1-9][0-9]*([EPTGMK]i|[EPTGMk])?$' }),
]);
const dnsName = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
export const DnsName = Type.String({ minLength: 1, maxLength: 253, pattern: `^${dnsName}$` });
export const Group = Type.String({
  maxLength: 253,
  pattern: `^$|^${dnsName}$`,
  description: '"" is the core group',
});
export const Kind = Type.String({
  minLength: 1,
  maxLength: 63,
  pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$',
});
export const NamespaceName = Type.String({
  minLength: 1,
  maxLength: 63,
  pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
});
export const HeaderName = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$",
});
/** Its form is checked by a rule, which reads addresses. */
export const Cidr = Type.String({ maxLength: 256, pattern: '/[0-9]+' });
export const PortNumber = Type.Integer({ minimum: 1, maximum: 65535 });
export const Empty = Type.Object({}, closed);

export const Fraction = Type.Object(
  {
    denominator: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    numerator: NonNegativeInt32,
  },
  closed,
);

export const CircuitBreaker = Type.Object(
  {
    maxConnections: Type.Optional(UInt32),
    maxParallelRequests: Type.Optional(UInt32),
    maxParallelRetries: Type.Optional(UInt32),
    maxPendingRequests: Type.Optional(UInt32),
    maxRequestsPerConnection: Type.Optional(UInt32),
    perEndpoint: Type.Optional(Type.Object({ maxConnections: Type.Optional(UInt32) }, closed)),
    retryBudget: Type.Optional(
      Type.Object({ minRetryConcurrency: Type.Optional(Int32), percent: Fraction }, closed),
    ),
  },
  closed,
);

export const BackendConnection = Type.Object(
  {
    bufferLimit: Type.Optional(Quantity),
    preconnect: Type.Optional(
      Type.Object(
        {
          perEndpointPercent: Type.Optional(Type.Integer({ minimum: 100, maximum: 300 })),
          predictivePercent: Type.Optional(Type.Integer({ minimum: 100, maximum: 2_147_483_647 })),
        },
        closed,
      ),
    ),
    socketBufferLimit: Type.Optional(Quantity),
  },
  closed,
);

export const DnsSettings = Type.Object(
  {
    dnsRefreshRate: Type.Optional(Duration),
    lookupFamily: Type.Optional(Type.Enum(['IPv4', 'IPv6', 'IPv4Preferred', 'IPv6Preferred', 'IPv4AndIPv6'])),
    respectDnsTtl: Type.Optional(Type.Boolean()),
  },
  closed,
);

const HealthCheckLog = Type.Object(
  {
    matches: Type.Optional(
      Type.Array(Type.Enum(['Failure', 'FailureSeriesStart', 'Success', 'HealthyTransition']), {
        maxItems: 4,
      }),
    ),
    sinks: Type.Optional(
      Type.Array(
        Type.Object(
          {
            file: Type.Optional(Type.Object({ path: Type.String({ minLength: 1 }) }, closed)),
            type: Type.Enum(['File']),
          },
          closed,
        ),
        { maxItems: 1 },
      ),
    ),
  },
  closed,
);

const HealthCheckPayload = Type.Object(
  {
    binary: Type.Optional(Type.String()),
    text: Type.Optional(Type.String()),
    type: Type.Enum(['Text', 'Binary']),
  },
  closed,
);

const HttpHealthCheck = Type.Object(
  {
    expectedResponse: Type.Optional(HealthCheckPayload),
    expectedStatuses: Type.Optional(Type.Array(Type.Integer({ minimum: 100, maximum: 599 }))),
    hostname: Type.Optional(DnsName),
    method: Type.Optional(Type.String({ maxLength: 16 })),
    path: Type.String({ minLength: 1, maxLength: 1024 }),
    requestBody: Type.Optional(HealthCheckPayload),
    retriableStatuses: Type.Optional(Type.Array(Type.Integer({ minimum: 100, maximum: 599 }))),
  },
  closed,
);

const TcpHealthCheck = Type.Object(
  { receive: Type.Optional(HealthCheckPayload), send: Type.Optional(HealthCheckPayload) },
  closed,
);

const ActiveHealthCheck = Type.Object(
  {
    grpc: Type.Optional(Type.Object({ service: Type.Optional(Type.String()) }, closed)),
    healthCheckLog: Type.Optional(HealthCheckLog),
    healthyThreshold: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    http: Type.Optional(HttpHealthCheck),
    initialJitter: Type.Optional(Duration),
    interval: Type.Optional(Duration),
    overrides: Type.Optional(Type.Object({ port: Type.Optional(PortNumber) }, closed)),
    tcp: Type.Optional(TcpHealthCheck),
    timeout: Type.Optional(Duration),
    type: Type.Enum(['HTTP', 'TCP', 'GRPC']),
    unhealthyThreshold: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
  },
  closed,
);

const PassiveHealthCheck = Type.Object(
  {
    alwaysEjectOneEndpoint: Type.Optional(Type.Boolean()),
    baseEjectionTime: Type.Optional(Duration),
    consecutive5XxErrors: Type.Optional(Int32),
    consecutiveGatewayErrors: Type.Optional(Int32),
    consecutiveLocalOriginFailures: Type.Optional(Int32),
    failurePercentageThreshold: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    interval: Type.Optional(Duration),
    maxEjectionPercent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    splitExternalLocalOriginErrors: Type.Optional(Type.Boolean()),
  },
  closed,
);

export const HealthCheck = Type.Object(
  {
    active: Type.Optional(ActiveHealthCheck),
    panicThreshold: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    passive: Type.Optional(PassiveHealthCheck),
  },
  closed,
);

const Http2Keepalive = Type.Object(
  {
    idleInterval: Type.Optional(Duration),
    interval: Type.Optional(Duration),
    intervalJitter: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    timeout: Type.Optional(Duration),
  },
  closed,
);

export const Http2 = Type.Object(
  {
    connectionKeepalive: Type.Optional(Http2Keepalive),
    initialConnectionWindowSize: Type.Optional(Quantity),
    initialStreamWindowSize: Type.Optional(Quantity),
    maxConcurrentStreams: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    onInvalidMessage: Type.Optional(Type.String()),
  },
  closed,
);

const BackendUtilization = Type.Object(
  {
    blackoutPeriod: Type.Optional(Duration),
    errorUtilizationPenaltyPercent: Type.Optional(NonNegativeInt32),
    keepResponseHeaders: Type.Optional(Type.Boolean()),
    metricNamesForComputingUtilization: Type.Optional(Type.Array(Type.String())),
    outOfBand: Type.Optional(
      Type.Object(
        {
          authority: Type.Optional(
            Type.String({ minLength: 1, maxLength: 259, pattern: '^[^\\x00\\n\\r]*$' }),
          ),
          port: Type.Optional(PortNumber),
          reportingPeriod: Type.Optional(Duration),
        },
        closed,
      ),
    ),
    weightExpirationPeriod: Type.Optional(Duration),
    weightUpdatePeriod: Type.Optional(Duration),
  },
  closed,
);

const ConsistentHash = Type.Object(
  {
    cookie: Type.Optional(
      Type.Object(
        {
          attributes: Type.Optional(Type.Record(Type.String(), Type.String())),
          name: Type.String(),
          ttl: Type.Optional(Duration),
        },
        closed,
      ),
    ),
    header: Type.Optional(Type.Object({ name: Type.String() }, closed)),
    headers: Type.Optional(Type.Array(Type.Object({ name: Type.String() }, closed))),
    queryParams: Type.Optional(Type.Array(Type.Object({ name: Type.String() }, closed))),
    tableSize: Type.Optional(Type.Integer({ minimum: 2, maximum: 5_000_011 })),
    type: Type.Enum(['SourceIP', 'Header', 'Headers', 'Cookie', 'QueryParams']),
  },
  closed,
);

const SlowStart = Type.Object({ window: Duration }, closed);

const ZoneAware = Type.Object(
  {
    preferLocal: Type.Optional(
      Type.Object(
        {
          force: Type.Optional(Type.Object({ minEndpointsInZoneThreshold: Type.Optional(Int32) }, closed)),
          minEndpointsThreshold: Type.Optional(Type.Integer()),
          percentageEnabled: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
        },
        closed,
      ),
    ),
    weightedZones: Type.Optional(Type.Array(Type.Object({ weight: Int32, zone: Type.String() }, closed))),
  },
  closed,
);

export const LoadBalancer = Type.Object(
  {
    backendUtilization: Type.Optional(BackendUtilization),
    consistentHash: Type.Optional(ConsistentHash),
    dynamicModule: Type.Optional(
      Type.Object(
        {
          config: Type.Optional(Type.Unknown()),
          lbPolicyName: Type.String({ minLength: 1, maxLength: 253 }),
          name: Type.String({ minLength: 1, maxLength: 253, pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' }),
        },
        closed,
      ),
    ),
    endpointOverride: Type.Optional(
      Type.Object(
        {
          extractFrom: Type.Array(Type.Object({ header: Type.Optional(Type.String()) }, closed), {
            minItems: 1,
            maxItems: 10,
          }),
        },
        closed,
      ),
    ),
    slowStart: Type.Optional(SlowStart),
    type: Type.Enum([
      'ConsistentHash',
      'LeastRequest',
      'Random',
      'RoundRobin',
      'BackendUtilization',
      'DynamicModule',
    ]),
    zoneAware: Type.Optional(ZoneAware),
  },
  closed,
);

export const BackendProxyProtocol = Type.Object({ version: Type.Enum(['V1', 'V2']) }, closed);

export const PathMatch = Type.Object(
  {
    invert: Type.Optional(Type.Boolean()),
    type: Type.Optional(Type.Enum(['Exact', 'PathPrefix', 'RegularExpression'])),
    value: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  closed,
);

export const StringMatch = Type.Object(
  {
    type: Type.Optional(Type.Enum(['Exact', 'Prefix', 'Suffix', 'RegularExpression'])),
    value: Type.String({ minLength: 1, maxLength: 1024 }),
  },
  closed,
);

export const LocalObjectReference = Type.Object(
  { group: Group, kind: Kind, name: Type.String({ minLength: 1, maxLength: 253 }) },
  closed,
);

export const HeaderValue = Type.Object(
  { name: HeaderName, value: Type.String({ minLength: 1, maxLength: 4096 }) },
  closed,
);

export const Retry = Type.Object(
  {
    numAttemptsPerPriority: Type.Optional(Int32),
    numRetries: Type.Optional(NonNegativeInt32),
    perRetry: Type.Optional(
      Type.Object(
        {
          backOff: Type.Optional(
            Type.Object(
              { baseInterval: Type.Optional(Duration), maxInterval: Type.Optional(Duration) },
              closed,
            ),
          ),
          timeout: Type.Optional(Duration),
        },
        closed,
      ),
    ),
    retryOn: Type.Optional(
      Type.Object(
        {
          httpStatusCodes: Type.Optional(Type.Array(Type.Integer({ minimum: 100, maximum: 599 }))),
          triggers: Type.Optional(
            Type.Array(
              Type.Enum([
                '5xx',
                'gateway-error',
                'reset',
                'reset-before-request',
                'connect-failure',
                'retriable-4xx',
                'refused-stream',
                'retriable-status-codes',
                'cancelled',
                'deadline-exceeded',
                'internal',
                'resource-exhausted',
                'unavailable',
              ]),
            ),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const PolicyTargetReference = Type.Object(
  {
    group: Group,
    kind: Kind,
    name: Type.String({ minLength: 1, maxLength: 253 }),
    sectionName: Type.Optional(DnsName),
  },
  closed,
);

const LabelRequirement = Type.Object(
  { key: Type.String(), operator: Type.String(), values: Type.Optional(Type.Array(Type.String())) },
  closed,
);

const LabelSelector = Type.Object(
  {
    matchExpressions: Type.Optional(Type.Array(LabelRequirement)),
    matchLabels: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  closed,
);

export const TargetSelector = Type.Object(
  {
    group: Type.Optional(Group),
    kind: Kind,
    matchExpressions: Type.Optional(Type.Array(LabelRequirement)),
    matchLabels: Type.Optional(Type.Record(Type.String(), Type.String())),
    namespaces: Type.Optional(
      Type.Object(
        {
          from: Type.Optional(Type.Enum(['Same', 'All', 'Selector'])),
          selector: Type.Optional(LabelSelector),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const TcpKeepalive = Type.Object(
  { idleTime: Type.Optional(Duration), interval: Type.Optional(Duration), probes: Type.Optional(Int32) },
  closed,
);

export const Timeout = Type.Object(
  {
    http: Type.Optional(
      Type.Object(
        {
          connectionIdleTimeout: Type.Optional(Duration),
          maxConnectionDuration: Type.Optional(Duration),
          maxStreamDuration: Type.Optional(Duration),
          requestTimeout: Type.Optional(Duration),
          streamIdleTimeout: Type.Optional(Duration),
        },
        closed,
      ),
    ),
    tcp: Type.Optional(Type.Object({ connectTimeout: Type.Optional(Duration) }, closed)),
  },
  closed,
);

export const ObjectReference = Type.Object(
  {
    group: Type.Optional(Group),
    kind: Type.Optional(Kind),
    name: Type.String({ minLength: 1, maxLength: 253 }),
    namespace: Type.Optional(NamespaceName),
  },
  closed,
);
