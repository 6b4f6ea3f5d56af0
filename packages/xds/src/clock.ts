/** Time, passed in. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Runs `task` once, after `delayMs`; the returned function calls it off. */
  schedule(delayMs: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};
