/** OTLP/HTTP with JSON: lowerCamelCase names, ids in hex, 64-bit numbers as strings or numbers. */
import { type AttributeValue, boundedAttribute, maxAttributes, OtlpError, type OtlpSpan } from './span.ts';

type Json = Readonly<Record<string, unknown>>;

/** @throws OtlpError naming the field that is off */
export function decodeJsonTraces(text: string): OtlpSpan[] {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch (error) {
    throw new OtlpError(`body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const spans: OtlpSpan[] = [];
  for (const [path, resourceSpans] of list(object(request, 'body'), 'resourceSpans', 'body')) {
    const resource = attributes(optionalObject(resourceSpans, 'resource', path), `${path}.resource`);
    for (const [scopePath, scopeSpans] of list(resourceSpans, 'scopeSpans', path)) {
      for (const [spanPath, span] of list(scopeSpans, 'spans', scopePath)) {
        spans.push(decodeSpan(span, resource, spanPath));
      }
    }
  }
  return spans;
}

function decodeSpan(span: Json, resource: Record<string, AttributeValue>, path: string): OtlpSpan {
  const status = optionalObject(span, 'status', path);
  return {
    traceId: string(span, 'traceId', path).toLowerCase(),
    spanId: string(span, 'spanId', path).toLowerCase(),
    parentSpanId: string(span, 'parentSpanId', path).toLowerCase(),
    name: string(span, 'name', path),
    kind: number(span, 'kind', path),
    startUnixNano: unixNano(span, 'startTimeUnixNano', path),
    endUnixNano: unixNano(span, 'endTimeUnixNano', path),
    attributes: attributes(span, path),
    resource,
    statusCode: number(status, 'code', `${path}.status`),
    statusMessage: string(status, 'message', `${path}.status`),
  };
}

function attributes(holder: Json, path: string): Record<string, AttributeValue> {
  const result: Record<string, AttributeValue> = {};
  for (const [entryPath, entry] of list(holder, 'attributes', path).slice(0, maxAttributes)) {
    const value = anyValue(optionalObject(entry, 'value', entryPath));
    if (value !== undefined) result[string(entry, 'key', entryPath)] = boundedAttribute(value);
  }
  return result;
}

/** Arrays and maps become their JSON text; an empty value is left out. */
function anyValue(value: Json): AttributeValue | undefined {
  if (typeof value['stringValue'] === 'string') return value['stringValue'];
  if (typeof value['boolValue'] === 'boolean') return value['boolValue'];
  if (typeof value['doubleValue'] === 'number') return value['doubleValue'];
  const integer = value['intValue'];
  if (typeof integer === 'number' || typeof integer === 'string') return Number(integer);
  const nested = value['arrayValue'] ?? value['kvlistValue'] ?? value['bytesValue'];
  return nested === undefined ? undefined : JSON.stringify(nested);
}

function object(value: unknown, path: string): Json {
  if (!isObject(value)) throw new OtlpError(`${path}: expected an object`);
  return value;
}

function isObject(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function optionalObject(holder: Json, name: string, path: string): Json {
  const value = holder[name];
  return value === undefined || value === null ? {} : object(value, `${path}.${name}`);
}

function list(holder: Json, name: string, path: string): [path: string, item: Json][] {
  const value = holder[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new OtlpError(`${path}.${name}: expected an array`);
  return value.map((item: unknown, i) => [`${path}.${name}[${i}]`, object(item, `${path}.${name}[${i}]`)]);
}

function string(holder: Json, name: string, path: string): string {
  const value = holder[name] ?? '';
  if (typeof value !== 'string') throw new OtlpError(`${path}.${name}: expected a string`);
  return value;
}

function number(holder: Json, name: string, path: string): number {
  const value = holder[name] ?? 0;
  if (typeof value !== 'number') throw new OtlpError(`${path}.${name}: expected a number`);
  return value;
}

function unixNano(holder: Json, name: string, path: string): bigint {
  const value = holder[name] ?? 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return BigInt(value);
  throw new OtlpError(`${path}.${name}: expected nanoseconds since 1970 as a string of digits`);
}
