import type { Identity } from './identity.ts';

/** Longest that a timer can wait in Node. */
const maxTimerMs = 2_147_483_647;
/** A renewal that did not help is asked for again after this. */
const askAgainMs = 5_000;

/**
 * When to ask for the next certificate: half of the life, give or take a twentieth, so that proxies which started together
 * do not renew together. Past that point (clock step, long outage): in a few seconds.
 *
 * @returns milliseconds from now
 */
export function renewalDelayMs(
  identity: Pick<Identity, 'notBeforeMs' | 'notAfterMs'>,
  nowMs: number,
  random: number,
): number {
  const life = identity.notAfterMs - identity.notBeforeMs;
  const due = identity.notBeforeMs + life * (0.475 + 0.05 * random);
  return Math.min(Math.max(due - nowMs, askAgainMs * (0.5 + random)), maxTimerMs);
}
