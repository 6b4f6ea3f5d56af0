/** Endpoint <-> LbEndpoint, and LoadAssignment <-> ClusterLoadAssignment, the resource of EDS. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Endpoint, LoadAssignment } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { encodeMetadata, heddleMetadata } from './metadata.ts';
import { transportSocketMatch } from './upstream-tls.ts';

export function encodeLoadAssignment({ cluster, endpoints }: LoadAssignment): JsonObject {
  return { clusterName: cluster, endpoints: encodeLocality(endpoints) };
}

export function decodeLoadAssignment(message: FieldReader): LoadAssignment {
  return {
    cluster: message.string('clusterName'),
    endpoints: message
      .list('endpoints')
      .flatMap((locality) => locality.list('lbEndpoints').map(decodeEndpoint)),
  };
}

/** One unnamed locality; gRPC clients leave out a locality without a weight. */
function encodeLocality(endpoints: readonly Endpoint[]): JsonObject[] {
  if (endpoints.length === 0) return [];
  return [{ locality: {}, loadBalancingWeight: 1, lbEndpoints: endpoints.map(encodeEndpoint) }];
}

function encodeEndpoint(endpoint: Endpoint): JsonObject {
  const metadata = encodeMetadata(
    { workload: endpoint.workload && { ...endpoint.workload } },
    endpoint.tlsMode === 'istio' ? { [transportSocketMatch]: { tlsMode: 'istio' } } : {},
  );
  return {
    endpoint: { address: { socketAddress: { address: endpoint.address, portValue: endpoint.port } } },
    healthStatus: endpoint.health,
    loadBalancingWeight: endpoint.weight,
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function decodeEndpoint(message: FieldReader): Endpoint {
  const socket = message.field('endpoint').field('address').field('socketAddress');
  if (!socket.isPresent) return socket.fail('expected an address and a port');
  const match = message.field('metadata').field('filterMetadata').field(transportSocketMatch);
  return {
    address: socket.string('address'),
    port: socket.number('portValue'),
    weight: message.number('loadBalancingWeight', 1),
    health: decodeHealth(message),
    tlsMode: match.string('tlsMode') === 'istio' ? 'istio' : 'disabled',
    ...decodeWorkload(heddleMetadata(message).field('workload')),
  };
}

function decodeHealth(message: FieldReader): Endpoint['health'] {
  const words = ['UNKNOWN', 'HEALTHY', 'UNHEALTHY', 'DRAINING', 'TIMEOUT', 'DEGRADED'] as const;
  const health = message.oneOf('healthStatus', words, 'UNKNOWN');
  if (health === 'TIMEOUT') return 'UNHEALTHY';
  return health === 'UNHEALTHY' || health === 'DRAINING' ? health : 'HEALTHY';
}

function decodeWorkload(workload: FieldReader): Pick<Endpoint, 'workload'> {
  if (!workload.isPresent) return {};
  return {
    workload: {
      namespace: workload.string('namespace'),
      name: workload.string('name'),
      version: workload.string('version'),
      spiffeId: workload.string('spiffeId'),
    },
  };
}
