import type { Cell, CellKey } from './cell.ts';
import { encodeFrame } from './frame.ts';
import { DenseHistogram } from './histogram.ts';

/** One finished request. */
export interface Sample {
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Unix milliseconds. */
  readonly endedAtMs: number;
}

interface OpenCell {
  readonly key: CellKey;
  readonly second: number;
  readonly histogram: DenseHistogram;
  n: number;
  sumMs: number;
  requestBytes: number;
  responseBytes: number;
  lastEndedAtMs: number;
}

const defaultMaxCells = 2000;

/**
 * A proxy's side of the live path: counts requests into cells and hands them over as frames.
 *
 * Memory is bounded: past `maxCells` open cells, new combinations are counted with route and path `other`.
 */
export class CellRecorder {
  readonly #cells = new Map<string, OpenCell>();
  readonly #maxCells: number;

  constructor(maxCells: number = defaultMaxCells) {
    this.#maxCells = maxCells;
  }

  record(key: CellKey, sample: Sample): void {
    const second = Math.floor(sample.endedAtMs / 1000);
    const cell = this.#cell(key, second);
    cell.n += 1;
    cell.sumMs += sample.durationMs;
    cell.requestBytes += sample.requestBytes;
    cell.responseBytes += sample.responseBytes;
    cell.lastEndedAtMs = Math.max(cell.lastEndedAtMs, sample.endedAtMs);
    cell.histogram.add(sample.durationMs);
  }

  #cell(key: CellKey, second: number): OpenCell {
    const id = idOf(key, second);
    const open = this.#cells.get(id);
    if (open !== undefined) return open;
    if (this.#cells.size >= this.#maxCells && key.route !== 'other') {
      return this.#cell({ ...key, route: 'other', path: 'other' }, second);
    }
    const cell: OpenCell = {
      key,
      second,
      histogram: new DenseHistogram(),
      n: 0,
      sumMs: 0,
      requestBytes: 0,
      responseBytes: 0,
      lastEndedAtMs: 0,
    };
    this.#cells.set(id, cell);
    return cell;
  }

  /**
   * Hands everything counted so far to `send` as one frame; without news it is not called.
   *
   * @param send false: it could not be taken, and everything is kept for the next time
   */
  flush(send: (frame: Uint8Array) => boolean): void {
    if (this.#cells.size === 0) return;
    const cells = Array.from(this.#cells.values(), closed);
    if (send(encodeFrame(cells))) this.#cells.clear();
  }
}

function closed(cell: OpenCell): Cell {
  const { key, second, n, sumMs, requestBytes, responseBytes, lastEndedAtMs } = cell;
  return {
    key,
    counts: {
      second,
      n,
      sumMs,
      requestBytes,
      responseBytes,
      lastEndedAtMs,
      buckets: cell.histogram.toSparse(),
    },
  };
}

/** All of a key in one string, for maps. The separator cannot occur in names, paths or ids. */
export function idOf(key: CellKey, second: number): string {
  return [
    second,
    key.reporter,
    key.sourceNamespace,
    key.sourceWorkload,
    key.sourceVersion,
    key.sourceId,
    key.destinationNamespace,
    key.destinationService,
    key.destinationWorkload,
    key.destinationVersion,
    key.destinationId,
    key.route,
    key.method,
    key.path,
    key.protocol,
    key.status,
    key.flags,
    key.mtls,
  ].join('\n');
}
