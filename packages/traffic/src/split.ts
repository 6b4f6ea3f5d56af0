import type { PerMillion, WeightedCluster } from './ir/index.ts';

/**
 * One destination of a split, in proportion to the weights.
 *
 * @param random uniform in [0, 1)
 * @returns undefined when there is none, or when several have a total weight of 0; a lone one is taken whatever its weight
 */
export function pickWeighted(
  clusters: readonly WeightedCluster[],
  random: number,
): WeightedCluster | undefined {
  if (clusters.length <= 1) return clusters[0];
  let total = 0;
  for (const { weight } of clusters) total += weight;
  let rest = random * total;
  for (const cluster of clusters) {
    rest -= cluster.weight;
    if (rest < 0) return cluster;
  }
  return undefined;
}

/** Whether a share of requests is hit. @param random uniform in [0, 1) */
export function isInShare(share: PerMillion, random: number): boolean {
  return random * 1_000_000 < share;
}
