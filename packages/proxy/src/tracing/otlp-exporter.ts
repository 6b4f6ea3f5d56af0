import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Workload } from '../report/workload.ts';
import type { FinishedSpan } from './spans-of.ts';

const batchMs = 500;
const maxBatch = 512;
const maxQueued = 4096;
const timeoutMs = 5_000;

/**
 * Spans to an OTLP/HTTP endpoint (JSON encoding), in batches, off the request path.
 *
 * It fails open: the queue is bounded, what does not fit or was refused is dropped and counted, requests never wait.
 *
 * @see OTLP 1.x, §OTLP/HTTP
 */
export class OtlpExporter {
  readonly #url: URL;
  readonly #resource: object;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #timer: NodeJS.Timeout;
  readonly #queue: FinishedSpan[] = [];
  #isSending = false;
  dropped = 0;
  exported = 0;

  /** @param endpoint the collector, such as `http://127.0.0.1:4318`; `/v1/traces` is added unless it is there */
  constructor(endpoint: string, self: Workload) {
    this.#url = new URL(endpoint);
    if (!this.#url.pathname.endsWith('/v1/traces')) {
      this.#url.pathname = `${this.#url.pathname.replace(/\/$/, '')}/v1/traces`;
    }
    this.#resource = { attributes: attributesJson(resourceOf(self)) };
    this.#timer = setInterval(() => {
      this.flush().catch(() => {}); // counted as dropped there
    }, batchMs);
    this.#timer.unref();
  }

  add(span: FinishedSpan): void {
    if (this.#queue.length >= maxQueued) this.dropped++;
    else this.#queue.push(span);
  }

  /** Sends what is queued, one batch after the other; does nothing while another flush is under way. */
  async flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue.splice(0, maxBatch);
        const isTaken = await this.#post(this.#encode(batch));
        if (isTaken) this.exported += batch.length;
        else this.dropped += batch.length;
      }
    } finally {
      this.#isSending = false;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    this.#agent.destroy();
  }

  #encode(batch: readonly FinishedSpan[]): string {
    return JSON.stringify({
      resourceSpans: [
        {
          resource: this.#resource,
          scopeSpans: [{ scope: { name: 'heddle.proxy' }, spans: batch.map(spanJson) }],
        },
      ],
    });
  }

  #post(body: string): Promise<boolean> {
    return new Promise((resolve) => {
      const isHttps = this.#url.protocol === 'https:';
      const request = (isHttps ? httpsRequest : httpRequest)(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(timeoutMs),
        ...(isHttps ? {} : { agent: this.#agent }),
      });
      request.on('response', (response) => {
        response.resume();
        response.on('error', () => {
          resolve(false);
        });
        response.on('end', () => {
          resolve(response.statusCode !== undefined && response.statusCode < 300);
        });
      });
      request.on('error', () => {
        resolve(false);
      });
      request.end(body);
    });
  }
}

/** @see OpenTelemetry semantic conventions, resource `service` */
function resourceOf(self: Workload): Record<string, string> {
  return {
    'service.name': self.app,
    'service.namespace': self.namespace,
    ...(self.version === '' ? {} : { 'service.version': self.version }),
    'service.instance.id': self.instanceId,
    'k8s.namespace.name': self.namespace,
    'heddle.workload': self.name,
    'heddle.proxy.kind': self.kind,
  };
}

/** @see opentelemetry-proto trace.proto; ids are hex in the JSON encoding, 64-bit numbers are strings */
function spanJson(span: FinishedSpan): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    ...(span.traceState === '' ? {} : { traceState: span.traceState }),
    flags: span.isSampled ? 1 : 0,
    name: span.name,
    kind: span.kind === 'server' ? 2 : 3,
    startTimeUnixNano: span.startUnixNano.toString(),
    endTimeUnixNano: span.endUnixNano.toString(),
    attributes: attributesJson(span.attributes),
    status: span.isError ? { code: 2 } : {},
  };
}

function attributesJson(attributes: Readonly<Record<string, string | number | boolean>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueJson(value) }));
}

function valueJson(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
