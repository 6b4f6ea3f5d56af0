import { randomFillSync } from 'node:crypto';
import { isInShare, type PerMillion } from '@heddle/traffic';
import type { HeaderFields } from '../header-fields.ts';

/** The trace that a request belongs to, and the spans that this hop adds to it. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Span of the caller, 16 hex digits; undefined when the trace starts here. */
  readonly parentSpanId: string | undefined;
  readonly isSampled: boolean;
  /** Span of receiving the request (inbound, gateway), if this hop makes one. */
  readonly serverSpanId: string | undefined;
  /** Span of calling upstream (outbound, gateway), if this hop makes one. */
  readonly clientSpanId: string | undefined;
}

interface Incoming {
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  /** undefined: the caller left the decision to us. */
  readonly isSampled: boolean | undefined;
}

/**
 * Joins the caller's trace (W3C, else B3 single, else B3 multi) or starts one.
 *
 * @param share of traces that are sampled where the caller did not decide
 */
export function joinTrace(
  headers: HeaderFields,
  spans: { readonly server: boolean; readonly client: boolean },
  share: PerMillion,
  random: () => number,
): TraceContext {
  const incoming = readW3c(headers) ?? readB3Single(headers.get('b3')) ?? readB3Multi(headers);
  return {
    traceId: incoming?.traceId ?? randomHex(16),
    parentSpanId: incoming?.parentSpanId,
    isSampled: incoming?.isSampled ?? decisionWithoutIds(headers) ?? isInShare(share, random()),
    serverSpanId: spans.server ? randomHex(8) : undefined,
    clientSpanId: spans.client ? randomHex(8) : undefined,
  };
}

/**
 * Tells the next hop. W3C and B3 multi always (applications forward one or the other), B3 single where it came in;
 * `tracestate` stays as it is.
 */
export function writeTrace(headers: HeaderFields, trace: TraceContext): void {
  const spanId = trace.clientSpanId ?? trace.serverSpanId ?? trace.parentSpanId ?? '';
  const beforeClient = trace.serverSpanId ?? trace.parentSpanId;
  const parentId = trace.clientSpanId === undefined ? trace.parentSpanId : beforeClient;
  const sampled = trace.isSampled ? '1' : '0';
  headers.set('traceparent', `00-${trace.traceId}-${spanId}-0${sampled}`);
  if (headers.get('b3') !== undefined) headers.set('b3', `${trace.traceId}-${spanId}-${sampled}`);
  headers.set('x-b3-traceid', trace.traceId);
  headers.set('x-b3-spanid', spanId);
  headers.set('x-b3-sampled', sampled);
  if (parentId === undefined) headers.remove('x-b3-parentspanid');
  else headers.set('x-b3-parentspanid', parentId);
  headers.remove('x-b3-flags');
}

/** @see W3C Trace Context §3.2: an unknown version is read like version 00, ids of zeros are invalid */
function readW3c(headers: HeaderFields): Incoming | undefined {
  const [, version, traceId, parentSpanId, flags] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(
      headers.get('traceparent') ?? '',
    ) ?? [];
  if (traceId === undefined || parentSpanId === undefined || flags === undefined || version === 'ff') {
    return undefined;
  }
  if (/^0+$/.test(traceId) || /^0+$/.test(parentSpanId)) return undefined;
  return { traceId, parentSpanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** `{trace}-{span}-{sampled}-{parent}`, the last two optional. @see openzipkin/b3-propagation */
function readB3Single(value: string | undefined): Incoming | undefined {
  const [traceId, spanId, sampled] = value?.toLowerCase().split('-') ?? [];
  return readB3Ids(traceId, spanId, sampled);
}

function readB3Multi(headers: HeaderFields): Incoming | undefined {
  const sampled = headers.get('x-b3-flags') === '1' ? 'd' : headers.get('x-b3-sampled');
  return readB3Ids(
    headers.get('x-b3-traceid')?.toLowerCase(),
    headers.get('x-b3-spanid')?.toLowerCase(),
    sampled?.toLowerCase(),
  );
}

function readB3Ids(
  traceId: string | undefined,
  spanId: string | undefined,
  sampled: string | undefined,
): Incoming | undefined {
  if (traceId === undefined || !/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/.test(traceId)) return undefined;
  if (spanId === undefined || !/^[0-9a-f]{16}$/.test(spanId)) return undefined;
  // 64-bit ids of older tracers are the low half.
  return { traceId: traceId.padStart(32, '0'), parentSpanId: spanId, isSampled: b3Decision(sampled) };
}

/** B3 lets a caller send the decision alone. */
function decisionWithoutIds(headers: HeaderFields): boolean | undefined {
  const b3 = headers.get('b3');
  return b3Decision(b3 === undefined || b3.includes('-') ? headers.get('x-b3-sampled') : b3);
}

function b3Decision(sampled: string | undefined): boolean | undefined {
  return sampled === undefined ? undefined : ['1', 'd', 'true'].includes(sampled);
}

// One call of the system's generator for 16 KiB instead of one a request: it costs microseconds however little is asked.
const pool = Buffer.alloc(16 * 1024);
let used = pool.length;

/** `bytes` random bytes as hex; for ids, not for secrets. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
