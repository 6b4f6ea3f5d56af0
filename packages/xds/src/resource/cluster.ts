/** Cluster <-> envoy.config.cluster.v3.Cluster, the resource of CDS. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Cluster, LbPolicy, ServiceRef } from '@heddle/traffic';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeLoadAssignment, encodeLoadAssignment } from './endpoint.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeOrigins, definedFields, encodeMetadata, encodeOrigins, heddleMetadata } from './metadata.ts';
import { adsConfigSource } from './secret.ts';
import { decodeUpstreamTls, encodeUpstreamTls } from './upstream-tls.ts';

const lbPolicies: readonly LbPolicy[] = ['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM'];

/** @throws RangeError when endpoints are given to a cluster whose discovery brings its own */
export function encodeCluster(cluster: Cluster): JsonObject {
  if (cluster.discovery !== 'STATIC' && cluster.endpoints.length > 0) {
    throw new RangeError(
      `discovery ${cluster.discovery} with ${cluster.endpoints.length} endpoints: expected none`,
    );
  }
  const isOriginalDst = cluster.discovery === 'ORIGINAL_DST';
  return definedFields({
    name: cluster.name,
    type: cluster.discovery,
    edsClusterConfig: cluster.discovery === 'EDS' ? { edsConfig: adsConfigSource } : undefined,
    loadAssignment:
      cluster.discovery === 'STATIC'
        ? encodeLoadAssignment({ cluster: cluster.name, endpoints: cluster.endpoints })
        : undefined,
    // The only policy that Envoy takes for the address that was called; what the IR says is kept beside it.
    lbPolicy: isOriginalDst ? 'CLUSTER_PROVIDED' : cluster.lb,
    connectTimeout: encodeDuration(cluster.connectTimeoutMs),
    transportSocketMatches: cluster.tls && encodeUpstreamTls(cluster.tls),
    metadata: encodeMetadata({
      lb: isOriginalDst ? cluster.lb : undefined,
      service: cluster.service && { ...cluster.service },
      from: encodeOrigins(cluster.from),
    }),
  });
}

export function decodeCluster(message: FieldReader): Cluster {
  const metadata = heddleMetadata(message);
  const discovery = message.oneOf('type', ['STATIC', 'EDS', 'ORIGINAL_DST'], 'STATIC');
  const tls = decodeUpstreamTls(message);
  return {
    name: message.string('name'),
    discovery,
    endpoints: discovery === 'STATIC' ? decodeLoadAssignment(message.field('loadAssignment')).endpoints : [],
    lb:
      discovery === 'ORIGINAL_DST'
        ? metadata.oneOf('lb', lbPolicies, 'ROUND_ROBIN')
        : message.oneOf('lbPolicy', lbPolicies, 'ROUND_ROBIN'),
    // Envoy's default.
    connectTimeoutMs: decodeDuration(message, 'connectTimeout', 5000),
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
