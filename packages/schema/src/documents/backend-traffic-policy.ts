/** BackendTrafficPolicy of Envoy Gateway: how backends are reached. */
import Type, { type Static } from 'typebox';
import {
  BackendConnection,
  BackendProxyProtocol,
  CircuitBreaker,
  DnsName,
  DnsSettings,
  Duration,
  Empty,
  Fraction,
  HeaderName,
  HeaderValue,
  HealthCheck,
  Http2,
  LoadBalancer,
  LocalObjectReference,
  PathMatch,
  PolicyTargetReference,
  Quantity,
  Retry,
  StringMatch,
  TargetSelector,
  TcpKeepalive,
  Timeout,
} from './envoy-gateway-settings.ts';
import { closed, DocumentOf, Int32, NonNegativeInt32, UInt32 } from './metadata.ts';

const AdmissionControl = Type.Object(
  {
    maxRejectionPercent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    minRequestRate: Type.Optional(NonNegativeInt32),
    minSuccessRate: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    rejectionAggression: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    samplingWindow: Type.Optional(Duration),
    successCriteria: Type.Optional(
      Type.Object(
        {
          grpc: Type.Optional(
            Type.Object(
              {
                statusCodes: Type.Optional(
                  Type.Array(
                    Type.Enum([
                      'Ok',
                      'Cancelled',
                      'Unknown',
                      'InvalidArgument',
                      'DeadlineExceeded',
                      'NotFound',
                      'AlreadyExists',
                      'PermissionDenied',
                      'ResourceExhausted',
                      'FailedPrecondition',
                      'Aborted',
                      'OutOfRange',
                      'Unimplemented',
                      'Internal',
                      'Unavailable',
                      'DataLoss',
                      'Unauthenticated',
                    ]),
                  ),
                ),
              },
              closed,
            ),
          ),
          http: Type.Optional(
            Type.Object(
              { statusCodes: Type.Optional(Type.Array(Type.Integer({ minimum: 100, maximum: 599 }))) },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);

const BandwidthValue = Type.Object(
  { unit: Type.Enum(['Second', 'Minute', 'Hour']), value: Quantity },
  closed,
);

const Compression = Type.Object(
  {
    brotli: Type.Optional(Empty),
    gzip: Type.Optional(Empty),
    minContentLength: Type.Optional(Quantity),
    type: Type.Enum(['Gzip', 'Brotli', 'Zstd']),
    zstd: Type.Optional(Empty),
  },
  closed,
);

const FaultInjection = Type.Object(
  {
    abort: Type.Optional(
      Type.Object(
        {
          grpcStatus: Type.Optional(Type.Integer({ minimum: 0, maximum: 16 })),
          httpStatus: Type.Optional(Type.Integer({ minimum: 200, maximum: 600 })),
          percentage: Type.Optional(Type.Number()),
        },
        closed,
      ),
    ),
    delay: Type.Optional(
      Type.Object({ fixedDelay: Duration, percentage: Type.Optional(Type.Number()) }, closed),
    ),
  },
  closed,
);

const RateLimitNamedMatch = Type.Object(
  {
    invert: Type.Optional(Type.Boolean()),
    name: Type.String({ minLength: 1, maxLength: 256 }),
    type: Type.Optional(Type.Enum(['Exact', 'RegularExpression', 'Distinct'])),
    value: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  closed,
);

const SourceCidrMatch = Type.Object(
  {
    invert: Type.Optional(Type.Boolean()),
    type: Type.Optional(Type.Enum(['Exact', 'Distinct'])),
    value: Type.String({ minLength: 1, maxLength: 256 }),
  },
  closed,
);

const RateLimitSelector = Type.Object(
  {
    headers: Type.Optional(Type.Array(RateLimitNamedMatch, { maxItems: 128 })),
    methods: Type.Optional(
      Type.Array(
        Type.Object(
          {
            invert: Type.Optional(Type.Boolean()),
            value: Type.Enum([
              'GET',
              'HEAD',
              'POST',
              'PUT',
              'DELETE',
              'CONNECT',
              'OPTIONS',
              'TRACE',
              'PATCH',
            ]),
          },
          closed,
        ),
      ),
    ),
    path: Type.Optional(PathMatch),
    queryParams: Type.Optional(Type.Array(RateLimitNamedMatch, { maxItems: 16 })),
    sourceCIDR: Type.Optional(SourceCidrMatch),
  },
  closed,
);

const RateLimitCost = Type.Object(
  {
    from: Type.Enum(['Number', 'Metadata']),
    metadata: Type.Optional(Type.Object({ key: Type.String(), namespace: Type.String() }, closed)),
    number: Type.Optional(Type.Integer()),
  },
  closed,
);

const RateLimitValue = Type.Object(
  {
    fromMetadata: Type.Optional(
      Type.Object({ key: Type.String({ minLength: 1 }), namespace: Type.String({ minLength: 1 }) }, closed),
    ),
    requests: UInt32,
    unit: Type.Enum(['Second', 'Minute', 'Hour', 'Day', 'Week', 'Month', 'Year']),
  },
  closed,
);

const RateLimitRule = Type.Object(
  {
    clientSelectors: Type.Optional(Type.Array(RateLimitSelector, { maxItems: 8 })),
    cost: Type.Optional(
      Type.Object({ request: Type.Optional(RateLimitCost), response: Type.Optional(RateLimitCost) }, closed),
    ),
    limit: RateLimitValue,
    shadowMode: Type.Optional(Type.Boolean()),
    shared: Type.Optional(Type.Boolean()),
    xRateLimitHeaders: Type.Optional(Type.Enum(['Off', 'DraftVersion03'])),
  },
  closed,
);

const RateLimit = Type.Object(
  {
    global: Type.Optional(Type.Object({ rules: Type.Array(RateLimitRule, { maxItems: 256 }) }, closed)),
    local: Type.Optional(
      Type.Object({ rules: Type.Optional(Type.Array(RateLimitRule, { maxItems: 16 })) }, closed),
    ),
    type: Type.Optional(Type.Enum(['Global', 'Local'])),
  },
  closed,
);

const ResponseOverride = Type.Object(
  {
    match: Type.Object(
      {
        responseHeaders: Type.Optional(
          Type.Array(Type.Object({ name: HeaderName, value: StringMatch }, closed), {
            minItems: 1,
            maxItems: 16,
          }),
        ),
        statusCodes: Type.Optional(
          Type.Array(
            Type.Object(
              {
                range: Type.Optional(Type.Object({ end: Type.Integer(), start: Type.Integer() }, closed)),
                type: Type.Optional(Type.Enum(['Value', 'Range'])),
                value: Type.Optional(Type.Integer()),
              },
              closed,
            ),
            { minItems: 1, maxItems: 50 },
          ),
        ),
      },
      closed,
    ),
    redirect: Type.Optional(
      Type.Object(
        {
          hostname: Type.Optional(DnsName),
          path: Type.Optional(
            Type.Object(
              {
                replaceFullPath: Type.Optional(Type.String({ maxLength: 1024 })),
                replacePrefixMatch: Type.Optional(Type.String({ maxLength: 1024 })),
                type: Type.Enum(['ReplaceFullPath', 'ReplacePrefixMatch']),
              },
              closed,
            ),
          ),
          port: Type.Optional(Int32),
          scheme: Type.Optional(Type.Enum(['http', 'https'])),
          statusCode: Type.Optional(Type.Enum([301, 302])),
        },
        closed,
      ),
    ),
    response: Type.Optional(
      Type.Object(
        {
          body: Type.Optional(
            Type.Object(
              {
                inline: Type.Optional(Type.String()),
                type: Type.Optional(Type.Enum(['Inline', 'ValueRef'])),
                valueRef: Type.Optional(LocalObjectReference),
              },
              closed,
            ),
          ),
          contentType: Type.Optional(Type.String()),
          header: Type.Optional(
            Type.Object(
              {
                add: Type.Optional(Type.Array(HeaderValue, { maxItems: 16 })),
                remove: Type.Optional(Type.Array(Type.String(), { maxItems: 16 })),
                set: Type.Optional(Type.Array(HeaderValue, { maxItems: 16 })),
              },
              closed,
            ),
          ),
          statusCode: Type.Optional(Type.Integer()),
        },
        closed,
      ),
    ),
    source: Type.Optional(Type.Enum(['All', 'Local', 'Backend'])),
  },
  closed,
);

const CustomTag = Type.Object(
  {
    environment: Type.Optional(
      Type.Object({ defaultValue: Type.Optional(Type.String()), name: Type.String() }, closed),
    ),
    literal: Type.Optional(Type.Object({ value: Type.String() }, closed)),
    requestHeader: Type.Optional(
      Type.Object({ defaultValue: Type.Optional(Type.String()), name: Type.String() }, closed),
    ),
    type: Type.Optional(Type.Enum(['Literal', 'Environment', 'RequestHeader'])),
  },
  closed,
);

const BackendTelemetry = Type.Object(
  {
    metrics: Type.Optional(Type.Object({ routeStatName: Type.Optional(Type.String()) }, closed)),
    tracing: Type.Optional(
      Type.Object(
        {
          clientSamplingFraction: Type.Optional(Fraction),
          customTags: Type.Optional(Type.Record(Type.String(), CustomTag)),
          overallSamplingFraction: Type.Optional(Fraction),
          samplingFraction: Type.Optional(Fraction),
          spanName: Type.Optional(Type.Object({ client: Type.String(), server: Type.String() }, closed)),
          tags: Type.Optional(Type.Record(Type.String(), Type.String())),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const BackendTrafficPolicyDocument = DocumentOf(
  Type.Object(
    {
      admissionControl: Type.Optional(AdmissionControl),
      bandwidthLimit: Type.Optional(
        Type.Object(
          {
            request: Type.Optional(Type.Object({ limit: BandwidthValue }, closed)),
            response: Type.Optional(
              Type.Object(
                {
                  limit: BandwidthValue,
                  responseTrailers: Type.Optional(
                    Type.Object(
                      { prefix: Type.Optional(Type.String({ pattern: '^[^\\r\\n\\x00]*$' })) },
                      closed,
                    ),
                  ),
                },
                closed,
              ),
            ),
          },
          closed,
        ),
      ),
      circuitBreaker: Type.Optional(CircuitBreaker),
      compression: Type.Optional(Type.Array(Compression)),
      compressor: Type.Optional(Type.Array(Compression)),
      connection: Type.Optional(BackendConnection),
      dns: Type.Optional(DnsSettings),
      faultInjection: Type.Optional(FaultInjection),
      healthCheck: Type.Optional(HealthCheck),
      http2: Type.Optional(Http2),
      httpUpgrade: Type.Optional(
        Type.Array(
          Type.Object(
            {
              connect: Type.Optional(Type.Object({ terminate: Type.Optional(Type.Boolean()) }, closed)),
              type: Type.String(),
            },
            closed,
          ),
        ),
      ),
      loadBalancer: Type.Optional(LoadBalancer),
      mergeType: Type.Optional(
        Type.Enum(['StrategicMerge', 'JSONMerge'], {
          description:
            'joins the policy of a route to the closest one of its Gateway; without it that one does not count',
        }),
      ),
      proxyProtocol: Type.Optional(BackendProxyProtocol),
      rateLimit: Type.Optional(RateLimit),
      requestBuffer: Type.Optional(Type.Object({ limit: Type.Optional(Quantity) }, closed)),
      responseOverride: Type.Optional(Type.Array(ResponseOverride)),
      retry: Type.Optional(Retry),
      routingType: Type.Optional(Type.String()),
      targetRef: Type.Optional(PolicyTargetReference),
      targetRefs: Type.Optional(Type.Array(PolicyTargetReference)),
      targetSelectors: Type.Optional(Type.Array(TargetSelector)),
      tcpKeepalive: Type.Optional(TcpKeepalive),
      telemetry: Type.Optional(BackendTelemetry),
      timeout: Type.Optional(Timeout),
      useClientProtocol: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
);
export type BackendTrafficPolicyDocument = Static<typeof BackendTrafficPolicyDocument>;
export type BackendTrafficPolicySpec = BackendTrafficPolicyDocument['spec'];
