/** A sliding window that ends now; the current second is partial and counts with the part that has passed. */
export interface Window {
  readonly fromSecond: number;
  readonly toSecond: number;
  /** The time it really covers: the divisor of rates. */
  readonly seconds: number;
  readonly windowMs: number;
}

export function windowEndingAt(nowMs: number, windowMs: number): Window {
  const toSecond = Math.floor(nowMs / 1000);
  const whole = Math.max(1, Math.round(windowMs / 1000)) - 1;
  const fromSecond = toSecond - whole;
  return { fromSecond, toSecond, seconds: Math.max(0.25, nowMs / 1000 - fromSecond), windowMs };
}
