import { describe, expect, it } from 'vitest';
import { decodeJsonTraces } from './json.ts';
import { decodeProtobufTraces } from './protobuf.ts';
import { OtlpError, toSpan } from './span.ts';

const body = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'reviews' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '5B8EFFF798038103D269B633813FC60C',
              spanId: 'EEE19B7EC3C1B174',
              parentSpanId: 'eee19b7ec3c1b173',
              name: 'GET',
              kind: 3,
              startTimeUnixNano: '1544712660000000000',
              endTimeUnixNano: '1544712661000000000',
              attributes: [
                { key: 'http.response.status_code', value: { intValue: '503' } },
                { key: 'ok', value: { boolValue: true } },
                { key: 'ratio', value: { doubleValue: -0.5 } },
              ],
              status: { code: 2, message: 'UF' },
            },
          ],
        },
      ],
    },
  ],
};

const expected = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  parentSpanId: 'eee19b7ec3c1b173',
  service: 'reviews',
  kind: 'client',
  status: 'error',
  statusMessage: 'UF',
  httpStatus: 503,
  durationMs: 1000,
  startUnixNano: '1544712660000000000',
  attributes: { ok: true, ratio: -0.5 },
};

/** Length-delimited field. */
const field = (number: number, ...parts: Uint8Array[]) => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([number * 8 + 2, ...varint(content.length)]), content]);
};
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
const text = (number: number, value: string) => field(number, Buffer.from(value));
const fixed64 = (number: number, value: bigint) => {
  const bytes = Buffer.alloc(9);
  bytes[0] = number * 8 + 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
};
const half = Buffer.alloc(9);
half[0] = 4 * 8 + 1;
half.writeDoubleLE(-0.5, 1);

const protobuf = field(
  1,
  field(1, field(1, text(1, 'service.name'), field(2, text(1, 'reviews')))),
  field(
    2,
    field(
      2,
      field(1, Buffer.from(expected.traceId, 'hex')),
      field(2, Buffer.from(expected.spanId, 'hex')),
      field(4, Buffer.from(expected.parentSpanId, 'hex')),
      text(5, 'GET'),
      Buffer.from([6 * 8, 3]),
      fixed64(7, 1544712660000000000n),
      fixed64(8, 1544712661000000000n),
      field(9, text(1, 'http.response.status_code'), field(2, Buffer.from([3 * 8, ...varint(503)]))),
      field(9, text(1, 'ok'), field(2, Buffer.from([2 * 8, 1]))),
      field(9, text(1, 'ratio'), field(2, half)),
      field(15, text(2, 'UF'), Buffer.from([3 * 8, 2])),
    ),
  ),
);

describe('OTLP traces', () => {
  it('are read from JSON', () => {
    expect(decodeJsonTraces(JSON.stringify(body)).map(toSpan)).toMatchObject([expected]);
  });

  it('are read from protobuf to the same spans', () => {
    expect(decodeProtobufTraces(protobuf).map(toSpan)).toEqual(
      decodeJsonTraces(JSON.stringify(body)).map(toSpan),
    );
  });

  it('refuse truncated bytes with an error of their own', () => {
    for (let length = 1; length < protobuf.length; length++) {
      expect(() => decodeProtobufTraces(protobuf.subarray(0, length))).toThrow(OtlpError);
    }
  });

  it('name the field that is off', () => {
    expect(() => decodeJsonTraces('{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":7}]}]}]}')).toThrow(
      'body.resourceSpans[0].scopeSpans[0].spans[0].name: expected a string',
    );
    expect(() => decodeJsonTraces('{"resourceSpans":{}}')).toThrow('body.resourceSpans: expected an array');
    expect(() => decodeJsonTraces('no')).toThrow('body is not JSON');
  });

  it('refuse spans without a valid id', () => {
    const [span] = decodeJsonTraces(JSON.stringify(body));
    expect(() => span && toSpan({ ...span, traceId: '0'.repeat(32) })).toThrow('is not 16 bytes');
  });

  it('cut attributes that are too many or too long', () => {
    const attributes = Array.from({ length: 100 }, (_, i) => ({
      key: `k${i}`,
      value: { stringValue: 'x'.repeat(5000) },
    }));
    const [span] = decodeJsonTraces(
      JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ attributes }] }] }] }),
    );
    expect(Object.keys(span?.attributes ?? {})).toHaveLength(64);
    expect(String(span?.attributes['k0']).length).toBeLessThan(2100);
  });
});
