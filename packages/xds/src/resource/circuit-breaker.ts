/** CircuitBreaker and OutlierDetection <-> `circuit_breakers` and `outlier_detection` of a cluster. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { CircuitBreaker, OutlierDetection } from '@heddle/traffic';
import { decodeDuration, encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { definedFields } from './metadata.ts';

export function encodeCircuitBreaker({
  retryBudget,
  maxConnectionsPerEndpoint,
  ...limits
}: CircuitBreaker): JsonObject {
  const budget = retryBudget && {
    budgetPercent: { value: retryBudget.percent },
    minRetryConcurrency: retryBudget.minConcurrency,
  };
  return definedFields({
    thresholds: [definedFields({ ...limits, retryBudget: budget })],
    perHostThresholds:
      maxConnectionsPerEndpoint === undefined ? undefined : [{ maxConnections: maxConnectionsPerEndpoint }],
  });
}

export function decodeCircuitBreaker(cluster: FieldReader): { circuitBreaker?: CircuitBreaker } {
  const [limits] = cluster.field('circuitBreakers').list('thresholds');
  if (limits === undefined) return {};
  const budget = limits.field('retryBudget');
  const [ofEndpoint] = cluster.field('circuitBreakers').list('perHostThresholds');
  return {
    circuitBreaker: {
      // Envoy's defaults.
      maxConnections: limits.number('maxConnections', 1024),
      maxPendingRequests: limits.number('maxPendingRequests', 1024),
      maxRequests: limits.number('maxRequests', 1024),
      maxRetries: limits.number('maxRetries', 3),
      ...(budget.isPresent
        ? {
            retryBudget: {
              percent: budget.has('budgetPercent') ? budget.field('budgetPercent').number('value') : 20,
              minConcurrency: budget.number('minRetryConcurrency', 3),
            },
          }
        : {}),
      ...(ofEndpoint === undefined ? {} : { maxConnectionsPerEndpoint: ofEndpoint.number('maxConnections') }),
    },
  };
}

/** An enforcing share of 0 turns a count off; Envoy's own count of 0 would eject at once. */
function counted(name: string, enforcing: string, count: number): JsonObject {
  return count === 0 ? { [enforcing]: 0 } : { [name]: count, [enforcing]: 100 };
}

export function encodeOutlierDetection(detection: OutlierDetection): JsonObject {
  return {
    ...counted('consecutive5xx', 'enforcingConsecutive5xx', detection.consecutive5xx),
    ...counted(
      'consecutiveGatewayFailure',
      'enforcingConsecutiveGatewayFailure',
      detection.consecutiveGatewayFailure,
    ),
    ...counted(
      'consecutiveLocalOriginFailure',
      'enforcingConsecutiveLocalOriginFailure',
      detection.consecutiveLocalOriginFailure,
    ),
    splitExternalLocalOriginErrors: detection.splitLocalOrigin,
    interval: encodeDuration(detection.intervalMs),
    baseEjectionTime: encodeDuration(detection.baseEjectionMs),
    maxEjectionPercent: detection.maxEjectionPercent,
    // By success rate nobody is ejected, as under Istio.
    enforcingSuccessRate: 0,
    enforcingLocalOriginSuccessRate: 0,
    ...(detection.failurePercentageThreshold === undefined
      ? {}
      : {
          failurePercentageThreshold: detection.failurePercentageThreshold,
          enforcingFailurePercentage: 100,
        }),
    ...(detection.alwaysEjectsOne === undefined ? {} : { alwaysEjectOneHost: detection.alwaysEjectsOne }),
  };
}

export function decodeOutlierDetection(cluster: FieldReader): { outlierDetection?: OutlierDetection } {
  const detection = cluster.field('outlierDetection');
  if (!detection.isPresent) return {};
  const count = (name: string, enforcing: string, absent: number) =>
    detection.number(enforcing, absent === 0 ? 0 : 100) === 0 ? 0 : detection.number(name, 5);
  const panic = cluster.field('commonLbConfig').field('healthyPanicThreshold');
  return {
    outlierDetection: {
      consecutive5xx: count('consecutive5xx', 'enforcingConsecutive5xx', 5),
      consecutiveGatewayFailure: count('consecutiveGatewayFailure', 'enforcingConsecutiveGatewayFailure', 0),
      consecutiveLocalOriginFailure: count(
        'consecutiveLocalOriginFailure',
        'enforcingConsecutiveLocalOriginFailure',
        5,
      ),
      splitLocalOrigin: detection.boolean('splitExternalLocalOriginErrors'),
      intervalMs: decodeDuration(detection, 'interval', 10_000),
      baseEjectionMs: decodeDuration(detection, 'baseEjectionTime', 30_000),
      maxEjectionPercent: detection.number('maxEjectionPercent', 10),
      minHealthPercent: panic.isPresent ? panic.number('value') : 50,
      ...(detection.number('enforcingFailurePercentage') > 0
        ? { failurePercentageThreshold: detection.number('failurePercentageThreshold', 85) }
        : {}),
      ...(detection.has('alwaysEjectOneHost')
        ? { alwaysEjectsOne: detection.boolean('alwaysEjectOneHost') }
        : {}),
    },
  };
}
