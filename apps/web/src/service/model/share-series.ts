/** Shares over time, from the rates of the versions. */
import type { VersionDetail } from '@heddle/schema';

export interface ShareSeries {
  /** Unix seconds, oldest first. */
  readonly at: readonly number[];
  /** By version, percent of all requests of the smoothing span; null where there were none. */
  readonly shares: readonly (readonly (number | null)[])[];
}

/** Smoothed over `span` points that lie behind: a share of 20 requests a second jumps too much to be read. */
export function shareSeries(versions: readonly VersionDetail[], span: number): ShareSeries {
  const first = versions[0]?.series;
  if (first === undefined) return { at: [], shares: [] };
  const at = first.rps.map((_, index) => (first.fromMs + index * first.stepMs) / 1000);
  const sums = versions.map((version) => trailingSums(version.series.rps, span));
  const totals = at.map((_, index) => sums.reduce((sum, series) => sum + (series[index] ?? 0), 0));
  return {
    at,
    shares: sums.map((series) =>
      series.map((value, index) =>
        (totals[index] ?? 0) === 0 ? null : (100 * value) / (totals[index] ?? 1),
      ),
    ),
  };
}

function trailingSums(values: readonly number[], span: number): number[] {
  return values.map((_, index) =>
    values.slice(Math.max(0, index - span + 1), index + 1).reduce((sum, value) => sum + value, 0),
  );
}
