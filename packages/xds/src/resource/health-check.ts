/** HealthCheck <-> envoy.config.core.v3.HealthCheck. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { HealthCheck } from '@heddle/traffic';
import { decodeDuration, encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { definedFields } from './metadata.ts';

type Probe = HealthCheck['probe'];

/** Those that HTTP names; Envoy's enumeration has no others. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] as const;

export function encodeHealthCheck(check: HealthCheck): JsonObject {
  return definedFields({
    timeout: encodeDuration(check.timeoutMs),
    interval: encodeDuration(check.intervalMs),
    initialJitter: check.initialJitterMs === 0 ? undefined : encodeDuration(check.initialJitterMs),
    unhealthyThreshold: check.unhealthyThreshold,
    healthyThreshold: check.healthyThreshold,
    ...encodeProbe(check.probe),
  });
}

export function decodeHealthCheck(cluster: FieldReader): { healthCheck?: HealthCheck } {
  const [check] = cluster.list('healthChecks');
  if (check === undefined) return {};
  return {
    healthCheck: {
      intervalMs: decodeDuration(check, 'interval'),
      timeoutMs: decodeDuration(check, 'timeout'),
      initialJitterMs: decodeDuration(check, 'initialJitter'),
      unhealthyThreshold: check.number('unhealthyThreshold'),
      healthyThreshold: check.number('healthyThreshold'),
      probe: decodeProbe(check),
    },
  };
}

function encodeProbe(probe: Probe): JsonObject {
  switch (probe.kind) {
    case 'http':
      return {
        httpHealthCheck: definedFields({
          host: probe.host,
          path: probe.path,
          method: probe.method,
          expectedStatuses: probe.expectedStatuses.map(encodeStatus),
          retriableStatuses: probe.retriableStatuses.map(encodeStatus),
          send: probe.send === '' ? undefined : { text: probe.send },
          receive: probe.receive === '' ? undefined : [{ text: probe.receive }],
        }),
      };
    case 'tcp':
      return {
        tcpHealthCheck: definedFields({
          send: probe.send === '' ? undefined : { text: probe.send },
          receive: probe.receive === '' ? undefined : [{ text: probe.receive }],
        }),
      };
    case 'grpc':
      return { grpcHealthCheck: { serviceName: probe.service } };
  }
}

function decodeProbe(check: FieldReader): Probe {
  if (check.has('httpHealthCheck')) {
    const http = check.field('httpHealthCheck');
    return {
      kind: 'http',
      host: http.string('host'),
      path: http.string('path'),
      method: http.oneOf('method', methods, 'GET'),
      expectedStatuses: decodeStatuses(http, 'expectedStatuses'),
      retriableStatuses: decodeStatuses(http, 'retriableStatuses'),
      ...decodePayloads(http),
    };
  }
  if (check.has('tcpHealthCheck')) return { kind: 'tcp', ...decodePayloads(check.field('tcpHealthCheck')) };
  if (check.has('grpcHealthCheck')) {
    return { kind: 'grpc', service: check.field('grpcHealthCheck').string('serviceName') };
  }
  return check.fail('expected httpHealthCheck, tcpHealthCheck or grpcHealthCheck');
}

function decodePayloads(probe: FieldReader): { send: string; receive: string } {
  const [receive] = probe.list('receive');
  return { send: probe.field('send').string('text'), receive: receive?.string('text') ?? '' };
}

/** Envoy's ranges leave out their end. */
function encodeStatus(status: number): JsonObject {
  return { start: String(status), end: String(status + 1) };
}

function decodeStatuses(probe: FieldReader, name: string): number[] {
  return probe.list(name).flatMap((range) => {
    const start = range.unsigned('start') ?? 0;
    const end = Math.min(range.unsigned('end') ?? 0, 600);
    return Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
  });
}
