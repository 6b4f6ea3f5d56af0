/** `heddle explain`: what a proxy would do with a request, without sending it. */
import Type, { type Static } from 'typebox';

/** Unknown fields are ignored. */
export const AuthorizationExplainRequest = Type.Object({
  workload: Type.Object({
    namespace: Type.Optional(Type.String({ description: 'default: default' })),
    serviceAccount: Type.Optional(Type.String()),
    labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  }),
  protocol: Type.Optional(Type.String({ description: 'http (also for grpc), or tcp; default http' })),
  port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, description: "the workload's port" })),
  method: Type.Optional(Type.String({ description: 'default GET' })),
  scheme: Type.Optional(Type.String({ description: 'default http' })),
  path: Type.Optional(Type.String({ description: 'with its query; default /' })),
  host: Type.Optional(Type.String({ description: 'the Host header, unless headers name one' })),
  headers: Type.Optional(
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String()), Type.Null()])),
  ),
  peer: Type.Optional(Type.String({ description: 'SPIFFE ID that the caller proved; absent is plaintext' })),
  sourceIp: Type.Optional(Type.String({ description: 'peer of the connection' })),
  remoteIp: Type.Optional(Type.String({ description: 'the client; default sourceIp' })),
  destinationIp: Type.Optional(Type.String({ description: "the workload's address" })),
  sni: Type.Optional(Type.String()),
  jwt: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { description: 'claims of a verified token' }),
  ),
  provider: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Union([Type.Literal('allow'), Type.Literal('deny'), Type.Literal('error')]),
      { description: 'answers of external authorizers; one that is named is configured' },
    ),
  ),
  metadata: Type.Optional(
    Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
      description: 'dynamic metadata by filter, for experimental.envoy.filters keys',
    }),
  ),
});
export type AuthorizationExplainRequest = Static<typeof AuthorizationExplainRequest>;

const Decision = Type.Union([Type.Literal('allow'), Type.Literal('deny')]);
const DecidingRule = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  rule: Type.Integer({ minimum: 0 }),
});

export const AuthorizationExplainAnswer = Type.Object({
  decision: Decision,
  status: Type.Optional(
    Type.Integer({
      description: '403 when an HTTP request is denied, unless a provider that fails says otherwise',
    }),
  ),
  asks: Type.Optional(
    Type.Object(
      {
        provider: Type.String(),
        protocol: Type.Enum(['http', 'grpc']),
        host: Type.String(),
        port: Type.Integer(),
        method: Type.Optional(Type.String({ description: 'http: of the question' })),
        path: Type.Optional(Type.String({ description: 'http: of the question' })),
        timeoutMs: Type.Number(),
        failOpen: Type.Boolean(),
      },
      { description: 'the external authorizer that is asked before all other policies' },
    ),
  ),
  policy: Type.Optional(DecidingRule),
  decidedBy: Type.Optional(
    Type.Object(
      {
        group: Type.String(),
        kind: Type.String(),
        namespace: Type.String(),
        name: Type.String(),
        path: Type.String(),
      },
      { description: 'the document of `policy`: an AuthorizationPolicy, or a TrafficTarget' },
    ),
  ),
  audited: Type.Boolean(),
  shadow: Type.Optional(
    Type.Object(
      { decision: Decision, policy: Type.Optional(DecidingRule) },
      { description: 'what the dry-run policies say' },
    ),
  ),
  why: Type.String(),
});
export type AuthorizationExplainAnswer = Static<typeof AuthorizationExplainAnswer>;

/** Instead of an answer: the request could not be read, or is of a kind that is not answered. */
export const ExplainError = Type.Object({
  error: Type.Object({ code: Type.String(), message: Type.String() }),
});
export type ExplainError = Static<typeof ExplainError>;

const Headers = Type.Record(Type.String(), Type.String());

/** Where a request is asked from: a sidecar, of a workload that may exist only in the question, or a gateway. */
export const RouteRequestFrom = Type.Object({
  sidecar: Type.Optional(
    Type.Object({
      namespace: Type.String(),
      workload: Type.Optional(Type.String()),
      labels: Type.Optional(Headers),
    }),
  ),
  gateway: Type.Optional(Type.String({ description: 'namespace/name of a Gateway' })),
  gatewaySelector: Type.Optional(Headers),
});
export type RouteRequestFrom = Static<typeof RouteRequestFrom>;

