/** Service Mesh Interface: split.smi-spec.io, specs.smi-spec.io and access.smi-spec.io. */
import Type, { type Static } from 'typebox';
import { closed, ObjectMeta } from './metadata.ts';

const typeMeta = { apiVersion: Type.String(), kind: Type.String(), metadata: ObjectMeta };
const Strings = Type.Array(Type.String());

/** A quantity of Kubernetes (v1alpha1, such as `500m` or `1`) or a plain number (since v1alpha2). */
export const SplitWeight = Type.Union([
  Type.Integer({ minimum: 0 }),
  Type.String({ pattern: '^[0-9]+(\\.[0-9]+)?(m|k)?$', description: 'a quantity such as 500m, 1 or 1k' }),
]);
export type SplitWeight = Static<typeof SplitWeight>;

export const TrafficSplitSpec = Type.Object(
  {
    service: Type.String({ minLength: 1, description: 'the root service: what clients call' }),
    backends: Type.Array(
      Type.Object({ service: Type.String({ minLength: 1 }), weight: Type.Optional(SplitWeight) }, closed),
      { minItems: 1 },
    ),
    matches: Type.Optional(
      Type.Array(
        Type.Object(
          {
            apiGroup: Type.Optional(Type.String()),
            kind: Type.String(),
            name: Type.String({ minLength: 1 }),
          },
          closed,
        ),
      ),
    ),
  },
  closed,
);
export type TrafficSplitSpec = Static<typeof TrafficSplitSpec>;
export const TrafficSplitDocument = Type.Object({ ...typeMeta, spec: TrafficSplitSpec });
export type TrafficSplitDocument = Static<typeof TrafficSplitDocument>;

/** v1alpha1 wrote headers as a map; later versions as a list of maps. */
const MatchHeaders = Type.Union([
  Type.Record(Type.String(), Type.String()),
  Type.Array(Type.Record(Type.String(), Type.String())),
]);

export const HttpRouteGroupMatch = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    methods: Type.Optional(Strings),
    pathRegex: Type.Optional(Type.String()),
    headers: Type.Optional(MatchHeaders),
  },
  closed,
);
export type HttpRouteGroupMatch = Static<typeof HttpRouteGroupMatch>;
const Matches = Type.Array(HttpRouteGroupMatch);

/** v1alpha1 and v1alpha2 have `matches` beside the metadata, later versions in the spec. */
export const HttpRouteGroupDocument = Type.Object({
  ...typeMeta,
  matches: Type.Optional(Matches),
  spec: Type.Optional(Type.Object({ matches: Matches }, closed)),
});
export type HttpRouteGroupDocument = Static<typeof HttpRouteGroupDocument>;

/** `port` of v1alpha4 is a single port, `ports` a list. */
export const SmiTcpRouteDocument = Type.Object({
  ...typeMeta,
  spec: Type.Optional(
    Type.Object(
      {
        matches: Type.Optional(
          Type.Object(
            {
              name: Type.Optional(Type.String()),
              ports: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 65535 }))),
            },
            closed,
          ),
        ),
      },
      closed,
    ),
  ),
});
export type SmiTcpRouteDocument = Static<typeof SmiTcpRouteDocument>;

const Identity = Type.Object(
  {
    kind: Type.String(),
    name: Type.String({ minLength: 1 }),
    namespace: Type.Optional(Type.String()),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
  },
  closed,
);
const TargetRule = Type.Object(
  {
    kind: Type.String(),
    name: Type.String({ minLength: 1 }),
    matches: Type.Optional(Strings),
  },
  closed,
);
export type TargetRule = Static<typeof TargetRule>;

/** v1alpha1 has `destination`, `sources` and `specs` beside the metadata; since v1alpha2 they are in the spec. */
export const TrafficTargetDocument = Type.Object({
  ...typeMeta,
  destination: Type.Optional(Identity),
  sources: Type.Optional(Type.Array(Identity)),
  specs: Type.Optional(Type.Array(TargetRule)),
  spec: Type.Optional(
    Type.Object(
      {
        destination: Identity,
        sources: Type.Optional(Type.Array(Identity)),
        rules: Type.Optional(Type.Array(TargetRule)),
      },
      closed,
    ),
  ),
});
export type TrafficTargetDocument = Static<typeof TrafficTargetDocument>;
