import type { Cluster, Endpoint, LoadAssignment, Origin, UpstreamTls } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { selects } from '../../world/instance.ts';
import { defaultOrigin, type MeshService, originOf, type World } from '../../world/world.ts';
import { type BackendSettings, backendSettings } from '../gateway-api/backend-policy.ts';
import { clusterName } from './destination.ts';
import {
  balancing,
  circuitBreakerOf,
  connectionsOf,
  type EffectivePolicy,
  effectivePolicy,
  originatedTls,
  outlierDetectionOf,
} from './traffic-policy.ts';
import type { DefinedSubset, UnitedRule } from './united-rule.ts';

export interface ServiceClusters {
  readonly clusters: readonly Cluster[];
  readonly loadAssignments: readonly LoadAssignment[];
}

/** All clusters of a service as one rule makes them: one per port, and one per port and subset. */
export function translateService(
  service: MeshService,
  rule: UnitedRule | undefined,
  world: World,
): ServiceClusters {
  const topPolicy = rule?.trafficPolicy?.policy;
  const topFrom = rule?.trafficPolicy === undefined ? [] : [rule.trafficPolicy.from];
  const clusters: Cluster[] = [];
  const loadAssignments: LoadAssignment[] = [];
  for (const servicePort of service.ports) {
    const { port } = servicePort;
    const backend = backendSettings(service, servicePort, world);
    const add = (
      subset: string,
      labels: Readonly<Record<string, string>> | undefined,
      policy: EffectivePolicy,
      from: Origin[],
    ) => {
      const cluster = toCluster(service, world, port, subset, labels, policy, backend, from);
      clusters.push(cluster);
      loadAssignments.push({ cluster: cluster.name, endpoints: endpointsOf(service, world, labels) });
    };
    const base = [originOf(service.document, 'spec'), ...topFrom, ...backend.from];
    add('', undefined, effectivePolicy(topPolicy, undefined, port), base);
    for (const { subset, from } of rule?.subsets ?? []) {
      const policy = effectivePolicy(topPolicy, subset.trafficPolicy, port);
      add(subset.name, subset.labels ?? {}, policy, [from, ...base]);
    }
  }
  return { clusters, loadAssignments };
}

/** The subsets that any rule for just this host defines, whoever may see it. */
export function definedSubsets(service: MeshService, world: World): DefinedSubset[] {
  const found = new Map<string, DefinedSubset>();
  for (const rule of world.rulesFor(service.hostname)) {
    (rule.object.spec.subsets ?? []).forEach((subset, i) => {
      if (!found.has(subset.name))
        found.set(subset.name, { subset, from: originOf(rule, `spec.subsets[${i}]`) });
    });
  }
  return [...found.values()];
}

function toCluster(
  service: MeshService,
  world: World,
  port: number,
  subset: string,
  labels: Readonly<Record<string, string>> | undefined,
  rule: EffectivePolicy,
  backend: BackendSettings,
  from: readonly Origin[],
): Cluster {
  // A DestinationRule says it before the policies of the Gateway API.
  const policy: EffectivePolicy =
    backend.retryBudget === undefined ? rule : { retryBudget: backend.retryBudget, ...rule };
  const { lb, isPassthrough, ...hashing } = balancing(policy.loadBalancer);
  const connections = connectionsOf(policy.connectionPool);
  const outlierDetection = outlierDetectionOf(policy.outlierDetection);
  const tls =
    policy.tls === undefined && backend.tls !== undefined
      ? backend.tls
      : tlsOf(policy, service, world, port, subset, labels);
  const { tunnel, proxyProtocol } = policy;
  return {
    name: clusterName(port, subset, service.hostname),
    discovery: isPassthrough ? 'ORIGINAL_DST' : 'EDS',
    endpoints: [],
    lb: lb ?? 'LEAST_REQUEST',
    ...hashing,
    connectTimeoutMs: durationMs(policy.connectionPool?.tcp?.connectTimeout ?? '10s') ?? 10_000,
    circuitBreaker: circuitBreakerOf(policy),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    ...(connections === undefined ? {} : { connections }),
    ...(proxyProtocol === undefined ? {} : { proxyProtocol: proxyProtocol.version ?? 'V1' }),
    ...(tunnel === undefined
      ? {}
      : {
          tunnel: {
            protocol: tunnel.protocol === 'POST' ? 'POST' : 'CONNECT',
            host: tunnel.targetHost,
            port: tunnel.targetPort,
          },
        }),
    ...(tls === undefined ? {} : { tls }),
    service: { hostname: service.hostname, namespace: service.namespace, name: service.name, port, subset },
    from: [
      ...from,
      ...(lb === undefined && !isPassthrough ? [defaultOrigin('loadBalancer')] : []),
      ...(policy.connectionPool === undefined ? [defaultOrigin('connectionPool')] : []),
    ],
  };
}

/** Mesh mTLS unless the rule wants something else (Istio's auto mTLS). */
function tlsOf(
  { tls }: EffectivePolicy,
  service: MeshService,
  world: World,
  port: number,
  subset: string,
  labels: Readonly<Record<string, string>> | undefined,
): UpstreamTls | undefined {
  if (tls !== undefined && (tls.mode ?? 'DISABLE') === 'DISABLE') return undefined;
  return (
    originatedTls(tls) ?? {
      mode: 'ISTIO_MUTUAL',
      sni: tls?.sni || `outbound_.${port}_.${subset}_.${service.hostname}`,
      spiffeIds: identitiesOf(service, world, labels),
    }
  );
}

/** Who may answer for the service: the accounts of its deployments and of what runs. Never empty. */
function identitiesOf(
  service: MeshService,
  world: World,
  labels: Readonly<Record<string, string>> | undefined,
): string[] {
  const matches = (one: { labels: Readonly<Record<string, string>> }) =>
    labels === undefined || Object.keys(labels).length === 0 || selects(labels, one.labels);
  const accounts = [...world.deploymentsOf(service), ...world.instancesOf(service)]
    .filter(matches)
    .map(({ serviceAccount }) => serviceAccount);
  const unique = accounts.length === 0 ? ['default'] : [...new Set(accounts)].toSorted();
  return unique.map((account) => world.spiffeId(service.namespace, account));
}

/** Only instances that are ready: an endpoint that cannot serve leaves the configuration. */
function endpointsOf(
  service: MeshService,
  world: World,
  labels: Readonly<Record<string, string>> | undefined,
): Endpoint[] {
  return world
    .instancesOf(service)
    .filter(
      (instance) =>
        instance.ready &&
        (labels === undefined || Object.keys(labels).length === 0 || selects(labels, instance.labels)),
    )
    .map((instance): Endpoint => ({
      address: instance.address,
      port: instance.inboundPort,
      weight: 1,
      health: 'HEALTHY',
      tlsMode: 'istio',
      workload: {
        namespace: instance.namespace,
        name: instance.workload,
        version: instance.labels['version'] ?? '',
        spiffeId: world.spiffeId(instance.namespace, instance.serviceAccount),
      },
    }))
    .toSorted((a, b) => (a.address === b.address ? a.port - b.port : a.address < b.address ? -1 : 1));
}
