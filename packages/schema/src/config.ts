/** Stored configuration, plans, the change log, and the proxies that took it. */
import Type, { type Static } from 'typebox';
import { Finding, Timestamp } from './common.ts';

export const ResourceKey = Type.Object({
  group: Type.String({ description: '"core" for the Kubernetes core group' }),
  kind: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
});
export type ResourceKey = Static<typeof ResourceKey>;

export const StoredResource = Type.Object({
  ...ResourceKey.properties,
  apiVersion: Type.String(),
  revision: Type.Integer({ description: 'revision of the write that last changed it; send it as If-Match' }),
  generation: Type.Integer(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  yaml: Type.String({ description: 'verbatim, as it was written' }),
  object: Type.Record(Type.String(), Type.Unknown()),
  findings: Type.Array(Finding),
  status: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'of the Gateway API kinds: conditions as a controller writes them in Kubernetes',
    }),
  ),
});
export type StoredResource = Static<typeof StoredResource>;

/** A stored document as a list shows it: without its text. */
export const ResourceSummary = Type.Object({
  ...ResourceKey.properties,
  revision: Type.Integer({ description: 'revision of the write that last changed it' }),
  updatedAt: Timestamp,
  findings: Type.Array(Finding),
});
export type ResourceSummary = Static<typeof ResourceSummary>;

/** One page of what matches, and counts of all there is in the namespace. */
export const ResourceSummaryPage = Type.Object({
  items: Type.Array(ResourceSummary, { description: 'trouble first, then by group, kind and name' }),
  nextCursor: Type.Union([Type.String(), Type.Null()]),
  matched: Type.Integer(),
  stored: Type.Integer(),
  groups: Type.Array(Type.Object({ group: Type.String(), documents: Type.Integer() })),
  codes: Type.Array(
    Type.Object({
      code: Type.String(),
      severity: Finding.properties.severity,
      documents: Type.Integer(),
    }),
    { description: 'documents with a finding of this code and severity' },
  ),
  withErrors: Type.Integer({ description: 'documents with a finding that is an error' }),
  withWarnings: Type.Integer({
    description: 'the others with something to look at: a warning, other than that a part has no effect yet',
  }),
});
export type ResourceSummaryPage = Static<typeof ResourceSummaryPage>;

export const WriteResult = Type.Object({
  revision: Type.Integer(),
  findings: Type.Array(Finding),
  changed: Type.Boolean({
    description: 'false when the document was already stored as it is: no revision was made',
  }),
});
export type WriteResult = Static<typeof WriteResult>;

export const DocumentKind = Type.Object({
  group: Type.String({ description: '"core" for the Kubernetes core group' }),
  kind: Type.String(),
  versions: Type.Array(Type.String(), { description: 'the newest first' }),
  namespaced: Type.Boolean(),
  support: Type.Enum(['compiled', 'input', 'envoy', 'stored'], {
    description:
      'compiled into configuration, read by the mesh, kept for Envoys alone, or stored and not yet acted on',
  }),
});
export type DocumentKind = Static<typeof DocumentKind>;

/** A JSON Schema of a whole document; the descriptions of its fields are their reference. */
export const DocumentSchema = Type.Object({
  ...DocumentKind.properties,
  schema: Type.Record(Type.String(), Type.Unknown()),
});
export type DocumentSchema = Static<typeof DocumentSchema>;

/** A unified line diff: `-` lines only in the old text, `+` only in the new, ` ` in both. */
export const DiffLine = Type.Object({
  op: Type.Union([Type.Literal(' '), Type.Literal('-'), Type.Literal('+')]),
  oldLine: Type.Union([Type.Integer(), Type.Null()]),
  newLine: Type.Union([Type.Integer(), Type.Null()]),
  text: Type.String(),
});
export type DiffLine = Static<typeof DiffLine>;

export const DocumentDiff = Type.Object({
  ...ResourceKey.properties,
  change: Type.Union([
    Type.Literal('create'),
    Type.Literal('update'),
    Type.Literal('delete'),
    Type.Literal('none'),
  ]),
  lines: Type.Array(DiffLine),
});
export type DocumentDiff = Static<typeof DocumentDiff>;

export const PlanRequest = Type.Object({
  documents: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
  yaml: Type.Optional(Type.String()),
});
export type PlanRequest = Static<typeof PlanRequest>;

export const ForecastChange = Type.Object({
  from: Type.String(),
  to: Type.String(),
  count: Type.Integer(),
  examples: Type.Array(Type.String()),
  decidedBy: Type.String({ description: 'the rule of the candidate, or why none decides' }),
});
export type ForecastChange = Static<typeof ForecastChange>;

