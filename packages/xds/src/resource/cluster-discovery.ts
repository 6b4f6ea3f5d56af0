/** How a cluster finds its endpoints <-> `type`, `cluster_type` and `load_assignment` of envoy.config.cluster.v3.Cluster. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Cluster } from '@heddle/traffic';
import { encodeDuration } from './duration.ts';
import { decodeLoadAssignment, encodeLoadAssignment } from './endpoint.ts';
import type { FieldReader } from './field-reader.ts';
import { adsConfigSource } from './secret.ts';

type Discovery = Pick<Cluster, 'discovery' | 'endpoints' | 'portOverride'>;

const forwardProxy = 'envoy.clusters.dynamic_forward_proxy';
const forwardProxyType =
  'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig';

/** As Istio: names are looked up again when their TTL says so, and at least once a minute. */
const dnsSettings = {
  dnsRefreshRate: encodeDuration(60_000),
  respectDnsTtl: true,
  dnsLookupFamily: 'V4_PREFERRED',
} as const;

const typesWithEndpoints: readonly Cluster['discovery'][] = ['STATIC', 'STRICT_DNS', 'LOGICAL_DNS'];

/** @throws RangeError when endpoints are given to a cluster whose discovery brings its own */
export function encodeDiscovery(cluster: Cluster): JsonObject {
  const { discovery, endpoints, name } = cluster;
  if (!typesWithEndpoints.includes(discovery) && endpoints.length > 0) {
    throw new RangeError(`discovery ${discovery} with ${endpoints.length} endpoints: expected none`);
  }
  const loadAssignment = encodeLoadAssignment({ cluster: name, endpoints });
  switch (discovery) {
    case 'EDS':
      return { type: discovery, edsClusterConfig: { edsConfig: adsConfigSource } };
    case 'STATIC':
      return { type: discovery, loadAssignment };
    case 'STRICT_DNS':
    case 'LOGICAL_DNS':
      return { type: discovery, loadAssignment, ...dnsSettings };
    case 'ORIGINAL_DST':
      return { type: discovery, ...encodePortOverride(cluster) };
    case 'DYNAMIC_FORWARD_PROXY':
      return {
        clusterType: {
          name: forwardProxy,
          typedConfig: {
            '@type': forwardProxyType,
            dnsCacheConfig: { name: 'forward_proxy', dnsLookupFamily: 'V4_PREFERRED' },
          },
        },
      };
  }
}

export function decodeDiscovery(message: FieldReader, metadata: FieldReader): Discovery {
  if (message.field('clusterType').string('name') === forwardProxy) {
    return { discovery: 'DYNAMIC_FORWARD_PROXY', endpoints: [] };
  }
  const types = ['STATIC', 'EDS', 'STRICT_DNS', 'LOGICAL_DNS', 'ORIGINAL_DST'] as const;
  const discovery = message.oneOf('type', types, 'STATIC');
  return {
    discovery,
    endpoints: typesWithEndpoints.includes(discovery)
      ? decodeLoadAssignment(message.field('loadAssignment')).endpoints
      : [],
    ...(metadata.has('portOverride') ? { portOverride: metadata.number('portOverride') } : {}),
  };
}

/** Envoy has one configuration of its balancer: where hashing has taken it, the port is kept in the metadata alone. */
function encodePortOverride({ portOverride, hashTableSize, slowStart }: Cluster): JsonObject {
  const isFree = hashTableSize === undefined && slowStart === undefined;
  return portOverride === undefined || !isFree
    ? {}
    : { originalDstLbConfig: { upstreamPortOverride: portOverride } };
}
