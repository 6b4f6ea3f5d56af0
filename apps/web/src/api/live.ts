/**
 * The live side of the console, outside React: one event stream, the graph it adds up to, and how old it is.
 * Components subscribe to the part they show, so that a delta re-renders only what it changed.
 */
import type { Change, GraphDeltaEvent, GraphLevel, GraphSnapshotEvent } from '@heddle/schema';
import { applyDelta, fromSnapshot, type GraphState } from './graph-reducer.ts';

export interface ProxyTotals {
  readonly online: number;
  readonly total: number;
  readonly ready: number;
}

/** `connecting` before the first event, `live`, `stale` when nothing came for a while although there was data. */
export type Connection = 'connecting' | 'live' | 'stale';

/** Heartbeats come every 500 ms: ten missed ones are no longer jitter. */
const staleAfterMs = 5000;
const retryAfterMs = 2000;

type Listener = () => void;

/** What `Live` needs of an EventSource. */
export interface EventStream {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: { readonly data: string }) => void): void;
  close(): void;
}

export interface LiveDependencies {
  readonly open: (url: string) => EventStream;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** readyState of an EventSource that will not come back by itself. */
const closed = 2;

export class Live {
  readonly #dependencies: LiveDependencies;
  #source: EventStream | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #watch: ReturnType<typeof setInterval> | null = null;
  #level: GraphLevel = 'service';
  #listeners = new Set<Listener>();
  #changeListeners = new Set<(change: Change) => void>();
  #graph: GraphState | null = null;
  #proxies: ProxyTotals | null = null;
  #connection: Connection = 'connecting';
  /** When the last event came, of whatever kind. */
  #heardAt: number | null = null;
  #openedAt = 0;

  constructor(dependencies: LiveDependencies) {
    this.#dependencies = dependencies;
  }

  start(): void {
    if (this.#watch !== null) return;
    this.#watch = setInterval(() => this.#checkAge(), 500);
    this.#connect();
  }

  stop(): void {
    this.#close();
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#watch = null;
  }

  /** Another level is another stream; the graph stays as it is until the new snapshot replaces it. */
  setLevel(level: GraphLevel): void {
    if (level === this.#level) return;
    this.#level = level;
    if (this.#watch !== null) this.#connect();
  }

  /** Asks again at once, for a person who does not want to wait. */
  reconnect(): void {
    if (this.#watch !== null) this.#connect();
  }

  get graph(): GraphState | null {
    return this.#graph;
  }

  get proxies(): ProxyTotals | null {
    return this.#proxies;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Milliseconds since the last event; null before the first. */
  age(): number | null {
    return this.#heardAt === null ? null : this.#dependencies.now() - this.#heardAt;
  }

  /** Milliseconds this stream has been waited for. */
  waiting(): number {
    return this.#dependencies.now() - this.#openedAt;
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Every change, and again whenever its push moves on. */
  onChange = (listener: (change: Change) => void): (() => void) => {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  };

  #connect(): void {
    this.#close();
    this.#openedAt = this.#dependencies.now();
    const source = this.#dependencies.open(`/api/v1/stream?view=graph&level=${this.#level}&window=10s`);
    this.#source = source;
    source.addEventListener('snapshot', (event) => {
      const snapshot: GraphSnapshotEvent = JSON.parse(event.data);
      this.#heard();
      this.#graph = fromSnapshot(snapshot);
      this.#emit();
    });
    source.addEventListener('delta', (event) => {
      const delta: GraphDeltaEvent = JSON.parse(event.data);
      this.#heard();
      this.#take(delta);
    });
    source.addEventListener('change', (event) => {
      const change: Change = JSON.parse(event.data);
      this.#heard();
      for (const listener of this.#changeListeners) listener(change);
    });
    source.addEventListener('proxy', (event) => {
      const proxies: ProxyTotals = JSON.parse(event.data);
      this.#heard();
      this.#proxies = proxies;
      this.#emit();
    });
    source.addEventListener('error', () => {
      // The browser resumes by itself after a drop; after an HTTP error it gives up and we ask again.
      if (source.readyState === closed) this.#retryLater();
    });
  }

  #take(delta: GraphDeltaEvent): void {
    if (this.#graph === null) return;
    const next = applyDelta(this.#graph, delta);
    if (next === 'gap') {
      this.#connect();
      return;
    }
    this.#graph = next;
    this.#emit();
  }

  #heard(): void {
    this.#heardAt = this.#dependencies.now();
    this.#connection = 'live';
  }

  #checkAge(): void {
    const age = this.age();
    if (this.#connection !== 'live' || age === null || age < staleAfterMs) return;
    this.#connection = 'stale';
    this.#emit();
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => this.#connect(), retryAfterMs);
  }

  #close(): void {
    this.#source?.close();
    this.#source = null;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }

  #emit(): void {
    for (const listener of this.#listeners) listener();
  }
}
