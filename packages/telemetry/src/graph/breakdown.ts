/** The parts of an edge or a service: routes by damage, reasons of failure, a series by second, the observed split. */
import type { FailureReason, GraphLevel, ObservedSplit, RouteRow, Series } from '@heddle/schema';
import { type CellCounts, type CellKey, isError } from '../live/cell.ts';
import { DenseHistogram } from '../live/histogram.ts';
import { failingRatio } from '../live/health.ts';
import type { RollupRing } from '../live/ring.ts';
import { rounded, SignalsSum } from '../live/signals.ts';
import { type Window, windowEndingAt } from '../live/window.ts';
import { drawsEdge, reportingSourcesOf, toShares } from './graph.ts';
import { nodeIdOf, sourceOf, targetOf } from './parties.ts';
import { type Topology, TopologyIndex } from './topology.ts';

/** Which requests are meant. Each part that is given must agree. */
export interface Selection {
  readonly level: GraphLevel;
  readonly source?: string;
  readonly target?: string;
  readonly version?: string;
}

type Visit = (each: (key: CellKey, counts: CellCounts) => void) => void;

/** The cells of a selection, bound to a ring, a topology and a window. */
export class Breakdown {
  readonly #ring: RollupRing;
  readonly #index: TopologyIndex;
  readonly #selection: Selection;
  readonly #nowMs: number;

  constructor(ring: RollupRing, topology: Topology, selection: Selection, nowMs: number) {
    this.#ring = ring;
    this.#index = new TopologyIndex(topology);
    this.#selection = selection;
    this.#nowMs = nowMs;
  }

