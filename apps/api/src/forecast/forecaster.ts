import { Worker } from 'node:worker_threads';
import { keyText, type ParsedDocument, type StoredDocument, type ControlPlane } from '@heddle/mesh-core';
import type { Forecast, ResourceKey } from '@heddle/schema';
import type { FromWorker, ToWorker } from './protocol.ts';

export interface ForecasterOptions {
  readonly controlPlane: ControlPlane;
  /** A frame of facts could not be read. */
  readonly refused: (proxyId: string, reason: string) => void;
  readonly log: (level: 'warn' | 'error', message: string, fields?: object) => void;
}

/** Longer than the worker allows itself: after that it does not answer at all. */
const patienceMs = 10_000;

export function noForecast(why: string): Forecast {
  return { replayed: 0, coverage: why, changed: [], tookMs: 0 };
}

/** Tries candidates on recorded requests, in a worker of its own. */
export class Forecaster {
  readonly #options: ForecasterOptions;
  readonly #pending = new Map<number, (forecast: Forecast) => void>();
  /** What the worker has of the stored configuration. */
  #sent = new Map<string, StoredDocument>();
  #worker: Worker | undefined;
  #nextId = 1;
  #isClosed = false;

  constructor(options: ForecasterOptions) {
    this.#options = options;
    this.#start();
  }

  /** @param frame is given away: its bytes move to the worker */
  takeFacts(proxyId: string, frame: Uint8Array): void {
    // A copy: the frame may be a view of a buffer that others read, and a transfer takes the buffer whole.
    const copy = new Uint8Array(frame);
    this.#tell({ kind: 'facts', proxyId, frame: copy }, [copy.buffer]);
  }

  /** What the documents would change for recorded requests. Never throws: why there is no forecast stands in its coverage. */
  async forecast(documents: readonly ParsedDocument[]): Promise<Forecast> {
    if (this.#worker === undefined) return noForecast('the replay has failed before and does not run');
    const { controlPlane } = this.#options;
    this.#tellStored();
    const id = this.#nextId++;
    const answer = new Promise<Forecast>((resolve) => this.#pending.set(id, resolve));
    const timer = setTimeout(
      () => this.#settle(id, noForecast('the replay did not answer in time')),
      patienceMs,
    );
    this.#tell({
      kind: 'forecast',
      id,
      candidate: documents.map(({ key, object }) => {
        const stored = controlPlane.store.get(key);
        return {
          key,
          object,
          generation: (stored?.generation ?? 0) + 1,
          createdAtMs: stored?.createdAtMs ?? Date.now(),
          revision: controlPlane.store.revision + 1,
        };
      }),
      instances: controlPlane.world.instances,
      settings: controlPlane.settings,
    });
    const forecast = await answer;
    clearTimeout(timer);
    return forecast;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #start(): void {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    worker.unref();
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'forecast') this.#settle(message.id, message.forecast);
      else this.#options.refused(message.proxyId, message.reason);
    });
    worker.on('error', (error) => {
      this.#options.log('error', 'the replay of recorded requests has failed', { reason: error.message });
    });
    worker.on('exit', () => {
      if (this.#isClosed) return;
      // The facts are lost with it; it begins anew with what comes from now on.
      this.#worker = undefined;
      this.#sent = new Map();
      for (const id of this.#pending.keys())
        this.#settle(id, noForecast('the replay has failed; see the log'));
      setTimeout(() => this.#start(), 1000).unref();
    });
    this.#worker = worker;
  }

  #settle(id: number, forecast: Forecast): void {
    this.#pending.get(id)?.(forecast);
    this.#pending.delete(id);
  }

  /** Documents keep their identity in the store as long as they do not change. */
  #tellStored(): void {
    const documents = this.#options.controlPlane.store.list();
    const now = new Map(documents.map((document) => [keyText(document.key), document]));
    const changed = documents.filter((document) => this.#sent.get(keyText(document.key)) !== document);
    const removed: ResourceKey[] = [...this.#sent.values()]
      .map(({ key }) => key)
      .filter((key) => !now.has(keyText(key)));
    this.#sent = now;
    if (changed.length + removed.length === 0) return;
    this.#tell({
      kind: 'stored',
      removed,
      changed: changed.map(({ key, object, generation, createdAtMs, revision }) => ({
        key,
        object,
        generation,
        createdAtMs,
        revision,
      })),
    });
  }

  #tell(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }
}
