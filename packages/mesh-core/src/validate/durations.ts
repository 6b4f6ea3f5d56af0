import { durationMs } from '../world/duration.ts';
import { errorIf, type RuleFinding } from './rule.ts';

/** What Go's time.Duration, and with it Istio, can hold: 2^63 - 1 nanoseconds. */
const longestMs = 9_223_372_036_854;

/**
 * What is wrong with a duration that has an effect; undefined when it is right.
 * @param grain the finest step it is taken in: `ms`, `s` (max-age of a CORS answer), or any
 */
export function durationError(
  text: string | undefined,
  grain: 'ms' | 's' | 'any' = 'ms',
): string | undefined {
  if (text === undefined) return undefined;
  const ms = durationMs(text);
  if (ms === undefined || Math.abs(ms) > longestMs)
    return `"${text}" is not a duration; write 250ms, 10s or 1h30m`;
  // In nanoseconds, so that 0.1 is not a question of floating point.
  const ns = Math.round(ms * 1e6);
  if (ns < 1e6) return `"${text}" is too short; expected at least 1ms`;
  if (grain !== 'any' && ns % 1e6 !== 0) return `"${text}" is finer than a millisecond; round it to one`;
  return grain === 's' && ns % 1e9 !== 0 ? `"${text}" is finer than a second; round it to one` : undefined;
}

export function durationFindings(
  path: string,
  text: string | undefined,
  grain: 'ms' | 's' | 'any' = 'ms',
): Iterable<RuleFinding> {
  return errorIf(path, durationError(text, grain));
}
