/** The service graph and the stream that keeps it live. */
import Type, { type Static } from 'typebox';
import { HealthState, Ratio, Signals, Timestamp } from './common.ts';

export const GraphLevel = Type.Union([
  Type.Literal('service'),
  Type.Literal('version'),
  Type.Literal('workload'),
]);
export type GraphLevel = Static<typeof GraphLevel>;

/** One version's part of a service's or an edge's traffic. */
export const VersionShare = Type.Object({
  version: Type.String(),
  workload: Type.String(),
  share: Ratio,
  ...Signals.properties,
  state: HealthState,
  instancesReady: Type.Integer(),
  instancesTotal: Type.Integer(),
});
export type VersionShare = Static<typeof VersionShare>;

export const GraphNode = Type.Object({
  id: Type.String({
    description:
      'stable: `<service>.<namespace>` (service), `<service>.<namespace>:<version>` (version), `<workload>.<namespace>` (workload); `outside` for callers without an identity',
  }),
  kind: Type.Union([
    Type.Literal('service'),
    Type.Literal('version'),
    Type.Literal('workload'),
    Type.Literal('gateway'),
    Type.Literal('outside'),
  ]),
  name: Type.String(),
  namespace: Type.String({ description: '"" outside the mesh' }),
  service: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  workload: Type.Optional(Type.String()),
  state: HealthState,
  reason: Type.Optional(Type.String({ description: 'why it is not ok, one sentence' })),
  inbound: Signals,
  instancesReady: Type.Integer(),
  instancesTotal: Type.Integer(),
  versions: Type.Optional(
    Type.Array(VersionShare, { description: 'level=service: shares of inbound traffic, by version' }),
  ),
});
export type GraphNode = Static<typeof GraphNode>;

export const GraphEdge = Type.Object({
  id: Type.String({ description: '`<source>-><target>`' }),
  source: Type.String(),
  target: Type.String(),
  protocol: Type.Union([Type.Literal('http'), Type.Literal('grpc'), Type.Literal('tcp')]),
  ...Signals.properties,
  mtlsRatio: Ratio,
  sourceId: Type.Union([Type.String(), Type.Null()], {
    description: 'SPIFFE ID proved by the caller, null in plaintext',
  }),
  targetId: Type.Union([Type.String(), Type.Null()]),
  state: HealthState,
  /** The last finished request this edge has seen, unix milliseconds at the proxy: with it a viewer can tell the data's age. */
  lastRequestMs: Type.Number(),
  versions: Type.Optional(
    Type.Array(VersionShare, {
      description: 'level=service: how this edge is split over versions of the target',
    }),
  ),
});
export type GraphEdge = Static<typeof GraphEdge>;

export const Graph = Type.Object({
  at: Timestamp,
  windowMs: Type.Integer(),
  level: GraphLevel,
  nodes: Type.Array(GraphNode),
  edges: Type.Array(GraphEdge),
});
export type Graph = Static<typeof Graph>;

/** SSE `snapshot`: the whole graph. SSE `delta`: what changed since `seq - 1`; a client that misses a seq reconnects. */
export const GraphSnapshotEvent = Type.Object({ seq: Type.Integer(), graph: Graph });
export type GraphSnapshotEvent = Static<typeof GraphSnapshotEvent>;
export const GraphDeltaEvent = Type.Object({
  seq: Type.Integer(),
  at: Timestamp,
  nodes: Type.Array(GraphNode),
  edges: Type.Array(GraphEdge),
  removedNodes: Type.Array(Type.String()),
  removedEdges: Type.Array(Type.String()),
});
export type GraphDeltaEvent = Static<typeof GraphDeltaEvent>;

/** One point per second, oldest first; the arrays have equal length. null where nothing was measured. */
export const Series = Type.Object({
  fromMs: Type.Number(),
  stepMs: Type.Integer(),
  rps: Type.Array(Type.Number()),
  errorsPerSecond: Type.Array(Type.Number()),
  p50Ms: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  p95Ms: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  p99Ms: Type.Array(Type.Union([Type.Number(), Type.Null()])),
});
export type Series = Static<typeof Series>;
