import { type Cell, type CellCounts, type CellKey } from './cell.ts';
import { mergeSparse } from './histogram.ts';
import { idOf } from './recorder.ts';

/** The recent past of one combination of labels, one entry per second in which something ended, oldest first. */
interface RollupSeries {
  readonly key: CellKey;
  readonly seconds: CellCounts[];
}

export interface RollupRingOptions {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** How far back it remembers. */
  readonly seconds?: number;
  readonly maxSeries?: number;
}

/**
 * The last 15 minutes of the mesh, by second: what the live graph, the panels and the percentiles are read from.
 *
 * Seconds without traffic cost nothing. Past `maxSeries`, new combinations are counted as route and path `other`.
 */
export class RollupRing {
  readonly #series = new Map<string, RollupSeries>();
  readonly #now: () => number;
  readonly #keepSeconds: number;
  readonly #maxSeries: number;
  #overflowed = 0;

  constructor(options: RollupRingOptions) {
    this.#now = options.now;
    this.#keepSeconds = options.seconds ?? 900;
    this.#maxSeries = options.maxSeries ?? 10_000;
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  /** Requests counted under `other` because there were too many combinations. */
  get overflowed(): number {
    return this.#overflowed;
  }

  merge(cells: readonly Cell[]): void {
    const nowSecond = Math.floor(this.#now() / 1000);
    for (const cell of cells) {
      // A proxy's clock may be off; what it says is believed within two seconds, so that live data stays live.
      const second = Math.min(Math.max(cell.counts.second, nowSecond - 2), nowSecond);
      this.#add(cell.key, { ...cell.counts, second });
    }
  }

  #add(key: CellKey, counts: CellCounts): void {
    const id = idOf(key, 0);
    let series = this.#series.get(id);
    if (series === undefined) {
      if (this.#series.size >= this.#maxSeries && key.route !== 'other') {
        this.#overflowed += counts.n;
        return this.#add({ ...key, route: 'other', path: 'other' }, counts);
      }
      series = { key, seconds: [] };
      this.#series.set(id, series);
    }
    insert(series.seconds, counts);
  }

  /** Drops what is older than the ring; call it about once a second. */
  prune(): void {
    const oldest = Math.floor(this.#now() / 1000) - this.#keepSeconds;
    for (const [id, { seconds }] of this.#series) {
      const firstKept = seconds.findIndex(({ second }) => second >= oldest);
      if (firstKept === -1) this.#series.delete(id);
      else if (firstKept > 0) seconds.splice(0, firstKept);
    }
  }

  /**
   * Visits every second-cell with `fromSecond <= second <= toSecond`, series by series.
   * @param wants decides once per series, before its seconds are read
   */
  visit(
    range: { readonly fromSecond: number; readonly toSecond: number },
    wants: (key: CellKey) => boolean,
    each: (key: CellKey, counts: CellCounts) => void,
  ): void {
    for (const { key, seconds } of this.#series.values()) {
      const last = seconds.at(-1);
      if (last === undefined || last.second < range.fromSecond || !wants(key)) continue;
      for (let i = seconds.length - 1; i >= 0; i--) {
        const counts = seconds[i];
        if (counts === undefined || counts.second < range.fromSecond) break;
        if (counts.second <= range.toSecond) each(key, counts);
      }
    }
  }
}

function insert(seconds: CellCounts[], counts: CellCounts): void {
  let at = seconds.length;
  while (at > 0 && (seconds[at - 1]?.second ?? 0) > counts.second) at--;
  const same = seconds[at - 1];
  if (same?.second === counts.second) seconds[at - 1] = added(same, counts);
  else seconds.splice(at, 0, counts);
}

function added(a: CellCounts, b: CellCounts): CellCounts {
  return {
    second: a.second,
    n: a.n + b.n,
    sumMs: a.sumMs + b.sumMs,
    requestBytes: a.requestBytes + b.requestBytes,
    responseBytes: a.responseBytes + b.responseBytes,
    lastEndedAtMs: Math.max(a.lastEndedAtMs, b.lastEndedAtMs),
    buckets: mergeSparse(a.buckets, b.buckets),
  };
}
