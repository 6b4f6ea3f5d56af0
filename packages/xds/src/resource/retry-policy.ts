/** RetryPolicy <-> envoy.config.route.v3.RetryPolicy. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { RetryPolicy } from '@heddle/traffic';
import { decodeDuration, encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';

/** As Istio: another host is drawn up to five times before one that was tried is taken again. */
const avoidPreviousHosts = {
  retryHostPredicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      typedConfig: {
        '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
      },
    },
  ],
  hostSelectionRetryMaxAttempts: 5,
};
const previousPriorities = {
  name: 'envoy.retry_priorities.previous_priorities',
  typedConfig: {
    '@type':
      'type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
    updateFrequency: 2,
  },
};

export function encodeRetryPolicy(retry: RetryPolicy): JsonObject {
  return definedFields({
    retryOn: retry.retryOn.join(','),
    retriableStatusCodes: [...retry.statusCodes],
    numRetries: retry.numRetries,
    perTryTimeout: retry.perTryTimeoutMs === 0 ? undefined : encodeDuration(retry.perTryTimeoutMs),
    ...(retry.avoidPreviousHosts === false ? {} : avoidPreviousHosts),
    retryPriority: retry.remoteLocalities === true ? previousPriorities : undefined,
    // Envoy refuses a base of 0, and without `retry_back_off` takes 25 ms.
    retryBackOff:
      retry.backoffBaseMs === 0
        ? undefined
        : definedFields({
            baseInterval: encodeDuration(retry.backoffBaseMs),
            maxInterval: retry.backoffMaxMs === 0 ? undefined : encodeDuration(retry.backoffMaxMs),
          }),
  });
}

/** What goes into the route's metadata beside it. */
export function encodeRetryMetadata(retry: RetryPolicy): JsonObject {
  const unsaidMaxMs = retry.backoffBaseMs === 0 && retry.backoffMaxMs !== 0 ? retry.backoffMaxMs : undefined;
  return definedFields({ from: encodeOrigins(retry.from), backoffMaxMs: unsaidMaxMs });
}

export function decodeRetryPolicy(policy: FieldReader, metadata: FieldReader): RetryPolicy {
  const retryOn = policy.string('retryOn');
  const backoff = policy.field('retryBackOff');
  return {
    retryOn: retryOn === '' ? [] : retryOn.split(','),
    statusCodes: policy.list('retriableStatusCodes').map((code) => code.asNumber()),
    // Envoy retries once when a policy says nothing; no policy is no retry.
    numRetries: policy.isPresent ? policy.number('numRetries', 1) : 0,
    perTryTimeoutMs: decodeDuration(policy, 'perTryTimeout'),
    backoffBaseMs: decodeDuration(backoff, 'baseInterval'),
    backoffMaxMs: decodeDuration(backoff, 'maxInterval', metadata.number('backoffMaxMs')),
    ...(policy.isPresent && !policy.has('retryHostPredicate') ? { avoidPreviousHosts: false } : {}),
    ...(policy.has('retryPriority') ? { remoteLocalities: true } : {}),
    from: decodeOrigins(metadata),
  };
}
