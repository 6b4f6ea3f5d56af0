/**
 * OTLP/HTTP with protobuf, read straight from the bytes: decoding is the costliest step of taking spans in.
 * @see opentelemetry-proto, collector/trace/v1/trace_service.proto and trace/v1/trace.proto (field numbers)
 */
import { type AttributeValue, boundedAttribute, maxAttributes, OtlpError, type OtlpSpan } from './span.ts';

/** @throws OtlpError when the bytes are not the message; unknown fields are passed over */
export function decodeProtobufTraces(bytes: Uint8Array): OtlpSpan[] {
  const spans: OtlpSpan[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  eachField(buffer, (field, value) => {
    if (field === 1) decodeResourceSpans(message(value), spans);
  });
  return spans;
}

function decodeResourceSpans(buffer: Buffer, spans: OtlpSpan[]): void {
  const resource: Record<string, AttributeValue> = {};
  const scopes: Buffer[] = [];
  eachField(buffer, (field, value) => {
    if (field === 1) {
      eachField(message(value), (inner, attribute) => {
        if (inner === 1) decodeAttribute(message(attribute), resource);
      });
    } else if (field === 2) {
      scopes.push(message(value));
    }
  });
  for (const scope of scopes) {
    eachField(scope, (field, value) => {
      if (field === 2) spans.push(decodeSpan(message(value), resource));
    });
  }
}

function decodeSpan(buffer: Buffer, resource: Record<string, AttributeValue>): OtlpSpan {
  const span = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    kind: 0,
    startUnixNano: 0n,
    endUnixNano: 0n,
    attributes: {},
    resource,
    statusCode: 0,
    statusMessage: '',
  };
  eachField(buffer, (field, value) => {
    if (field === 1) span.traceId = message(value).toString('hex');
    else if (field === 2) span.spanId = message(value).toString('hex');
    else if (field === 4) span.parentSpanId = message(value).toString('hex');
    else if (field === 5) span.name = message(value).toString('utf8');
    else if (field === 6) span.kind = Number(integer(value));
    else if (field === 7) span.startUnixNano = integer(value);
    else if (field === 8) span.endUnixNano = integer(value);
    else if (field === 9) decodeAttribute(message(value), span.attributes);
    else if (field === 15) {
      eachField(message(value), (inner, status) => {
        if (inner === 2) span.statusMessage = message(status).toString('utf8');
        else if (inner === 3) span.statusCode = Number(integer(status));
      });
    }
  });
  return span;
}

function decodeAttribute(buffer: Buffer, into: Record<string, AttributeValue>): void {
  let key = '';
  let found: AttributeValue | undefined;
  eachField(buffer, (field, value) => {
    if (field === 1) key = message(value).toString('utf8');
    else if (field === 2) found = decodeAnyValue(message(value), 0);
  });
  if (found !== undefined && Object.keys(into).length < maxAttributes) into[key] = boundedAttribute(found);
}

const maxNesting = 8;

/** Arrays and maps become text; an empty value is left out. */
function decodeAnyValue(buffer: Buffer, depth: number): AttributeValue | undefined {
  let result: AttributeValue | undefined;
  eachField(buffer, (field, value) => {
    if (field === 1) result = message(value).toString('utf8');
    else if (field === 2) result = integer(value) !== 0n;
    else if (field === 3) result = Number(BigInt.asIntN(64, integer(value)));
    else if (field === 4) result = double(value);
    else if (field === 5 && depth < maxNesting) result = arrayText(message(value), depth);
    else if (field === 6) result = '{…}';
    else if (field === 7) result = message(value).toString('base64');
  });
  return result;
}

function arrayText(buffer: Buffer, depth: number): string {
  const items: AttributeValue[] = [];
  eachField(buffer, (field, value) => {
    const item = field === 1 ? decodeAnyValue(message(value), depth + 1) : undefined;
    if (item !== undefined) items.push(item);
  });
  return JSON.stringify(items);
}

type FieldValue = bigint | Buffer;

function message(value: FieldValue): Buffer {
  if (typeof value === 'bigint')
    throw new OtlpError('protobuf: a number where a message, string or bytes belong');
  return value;
}

/** Varint, fixed64 or fixed32, as unsigned. */
function integer(value: FieldValue): bigint {
  if (typeof value !== 'bigint') throw new OtlpError('protobuf: bytes where a number belongs');
  return value;
}

function double(value: FieldValue): number {
  const scratch = Buffer.allocUnsafe(8);
  scratch.writeBigUInt64LE(BigInt.asUintN(64, integer(value)));
  return scratch.readDoubleLE();
}

function eachField(buffer: Buffer, each: (field: number, value: FieldValue) => void): void {
  let at = 0;
  const varint = (): bigint => {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      const byte = buffer[at++];
      if (byte === undefined) throw new OtlpError('protobuf: ends in the middle of a number');
      // Up to 28 bits stay plain numbers; bigint arithmetic per byte costs ten times as much.
      if (i < 4) low |= (byte & 0x7f) << (7 * i);
      else high += (byte & 0x7f) * 2 ** (7 * (i - 4));
      if (byte < 0x80)
        return high === 0 ? BigInt(low) : BigInt.asUintN(64, (BigInt(high) << 28n) + BigInt(low));
    }
    throw new OtlpError('protobuf: number longer than 10 bytes');
  };
  while (at < buffer.length) {
    const tag = Number(varint());
    const wireType = tag % 8;
    let value: FieldValue;
    if (wireType === 0) {
      value = varint();
    } else if (wireType === 1 || wireType === 5) {
      const size = wireType === 1 ? 8 : 4;
      if (at + size > buffer.length) throw new OtlpError('protobuf: ends in the middle of a number');
      value = wireType === 1 ? buffer.readBigUInt64LE(at) : BigInt(buffer.readUInt32LE(at));
      at += size;
    } else if (wireType === 2) {
      const length = Number(varint());
      if (at + length > buffer.length) throw new OtlpError('protobuf: a field is longer than its message');
      value = buffer.subarray(at, at + length);
      at += length;
    } else {
      throw new OtlpError(`protobuf: wire type ${wireType} does not exist`);
    }
    each(Math.floor(tag / 8), value);
  }
}
