/** The destinations of a ForwardAction <-> envoy.config.route.v3.WeightedCluster. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { WeightedCluster } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { decodeHeaderMutations, encodeHeaderMutations } from './header-mutation.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';

export function encodeWeightedClusters(clusters: readonly WeightedCluster[]): JsonObject {
  return {
    clusters: clusters.map((cluster) => ({
      name: cluster.cluster,
      weight: envoyWeight(cluster, clusters),
      ...(cluster.hostRewrite === undefined ? {} : { hostRewriteLiteral: cluster.hostRewrite }),
      ...encodeHeaderMutations(cluster),
    })),
  };
}

/** A ClusterWeight has no metadata of its own: the route carries one entry for each cluster, in order. */
export function encodeWeightedClusterMetadata(clusters: readonly WeightedCluster[]): JsonObject[] {
  return clusters.map((cluster) =>
    definedFields({
      weight: envoyWeight(cluster, clusters) === cluster.weight ? undefined : cluster.weight,
      invalidStatus: cluster.invalidStatus,
      from: encodeOrigins(cluster.from),
    }),
  );
}

export function decodeWeightedClusters(
  action: FieldReader,
  metadata: readonly FieldReader[],
): readonly WeightedCluster[] {
  if (action.has('cluster')) {
    const noHeaders = { set: [], add: [], remove: [] };
    const cluster = action.string('cluster');
    return [{ cluster, weight: 100, requestHeaders: noHeaders, responseHeaders: noHeaders, from: [] }];
  }
  const clusters = action.field('weightedClusters').list('clusters');
  if (clusters.length === 0) return action.fail('expected cluster or weightedClusters');
  return clusters.map((cluster, index) => decodeWeightedCluster(cluster, metadata[index]));
}

function decodeWeightedCluster(cluster: FieldReader, metadata: FieldReader | undefined): WeightedCluster {
  return {
    cluster: cluster.string('name'),
    weight: metadata?.has('weight') ? metadata.number('weight') : cluster.number('weight'),
    ...decodeHeaderMutations(cluster),
    ...(cluster.has('hostRewriteLiteral') ? { hostRewrite: cluster.string('hostRewriteLiteral') } : {}),
    ...(metadata?.has('invalidStatus') ? { invalidStatus: metadata.number('invalidStatus') } : {}),
    from: metadata === undefined ? [] : decodeOrigins(metadata),
  };
}

/** Envoy refuses a sum of 0, which to us is a single destination that takes all. */
function envoyWeight(cluster: WeightedCluster, clusters: readonly WeightedCluster[]): number {
  return clusters.length === 1 ? Math.max(1, cluster.weight) : cluster.weight;
}
