/** The control plane's own metrics, under `heddle_`. The mesh's request metrics are at the proxies. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface MeshMetrics {
  readonly registry: Registry;
  readonly frames: Counter;
  readonly badFrames: Counter;
  readonly cells: Counter;
  readonly pushSeconds: Histogram;
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;
  /** Values that are read when somebody asks. */
  gauge(name: string, help: string, read: () => number): void;
}

export function createMetrics(): MeshMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    frames: new Counter({
      name: 'heddle_telemetry_frames_total',
      help: 'Telemetry frames taken from proxies',
      registers,
    }),
    badFrames: new Counter({
      name: 'heddle_telemetry_bad_frames_total',
      help: 'Telemetry frames that could not be read',
      registers,
    }),
    cells: new Counter({ name: 'heddle_telemetry_cells_total', help: 'Telemetry cells merged', registers }),
    pushSeconds: new Histogram({
      name: 'heddle_push_seconds',
      help: 'From a write until every affected proxy has accepted it',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'heddle_api_request_seconds',
      help: 'Requests to the API',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    gauge(name, help, read) {
      registers[0]?.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          collect() {
            this.set(read());
          },
        }),
      );
    },
  };
}
