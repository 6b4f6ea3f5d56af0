/** What every document of a person has: Kubernetes' type and object metadata, as far as the mesh reads it. */
import Type, { type Static, type TSchema } from 'typebox';

export const closed = { additionalProperties: false } as const;

/** A DNS label or subdomain, as Kubernetes names objects. */
export const ObjectName = Type.String({ pattern: '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$' });

export const Labels = Type.Record(Type.String(), Type.String());

export const ObjectMeta = Type.Object({
  name: ObjectName,
  namespace: Type.Optional(ObjectName),
  labels: Type.Optional(Labels),
  annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
  creationTimestamp: Type.Optional(
    Type.Union([Type.String(), Type.Null()], { description: 'RFC 3339; the age that decides conflicts' }),
  ),
});
export type ObjectMeta = Static<typeof ObjectMeta>;

/** A kind of the mesh: unknown fields of the spec are errors, so that a typing mistake is not silently ignored. */
export const DocumentOf = <T extends TSchema>(spec: T) =>
  Type.Object(
    {
      apiVersion: Type.String(),
      kind: Type.String(),
      metadata: ObjectMeta,
      spec,
      status: Type.Optional(Type.Unknown({ description: 'written by the mesh, not by people' })),
    },
    closed,
  );

/** The same for kinds that mean something without a spec. */
export const DocumentOfOptional = <T extends TSchema>(spec: T) =>
  Type.Object({ ...DocumentOf(spec).properties, spec: Type.Optional(spec) }, closed);

export const Int32 = Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 });
export const NonNegativeInt32 = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });
export const UInt32 = Type.Integer({ minimum: 0, maximum: 4_294_967_295 });

/** Labels of the workloads that a policy is for; no wildcards. */
export const PolicySelector = Type.Object(
  {
    matchLabels: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 63 }), { maxProperties: 4096 }),
    ),
  },
  closed,
);
