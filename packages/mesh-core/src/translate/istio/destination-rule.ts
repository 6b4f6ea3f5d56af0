import type { ServicePort } from '@heddle/schema';
import type { Cluster, Endpoint, LoadAssignment, Origin, UpstreamTls } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import type { ConnectionDefaults } from '../../world/mesh-config.ts';
import { portProtocol } from '../../world/port-protocol.ts';
import { defaultOrigin, type MeshService, originOf, type World } from '../../world/world.ts';
import { withServiceSettings } from '../envoy-gateway/service-policy.ts';
import { type BackendSettings, backendSettings } from '../gateway-api/backend-policy.ts';
import { clusterName } from './destination.ts';
import { discoveryOf, endpointsOf, identitiesOf } from './service-endpoints.ts';
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
  kind: 'sidecar' | 'gateway',
  world: World,
): ServiceClusters {
  const topPolicy = rule?.trafficPolicy?.policy;
  const topFrom = rule?.trafficPolicy === undefined ? [] : [rule.trafficPolicy.from];
  const clusters: Cluster[] = [];
  const loadAssignments: LoadAssignment[] = [];
  for (const servicePort of service.ports) {
    const { port } = servicePort;
    const discovery = discoveryOf(service, servicePort, kind, world);
    if (discovery === undefined) continue;
    const backend = backendSettings(service, servicePort, world);
    const add = (
      subset: string,
      labels: Readonly<Record<string, string>> | undefined,
      policy: EffectivePolicy,
      from: Origin[],
    ) => {
      const endpoints = endpointsOf(service, servicePort, labels, world);
      const target = { service, servicePort, subset, labels, discovery, endpoints };
      const own = toCluster(target, policy, backend, from, world);
      const cluster = withServiceSettings(own, service, servicePort, policy, world);
      clusters.push(cluster);
      if (cluster.discovery === 'EDS') loadAssignments.push({ cluster: cluster.name, endpoints });
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

/** One port of a service, whole or a subset of it, and who is behind it. */
interface ClusterTarget {
  readonly service: MeshService;
  readonly servicePort: ServicePort;
  /** "" without one. */
  readonly subset: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly discovery: Cluster['discovery'];
  readonly endpoints: readonly Endpoint[];
}

function toCluster(
  target: ClusterTarget,
  rule: EffectivePolicy,
  backend: BackendSettings,
  from: readonly Origin[],
  world: World,
): Cluster {
  const { service, subset, discovery, endpoints } = target;
  const { port, targetPort } = target.servicePort;
  // A DestinationRule says it before the policies of the Gateway API, and both before the mesh.
  const policy = withMeshDefaults(
    backend.retryBudget === undefined ? rule : { retryBudget: backend.retryBudget, ...rule },
    target.servicePort,
    world.settings.connectionDefaults,
  );
  const { lb, isPassthrough, ...hashing } = balancing(policy.loadBalancer);
  const connections = connectionsOf(policy.connectionPool);
  const outlierDetection = outlierDetectionOf(policy.outlierDetection);
  const tls =
    policy.tls === undefined && backend.tls !== undefined ? backend.tls : tlsOf(policy, target, world);
  const isByName = discovery === 'STRICT_DNS' || discovery === 'LOGICAL_DNS';
  const { tunnel, proxyProtocol } = policy;
  return {
    name: clusterName(port, subset, service.hostname),
    discovery: isPassthrough ? 'ORIGINAL_DST' : discovery,
    endpoints: isByName && !isPassthrough ? endpoints : [],
    ...(discovery === 'ORIGINAL_DST' && typeof targetPort === 'number' ? { portOverride: targetPort } : {}),
    lb: lb ?? 'LEAST_REQUEST',
    ...hashing,
    connectTimeoutMs:
      durationMs(policy.connectionPool?.tcp?.connectTimeout ?? '') ?? world.settings.connectTimeoutMs,
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
      ...(rule.connectionPool === undefined ? [defaultOrigin('connectionPool')] : []),
    ],
  };
}

/** HTTP/2 is for ports that say that they speak HTTP: another protocol would not survive it. */
function withMeshDefaults(
  policy: EffectivePolicy,
  port: ServicePort,
  defaults: ConnectionDefaults | undefined,
): EffectivePolicy {
  if (defaults === undefined) return policy;
  const { tcpKeepalive, h2UpgradePolicy, localityLbSetting } = defaults;
  const { tcp, http } = policy.connectionPool ?? {};
  const isUpgraded =
    h2UpgradePolicy === 'UPGRADE' && portProtocol(port) === 'http' && http?.useClientProtocol !== true;
  const saysUpgrade = http?.h2UpgradePolicy !== undefined && http.h2UpgradePolicy !== 'DEFAULT';
  return {
    ...policy,
    ...(tcpKeepalive === undefined && !isUpgraded
      ? {}
      : {
          connectionPool: {
            tcp: { ...(tcpKeepalive === undefined ? {} : { tcpKeepalive }), ...tcp },
            http: { ...http, ...(isUpgraded && !saysUpgrade ? { h2UpgradePolicy: 'UPGRADE' } : {}) },
          },
        }),
    ...(localityLbSetting === undefined
      ? {}
      : { loadBalancer: { localityLbSetting, ...policy.loadBalancer } }),
  };
}

/** Mesh mTLS unless the rule wants something else (Istio's auto mTLS), where there is or may be somebody who speaks it. */
function tlsOf(
  { tls }: EffectivePolicy,
  { service, servicePort, subset, labels, endpoints }: ClusterTarget,
  world: World,
): UpstreamTls | undefined {
  if (tls !== undefined && (tls.mode ?? 'DISABLE') === 'DISABLE') return undefined;
  const originated = originatedTls(tls);
  if (originated !== undefined) return originated;
  if (tls === undefined && !world.settings.autoMtls) return undefined;
  const isOutside = service.resolution !== 'workloads' && service.selector === undefined;
  if (tls === undefined && isOutside && !endpoints.some(({ tlsMode }) => tlsMode === 'istio'))
    return undefined;
  return {
    mode: 'ISTIO_MUTUAL',
    sni: tls?.sni || `outbound_.${servicePort.port}_.${subset}_.${service.hostname}`,
    spiffeIds: identitiesOf(service, labels, world),
  };
}
