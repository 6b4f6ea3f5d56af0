/** Traces as the API answers them. */
import Type, { type Static } from 'typebox';

export const AttributeValue = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);

export const Span = Type.Object({
  spanId: Type.String(),
  parentSpanId: Type.Union([Type.String(), Type.Null()]),
  service: Type.String({ description: 'service.name of the resource' }),
  namespace: Type.String(),
  version: Type.Union([Type.String(), Type.Null()]),
  scope: Type.Union([Type.Literal('proxy'), Type.Literal('application')], {
    description: 'whether a mesh proxy or the application itself recorded it',
  }),
  name: Type.String(),
  kind: Type.Union([
    Type.Literal('internal'),
    Type.Literal('server'),
    Type.Literal('client'),
    Type.Literal('producer'),
    Type.Literal('consumer'),
  ]),
  startUnixNano: Type.String(),
  endUnixNano: Type.String(),
  durationMs: Type.Number(),
  status: Type.Union([Type.Literal('unset'), Type.Literal('ok'), Type.Literal('error')]),
  statusMessage: Type.String(),
  httpStatus: Type.Union([Type.Integer(), Type.Null()]),
  attributes: Type.Record(Type.String(), AttributeValue),
});
export type Span = Static<typeof Span>;

export const Trace = Type.Object({
  traceId: Type.String(),
  startUnixNano: Type.String(),
  durationMs: Type.Number(),
  rootService: Type.String(),
  rootName: Type.String(),
  errorCount: Type.Integer(),
  spans: Type.Array(Span, { description: 'by start time, parents before children' }),
  criticalPath: Type.Array(Type.String(), { description: 'span ids, from the root' }),
});
export type Trace = Static<typeof Trace>;
