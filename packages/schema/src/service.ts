/** Edges, services, their routes and versions, as the console's panels and pages read them. */
import Type, { type Static } from 'typebox';
import { ResourceKey } from './config.ts';
import { HealthState, Ratio, Signals, Timestamp } from './common.ts';
import { GraphEdge, Series, VersionShare } from './graph.ts';

/** One route's traffic. Lists are sorted by damage: failed requests per second, then rps. */
export const RouteRow = Type.Object({
  route: Type.String({
    description: 'name of the route in the configuration, such as default/reviews http[0]',
  }),
  method: Type.String(),
  path: Type.String({ description: 'path template: the match of the route or the normalised path' }),
  ...Signals.properties,
  damage: Type.Number({ description: 'failed requests per second' }),
  versions: Type.Array(VersionShare),
});
export type RouteRow = Static<typeof RouteRow>;

export const FailureReason = Type.Object({
  flag: Type.String({
    description: "Envoy's response flag, or the status code when the upstream answered with it",
  }),
  status: Type.Integer(),
  words: Type.String(),
  version: Type.Optional(Type.String()),
  n: Type.Integer(),
  perSecond: Type.Number(),
});
export type FailureReason = Static<typeof FailureReason>;

export const TraceSummary = Type.Object({
  traceId: Type.String(),
  rootService: Type.String(),
  rootName: Type.String(),
  startUnixNano: Type.String(),
  durationMs: Type.Number(),
  spanCount: Type.Integer(),
  errorCount: Type.Integer(),
  services: Type.Array(Type.String()),
});
export type TraceSummary = Static<typeof TraceSummary>;

export const CertificateSummary = Type.Object({
  spiffeId: Type.String(),
  serial: Type.String(),
  notAfter: Timestamp,
});
export type CertificateSummary = Static<typeof CertificateSummary>;

export const EdgeDetail = Type.Object({
  edge: GraphEdge,
  sentence: Type.String({ description: 'the state of the edge in one true sentence' }),
  failingSince: Type.Union([Timestamp, Type.Null()]),
  sourceCertificate: Type.Union([CertificateSummary, Type.Null()]),
  targetCertificate: Type.Union([CertificateSummary, Type.Null()]),
  tlsVersion: Type.Union([Type.String(), Type.Null()]),
  routes: Type.Array(RouteRow),
  failures: Type.Array(FailureReason),
  traces: Type.Array(TraceSummary),
  series: Series,
  policies: Type.Array(
    Type.Object({
      kind: Type.String(),
      namespace: Type.String(),
      name: Type.String(),
      group: Type.String(),
      revision: Type.Integer(),
      summary: Type.String(),
    }),
  ),
});
export type EdgeDetail = Static<typeof EdgeDetail>;

export const ServiceSummary = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  hostname: Type.String(),
  kind: Type.Union([Type.Literal('service'), Type.Literal('gateway')]),
  ports: Type.Array(Type.Object({ number: Type.Integer(), name: Type.String(), protocol: Type.String() })),
  state: HealthState,
  inbound: Signals,
  versions: Type.Array(VersionShare),
  instancesReady: Type.Integer(),
  instancesTotal: Type.Integer(),
});
export type ServiceSummary = Static<typeof ServiceSummary>;

/** One part of a rule's split: configured weight (0..100 of the rule) beside what was observed. */
export const SplitPart = Type.Object({
  host: Type.String(),
  subset: Type.Union([Type.String(), Type.Null()]),
  version: Type.Union([Type.String(), Type.Null()], {
    description: 'what telemetry calls it; of another Service its name',
  }),
  service: Type.Union([Type.Object({ namespace: Type.String(), name: Type.String() }), Type.Null()], {
    description: 'the Service it sends to, where that is another than the one that is called',
  }),
  weight: Type.Number({ description: 'percent of the rule, the parts sum to 100' }),
  weightPath: Type.String({
    description:
      'path of the weight in the document, such as spec.http[0].route[1].weight, spec.rules[0].backendRefs[1].weight or spec.backends[0].weight; "" where there is none',
  }),
});
export type SplitPart = Static<typeof SplitPart>;

/** A rule that routes to this service, in the order in which rules are tried. */
export const ServiceRule = Type.Object({
  document: Type.Integer({ description: 'which document it is in: 0 the owner, n the n-th of those joined' }),
  path: Type.String({ description: 'such as spec.http[0], spec.rules[1] or spec' }),
  match: Type.String({ description: 'the match in words; "everything else" for a catch-all' }),
  parts: Type.Array(SplitPart),
  extras: Type.Array(Type.String(), { description: 'timeout, fault, rewrite ... in words' }),
});
export type ServiceRule = Static<typeof ServiceRule>;

const RoutingDocument = Type.Object({
  group: Type.String(),
  kind: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  revision: Type.Integer(),
  yaml: Type.String(),
});

export const ServiceRouting = Type.Object({
  owner: Type.Union([RoutingDocument, Type.Null()], {
    description: 'HTTPRoute or GRPCRoute, VirtualService, or TrafficSplit',
  }),
  joined: Type.Array(RoutingDocument, {
    description: "further routes of the same parent and namespace, whose rules are tried with the owner's",
  }),
  shadowed: Type.Array(ResourceKey, {
    description: 'documents that say where the service goes too and are not heard (HDL0001)',
  }),
  rules: Type.Array(ServiceRule, { description: 'what takes everything else comes last' }),
});
export type ServiceRouting = Static<typeof ServiceRouting>;

export const Instance = Type.Object({
  id: Type.String(),
  workload: Type.String(),
  version: Type.Union([Type.String(), Type.Null()]),
  address: Type.String(),
  spiffeId: Type.String(),
  ready: Type.Boolean(),
  reason: Type.Optional(Type.String()),
});
export type Instance = Static<typeof Instance>;

export const WorkloadSummary = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  version: Type.String(),
  service: Type.String({ description: 'the one it is counted for' }),
  services: Type.Array(Type.String(), { description: 'all of its namespace that select it' }),
  kind: Type.Union([Type.Literal('service'), Type.Literal('gateway')]),
  labels: Type.Record(Type.String(), Type.String()),
  serviceAccount: Type.String(),
  spiffeId: Type.String({ description: 'the identity that its proxies prove' }),
  state: HealthState,
  ready: Type.Integer(),
  total: Type.Integer(),
});
export type WorkloadSummary = Static<typeof WorkloadSummary>;

export const VersionDetail = Type.Object({ ...VersionShare.properties, series: Series });
export type VersionDetail = Static<typeof VersionDetail>;

export const ServiceDetail = Type.Object({
  ...ServiceSummary.properties,
  sentence: Type.String(),
  versionDetails: Type.Array(VersionDetail),
  routing: ServiceRouting,
  instances: Type.Array(Instance),
  routes: Type.Array(RouteRow),
  callers: Type.Array(GraphEdge),
  callees: Type.Array(GraphEdge),
  windowMs: Type.Integer(),
});
export type ServiceDetail = Static<typeof ServiceDetail>;

/** What the callers of a service chose since a revision took effect: an ACK is not an effect. */
export const ObservedSplit = Type.Object({
  sinceRevision: Type.Union([Type.Integer(), Type.Null()]),
  sinceMs: Type.Number(),
  n: Type.Integer(),
  parts: Type.Array(Type.Object({ version: Type.String(), n: Type.Integer(), share: Ratio })),
});
export type ObservedSplit = Static<typeof ObservedSplit>;
