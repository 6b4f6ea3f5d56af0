import type { Span } from '@heddle/schema';

export type AttributeValue = Span['attributes'][string];

/** The request is not OTLP. The sender gets 400 with this text. */
export class OtlpError extends Error {
  readonly code = 'OTLP_DECODE';
}

/** One span as OTLP carries it, ids in lower-case hex, with the attributes of its resource. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** "" for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  /** SpanKind of OTLP, 0..5. */
  readonly kind: number;
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  readonly attributes: Record<string, AttributeValue>;
  readonly resource: Record<string, AttributeValue>;
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number;
  readonly statusMessage: string;
}

/** Attributes beyond this are left out, so that one span cannot fill the memory. */
export const maxAttributes = 64;
export const maxAttributeLength = 2048;

export function boundedAttribute(value: AttributeValue): AttributeValue {
  return typeof value === 'string' && value.length > maxAttributeLength
    ? `${value.slice(0, maxAttributeLength)}…`
    : value;
}

const kinds: readonly Span['kind'][] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];
const statuses: readonly Span['status'][] = ['unset', 'ok', 'error'];

/** @throws OtlpError when an id is not valid; such a span belongs to no trace */
export function toSpan(span: OtlpSpan): Span & { readonly traceId: string } {
  if (!/^(?!0{32})[0-9a-f]{32}$/.test(span.traceId))
    throw new OtlpError(`traceId "${span.traceId}" is not 16 bytes`);
  if (!/^(?!0{16})[0-9a-f]{16}$/.test(span.spanId))
    throw new OtlpError(`spanId "${span.spanId}" is not 8 bytes`);
  const text = (name: string) => {
    const value = span.resource[name];
    return typeof value === 'string' ? value : undefined;
  };
  const status = span.attributes['http.response.status_code'] ?? span.attributes['http.status_code'];
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId === '' ? null : span.parentSpanId,
    service: text('service.name') ?? 'unknown_service',
    namespace: text('service.namespace') ?? text('k8s.namespace.name') ?? '',
    version: text('service.version') ?? null,
    scope: span.attributes['heddle.scope'] === 'proxy' ? 'proxy' : 'application',
    name: span.name,
    kind: kinds[span.kind] ?? 'internal',
    startUnixNano: span.startUnixNano.toString(),
    endUnixNano: span.endUnixNano.toString(),
    durationMs: Number(span.endUnixNano - span.startUnixNano) / 1e6,
    status: statuses[span.statusCode] ?? 'unset',
    statusMessage: span.statusMessage,
    httpStatus: typeof status === 'number' ? status : null,
    attributes: span.attributes,
  };
}
