import { CellRecorder } from '@heddle/telemetry';
import type { Exchange } from '../exchange.ts';
import type { Runtime } from '../runtime.ts';
import { spansOf } from '../tracing/spans-of.ts';
import type { OtlpExporter } from '../tracing/otlp-exporter.ts';
import { cellsOf } from './cells-of.ts';
import { FactSampler } from './fact-sampler.ts';
import { PathTemplates } from './path-template.ts';
import type { PrometheusStats } from './prometheus.ts';
import type { Workload } from './workload.ts';

const flushMs = 250;

/** Where finished exchanges are told: cells for the live graph, a sample of single requests, Prometheus series, spans. */
export class Reporter {
  readonly #self: Workload;
  readonly #runtime: Runtime;
  readonly #stats: PrometheusStats;
  readonly #spans: OtlpExporter | undefined;
  readonly #cells = new CellRecorder();
  readonly #facts: FactSampler;
  readonly #paths = new PathTemplates();
  readonly #timer: NodeJS.Timeout;
  #send: (frame: Uint8Array) => boolean = () => false;
  /** Frames that the control plane could not take; their counts went into a later one. */
  deferredFrames = 0;

  constructor(self: Workload, runtime: Runtime, stats: PrometheusStats, spans: OtlpExporter | undefined) {
    this.#self = self;
    this.#runtime = runtime;
    this.#stats = stats;
    this.#spans = spans;
    this.#facts = new FactSampler(Math.random);
    this.#timer = setInterval(() => {
      this.flush();
    }, flushMs);
    this.#timer.unref();
  }

  /** @param send false: not taken; the counts are kept, in bounded memory, for the next time */
  set sink(send: (frame: Uint8Array) => boolean) {
    this.#send = send;
  }

  record(exchange: Exchange, ownId: string): void {
    const durationMs = this.#runtime.monotonic() - exchange.startedAt;
    const sample = {
      durationMs,
      requestBytes: exchange.requestBytes,
      responseBytes: exchange.responseBytes,
      endedAtMs: exchange.startedAtMs + durationMs,
    };
    const path = this.#paths.templateOf(exchange.originalPath);
    for (const key of cellsOf(exchange, this.#self, ownId, path)) {
      this.#cells.record(key, sample);
      this.#stats.record(key, sample, this.#self, exchange.grpcStatus);
    }
    this.#facts.record(exchange, durationMs);
    if (this.#spans === undefined) return;
    for (const span of spansOf(exchange, this.#self, durationMs, path)) this.#spans.add(span);
  }

  flush(): void {
    this.#cells.flush((frame) => {
      const isTaken = this.#send(frame);
      if (!isTaken) this.deferredFrames++;
      return isTaken;
    });
    this.#facts.flush(this.#send);
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
  }
}
