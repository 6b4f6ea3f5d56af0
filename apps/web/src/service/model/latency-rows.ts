import type { VersionDetail } from '@heddle/schema';

/** One group of bars: a percentile, and its milliseconds by version; a version without requests has no bar. */
export type LatencyRow = { readonly percentile: string } & Readonly<Record<string, string | number>>;

const percentiles = [
  ['p50', 'p50Ms'],
  ['p95', 'p95Ms'],
  ['p99', 'p99Ms'],
] as const;

export function latencyRows(versions: readonly VersionDetail[]): LatencyRow[] {
  return percentiles.map(([percentile, field]) => ({
    percentile,
    ...Object.fromEntries(
      versions.flatMap((version) => {
        const ms = version[field];
        return ms === null ? [] : [[version.version, ms] as const];
      }),
    ),
  }));
}
