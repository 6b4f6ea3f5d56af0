/** The application's own spans, between those of its sidecar: exported by OTLP when OTEL_EXPORTER_OTLP_ENDPOINT is set. */
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { Headers } from './service.ts';

export interface Tracing {
  /** Runs a piece of work in a span below the caller's; the work is given the headers for what it calls. */
  inSpan<T>(name: string, headers: Headers, work: (headers: Headers) => Promise<T>): Promise<T>;
}

const traceparentForm = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** @param endpoint base URL of the collector, or undefined for no spans */
export function createTracing(service: string, version: string, endpoint: string | undefined): Tracing {
  if (endpoint === undefined) return { inSpan: (_name, headers, work) => work(headers) };
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'default',
      'service.version': version,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }),
        scheduledDelayMillis: 500,
        maxQueueSize: 2048,
      }),
    ],
  });
  const tracer = provider.getTracer('bookinfo');
  return {
    async inSpan(name, headers, work) {
      const [, traceId, spanId, flags] = traceparentForm.exec(headers['traceparent'] ?? '') ?? [];
      const parent =
        traceId === undefined || spanId === undefined
          ? ROOT_CONTEXT
          : trace.setSpanContext(ROOT_CONTEXT, {
              traceId,
              spanId,
              traceFlags: Number.parseInt(flags ?? '01', 16),
              isRemote: true,
            });
      const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL }, parent);
      try {
        return await work({ ...headers, traceparent: traceparentOf(span) });
      } catch (error) {
        span.setStatus({
          code: SpanStatusCode.ERROR,
          message: error instanceof Error ? error.message : String(error),
        });
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
