/** healthCheck of a BackendTrafficPolicy: endpoints are asked (active), or judged by how they answer (passive). */
import type { BackendTrafficPolicySpec } from '@heddle/schema';
import type { Cluster, HealthCheck, OutlierDetection } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';

type Settings = NonNullable<BackendTrafficPolicySpec['healthCheck']>;
type Active = NonNullable<Settings['active']>;
type Payload = NonNullable<NonNullable<Active['http']>['requestBody']>;

/** Envoy's. */
const panicPercent = 50;

export function healthSettings({
  active,
  passive,
  panicThreshold,
}: Settings): Pick<Cluster, 'healthCheck' | 'outlierDetection' | 'panicThresholdPercent'> {
  return {
    ...(active === undefined ? {} : { healthCheck: healthCheckOf(active) }),
    ...(passive === undefined ? {} : { outlierDetection: outlierDetectionOf(passive, panicThreshold) }),
    ...(passive === undefined && panicThreshold !== undefined
      ? { panicThresholdPercent: panicThreshold }
      : {}),
  };
}

function healthCheckOf(active: Active): HealthCheck {
  return {
    intervalMs: durationMs(active.interval ?? '3s') ?? 3000,
    timeoutMs: durationMs(active.timeout ?? '1s') ?? 1000,
    initialJitterMs: durationMs(active.initialJitter ?? '0s') ?? 0,
    unhealthyThreshold: active.unhealthyThreshold ?? 3,
    healthyThreshold: active.healthyThreshold ?? 1,
    probe: probeOf(active),
  };
}

function probeOf({ type, http, tcp, grpc }: Active): HealthCheck['probe'] {
  switch (type) {
    case 'HTTP':
      return {
        kind: 'http',
        host: http?.hostname ?? '',
        path: http?.path ?? '/',
        method: (http?.method ?? 'GET').toUpperCase(),
        expectedStatuses: sorted(http?.expectedStatuses ?? [200]),
        retriableStatuses: sorted(http?.retriableStatuses ?? []),
        send: hexOf(http?.requestBody),
        receive: hexOf(http?.expectedResponse),
      };
    case 'TCP':
      return { kind: 'tcp', send: hexOf(tcp?.send), receive: hexOf(tcp?.receive) };
    case 'GRPC':
      return { kind: 'grpc', service: grpc?.service ?? '' };
  }
}

function sorted(statuses: readonly number[]): number[] {
  return [...new Set(statuses)].toSorted((a, b) => a - b);
}

/** Text as it is, or bytes in base64. */
function hexOf(payload: Payload | undefined): string {
  if (payload === undefined) return '';
  const bytes =
    payload.type === 'Text'
      ? new TextEncoder().encode(payload.text ?? '')
      : Uint8Array.from(atob(payload.binary ?? ''), (char) => char.charCodeAt(0));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function outlierDetectionOf(
  passive: NonNullable<Settings['passive']>,
  panicThreshold: number | undefined,
): OutlierDetection {
  const splitLocalOrigin = passive.splitExternalLocalOriginErrors ?? false;
  const { failurePercentageThreshold, alwaysEjectOneEndpoint } = passive;
  return {
    consecutive5xx: passive.consecutive5XxErrors ?? 5,
    consecutiveGatewayFailure: passive.consecutiveGatewayErrors ?? 0,
    consecutiveLocalOriginFailure: splitLocalOrigin ? (passive.consecutiveLocalOriginFailures ?? 5) : 0,
    splitLocalOrigin,
    intervalMs: durationMs(passive.interval ?? '3s') ?? 3000,
    baseEjectionMs: durationMs(passive.baseEjectionTime ?? '30s') ?? 30_000,
    maxEjectionPercent: passive.maxEjectionPercent ?? 10,
    minHealthPercent: panicThreshold ?? panicPercent,
    ...(failurePercentageThreshold === undefined ? {} : { failurePercentageThreshold }),
    ...(alwaysEjectOneEndpoint === undefined ? {} : { alwaysEjectsOne: alwaysEjectOneEndpoint }),
  };
}
