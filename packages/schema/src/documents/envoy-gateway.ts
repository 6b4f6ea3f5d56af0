/**
 * gateway.envoyproxy.io: policies of Envoy Gateway, by their fields at the first level. What a field holds is checked once the mesh
 * acts on it; until then it is stored as it is written and named.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { closed, ObjectMeta } from './metadata.ts';

const Anything = Type.Optional(Type.Unknown());

const TargetReference = Type.Object(
  {
    group: Type.String(),
    kind: Type.String(),
    name: Type.String({ minLength: 1 }),
    sectionName: Type.Optional(Type.String()),
  },
  closed,
);

const policy = <T extends Record<string, TSchema>>(fields: T) =>
  Type.Object({
    apiVersion: Type.String(),
    kind: Type.String(),
    metadata: ObjectMeta,
    spec: Type.Object(
      {
        targetRef: Type.Optional(TargetReference),
        targetRefs: Type.Optional(Type.Array(TargetReference, { minItems: 1 })),
        targetSelectors: Anything,
        ...fields,
      },
      closed,
    ),
    status: Anything,
  });

/** How backends are reached: load balancing, health, limits, time. */
export const BackendTrafficPolicyDocument = policy({
  mergeType: Anything,
  loadBalancer: Anything,
  retry: Anything,
  proxyProtocol: Anything,
  tcpKeepalive: Anything,
  healthCheck: Anything,
  circuitBreaker: Anything,
  timeout: Anything,
  connection: Anything,
  dns: Anything,
  http2: Anything,
  rateLimit: Anything,
  faultInjection: Anything,
  useClientProtocol: Anything,
  compression: Anything,
  compressor: Anything,
  responseOverride: Anything,
  httpUpgrade: Anything,
  requestBuffer: Anything,
  telemetry: Anything,
  routingType: Anything,
  admissionControl: Anything,
  bandwidthLimit: Anything,
});
export type BackendTrafficPolicyDocument = Static<typeof BackendTrafficPolicyDocument>;

/** How clients reach a gateway. */
export const ClientTrafficPolicyDocument = policy({
  tcpKeepalive: Anything,
  enableProxyProtocol: Anything,
  proxyProtocol: Anything,
  clientIPDetection: Anything,
  tls: Anything,
  path: Anything,
  headers: Anything,
  timeout: Anything,
  connection: Anything,
  http1: Anything,
  http2: Anything,
  http3: Anything,
  healthCheck: Anything,
  scheme: Anything,
});
export type ClientTrafficPolicyDocument = Static<typeof ClientTrafficPolicyDocument>;

/** Who may come in. */
export const SecurityPolicyDocument = policy({
  mergeType: Anything,
  apiKeyAuth: Anything,
  cors: Anything,
  basicAuth: Anything,
  jwt: Anything,
  oidc: Anything,
  extAuth: Anything,
  authorization: Anything,
  csrf: Anything,
});
export type SecurityPolicyDocument = Static<typeof SecurityPolicyDocument>;
