/** What a BackendTrafficPolicy says of clusters: load balancing, connections, limits, health. */
import type { BackendTrafficPolicySpec } from '@heddle/schema';
import type { CircuitBreaker, Cluster, Origin, UpstreamConnections } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { type EffectivePolicy, originsOf } from './effective.ts';
import { healthSettings } from './health-check.ts';
import { keepaliveOf } from './keepalive.ts';
import { quantityOf } from './quantity.ts';

type Spec = BackendTrafficPolicySpec;

const clusterFields = [
  'loadBalancer',
  'circuitBreaker',
  'healthCheck',
  'proxyProtocol',
  'tcpKeepalive',
  'connection',
  'http2',
  'useClientProtocol',
] as const satisfies readonly (keyof Spec)[];

/** Whether a route needs clusters of its own. */
export function hasClusterSettings(spec: Spec): boolean {
  const { connectTimeout } = spec.timeout?.tcp ?? {};
  const { connectionIdleTimeout, maxConnectionDuration } = spec.timeout?.http ?? {};
  return (
    clusterFields.some((field) => spec[field] !== undefined) ||
    [connectTimeout, connectionIdleTimeout, maxConnectionDuration].some((one) => one !== undefined)
  );
}

/** `outbound|9080||reviews.default.svc.cluster.local|shop/limits`: the service's cluster as one policy has it. */
export function policyClusterName(cluster: string, policyId: string): string {
  return `${cluster}|${policyId}`;
}

/** The service's cluster and the policy that a name is made of; undefined for other names. */
export function partsOfPolicyCluster(
  name: string,
): { readonly cluster: string; readonly policyId: string } | undefined {
  const [direction, port, subset, host, policyId] = name.split('|');
  return policyId === undefined
    ? undefined
    : { cluster: [direction, port, subset, host].join('|'), policyId };
}

/** A cluster with what a policy says of it in place of its own. */
export function withClusterSettings(
  cluster: Cluster,
  policy: EffectivePolicy<'envoyBackendPolicies'>,
): Cluster {
  const { spec } = policy;
  const said = [...clusterFields, 'timeout'] as const;
  return withSettings(
    cluster,
    spec,
    said.flatMap((field) => originsOf(policy, field)),
  );
}

export function withSettings(cluster: Cluster, spec: Spec, from: readonly Origin[]): Cluster {
  const { connectTimeout } = spec.timeout?.tcp ?? {};
  const connections = connectionsOf(cluster.connections, spec);
  return {
    ...cluster,
    ...balancingOf(cluster, spec.loadBalancer),
    ...(connectTimeout === undefined ? {} : { connectTimeoutMs: durationMs(connectTimeout) ?? 10_000 }),
    ...(spec.circuitBreaker === undefined ? {} : { circuitBreaker: circuitBreakerOf(spec.circuitBreaker) }),
    ...(spec.healthCheck === undefined ? {} : healthSettings(spec.healthCheck)),
    ...(spec.proxyProtocol === undefined ? {} : { proxyProtocol: spec.proxyProtocol.version }),
    ...(connections === undefined ? {} : { connections }),
    from: [...cluster.from, ...from],
  };
}

/** Envoy Gateway balances by Maglev wherever it hashes. */
const defaultTableSize = 65_537;

function balancingOf(
  cluster: Cluster,
  settings: Spec['loadBalancer'],
): Partial<Pick<Cluster, 'lb' | 'hashTableSize' | 'slowStart'>> {
  if (settings === undefined) return {};
  const window = settings.slowStart?.window;
  const slowStart =
    window === undefined
      ? {}
      : { slowStart: { windowMs: durationMs(window) ?? 0, minWeightPercent: 10, aggression: 1 } };
  switch (settings.type) {
    case 'RoundRobin':
      return { lb: 'ROUND_ROBIN', ...slowStart };
    case 'LeastRequest':
      return { lb: 'LEAST_REQUEST', ...slowStart };
    case 'Random':
      return { lb: 'RANDOM' };
    case 'ConsistentHash':
      return { lb: 'MAGLEV', hashTableSize: settings.consistentHash?.tableSize ?? defaultTableSize };
    case 'BackendUtilization':
    case 'DynamicModule':
      return { lb: cluster.lb };
  }
}

/** The definition's own defaults: Envoy's, of every limit that the block leaves out. */
function circuitBreakerOf(settings: NonNullable<Spec['circuitBreaker']>): CircuitBreaker {
  const { retryBudget, perEndpoint } = settings;
  const { numerator = 20, denominator = 100 } = retryBudget?.percent ?? {};
  return {
    maxConnections: settings.maxConnections ?? 1024,
    maxPendingRequests: settings.maxPendingRequests ?? 1024,
    maxRequests: settings.maxParallelRequests ?? 1024,
    maxRetries: settings.maxParallelRetries ?? 1024,
    ...(retryBudget === undefined
      ? {}
      : {
          retryBudget: {
            percent: (numerator / denominator) * 100,
            minConcurrency: retryBudget.minRetryConcurrency ?? 3,
          },
        }),
    ...(perEndpoint === undefined ? {} : { maxConnectionsPerEndpoint: perEndpoint.maxConnections ?? 1024 }),
  };
}

const noConnections: UpstreamConnections = {
  maxRequestsPerConnection: 0,
  idleTimeoutMs: 0,
  maxConnectionDurationMs: 0,
  protocol: 'http1',
  maxConcurrentStreams: 0,
};

/** @returns undefined where nothing is said of connections */
function connectionsOf(before: UpstreamConnections | undefined, spec: Spec): UpstreamConnections | undefined {
  const { connectionIdleTimeout, maxConnectionDuration } = spec.timeout?.http ?? {};
  const { tcpKeepalive, useClientProtocol } = spec;
  const maxRequests = spec.circuitBreaker?.maxRequestsPerConnection;
  const streams = spec.http2?.maxConcurrentStreams;
  const bufferLimitBytes = quantityOf(spec.connection?.bufferLimit);
  const said: Partial<UpstreamConnections> = {
    ...(maxRequests === undefined ? {} : { maxRequestsPerConnection: maxRequests }),
    ...(connectionIdleTimeout === undefined ? {} : { idleTimeoutMs: durationMs(connectionIdleTimeout) ?? 0 }),
    ...(maxConnectionDuration === undefined
      ? {}
      : { maxConnectionDurationMs: durationMs(maxConnectionDuration) ?? 0 }),
    ...(useClientProtocol === true ? { protocol: 'client' } : {}),
    // Who is asked by gRPC speaks HTTP/2; an Envoy refuses the cluster otherwise.
    ...(spec.healthCheck?.active?.type === 'GRPC' ? { protocol: 'http2' } : {}),
    ...(streams === undefined ? {} : { maxConcurrentStreams: streams }),
    ...(bufferLimitBytes === undefined ? {} : { bufferLimitBytes }),
    ...keepaliveOf(tcpKeepalive),
  };
  return Object.keys(said).length === 0 ? undefined : { ...noConnections, ...before, ...said };
}
