import type { FactFrame, RequestShape } from '@heddle/schema';

export interface FactRingOptions {
  readonly now: () => number;
  /** Facts kept at the most. */
  readonly capacity?: number;
  readonly maxAgeMs?: number;
  /** Of what the facts look like; alike ones are kept once. */
  readonly maxShapeBytes?: number;
}

/** Requests that look alike, with how many there are and how the last of them ended. */
export interface ShapeCount {
  readonly proxyId: string;
  readonly shape: RequestShape;
  readonly count: number;
  readonly status: number;
  readonly durationMs: number;
}

interface Known {
  readonly key: string;
  readonly proxyId: string;
  readonly shape: RequestShape;
  count: number;
  status: number;
  durationMs: number;
}

/** What the ring holds, for saying how far a replay can be trusted. */
export interface RingCoverage {
  readonly facts: number;
  /** Requests that the proxies saw in the time of the facts; more than the facts where they were sampled. */
  readonly seen: number;
  readonly proxies: number;
  readonly sinceMs: number | undefined;
  /** Headers whose values were cut out. */
  readonly hidden: readonly string[];
}

/** The newest request facts, bounded by number, age and memory; the oldest go first. */
export class FactRing {
  readonly #now: () => number;
  readonly #maxAgeMs: number;
  readonly #maxShapeBytes: number;
  readonly #known = new Map<string, Known>();
  readonly #shapes: (Known | undefined)[];
  readonly #times: Float64Array;
  /** Requests that stand for this fact: itself and those that were seen beside it. */
  readonly #weights: Float64Array;
  #next = 0;
  #length = 0;
  #shapeBytes = 0;

  constructor({
    now,
    capacity = 200_000,
    maxAgeMs = 3_600_000,
    maxShapeBytes = 67_108_864,
  }: FactRingOptions) {
    this.#now = now;
    this.#maxAgeMs = maxAgeMs;
    this.#maxShapeBytes = maxShapeBytes;
    this.#shapes = Array.from({ length: capacity }, () => undefined);
    this.#times = new Float64Array(capacity);
    this.#weights = new Float64Array(capacity);
  }

  add(proxyId: string, { facts, seen }: FactFrame): void {
    const weight = Math.max(seen / Math.max(facts.length, 1), 1);
    for (const { shape, atMs, status, durationMs } of facts) {
      const key = `${proxyId} ${JSON.stringify(shape)}`;
      let known = this.#known.get(key);
      if (known === undefined) {
        known = { key, proxyId, shape, count: 0, status, durationMs };
        this.#known.set(key, known);
        this.#shapeBytes += bytesOf(key);
      }
      known.count++;
      known.status = status;
      known.durationMs = durationMs;
      if (this.#length === this.#shapes.length) this.#dropOldest();
      this.#shapes[this.#next] = known;
      // A clock that runs ahead must not keep a fact for ever.
      this.#times[this.#next] = Math.min(atMs, this.#now());
      this.#weights[this.#next] = weight;
      this.#next = (this.#next + 1) % this.#shapes.length;
      this.#length++;
    }
    this.prune();
  }

  /** Drops what is too old or too much. */
  prune(): void {
    const oldest = this.#now() - this.#maxAgeMs;
    while (
      this.#length > 0 &&
      (this.#shapeBytes > this.#maxShapeBytes || (this.#times[this.#first] ?? 0) < oldest)
    ) {
      this.#dropOldest();
    }
  }

  get #first(): number {
    return (this.#next - this.#length + this.#shapes.length) % this.#shapes.length;
  }

  #dropOldest(): void {
    const at = this.#first;
    const known = this.#shapes[at];
    this.#shapes[at] = undefined;
    this.#length--;
    if (known === undefined) return;
    known.count--;
    if (known.count > 0) return;
    this.#known.delete(known.key);
    this.#shapeBytes -= bytesOf(known.key);
  }

  /** Each look of the requests once. */
  shapes(): Iterable<ShapeCount> {
    return this.#known.values();
  }

  coverage(): RingCoverage {
    let seen = 0;
    for (let i = 0; i < this.#length; i++) {
      seen += this.#weights[(this.#first + i) % this.#shapes.length] ?? 0;
    }
    const proxies = new Set<string>();
    const hidden = new Set<string>();
    for (const { proxyId, shape } of this.#known.values()) {
      proxies.add(proxyId);
      for (const name of shape.hidden) hidden.add(name);
    }
    return {
      facts: this.#length,
      seen: Math.round(seen),
      proxies: proxies.size,
      sinceMs: this.#length === 0 ? undefined : this.#times[this.#first],
      hidden: [...hidden].toSorted(),
    };
  }
}

/** The key and the shape beside it, in the engine's strings of two bytes at the worst. */
function bytesOf(key: string): number {
  return key.length * 4;
}
