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
  status: Type.Optional(Type.Integer({ description: '403 when an HTTP request is denied' })),
  policy: Type.Optional(DecidingRule),
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