export const RouteExplainRequest = Type.Object({
  from: RouteRequestFrom,
  protocol: Type.Optional(Type.Enum(['http', 'grpc', 'tcp', 'tls'])),
  host: Type.String({
    description: 'what the client called; the Host header, unless headers.host says otherwise',
  }),
  port: Type.Integer({ minimum: 1, maximum: 65535 }),
  method: Type.Optional(Type.String()),
  scheme: Type.Optional(Type.String()),
  path: Type.Optional(Type.String({ description: 'with the query' })),
  headers: Type.Optional(Headers),
  sni: Type.Optional(Type.String()),
  sourceIp: Type.Optional(
    Type.String({ description: 'of the client, which policies of gateways may ask for' }),
  ),
  jwt: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'claims of a verified token, which rules of gateways may ask for',
    }),
  ),
});
export type RouteExplainRequest = Static<typeof RouteExplainRequest>;

export const ExplainedUpstream = Type.Object({
  host: Type.String(),
  namespace: Type.Optional(Type.String()),
  service: Type.Optional(Type.String()),
  port: Type.Integer(),
  targetPort: Type.Optional(Type.Integer()),
  subset: Type.Optional(Type.String()),
  percent: Type.Number({ description: '0..100; the parts sum to 100' }),
  status: Type.Optional(
    Type.Integer({ description: 'its share is answered with this status by the proxy itself' }),
  ),
  flag: Type.Optional(Type.String()),
});
export type ExplainedUpstream = Static<typeof ExplainedUpstream>;

export const RouteExplainAnswer = Type.Object({
  action: Type.Enum(['route', 'redirect', 'direct', 'fault', 'error', 'none']),
  status: Type.Optional(Type.Integer()),
  grpcStatus: Type.Optional(
    Type.Integer({ description: 'with protocol grpc: how the proxy answers a call itself (HTTP 200)' }),
  ),
  location: Type.Optional(Type.String()),
  body: Type.Optional(Type.String()),
  flag: Type.Optional(Type.String()),
  upstreams: Type.Optional(Type.Array(ExplainedUpstream)),
  path: Type.Optional(Type.String({ description: 'as sent upstream' })),
  authority: Type.Optional(Type.String({ description: 'as sent upstream' })),
  requestHeaders: Type.Optional(Headers),
  responseHeaders: Type.Optional(
    Type.Object({ set: Headers, add: Headers, remove: Type.Array(Type.String()) }),
  ),
  timeoutMs: Type.Optional(Type.Number({ description: '0 is none' })),
  retry: Type.Optional(
    Type.Object({
      attempts: Type.Integer(),
      on: Type.Array(Type.String()),
      statusCodes: Type.Optional(
        Type.Array(Type.Integer(), { description: 'of `retriable-status-codes`; absent: none' }),
      ),
      perTryTimeoutMs: Type.Number(),
    }),
  ),
  fault: Type.Optional(
    Type.Object({
      abort: Type.Optional(
        Type.Object({
          status: Type.Integer(),
          grpcStatus: Type.Optional(Type.Integer()),
          percent: Type.Number(),
        }),
      ),
      delay: Type.Optional(Type.Object({ ms: Type.Number(), percent: Type.Number() })),
    }),
  ),
  mirrors: Type.Optional(
    Type.Array(
      Type.Object({
        host: Type.String(),
        port: Type.Integer(),
        subset: Type.Optional(Type.String()),
        percent: Type.Number(),
      }),
    ),
  ),
  why: Type.Array(
    Type.Object({
      group: Type.Optional(
        Type.String({ description: "API group, core for Kubernetes' own; empty for a default of the mesh" }),
      ),
      kind: Type.String(),
      namespace: Type.String(),
      name: Type.String(),
      path: Type.String(),
    }),
  ),
});
export type RouteExplainAnswer = Static<typeof RouteExplainAnswer>;

/** POST /api/v1/config/explain: against the documents given, else the stored mesh. */
export const ExplainBatch = Type.Object({
  yaml: Type.Optional(Type.String()),
  documents: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
  requests: Type.Array(Type.Record(Type.String(), Type.Unknown()), { maxItems: 10_000 }),
});
export type ExplainBatch = Static<typeof ExplainBatch>;

export const ExplainBatchAnswer = Type.Object({
  items: Type.Array(Type.Union([RouteExplainAnswer, AuthorizationExplainAnswer, ExplainError])),
  leftOut: Type.Array(Type.String(), {
    description: 'documents that are invalid, each with its first error',
  }),
});
export type ExplainBatchAnswer = Static<typeof ExplainBatchAnswer>;
