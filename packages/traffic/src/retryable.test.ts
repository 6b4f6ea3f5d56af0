import { expect, it } from 'vitest';
import type { RetryPolicy } from './ir/index.ts';
import { isRetryable } from './retryable.ts';

const policy = (...retryOn: string[]): RetryPolicy => ({
  retryOn,
  statusCodes: [418],
  numRetries: 2,
  perTryTimeoutMs: 0,
  backoffBaseMs: 25,
  backoffMaxMs: 250,
  from: [],
});
const response = (status: number, grpcStatus?: number) => ({ kind: 'response', status, grpcStatus }) as const;
const meshDefault = policy(
  'connect-failure',
  'refused-stream',
  'unavailable',
  'cancelled',
  'retriable-status-codes',
);

it("retries a refused connection by the mesh's default, not an answered 503", () => {
  expect(isRetryable(meshDefault, { kind: 'connect-failure' })).toBe(true);
  expect(isRetryable(meshDefault, { kind: 'reset' })).toBe(false);
  expect(isRetryable(meshDefault, response(503))).toBe(false);
});

it('retries gRPC UNAVAILABLE by the default', () => {
  expect(isRetryable(meshDefault, response(200, 14))).toBe(true);
  expect(isRetryable(meshDefault, response(200, 13))).toBe(false);
});

it('retries listed status codes only with retriable-status-codes', () => {
  expect(isRetryable(meshDefault, response(418))).toBe(true);
  expect(isRetryable(policy('5xx'), response(418))).toBe(false);
});

it('takes a reset as a 5xx', () => {
  expect(isRetryable(policy('5xx'), { kind: 'reset' })).toBe(true);
  expect(isRetryable(policy('5xx'), response(500))).toBe(true);
});

it('takes gateway errors as 502 to 504', () => {
  expect(isRetryable(policy('gateway-error'), response(500))).toBe(false);
  expect(isRetryable(policy('gateway-error'), response(502))).toBe(true);
});
