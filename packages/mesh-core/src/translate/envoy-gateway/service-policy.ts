/**
 * A BackendTrafficPolicy of a Service: what holds for calls to it from all clients, where nobody says it more closely. Envoy Gateway
 * itself has no such target.
 */
import type { BackendTrafficPolicySpec, ServicePort } from '@heddle/schema';
import type { Cluster, ForwardAction, Route, VirtualHost } from '@heddle/traffic';
import type { MeshService, World } from '../../world/world.ts';
import type { EffectivePolicy as DestinationRulePolicy } from '../istio/traffic-policy.ts';
import { hashPolicyOf, withRouteTraffic } from './backend-traffic.ts';
import { withClusterSettings } from './cluster-settings.ts';
import { type EffectivePolicy, lonePolicy } from './effective.ts';
import { holderOf } from './targets.ts';

type Policy = EffectivePolicy<'envoyBackendPolicies'>;

/** The port's, by its name, before the whole Service's. */
function servicePolicy(
  { document: { key } }: MeshService,
  port: Pick<ServicePort, 'name'>,
  world: World,
): Policy | undefined {
  if (key.kind !== 'Service' || world.documents.envoyBackendPolicies.length === 0) return undefined;
  const found =
    (port.name === undefined ? undefined : holderOf('envoyBackendPolicies', key, port.name, world)) ??
    holderOf('envoyBackendPolicies', key, undefined, world);
  return found && lonePolicy<'envoyBackendPolicies'>(found);
}

/** @param rule what a DestinationRule says, which comes first block by block */
export function withServiceSettings(
  cluster: Cluster,
  service: MeshService,
  port: ServicePort,
  rule: DestinationRulePolicy,
  world: World,
): Cluster {
  const policy = servicePolicy(service, port, world);
  if (policy === undefined) return cluster;
  const spec = settingsLeft(policy.spec, rule);
  const hashPolicy = hashPolicyOf(spec);
  return {
    ...withClusterSettings(cluster, { ...policy, spec }),
    ...(hashPolicy === undefined ? {} : { hashPolicy }),
  };
}

function settingsLeft(
  { loadBalancer, healthCheck, proxyProtocol, ...spec }: BackendTrafficPolicySpec,
  rule: DestinationRulePolicy,
): BackendTrafficPolicySpec {
  const { circuitBreaker, timeout, tcpKeepalive, connection, http2, useClientProtocol, ...others } = spec;
  const { passive: _passive, ...active } = healthCheck ?? {};
  const ofPool = { circuitBreaker, timeout, tcpKeepalive, connection, http2, useClientProtocol };
  return withoutUndefined({
    ...others,
    ...(rule.connectionPool === undefined ? ofPool : {}),
    loadBalancer: rule.loadBalancer === undefined ? loadBalancer : undefined,
    healthCheck: rule.outlierDetection === undefined ? healthCheck : healthCheck && active,
    proxyProtocol: rule.proxyProtocol === undefined ? proxyProtocol : undefined,
  });
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Given<T> {
  // What is left out is what the type says is left out.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>; // oxlint-disable-line typescript/no-unsafe-type-assertion
}

/** Routes that lead to one Service alone follow its policy in what neither they nor a policy of theirs says. */
export function withServicePolicies(hosts: readonly VirtualHost[], world: World): readonly VirtualHost[] {
  const { envoyBackendPolicies } = world.documents;
  const isOfService = envoyBackendPolicies.some(({ object: { spec } }) =>
    [spec.targetRef, ...(spec.targetRefs ?? [])].some((ref) => ref?.kind === 'Service'),
  );
  if (!isOfService) return hosts;
  return hosts.map((host) => {
    const routes = host.routes.map((route) => withPolicyOfService(route, world));
    // A host without such a route stays the same object.
    return routes.every((route, i) => route === host.routes[i]) ? host : { ...host, routes };
  });
}

function withPolicyOfService(route: Route, world: World): Route {
  const { action } = route;
  if (action.kind !== 'forward') return route;
  const target = soleTarget(action);
  const service = target && world.service(target.host);
  const port = service?.ports.find((one) => one.port === target?.port);
  const policy = service && port && servicePolicy(service, port, world);
  if (policy === undefined) return route;
  const { faultInjection, rateLimit, ...spec } = policy.spec;
  const left = {
    ...policy,
    spec: {
      ...spec,
      ...(faultInjection === undefined || action.fault !== undefined ? {} : { faultInjection }),
      ...(rateLimit === undefined || route.localRateLimit !== undefined ? {} : { rateLimit }),
    },
  };
  const facts = {
    name: undefined,
    hasTimeout: action.timeoutMs !== 0,
    hasRetry: action.retry.from[0]?.kind !== 'Default',
  };
  return withRouteTraffic(route, action, facts, left);
}

function soleTarget({
  clusters,
}: ForwardAction): { readonly host: string; readonly port: number } | undefined {
  const targets = new Map(
    clusters.map(({ cluster }) => {
      const [, port = '', , host = ''] = cluster.split('|');
      return [`${port}|${host}`, { host, port: Number(port) }];
    }),
  );
  const [only] = targets.values();
  return targets.size === 1 ? only : undefined;
}
