import type { Span, Trace, TraceSummary } from '@heddle/schema';
import { criticalPath } from './critical-path.ts';

export interface TraceQuery {
  /** `name` or `name.namespace`. */
  readonly service?: string;
  /** Name of the route that decided one of its spans. */
  readonly route?: string;
  readonly status?: 'ok' | 'error';
  readonly minDurationMs?: number;
  /** Text in a trace id, span name, service or attribute value. */
  readonly q?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Both a caller and a callee, as service names: traces of one edge. */
  readonly edge?: { readonly source: string; readonly target: string };
}

interface OpenTrace {
  readonly traceId: string;
  /** When its first span came, unix milliseconds. */
  readonly firstSeenMs: number;
  readonly spans: Map<string, Span>;
  errors: number;
  startUnixNano: bigint;
  endUnixNano: bigint;
}

export interface TraceStoreOptions {
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly maxSpans?: number;
  readonly maxSpansPerTrace?: number;
}

/** Senders batch for half a second: a younger trace may still lack spans, and is not listed yet. */
const settleMs = 1500;

/**
 * Recent traces in memory, newest kept, failing ones longest: they may use up to half of the room.
 *
 * Spans of one trace arrive in any order and from several senders; a trace can be read at any time.
 */
export class TraceStore {
  readonly #traces = new Map<string, OpenTrace>();
  readonly #maxSpans: number;
  readonly #maxSpansPerTrace: number;
  readonly #now: () => number;
  #spans = 0;
  #errorSpans = 0;

  constructor(options: TraceStoreOptions) {
    this.#now = options.now;
    this.#maxSpans = options.maxSpans ?? 50_000;
    this.#maxSpansPerTrace = options.maxSpansPerTrace ?? 10_000;
  }

  get spanCount(): number {
    return this.#spans;
  }

  get traceCount(): number {
    return this.#traces.size;
  }

  /** A span that is sent twice counts once. */
  add(traceId: string, span: Span): void {
    let trace = this.#traces.get(traceId);
    if (trace === undefined) {
      trace = {
        traceId,
        firstSeenMs: this.#now(),
        spans: new Map(),
        errors: 0,
        startUnixNano: start(span),
        endUnixNano: end(span),
      };
      this.#traces.set(traceId, trace);
    }
    if (trace.spans.has(span.spanId) || trace.spans.size >= this.#maxSpansPerTrace) return;
    const wasFailing = trace.errors > 0;
    if (span.status === 'error') trace.errors++;
    trace.spans.set(span.spanId, span);
    this.#spans++;
    if (trace.errors > 0) this.#errorSpans += wasFailing ? 1 : trace.spans.size;
    if (start(span) < trace.startUnixNano) trace.startUnixNano = start(span);
    if (end(span) > trace.endUnixNano) trace.endUnixNano = end(span);
    this.#evict();
  }

  #evict(): void {
    if (this.#spans <= this.#maxSpans) return;
    const target = this.#maxSpans * 0.9; // in batches, so that the scan is paid rarely
    const keepErrors = this.#errorSpans <= this.#maxSpans / 2;
    for (const [id, trace] of this.#traces) {
      if (this.#spans <= target) return;
      if (keepErrors && trace.errors > 0) continue;
      this.#traces.delete(id);
      this.#spans -= trace.spans.size;
      if (trace.errors > 0) this.#errorSpans -= trace.spans.size;
    }
  }

  get(traceId: string): Trace | undefined {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return undefined;
    const spans = inOrder(trace.spans);
    const root = spans[0];
    return {
      traceId,
      startUnixNano: trace.startUnixNano.toString(),
      durationMs: durationMs(trace),
      rootService: root?.service ?? '',
      rootName: root?.name ?? '',
      errorCount: trace.errors,
      spans,
      criticalPath: criticalPath(spans),
    };
  }

  /** Newest first; traces that may still be arriving are left out. */
  search(query: TraceQuery, limit: number): TraceSummary[] {
    const found: TraceSummary[] = [];
    const settledBefore = this.#now() - settleMs;
    for (const trace of [...this.#traces.values()].toReversed()) {
      if (found.length >= limit) break;
      if (trace.firstSeenMs <= settledBefore && matches(trace, query)) found.push(summary(trace));
    }
    return found;
  }
}

function matches(trace: OpenTrace, query: TraceQuery): boolean {
  const { fromMs, toMs, minDurationMs, status, q, edge } = query;
  const startMs = Number(trace.startUnixNano / 1_000_000n);
  if (fromMs !== undefined && startMs < fromMs) return false;
  if (toMs !== undefined && startMs > toMs) return false;
  if (minDurationMs !== undefined && durationMs(trace) < minDurationMs) return false;
  if (status !== undefined && trace.errors > 0 !== (status === 'error')) return false;
  const some = (holds: (span: Span) => boolean) => trace.spans.values().some(holds);
  if (query.service !== undefined && !some((span) => isOfService(span, query.service ?? ''))) return false;
  if (query.route !== undefined && !some((span) => span.attributes['heddle.route'] === query.route))
    return false;
  if (edge !== undefined && !callsAlong(trace, edge.source, edge.target)) return false;
  return q === undefined || trace.traceId.startsWith(q.toLowerCase()) || some((span) => mentions(span, q));
}

function isOfService(span: Span, service: string): boolean {
  return service === span.service || service === `${span.service}.${span.namespace}`;
}

function callsAlong(trace: OpenTrace, source: string, target: string): boolean {
  return trace.spans.values().some((span) => {
    const parent = span.parentSpanId === null ? undefined : trace.spans.get(span.parentSpanId);
    return parent !== undefined && isOfService(span, target) && isOfService(parent, source);
  });
}

function mentions(span: Span, q: string): boolean {
  const text = q.toLowerCase();
  return (
    span.name.toLowerCase().includes(text) ||
    span.service.toLowerCase().includes(text) ||
    Object.values(span.attributes).some((value) => String(value).toLowerCase().includes(text))
  );
}

function summary(trace: OpenTrace): TraceSummary {
  const root = inOrder(trace.spans)[0];
  return {
    traceId: trace.traceId,
    rootService: root?.service ?? '',
    rootName: root?.name ?? '',
    startUnixNano: trace.startUnixNano.toString(),
    durationMs: durationMs(trace),
    spanCount: trace.spans.size,
    errorCount: trace.errors,
    services: [...new Set(trace.spans.values().map(({ service }) => service))],
  };
}

function durationMs(trace: OpenTrace): number {
  return Number(trace.endUnixNano - trace.startUnixNano) / 1e6;
}

/** Depth first, so that parents stand before their children, siblings by start; spans whose parent is missing are roots. */
function inOrder(spans: ReadonlyMap<string, Span>): Span[] {
  const children = new Map<string, Span[]>();
  const roots: Span[] = [];
  for (const span of spans.values()) {
    if (span.parentSpanId === null || !spans.has(span.parentSpanId)) roots.push(span);
    else children.set(span.parentSpanId, [...(children.get(span.parentSpanId) ?? []), span]);
  }
  const ordered: Span[] = [];
  const byStart = (a: Span, b: Span) => (start(a) < start(b) ? -1 : start(a) > start(b) ? 1 : 0);
  const pending = roots.toSorted(byStart).toReversed();
  for (let span = pending.pop(); span !== undefined; span = pending.pop()) {
    ordered.push(span);
    pending.push(...(children.get(span.spanId) ?? []).toSorted(byStart).toReversed());
  }
  return ordered;
}

function start(span: Span): bigint {
  return BigInt(span.startUnixNano);
}

function end(span: Span): bigint {
  return BigInt(span.endUnixNano);
}
