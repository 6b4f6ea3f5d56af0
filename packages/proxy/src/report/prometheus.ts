import type { CellKey, Sample } from '@heddle/telemetry';
import type { Workload } from './workload.ts';

/** Istio's buckets, so that existing dashboards show the same columns. */
const durationBucketsMs = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];
const maxSeries = 2000;

interface RequestSeries {
  readonly labels: string;
  n: number;
  sumMs: number;
  requestBytes: number;
  responseBytes: number;
  readonly buckets: number[];
}

/** A counter or gauge of the proxy itself, read when it is asked for. */
export interface Gauge {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  read(): number;
}

/** Istio's standard metrics of finished requests, and the proxy's own gauges, as Prometheus text. */
export class PrometheusStats {
  readonly #series = new Map<string, RequestSeries>();
  readonly #gauges: readonly Gauge[];
  #overflow = 0;

  constructor(gauges: readonly Gauge[]) {
    this.#gauges = gauges;
  }

  record(key: CellKey, sample: Sample, self: Workload, grpcStatus: number | undefined): void {
    const labels = labelsOf(key, self, grpcStatus);
    let series = this.#series.get(labels);
    if (series === undefined) {
      if (this.#series.size >= maxSeries) {
        this.#overflow++;
        return;
      }
      const buckets = durationBucketsMs.map(() => 0);
      series = { labels, n: 0, sumMs: 0, requestBytes: 0, responseBytes: 0, buckets };
      this.#series.set(labels, series);
    }
    series.n++;
    series.sumMs += sample.durationMs;
    series.requestBytes += sample.requestBytes;
    series.responseBytes += sample.responseBytes;
    for (const [i, bound] of durationBucketsMs.entries()) {
      if (sample.durationMs <= bound) series.buckets[i] = (series.buckets[i] ?? 0) + 1;
    }
  }

  /** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
  toText(): string {
    const all = [...this.#series.values()];
    const lines = [
      ...counter('istio_requests_total', 'Requests, by both ends and result', all, ({ n }) => n),
      ...histogram(all),
      ...counter('istio_request_bytes_sum', 'Bytes of request bodies', all, (s) => s.requestBytes),
      ...counter('istio_request_bytes_count', 'Requests with counted bodies', all, ({ n }) => n),
      ...counter('istio_response_bytes_sum', 'Bytes of response bodies', all, (s) => s.responseBytes),
      ...counter('istio_response_bytes_count', 'Responses with counted bodies', all, ({ n }) => n),
    ];
    for (const { name, type, help, read } of this.#gauges) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${read()}`);
    }
    const name = 'heddle_stats_overflow_total';
    lines.push(`# HELP ${name} Requests beyond the ${maxSeries} series that are kept`);
    lines.push(`# TYPE ${name} counter`, `${name} ${this.#overflow}`);
    return `${lines.join('\n')}\n`;
  }
}

function counter(
  name: string,
  help: string,
  all: readonly RequestSeries[],
  read: (series: RequestSeries) => number,
): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} counter`,
    ...all.map((series) => `${name}{${series.labels}} ${read(series)}`),
  ];
}

function histogram(all: readonly RequestSeries[]): string[] {
  const name = 'istio_request_duration_milliseconds';
  const lines = [
    `# HELP ${name} From the head of the request to the end of the response`,
    `# TYPE ${name} histogram`,
  ];
  for (const { labels, n, sumMs, buckets } of all) {
    for (const [i, bound] of durationBucketsMs.entries()) {
      lines.push(`${name}_bucket{${labels},le="${bound}"} ${buckets[i] ?? 0}`);
    }
    lines.push(`${name}_bucket{${labels},le="+Inf"} ${n}`);
    lines.push(`${name}_sum{${labels}} ${sumMs}`, `${name}_count{${labels}} ${n}`);
  }
  return lines;
}

function labelsOf(key: CellKey, self: Workload, grpcStatus: number | undefined): string {
  const isSource = key.reporter === 'source';
  const host = orUnknown(key.destinationService || (isSource ? '' : self.app));
  const isMeshService = key.destinationNamespace !== '' && host !== 'unknown';
  const labels: Readonly<Record<string, string>> = {
    reporter: key.reporter,
    source_workload: orUnknown(key.sourceWorkload),
    source_workload_namespace: orUnknown(key.sourceNamespace),
    source_principal: principal(key.sourceId),
    source_app: isSource ? self.app : orUnknown(key.sourceWorkload),
    source_version: orUnknown(key.sourceVersion),
    source_canonical_service: isSource ? self.app : orUnknown(key.sourceWorkload),
    source_canonical_revision: orUnknown(key.sourceVersion),
    destination_workload: orUnknown(key.destinationWorkload),
    destination_workload_namespace: orUnknown(key.destinationNamespace),
    destination_principal: principal(key.destinationId),
    destination_app: isSource ? host : self.app,
    destination_version: orUnknown(key.destinationVersion),
    destination_service: isMeshService ? `${host}.${key.destinationNamespace}.svc.cluster.local` : host,
    destination_service_name: host,
    destination_service_namespace: orUnknown(key.destinationNamespace),
    destination_canonical_service: isSource ? host : self.app,
    destination_canonical_revision: orUnknown(key.destinationVersion),
    request_protocol: key.protocol,
    response_code: String(key.status),
    grpc_response_status: grpcStatus === undefined ? '' : String(grpcStatus),
    response_flags: key.flags === '' ? '-' : key.flags,
    connection_security_policy: securityPolicy(key),
  };
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

/** Istio tells the security of a hop from its receiving end only. */
function securityPolicy({ reporter, mtls }: CellKey): string {
  if (reporter === 'source') return 'unknown';
  return mtls ? 'mutual_tls' : 'none';
}

function orUnknown(value: string): string {
  return value === '' ? 'unknown' : value;
}

function principal(spiffeId: string): string {
  return orUnknown(spiffeId.replace('spiffe://', ''));
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