  #visit(window: Pick<Window, 'fromSecond' | 'toSecond'>): Visit {
    const { level, source, target, version } = this.#selection;
    const sources = reportingSourcesOf(this.#ring, windowEndingAt(this.#nowMs, 900_000));
    const wants = (key: CellKey) => {
      if (!drawsEdge(key, sources)) return false;
      const to = targetOf(key, this.#index);
      return (
        (source === undefined || nodeIdOf(sourceOf(key, this.#index), level) === source) &&
        (target === undefined || nodeIdOf(to, level) === target) &&
        (version === undefined || to.version === version)
      );
    };
    return (each) => this.#ring.visit(window, wants, each);
  }

  /** Sorted by failed requests per second, then by rate. */
  routes(windowMs: number): RouteRow[] {
    const window = windowEndingAt(this.#nowMs, windowMs);
    const rows = new Map<string, RouteSum>();
    this.#visit(window)((key, counts) => {
      const to = targetOf(key, this.#index);
      const id = `${key.method} ${key.path}\n${key.route}`;
      let row = rows.get(id);
      if (row === undefined) {
        row = { key, sum: new SignalsSum(), versions: new Map(), party: to };
        rows.set(id, row);
      }
      row.sum.add(key, counts);
      let part = row.versions.get(to.version);
      if (part === undefined) {
        part = { version: to.version, workload: to.workload, sum: new SignalsSum() };
        row.versions.set(to.version, part);
      }
      part.sum.add(key, counts);
    });
    return [...rows.values()]
      .map(({ key, sum, versions, party }) => {
        const signals = sum.toSignals(window.seconds);
        return {
          route: key.route,
          method: key.method,
          path: key.path,
          ...signals,
          damage: rounded(signals.errors / window.seconds),
          versions: toShares(versions, sum.n, party, this.#index, window),
        };
      })
      .toSorted((a, b) => b.damage - a.damage || b.rps - a.rps);
  }

  /** Why requests failed, most frequent first. */
  failures(windowMs: number): FailureReason[] {
    const window = windowEndingAt(this.#nowMs, windowMs);
    const reasons = new Map<string, { key: CellKey; version: string; n: number }>();
    this.#visit(window)((key, counts) => {
      if (!isError(key)) return;
      const { version } = targetOf(key, this.#index);
      const id = `${key.flags}\n${key.status}\n${version}`;
      const reason = reasons.get(id) ?? { key, version, n: 0 };
      reason.n += counts.n;
      reasons.set(id, reason);
    });
    return [...reasons.values()]
      .map(({ key, version, n }) => ({
        flag: key.flags || String(key.status),
        status: key.status,
        words: failureWords(key, version),
        ...(version === '' ? {} : { version }),
        n,
        perSecond: rounded(n / window.seconds),
      }))
      .toSorted((a, b) => b.n - a.n);
  }

  /** One point per second; the last one is the last full second. */
  series(windowMs: number): Series {
    const toSecond = Math.floor(this.#nowMs / 1000) - 1;
    const fromSecond = toSecond - Math.max(1, Math.round(windowMs / 1000)) + 1;
    const points = this.#perSecond(fromSecond, toSecond);
    const scratch = new DenseHistogram();
    const percentiles = points.map(({ cells }) => {
      scratch.clear();
      for (const { buckets } of cells) scratch.addSparse(buckets);
      return [0.5, 0.95, 0.99].map((share) => {
        const ms = scratch.quantile(share);
        return ms === null ? null : rounded(ms);
      });
    });
    return {
      fromMs: fromSecond * 1000,
      stepMs: 1000,
      rps: points.map(({ n }) => n),
      errorsPerSecond: points.map(({ errors }) => errors),
      p50Ms: percentiles.map((point) => point[0] ?? null),
      p95Ms: percentiles.map((point) => point[1] ?? null),
      p99Ms: percentiles.map((point) => point[2] ?? null),
    };
  }

  #perSecond(fromSecond: number, toSecond: number): SecondSum[] {
    const points = Array.from({ length: toSecond - fromSecond + 1 }, (): SecondSum => ({
      n: 0,
      errors: 0,
      cells: [],
    }));
    this.#visit({ fromSecond, toSecond })((key, counts) => {
      const point = points[counts.second - fromSecond];
      if (point === undefined) return;
      point.n += counts.n;
      if (isError(key)) point.errors += counts.n;
      point.cells.push(counts);
    });
    return points;
  }

  /**
   * Since when it fails without a pause of more than 10 s.
   * @returns unix milliseconds, or null when the last 10 s are well
   */
  failingSince(): number | null {
    const toSecond = Math.floor(this.#nowMs / 1000);
    const points = this.#perSecond(toSecond - 899, toSecond);
    let since: number | null = null;
    let quiet = 0;
    for (let back = 0; back < points.length && quiet < 10; back++) {
      const { n, errors } = points[points.length - 1 - back] ?? { n: 0, errors: 0 };
      if (n > 0 && errors / n >= failingRatio) {
        since = (toSecond - back) * 1000;
        quiet = 0;
      } else {
        quiet++;
      }
    }
    return since;
  }

  /** Requests by version of the target, from the second that follows `sinceMs`. */
  observedSplit(sinceMs: number): Pick<ObservedSplit, 'n' | 'parts'> {
    const counts = new Map<string, number>();
    let n = 0;
    const range = { fromSecond: Math.ceil(sinceMs / 1000), toSecond: Math.floor(this.#nowMs / 1000) };
    this.#visit(range)((key, cell) => {
      const { version } = targetOf(key, this.#index);
      counts.set(version, (counts.get(version) ?? 0) + cell.n);
      n += cell.n;
    });
    return {
      n,
      parts: [...counts]
        .map(([version, part]) => ({ version, n: part, share: rounded(part / n) }))
        .toSorted((a, b) => (a.version < b.version ? -1 : 1)),
    };
  }
}

interface SecondSum {
  n: number;
  errors: number;
  readonly cells: CellCounts[];
}

interface RouteSum {
  readonly key: CellKey;
  readonly sum: SignalsSum;
  readonly party: { namespace: string; service: string };
  readonly versions: Map<string, { version: string; workload: string; sum: SignalsSum }>;
}

/** Envoy's response flags in words. */
const flagWords: Readonly<Record<string, string>> = {
  UH: 'had no healthy instance',
  UF: 'refused the connection',
  UO: 'was overloaded: a circuit breaker opened',
  UC: 'closed the connection midway',
  UR: 'reset the request',
  URX: 'kept failing until the retries ran out',
  UT: 'did not answer in time',
  NR: 'has no route for the request',
  NC: 'is routed to a destination that does not exist',
  DC: 'lost its caller before it answered',
  DI: 'was delayed by fault injection',
  FI: 'was aborted by fault injection',
  RL: 'was rate limited',
  UAEX: 'was denied by external authorization',
};

function failureWords({ flags, status }: CellKey, version: string): string {
  const subject = version === '' ? 'it' : version;
  const known = flags
    .split(',')
    .map((flag) => flagWords[flag])
    .filter((words) => words !== undefined);
  return `${subject} ${known.length > 0 ? known.join(', ') : `answered ${status}`}`;
}
