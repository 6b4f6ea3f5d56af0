import type { RetryPolicy } from './ir/index.ts';

/** How one try ended without a response that can be passed on as it is. */
export type TryOutcome =
  | { readonly kind: 'connect-failure' }
  /** The connection broke after it was established, before response headers. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'refused-stream' }
  | { readonly kind: 'per-try-timeout' }
  | { readonly kind: 'response'; readonly status: number; readonly grpcStatus: number | undefined };

const grpcTokens: Readonly<Record<string, number>> = {
  cancelled: 1,
  'deadline-exceeded': 4,
  'resource-exhausted': 8,
  internal: 13,
  unavailable: 14,
};

/**
 * Whether a policy retries such an outcome. The caller also checks the number of tries left and that the body can be sent again.
 *
 * @see Envoy router filter, x-envoy-retry-on and x-envoy-retry-grpc-on
 */
export function isRetryable(policy: RetryPolicy, outcome: TryOutcome): boolean {
  const on = (token: string) => policy.retryOn.includes(token);
  switch (outcome.kind) {
    case 'connect-failure':
      return on('connect-failure') || on('5xx') || on('gateway-error');
    case 'reset':
      return on('reset') || on('reset-before-request') || on('5xx') || on('gateway-error');
    case 'refused-stream':
      return on('refused-stream') || on('5xx') || on('gateway-error');
    case 'per-try-timeout':
      return on('5xx') || on('gateway-error') || on('deadline-exceeded');
    case 'response':
      return isRetryableStatus(policy, outcome.status) || isRetryableGrpc(policy, outcome.grpcStatus);
  }
}

function isRetryableStatus(policy: RetryPolicy, status: number): boolean {
  const on = (token: string) => policy.retryOn.includes(token);
  if (on('5xx') && status >= 500) return true;
  if (on('gateway-error') && status >= 502 && status <= 504) return true;
  if (on('retriable-4xx') && status === 409) return true;
  return on('retriable-status-codes') && policy.statusCodes.includes(status);
}

function isRetryableGrpc(policy: RetryPolicy, grpcStatus: number | undefined): boolean {
  return grpcStatus !== undefined && policy.retryOn.some((token) => grpcTokens[token] === grpcStatus);
}
