/** Shapes shared by several resources of the API. Durations end in `Ms`, ratios are 0..1, rates are per second, times RFC 3339. */
import Type, { type Static, type TSchema } from 'typebox';

/** `{items, nextCursor}`: every list of the API answers in this form. */
export const ListOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) });

export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });
export const Ratio = Type.Number({ minimum: 0, maximum: 1 });
const NullableMs = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);

/** One finding of validation: what a person wrote wrongly, with a stable code and where it is. */
export const Finding = Type.Object({
  code: Type.String({ description: 'IST0xxx (Istio), KIAxxxx (Kiali) where one exists, else HDLxxxx' }),
  severity: Type.Union([Type.Literal('error'), Type.Literal('warning'), Type.Literal('info')]),
  path: Type.String({
    description:
      'path into the document, such as spec.http[0].route[0].destination.subset; "" is the document',
  }),
  message: Type.String({ description: 'what is wrong, with the value, and how to fix it' }),
  line: Type.Optional(Type.Integer({ minimum: 1, description: 'line in the YAML as written' })),
  resource: Type.Optional(Type.String({ description: 'Kind namespace/name of the document' })),
});
export type Finding = Static<typeof Finding>;

/** RFC 9457 problem details, plus `code` and the findings that led to it. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
  errors: Type.Optional(Type.Array(Finding)),
  currentRevision: Type.Optional(Type.Integer({ description: 'with 409: the revision to rebase on' })),
});
export type Problem = Static<typeof Problem>;

/** Golden signals of some requests. Percentiles are null when n is 0; say n next to each. */
export const Signals = Type.Object({
  rps: Type.Number({ minimum: 0 }),
  errorRatio: Ratio,
  n: Type.Integer({ minimum: 0, description: 'requests in the window' }),
  errors: Type.Integer({ minimum: 0 }),
  p50Ms: NullableMs,
  p95Ms: NullableMs,
  p99Ms: NullableMs,
});
export type Signals = Static<typeof Signals>;

/** Health by the mesh's rule: failing >= 5 % errors or no ready instance, degraded >= 1 %, unknown without data. */
export const HealthState = Type.Union([
  Type.Literal('ok'),
  Type.Literal('degraded'),
  Type.Literal('failing'),
  Type.Literal('unknown'),
]);
export type HealthState = Static<typeof HealthState>;
