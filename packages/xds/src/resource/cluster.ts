/** Cluster <-> envoy.config.cluster.v3.Cluster, the resource of CDS. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Cluster, ServiceRef } from '@heddle/traffic';
import {
  decodeCircuitBreaker,
  decodeOutlierDetection,
  encodeCircuitBreaker,
  encodeOutlierDetection,
} from './circuit-breaker.ts';
import { decodeDiscovery, encodeDiscovery } from './cluster-discovery.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeHealthCheck, encodeHealthCheck } from './health-check.ts';
import { decodeBalancing, encodeBalancing, encodeBalancingMetadata } from './load-balancer.ts';
import { decodeOrigins, definedFields, encodeMetadata, encodeOrigins, heddleMetadata } from './metadata.ts';
import { decodeOriginatedTls, encodeOriginatedTls, encodeOriginatedTlsMetadata } from './originated-tls.ts';
import { decodeConnections, encodeConnections, encodeConnectionsMetadata } from './upstream-connections.ts';
import { decodeUpstreamTls, encodeUpstreamTls } from './upstream-tls.ts';

/** @throws RangeError when endpoints are given to a cluster whose discovery brings its own */
export function encodeCluster(cluster: Cluster): JsonObject {
  const { tls, outlierDetection, connections } = cluster;
  const panicThreshold = outlierDetection?.minHealthPercent ?? cluster.panicThresholdPercent;
  const leaves = tls !== undefined && tls.mode !== 'ISTIO_MUTUAL' ? tls : undefined;
  return definedFields({
    name: cluster.name,
    ...encodeDiscovery(cluster),
    ...encodeBalancing(cluster),
    connectTimeout: encodeDuration(cluster.connectTimeoutMs),
    circuitBreakers: cluster.circuitBreaker && encodeCircuitBreaker(cluster.circuitBreaker),
    outlierDetection: outlierDetection && encodeOutlierDetection(outlierDetection),
    // Said even when it is 0: Envoy's default is 50 %.
    commonLbConfig:
      panicThreshold === undefined ? undefined : { healthyPanicThreshold: { value: panicThreshold } },
    healthChecks: cluster.healthCheck && [encodeHealthCheck(cluster.healthCheck)],
    ...(connections && encodeConnections(connections)),
    transportSocket: leaves && encodeOriginatedTls(leaves),
    transportSocketMatches:
      tls === undefined || tls.mode !== 'ISTIO_MUTUAL' ? undefined : encodeUpstreamTls(tls),
    metadata: encodeMetadata({
      ...encodeBalancingMetadata(cluster),
      connections: connections && encodeConnectionsMetadata(connections),
      tls: leaves && encodeOriginatedTlsMetadata(leaves),
      portOverride: cluster.portOverride,
      proxyProtocol: cluster.proxyProtocol,
      panicThresholdPercent: cluster.panicThresholdPercent,
      tunnel: cluster.tunnel && { ...cluster.tunnel },
      service: cluster.service && { ...cluster.service },
      from: encodeOrigins(cluster.from),
    }),
  });
}

export function decodeCluster(message: FieldReader): Cluster {
  const metadata = heddleMetadata(message);
  const tls = decodeUpstreamTls(message) ?? decodeOriginatedTls(message, metadata);
  const tunnel = metadata.field('tunnel');
  return {
    name: message.string('name'),
    ...decodeDiscovery(message, metadata),
    ...decodeBalancing(message, metadata),
    // Envoy's default.
    connectTimeoutMs: decodeDuration(message, 'connectTimeout', 5000),
    ...decodeCircuitBreaker(message),
    ...decodeOutlierDetection(message),
    ...decodeHealthCheck(message),
    ...(metadata.has('panicThresholdPercent')
      ? { panicThresholdPercent: metadata.number('panicThresholdPercent') }
      : {}),
    ...decodeConnections(message, metadata.field('connections')),
    ...(metadata.has('proxyProtocol')
      ? { proxyProtocol: metadata.oneOf('proxyProtocol', ['V1', 'V2'] as const, 'V1') }
      : {}),
    ...(tunnel.isPresent
      ? {
          tunnel: {
            protocol: tunnel.oneOf('protocol', ['CONNECT', 'POST'], 'CONNECT'),
            host: tunnel.string('host'),
            port: tunnel.number('port'),
          },
        }
      : {}),
    ...(tls === undefined ? {} : { tls }),
    ...decodeService(metadata.field('service')),
    from: decodeOrigins(metadata),
  };
}

function decodeService(service: FieldReader): { service?: ServiceRef } {
  if (!service.isPresent) return {};
  return {
    service: {
      hostname: service.string('hostname'),
      namespace: service.string('namespace'),
      name: service.string('name'),
      port: service.number('port'),
      subset: service.string('subset'),
    },
  };
}
