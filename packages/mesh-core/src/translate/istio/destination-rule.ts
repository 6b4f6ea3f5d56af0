import type { TrafficPolicy } from '@heddle/schema';
import type { Cluster, Endpoint, LbPolicy, LoadAssignment, Origin } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { selects } from '../../world/instance.ts';
import { defaultOrigin, type MeshService, originOf, type World } from '../../world/world.ts';
import { clusterName } from './destination.ts';
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
  for (const { port } of service.ports) {
    const add = (
      subset: string,
      labels: Readonly<Record<string, string>> | undefined,
      policies: readonly (TrafficPolicy | undefined)[],
      from: Origin[],
    ) => {
      const cluster = toCluster(service, world, port, subset, labels, policies, from);
      clusters.push(cluster);
      loadAssignments.push({ cluster: cluster.name, endpoints: endpointsOf(service, world, labels) });
    };
    const base = [originOf(service.document, 'spec'), ...topFrom];
    add('', undefined, [topPolicy], base);
    for (const { subset, from } of rule?.subsets ?? []) {
      add(subset.name, subset.labels ?? {}, [subset.trafficPolicy, topPolicy], [from, ...base]);
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

/** Port level replaces subset level replaces top level, block by block (Istio's TrafficPolicy). */
function block<K extends 'loadBalancer' | 'connectionPool' | 'tls'>(
  policies: readonly (TrafficPolicy | undefined)[],
  port: number,
  name: K,
): TrafficPolicy[K] {
  for (const policy of policies) {
    const ofPort = policy?.portLevelSettings?.find((settings) => settings.port?.number === port);
    // Port settings do not inherit: where there are any, they are all that counts at this level.
    const value = ofPort === undefined ? policy?.[name] : ofPort[name];
    if (value !== undefined) return value;
  }
  return undefined;
}

function toCluster(
  service: MeshService,
  world: World,
  port: number,
  subset: string,
  labels: Readonly<Record<string, string>> | undefined,
  policies: readonly (TrafficPolicy | undefined)[],
  from: readonly Origin[],
): Cluster {
  const lb = lbPolicy(block(policies, port, 'loadBalancer')?.simple);
  const connectTimeout = block(policies, port, 'connectionPool')?.tcp?.connectTimeout;
  const tlsMode = block(policies, port, 'tls')?.mode;
  const spiffeIds = identitiesOf(service, world, labels);
  return {
    name: clusterName(port, subset, service.hostname),
    discovery: 'EDS',
    endpoints: [],
    lb: lb ?? 'LEAST_REQUEST',
    connectTimeoutMs: durationMs(connectTimeout ?? '10s') ?? 10_000,
    ...(tlsMode === 'DISABLE'
      ? {}
      : {
          tls: {
            mode: 'ISTIO_MUTUAL',
            sni: `outbound_.${port}_.${subset}_.${service.hostname}`,
            spiffeIds,
          },
        }),
    service: { hostname: service.hostname, namespace: service.namespace, name: service.name, port, subset },
    from: lb === undefined ? [...from, defaultOrigin('loadBalancer')] : from,
  };
}

function lbPolicy(simple: string | undefined): LbPolicy | undefined {
  switch (simple) {
    case 'ROUND_ROBIN':
    case 'RANDOM':
    case 'LEAST_REQUEST':
      return simple;
    case 'LEAST_CONN':
      return 'LEAST_REQUEST';
    default:
      return undefined;
  }
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
