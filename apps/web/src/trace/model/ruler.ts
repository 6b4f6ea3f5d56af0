/** Round marks along a stretch of time: 1, 2 or 5 times a power of ten apart, about `wanted` of them. */
export function ticks(durationMs: number, wanted: number): number[] {
  const rough = durationMs / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power;
  const count = Math.floor(durationMs / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}
