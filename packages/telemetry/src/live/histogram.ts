/**
 * Latency histograms: OpenTelemetry's exponential histogram at the fixed scale 4.
 *
 * Bucket `i` holds values in (2^(i/16), 2^((i+1)/16)] milliseconds, so a value read back is at most 2.2 % off. Buckets merge by
 * addition across proxies, versions and seconds; percentiles are never averaged.
 * @see OpenTelemetry metrics data model, ExponentialHistogram
 */
const bucketsPerDoubling = 16;

/** 2^-10 ms, about a microsecond: everything faster counts here. */
export const minBucket = -10 * bucketsPerDoubling;
/** 2^20 ms, about 17 minutes: everything slower counts here. */
export const maxBucket = 20 * bucketsPerDoubling - 1;
export const bucketCount = maxBucket - minBucket + 1;

export function bucketOf(ms: number): number {
  if (!(ms > 0)) return minBucket;
  const index = Math.ceil(Math.log2(ms) * bucketsPerDoubling) - 1;
  return index < minBucket ? minBucket : index > maxBucket ? maxBucket : index;
}

/** The geometric middle of a bucket, in milliseconds. */
export function bucketMiddleMs(bucket: number): number {
  return 2 ** ((bucket + 0.5) / bucketsPerDoubling);
}

/** Pairs of (bucket, count), by rising bucket: what one cell of one second keeps. */
export type SparseBuckets = Int32Array;

/** Many sparse histograms added up. Reuse one over many queries with `clear`. */
export class DenseHistogram {
  readonly #counts = new Float64Array(bucketCount);
  #n = 0;

  get n(): number {
    return this.#n;
  }

  add(ms: number): void {
    this.#addAt(bucketOf(ms), 1);
  }

  addSparse(buckets: SparseBuckets): void {
    for (let i = 0; i + 1 < buckets.length; i += 2) this.#addAt(buckets[i] ?? 0, buckets[i + 1] ?? 0);
  }

  #addAt(bucket: number, count: number): void {
    const slot = bucket - minBucket;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count;
    this.#n += count;
  }

  /**
   * The value below which a share of the samples lies.
   * @param share in [0, 1]
   * @returns null without samples
   */
  quantile(share: number): number | null {
    if (this.#n === 0) return null;
    let rest = Math.max(1, Math.ceil(share * this.#n));
    for (let slot = 0; slot < bucketCount; slot++) {
      rest -= this.#counts[slot] ?? 0;
      if (rest <= 0) return bucketMiddleMs(slot + minBucket);
    }
    return bucketMiddleMs(maxBucket);
  }

  toSparse(): SparseBuckets {
    const pairs: number[] = [];
    for (let slot = 0; slot < bucketCount; slot++) {
      const count = this.#counts[slot] ?? 0;
      if (count > 0) pairs.push(slot + minBucket, count);
    }
    return Int32Array.from(pairs);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#n = 0;
  }
}

/** The sum of two sparse histograms; both stay as they are. */
export function mergeSparse(a: SparseBuckets, b: SparseBuckets): SparseBuckets {
  const merged: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = i < a.length ? (a[i] ?? 0) : Number.POSITIVE_INFINITY;
    const right = j < b.length ? (b[j] ?? 0) : Number.POSITIVE_INFINITY;
    const bucket = Math.min(left, right);
    let count = 0;
    if (left === bucket) {
      count += a[i + 1] ?? 0;
      i += 2;
    }
    if (right === bucket) {
      count += b[j + 1] ?? 0;
      j += 2;
    }
    merged.push(bucket, count);
  }
  return Int32Array.from(merged);
}
