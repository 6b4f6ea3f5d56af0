/** Time, dice and log of one proxy, passed in so that tests can script them. */
export interface Runtime {
  /** Unix milliseconds. */
  now(): number;
  /** Milliseconds of a clock that never steps back, with fractions. */
  monotonic(): number;
  /** Uniform in [0, 1): every share, split and jitter is decided by it. */
  random(): number;
  log(level: 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The machine's clock and dice; JSON lines on stderr. */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  log: (level, message, fields) => {
    process.stderr.write(
      `${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`,
    );
  },
};
