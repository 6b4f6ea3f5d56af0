/**
 * How long to wait before trying again: doubling from `baseMs` to `capMs`, and between half and all of that at random, so
 * that proxies that lost the same server do not return in step.
 */
export class Backoff {
  readonly #baseMs: number;
  readonly #capMs: number;
  readonly #random: () => number;
  #attempts = 0;

  /** @param random  uniform in [0, 1) */
  constructor(baseMs: number, capMs: number, random: () => number) {
    this.#baseMs = baseMs;
    this.#capMs = capMs;
    this.#random = random;
  }

  nextMs(): number {
    const delayMs = Math.min(this.#capMs, this.#baseMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return delayMs * (0.5 + this.#random() / 2);
  }

  reset(): void {
    this.#attempts = 0;
  }
}
