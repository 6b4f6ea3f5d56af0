import type { HttpRetry } from '@heddle/schema';
import { durationFindings } from './durations.ts';
import { type RuleFinding, schemaError } from './rule.ts';

/** Envoy's conditions, of HTTP and of gRPC. */
const conditions: ReadonlySet<string> = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
]);

/** Status codes that are registered (RFC 9110 §15 and its registry). */
function isStatus(code: string): boolean {
  return /^(?:10[0-3]|20[0-8]|226|30[0-57-8]|40\d|41[0-8]|42[1-689]|431|451|50[0-8]|51[01])$/.test(code);
}

/** Retries are on or off, and tried on conditions that Envoy knows (IST0106). */
export function* retryFindings(path: string, retries: HttpRetry | undefined): Iterable<RuleFinding> {
  if (retries === undefined) return;
  if ((retries.attempts ?? 0) === 0) {
    for (const field of ['perTryTimeout', 'retryOn', 'retryRemoteLocalities'] as const) {
      if (retries[field] === undefined || retries[field] === '') continue;
      yield schemaError(
        `${path}.${field}`,
        `attempts is 0 (retries are off), so ${field} has no meaning; set attempts`,
      );
      break;
    }
  }
  yield* durationFindings(`${path}.perTryTimeout`, retries.perTryTimeout);
  yield* durationFindings(`${path}.backoff`, retries.backoff);
  const { retryOn = '' } = retries;
  if (retryOn === '') return;
  for (const condition of retryOn.split(',')) {
    if (conditions.has(condition) || isStatus(condition)) continue;
    yield schemaError(
      `${path}.retryOn`,
      `"${condition}" is not a condition of retries; write them as 5xx,reset,503, without spaces`,
    );
    // Every part of a long wrong text would be a finding of its own.
    break;
  }
}
