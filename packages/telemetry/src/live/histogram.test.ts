import { expect, it } from 'vitest';
import { bucketOf, DenseHistogram, maxBucket, mergeSparse, minBucket } from './histogram.ts';

it('puts a power of two into the bucket that ends with it', () => {
  expect(bucketOf(1)).toBe(-1);
  expect(bucketOf(1.0001)).toBe(0);
  expect(bucketOf(2)).toBe(15);
  expect(bucketOf(4)).toBe(31);
});

it('keeps values beyond its range at the ends', () => {
  expect(bucketOf(0)).toBe(minBucket);
  expect(bucketOf(-1)).toBe(minBucket);
  expect(bucketOf(Number.NaN)).toBe(minBucket);
  expect(bucketOf(1e12)).toBe(maxBucket);
});

it('reads a percentile back within 2.2 %', () => {
  const histogram = new DenseHistogram();
  for (let ms = 1; ms <= 1000; ms++) histogram.add(ms);
  for (const [share, exact] of [
    [0.5, 500],
    [0.95, 950],
    [0.99, 990],
  ] as const) {
    const read = histogram.quantile(share) ?? 0;
    expect(Math.abs(read / exact - 1)).toBeLessThan(0.0222);
  }
});

it('has no percentile without samples', () => {
  expect(new DenseHistogram().quantile(0.5)).toBeNull();
});

it('merges like one histogram of all samples', () => {
  const a = new DenseHistogram();
  const b = new DenseHistogram();
  const all = new DenseHistogram();
  for (const ms of [1, 5, 5, 80]) [a, all].forEach((h) => h.add(ms));
  for (const ms of [0.2, 5, 900]) [b, all].forEach((h) => h.add(ms));
  expect(mergeSparse(a.toSparse(), b.toSparse())).toEqual(all.toSparse());
});
