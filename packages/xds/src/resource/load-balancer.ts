/** How a cluster balances <-> `lb_policy` and the configuration of each policy in envoy.config.cluster.v3.Cluster. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Cluster, LbPolicy, LocalityPreference, SlowStart } from '@heddle/traffic';
import { decodeDuration, encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeHashPolicy, encodeHashPolicy } from './hash-policy.ts';

type Balancing = Pick<Cluster, 'lb' | 'hashTableSize' | 'hashPolicy' | 'slowStart' | 'locality'>;

const lbPolicies: readonly LbPolicy[] = ['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM', 'RING_HASH', 'MAGLEV'];

function choosesNothing(discovery: Cluster['discovery']): boolean {
  return discovery === 'ORIGINAL_DST' || discovery === 'DYNAMIC_FORWARD_PROXY';
}

export function encodeBalancing(cluster: Cluster): Record<string, JsonObject[string] | undefined> {
  const { lb, hashTableSize, slowStart } = cluster;
  const slowStartConfig = slowStart && encodeSlowStart(slowStart);
  return {
    // The only policy that Envoy takes where the client says where to go; what the IR says is kept beside it.
    lbPolicy: choosesNothing(cluster.discovery) ? 'CLUSTER_PROVIDED' : lb,
    ringHashLbConfig:
      lb === 'RING_HASH' && hashTableSize !== undefined
        ? { minimumRingSize: String(hashTableSize) }
        : undefined,
    maglevLbConfig:
      lb === 'MAGLEV' && hashTableSize !== undefined ? { tableSize: String(hashTableSize) } : undefined,
    roundRobinLbConfig: lb === 'ROUND_ROBIN' && slowStartConfig ? { slowStartConfig } : undefined,
    leastRequestLbConfig: lb === 'LEAST_REQUEST' && slowStartConfig ? { slowStartConfig } : undefined,
  };
}

/** What goes into the cluster's metadata beside it: what Envoy has in other places, or nowhere. */
export function encodeBalancingMetadata(cluster: Cluster): Record<string, JsonObject[string] | undefined> {
  const { lb, hashTableSize, hashPolicy, slowStart, locality, discovery } = cluster;
  const hashes = lb === 'RING_HASH' || lb === 'MAGLEV';
  const warms = lb === 'ROUND_ROBIN' || lb === 'LEAST_REQUEST';
  return {
    lb: choosesNothing(discovery) ? lb : undefined,
    hashTableSize: hashes ? undefined : hashTableSize,
    slowStart: slowStart && !warms ? encodeSlowStart(slowStart) : undefined,
    hashPolicy: hashPolicy && encodeHashPolicy(hashPolicy),
    locality: locality && encodeLocality(locality),
  };
}

export function decodeBalancing(message: FieldReader, metadata: FieldReader): Balancing {
  const lb =
    message.string('lbPolicy') === 'CLUSTER_PROVIDED'
      ? metadata.oneOf('lb', lbPolicies, 'ROUND_ROBIN')
      : message.oneOf('lbPolicy', lbPolicies, 'ROUND_ROBIN');
  const size =
    message.field('ringHashLbConfig').unsigned('minimumRingSize') ??
    message.field('maglevLbConfig').unsigned('tableSize') ??
    metadata.unsigned('hashTableSize');
  const slowStart =
    [message.field('roundRobinLbConfig'), message.field('leastRequestLbConfig')]
      .map((config) => config.field('slowStartConfig'))
      .find((config) => config.isPresent) ?? metadata.field('slowStart');
  return {
    lb,
    ...(size === undefined ? {} : { hashTableSize: size }),
    ...(metadata.has('hashPolicy') ? { hashPolicy: decodeHashPolicy(metadata.field('hashPolicy')) } : {}),
    ...(slowStart.isPresent ? { slowStart: decodeSlowStart(slowStart) } : {}),
    ...(metadata.has('locality') ? { locality: decodeLocality(metadata.field('locality')) } : {}),
  };
}

function encodeSlowStart({ windowMs, minWeightPercent, aggression }: SlowStart): JsonObject {
  return {
    slowStartWindow: encodeDuration(windowMs),
    aggression: { defaultValue: aggression, runtimeKey: 'heddle.slow_start.aggression' },
    minWeightPercent: { value: minWeightPercent },
  };
}

function decodeSlowStart(config: FieldReader): SlowStart {
  return {
    windowMs: decodeDuration(config, 'slowStartWindow'),
    minWeightPercent: config.has('minWeightPercent') ? config.field('minWeightPercent').number('value') : 10,
    aggression: config.has('aggression') ? config.field('aggression').number('defaultValue') : 1,
  };
}

function encodeLocality(locality: LocalityPreference): JsonObject {
  return locality.kind === 'distribute'
    ? {
        kind: locality.kind,
        distribute: locality.distribute.map(({ from, to }) => ({ from, to: { ...to } })),
      }
    : {
        kind: locality.kind,
        failover: locality.failover.map(({ from, to }) => ({ from, to })),
        failoverPriority: [...locality.failoverPriority],
      };
}

function decodeLocality(locality: FieldReader): LocalityPreference {
  if (locality.oneOf('kind', ['failover', 'distribute'], 'failover') === 'distribute') {
    return {
      kind: 'distribute',
      distribute: locality.list('distribute').map((one) => ({
        from: one.string('from'),
        to: Object.fromEntries(
          one
            .field('to')
            .names()
            .map((place) => [place, one.field('to').number(place)]),
        ),
      })),
    };
  }
  return {
    kind: 'failover',
    failover: locality.list('failover').map((one) => ({ from: one.string('from'), to: one.string('to') })),
    failoverPriority: locality.strings('failoverPriority'),
  };
}
