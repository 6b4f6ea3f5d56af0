/** Whole percents that always sum to 100, however they are pushed. Index 0 is the baseline: it gives and takes first. */

const whole = 100;

/** One version set to `value`; the others share what is left in the proportions they had, the baseline when they had none. */
export function setWeight(weights: readonly number[], index: number, value: number): number[] {
  if (weights.length < 2) return weights.map(() => whole);
  const wanted = clamp(Math.round(value), 0, whole);
  const others = weights.map((weight, at) => (at === index ? 0 : weight));
  const before = others.reduce((sum, weight) => sum + weight, 0);
  const heir = index === 0 ? 1 : 0;
  const parts = before === 0 ? others.map((_, at) => (at === heir ? 1 : 0)) : others;
  const shared = apportion(parts, whole - wanted);
  return shared.map((weight, at) => (at === index ? wanted : weight));
}

/**
 * The handle between `handle` and the next version dragged to `position` (0..100 along the slider). It moves weight
 * between its two neighbours only, and stops at theirs.
 */
export function moveHandle(weights: readonly number[], handle: number, position: number): number[] {
  const left = handlePosition(weights, handle - 1);
  const right = handlePosition(weights, handle + 1);
  const at = clamp(Math.round(position), left, right);
  return weights.map((weight, index) =>
    index === handle ? at - left : index === handle + 1 ? right - at : weight,
  );
}

/** Where the handle after version `index` stands; -1 is the left end of the slider. */
export function handlePosition(weights: readonly number[], index: number): number {
  return weights.slice(0, index + 1).reduce((sum, weight) => sum + weight, 0);
}

/** Whole numbers in the proportions of `parts` that sum to `total` exactly: largest remainder, the earlier on a tie. */
export function apportion(parts: readonly number[], total: number): number[] {
  const sum = parts.reduce((left, right) => left + right, 0);
  if (sum === 0) return parts.map((_, index) => (index === 0 ? total : 0));
  const exact = parts.map((part) => (part / sum) * total);
  const floors = exact.map(Math.floor);
  const missing = total - floors.reduce((left, right) => left + right, 0);
  const order = exact
    .map((value, index) => ({ index, rest: value - Math.floor(value) }))
    .toSorted((a, b) => b.rest - a.rest || a.index - b.index);
  const lucky = new Set(order.slice(0, missing).map(({ index }) => index));
  return floors.map((value, index) => value + (lucky.has(index) ? 1 : 0));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Number.isFinite(value) ? value : low));
}