export const Forecast = Type.Object({
  replayed: Type.Integer({ description: 'recorded requests that were decided by both configurations' }),
  coverage: Type.String({ description: 'what the forecast rests on, in words' }),
  changed: Type.Array(ForecastChange),
  tookMs: Type.Number(),
});
export type Forecast = Static<typeof Forecast>;

export const IrChange = Type.Object({
  type: Type.Enum(['listener', 'virtual-host', 'cluster', 'endpoints']),
  name: Type.String({ description: 'of a virtual host with its route configuration before it' }),
  change: Type.Enum(['create', 'update', 'delete']),
  proxies: Type.Array(Type.String(), { description: 'ids of the proxies that are told so' }),
  lines: Type.Array(DiffLine, {
    description: 'as YAML, changed lines and a few around them; empty beyond the first fifty nodes',
  }),
});
export type IrChange = Static<typeof IrChange>;

export const Plan = Type.Object({
  valid: Type.Boolean(),
  baseRevision: Type.Integer(),
  findings: Type.Array(Finding),
  diff: Type.Array(DocumentDiff),
  affectedProxies: Type.Array(Type.String(), {
    description: 'ids of the proxies whose configuration would change',
  }),
  totalProxies: Type.Integer(),
  ir: Type.Array(IrChange, { description: 'what proxies would be told otherwise, each node once' }),
  forecast: Forecast,
  tookMs: Type.Number(),
});
export type Plan = Static<typeof Plan>;

/** How far a revision has come: written, pushed, accepted by the proxies. */
export const PushStatus = Type.Object({
  revision: Type.Integer(),
  affected: Type.Integer({ description: 'proxies whose configuration it changed' }),
  acked: Type.Integer(),
  nacked: Type.Integer(),
  pending: Type.Integer(),
  ackedMs: Type.Union([Type.Number(), Type.Null()], {
    description: 'from the write until the last affected proxy acked; null until then',
  }),
  refusals: Type.Array(Type.Object({ proxyId: Type.String(), reason: Type.String() }), {
    description: 'what the proxies say that refuse it now, of at most 20',
  }),
});
export type PushStatus = Static<typeof PushStatus>;

export const Change = Type.Object({
  revision: Type.Integer(),
  at: Timestamp,
  actor: Type.String(),
  via: Type.Union([Type.Literal('ui'), Type.Literal('api'), Type.Literal('cli'), Type.Literal('system')]),
  reason: Type.String(),
  baseRevision: Type.Union([Type.Integer(), Type.Null()]),
  rollbackOf: Type.Union([Type.Integer(), Type.Null()]),
  rolledBackBy: Type.Union([Type.Integer(), Type.Null()]),
  title: Type.String({ description: 'what it did in words, such as "reviews: v1 100 -> 80, v2 0 -> 20"' }),
  diff: Type.Array(DocumentDiff),
  findings: Type.Array(Finding),
  push: Type.Union([PushStatus, Type.Null()]),
});
export type Change = Static<typeof Change>;

export const RollbackRequest = Type.Object({ reason: Type.Optional(Type.String({ maxLength: 1000 })) });
export type RollbackRequest = Static<typeof RollbackRequest>;

export const SyncState = Type.Union([
  Type.Literal('pending'),
  Type.Literal('sent'),
  Type.Literal('acked'),
  Type.Literal('nacked'),
  Type.Literal('stale'),
  Type.Literal('offline'),
]);
export type SyncState = Static<typeof SyncState>;

export const ProxyStatus = Type.Object({
  id: Type.String(),
  kind: Type.Union([Type.Literal('sidecar'), Type.Literal('gateway'), Type.Literal('external')]),
  namespace: Type.String(),
  workload: Type.String(),
  version: Type.Union([Type.String(), Type.Null()]),
  spiffeId: Type.String(),
  userAgent: Type.String(),
  connectedAt: Timestamp,
  online: Type.Boolean(),
  ready: Type.Boolean(),
  revision: Type.Integer({ description: 'newest revision it has accepted in full' }),
  certificateNotAfter: Type.Union([Timestamp, Type.Null()]),
  types: Type.Array(
    Type.Object({
      type: Type.String({ description: 'LDS, RDS, CDS, EDS, SDS' }),
      state: SyncState,
      resources: Type.Integer(),
      sentAt: Type.Union([Timestamp, Type.Null()]),
      ackedAt: Type.Union([Timestamp, Type.Null()]),
      nack: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});
export type ProxyStatus = Static<typeof ProxyStatus>;
