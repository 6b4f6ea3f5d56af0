export interface DebounceTimers {
  readonly now: () => number;
  readonly setTimeout: (run: () => void, ms: number) => { clear(): void };
}

const firstWindowMs = 20;
const longestWindowMs = 1000;

/**
 * Runs at once for the first trigger after quiet, then gathers: at most one run per window, the window doubling from 20 ms to 1 s
 * while triggers keep coming.
 */
export class LeadingDebounce {
  readonly #run: () => void;
  readonly #timers: DebounceTimers;
  #windowMs = firstWindowMs;
  #quietAfter = Number.NEGATIVE_INFINITY;
  #pending: { clear(): void } | undefined;

  constructor(run: () => void, timers: DebounceTimers) {
    this.#run = run;
    this.#timers = timers;
  }

  trigger(): void {
    if (this.#pending !== undefined) return;
    const wait = this.#quietAfter - this.#timers.now();
    if (wait <= 0) {
      this.#windowMs = firstWindowMs;
      this.#fire();
      return;
    }
    this.#pending = this.#timers.setTimeout(() => {
      this.#pending = undefined;
      this.#windowMs = Math.min(this.#windowMs * 2, longestWindowMs);
      this.#fire();
    }, wait);
  }

  #fire(): void {
    this.#quietAfter = this.#timers.now() + this.#windowMs;
    this.#run();
  }

  close(): void {
    this.#pending?.clear();
    this.#pending = undefined;
  }
}
