import { isError } from '@heddle/telemetry';
import type { Exchange } from '../exchange.ts';
import { serviceOf } from '../report/cells-of.ts';
import type { Workload } from '../report/workload.ts';

/** A finished span, as OTLP has it but in our own words. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string;
  readonly isSampled: boolean;
  readonly kind: 'server' | 'client';
  readonly name: string;
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** From here on a request counts as slow, and is traced whatever the sampling decision. */
const slowMs = 1000;

/**
 * The spans that this hop adds: SERVER for having received it (inbound, gateway), CLIENT for having called upstream
 * (outbound, gateway). None for a request that was not sampled, unless it failed or was slow.
 *
 * @param pathTemplate such as `/reviews/{id}`: span names have to be few
 */
export function spansOf(
  exchange: Exchange,
  self: Workload,
  durationMs: number,
  pathTemplate: string,
): FinishedSpan[] {
  const { trace, status, flags } = exchange;
  if (trace === undefined) return [];
  const isFailed = isError({ status, flags: [...flags].join(',') });
  if (!trace.isSampled && !isFailed && durationMs < slowMs) return [];
  const startUnixNano = BigInt(Math.round(exchange.startedAtMs * 1000)) * 1000n;
  const common = {
    traceId: trace.traceId,
    traceState: exchange.requestHeaders.get('tracestate') ?? '',
    isSampled: trace.isSampled,
    startUnixNano,
    endUnixNano: startUnixNano + BigInt(Math.max(Math.round(durationMs * 1000), 1)) * 1000n,
    isError: isFailed,
  };
  const spans: FinishedSpan[] = [];
  if (trace.serverSpanId !== undefined) {
    spans.push({
      ...common,
      spanId: trace.serverSpanId,
      parentSpanId: trace.parentSpanId,
      kind: 'server',
      name: `${exchange.method} ${pathTemplate}`,
      attributes: { ...attributesOf(exchange), ...serverAttributes(exchange, self) },
    });
  }
  if (trace.clientSpanId !== undefined) {
    spans.push({
      ...common,
      spanId: trace.clientSpanId,
      parentSpanId: trace.serverSpanId ?? trace.parentSpanId,
      kind: 'client',
      name: `${exchange.method} ${pathTemplate}`,
      attributes: { ...attributesOf(exchange), ...clientAttributes(exchange, self) },
    });
  }
  return spans;
}

/** @see OpenTelemetry semantic conventions for HTTP spans, 1.2x */
function attributesOf(exchange: Exchange): Record<string, string | number | boolean> {
  const { request } = exchange.downstream;
  const query = exchange.originalPath.indexOf('?');
  const attributes: Record<string, string | number | boolean> = {
    'http.request.method': exchange.method,
    'url.scheme': exchange.scheme,
    'url.path': query === -1 ? exchange.originalPath : exchange.originalPath.slice(0, query),
    'network.protocol.name': 'http',
    'network.protocol.version': request.httpVersion,
    'http.request.body.size': exchange.requestBytes,
    'http.response.body.size': exchange.responseBytes,
    'heddle.scope': 'proxy',
    'heddle.request_id': exchange.requestHeaders.get('x-request-id') ?? '',
  };
  if (query !== -1) attributes['url.query'] = exchange.originalPath.slice(query + 1);
  const userAgent = exchange.requestHeaders.get('user-agent');
  if (userAgent !== undefined) attributes['user_agent.original'] = userAgent;
  if (exchange.status > 0) attributes['http.response.status_code'] = exchange.status;
  if (exchange.grpcStatus !== undefined) attributes['rpc.grpc.status_code'] = exchange.grpcStatus;
  if (exchange.status >= 500 || exchange.status === 0) {
    attributes['error.type'] =
      exchange.flags.size > 0 ? [...exchange.flags].join(',') : String(exchange.status);
  }
  if (exchange.route !== undefined) attributes['heddle.route'] = exchange.route.name;
  if (exchange.weighted !== undefined) attributes['heddle.cluster'] = exchange.weighted.cluster;
  if (exchange.flags.size > 0) attributes['heddle.response_flags'] = [...exchange.flags].join(',');
  return attributes;
}

function serverAttributes(
  { downstream, authority }: Exchange,
  self: Workload,
): Record<string, string | number | boolean> {
  return {
    'server.address': authority,
    'client.address': downstream.remoteAddress,
    'heddle.mtls': downstream.peer !== undefined,
    'heddle.peer.spiffe_id': downstream.peer?.spiffeId ?? '',
    'heddle.destination.workload': self.name,
    'heddle.destination.namespace': self.namespace,
  };
}

function clientAttributes(exchange: Exchange, self: Workload): Record<string, string | number | boolean> {
  const { endpoint, upstreamId } = exchange;
  const service = serviceOf(exchange);
  const attributes: Record<string, string | number | boolean> = {
    'server.address': exchange.upstreamAuthority,
    'server.port': exchange.port,
    'http.request.resend_count': Math.max(exchange.attempts - 1, 0),
    'heddle.attempts': exchange.attempts,
    'heddle.mtls': upstreamId !== undefined,
    'heddle.peer.spiffe_id': upstreamId ?? '',
    'heddle.source.workload': self.name,
    'heddle.source.namespace': self.namespace,
    'heddle.destination.service': service.name,
    'heddle.destination.namespace': endpoint?.workload?.namespace ?? service.namespace,
  };
  if (endpoint !== undefined) {
    attributes['heddle.upstream.host'] = `${endpoint.address}:${endpoint.port}`;
    attributes['network.peer.address'] = endpoint.address;
    attributes['network.peer.port'] = endpoint.port;
  }
  if (endpoint?.workload !== undefined) {
    attributes['heddle.destination.workload'] = endpoint.workload.name;
    attributes['heddle.destination.version'] = endpoint.workload.version;
  }
  return attributes;
}
