/**
 * Shares of a whole in percent, in hundredths that sum to 100: what rounding leaves over goes to those that it cut most.
 *
 * @param weights not all 0, unless there is a single one, which has everything
 */
export function percentsOf(weights: readonly number[]): number[] {
  if (weights.length === 1) return [100];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const exact = weights.map((weight) => (weight / total) * 10_000);
  const hundredths = exact.map(Math.floor);
  const left = 10_000 - hundredths.reduce((sum, one) => sum + one, 0);
  const cutMost = exact
    .map((one, i) => [i, one - Math.floor(one)] as const)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, left);
  for (const [i] of cutMost) hundredths[i] = (hundredths[i] ?? 0) + 1;
  return hundredths.map((one) => one / 100);
}
