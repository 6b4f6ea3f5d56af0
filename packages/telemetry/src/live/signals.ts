import type { Signals } from '@heddle/schema';
import { type CellCounts, type CellKey, isError } from './cell.ts';
import { DenseHistogram } from './histogram.ts';

/** Golden signals being added up from cells. */
export class SignalsSum {
  readonly #histogram = new DenseHistogram();
  #n = 0;
  #errors = 0;
  #plaintext = 0;
  #lastEndedAtMs = 0;

  add(key: CellKey, counts: CellCounts): void {
    this.#n += counts.n;
    if (isError(key)) this.#errors += counts.n;
    if (isPlaintext(key)) this.#plaintext += counts.n;
    this.#lastEndedAtMs = Math.max(this.#lastEndedAtMs, counts.lastEndedAtMs);
    this.#histogram.addSparse(counts.buckets);
  }

  get n(): number {
    return this.#n;
  }

  /** Share of requests that did not travel in plaintext, 0 without requests. */
  get mtlsRatio(): number {
    return this.#n === 0 ? 0 : 1 - this.#plaintext / this.#n;
  }

  get lastEndedAtMs(): number {
    return this.#lastEndedAtMs;
  }

  /** @param seconds the time over which the cells were taken */
  toSignals(seconds: number): Signals {
    return {
      rps: rounded(this.#n / seconds),
      errorRatio: this.#n === 0 ? 0 : rounded(this.#errors / this.#n),
      n: this.#n,
      errors: this.#errors,
      p50Ms: roundedOrNull(this.#histogram.quantile(0.5)),
      p95Ms: roundedOrNull(this.#histogram.quantile(0.95)),
      p99Ms: roundedOrNull(this.#histogram.quantile(0.99)),
    };
  }
}

/** Sent without mTLS. What never reached an upstream (no endpoint, connection refused) was sent to nobody. */
function isPlaintext(key: CellKey): boolean {
  return !key.mtls && key.destinationWorkload !== '' && !key.flags.split(',').includes('UF');
}

/** Four significant digits: more than a histogram knows, and short on the wire. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function roundedOrNull(value: number | null): number | null {
  return value === null ? null : rounded(value);
}
