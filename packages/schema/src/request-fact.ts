/** What a proxy tells of single requests, so that a change can be tried on them before it is made. */
import Type, { type Static } from 'typebox';

/** All that routing and authorization may ask of a request, as it came in. */
export const RequestShape = Type.Object({
  direction: Type.Enum(['outbound', 'inbound', 'gateway']),
  authority: Type.String(),
  port: Type.Integer({ minimum: 0, maximum: 65535, description: 'the port that was called' }),
  method: Type.String(),
  path: Type.String({ description: 'with its query; values that may be secret are cut out' }),
  scheme: Type.String(),
  headers: Type.Record(Type.String(), Type.String(), {
    description: 'by lower-case name; a value that may be secret is cut out',
  }),
  hidden: Type.Array(Type.String(), { description: 'headers that were there and whose values are cut out' }),
  peer: Type.String({ description: 'SPIFFE ID that the caller proved; "" is plaintext' }),
  sourceIp: Type.String(),
  claims: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'of a verified token' })),
});
export type RequestShape = Static<typeof RequestShape>;

export const RequestFact = Type.Object({
  shape: RequestShape,
  atMs: Type.Number(),
  status: Type.Integer(),
  durationMs: Type.Number(),
});
export type RequestFact = Static<typeof RequestFact>;

/** A sample of what one proxy saw since the last frame. */
export const FactFrame = Type.Object({
  seen: Type.Integer({
    minimum: 0,
    description: 'requests since the last frame, the sampled ones among them',
  }),
  facts: Type.Array(RequestFact, { maxItems: 1000 }),
});
export type FactFrame = Static<typeof FactFrame>;
