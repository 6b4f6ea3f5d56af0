/** Routes as the policies of Envoy Gateway have them, and what these need beside the routes. */
import type {
  Cluster,
  HttpConnectionManager,
  LoadAssignment,
  Route,
  RouteConfiguration,
  RouteFilter,
  RouteProvider,
  VirtualHost,
} from '@heddle/traffic';
import type { World } from '../../world/world.ts';
import type { RankedRoute } from '../gateway-api/routes.ts';
import { withBackendTraffic } from './backend-traffic.ts';
import { partsOfPolicyCluster, withClusterSettings } from './cluster-settings.ts';
import { effectivePolicy, effectivePolicyNamed, type RoutePlace } from './effective.ts';
import { routeAuthorizer } from './ext-auth.ts';
import { routeTokens } from './jwt.ts';
import { routeLogins } from './login.ts';
import { providerClusters, routeProvider } from './oidc.ts';
import { withSecurity } from './security.ts';

/** A SecurityPolicy holds at gateways alone: a client in the mesh would otherwise guard itself against itself. */
export function withPolicies(
  { route, rule }: RankedRoute,
  place: Omit<RoutePlace, 'rule'>,
  world: World,
): Route {
  const where = { ...place, rule: rule.name };
  const traffic = effectivePolicy('envoyBackendPolicies', where, world);
  const security =
    place.listener === undefined ? undefined : effectivePolicy('securityPolicies', where, world);
  const changed = traffic === undefined ? route : withBackendTraffic(route, rule, traffic, world);
  return security === undefined ? changed : withSecurity(changed, security, world);
}

/** What a connection manager has to have for its routes. */
export function routeNeeds(
  virtualHosts: readonly VirtualHost[],
  world: World,
): Pick<
  HttpConnectionManager,
  'routeTokens' | 'routeAuthorizers' | 'routeLogins' | 'routeProviders' | 'routeFilters'
> {
  const { envoyBackendPolicies, securityPolicies } = world.documents;
  if (envoyBackendPolicies.length + securityPolicies.length === 0) return {};
  const routes = virtualHosts.flatMap((host) => host.routes);
  const names = new Set(routes.flatMap(({ tokens }) => tokens ?? []));
  const asked = new Set(routes.flatMap(({ authorizer }) => authorizer ?? []));
  const entered = new Set(routes.flatMap(({ logins }) => logins ?? []));
  const logins = [...entered].toSorted().flatMap((name) => {
    const policy = effectivePolicyNamed('securityPolicies', name, world);
    return policy === undefined ? [] : routeLogins(policy, world);
  });
  const providers = providersOf(routes, world);
  const authorizers = [...asked].toSorted().flatMap((name) => {
    const policy = effectivePolicyNamed('securityPolicies', name, world);
    return (policy && routeAuthorizer(policy, world)) ?? [];
  });
  const tokens = [...names].toSorted().flatMap((name) => {
    const policy = effectivePolicyNamed('securityPolicies', name, world);
    return (policy && routeTokens(policy, world)) ?? [];
  });
  const filters: RouteFilter[] = [
    ...(routes.some(({ authorization, logins: name }) => authorization !== undefined || name !== undefined)
      ? ['authorization' as const]
      : []),
    ...(routes.some(({ localRateLimit }) => localRateLimit !== undefined)
      ? ['local-rate-limit' as const]
      : []),
  ];
  return {
    ...(tokens.length === 0 ? {} : { routeTokens: tokens }),
    ...(logins.length === 0 ? {} : { routeLogins: logins }),
    ...(providers.length === 0 ? {} : { routeProviders: providers }),
    ...(authorizers.length === 0 ? {} : { routeAuthorizers: authorizers }),
    ...(filters.length === 0 ? {} : { routeFilters: filters }),
  };
}

function providersOf(routes: readonly Route[], world: World): RouteProvider[] {
  const names = new Set(routes.flatMap(({ provider }) => provider ?? []));
  return [...names].toSorted().flatMap((name) => {
    const policy = effectivePolicyNamed('securityPolicies', name, world);
    return (policy && routeProvider(policy, world)) ?? [];
  });
}

/** Callers in the mesh follow policies of traffic alone; which of them do is told by the routes. */
export function sidecarRouteFilters(world: World): { readonly routeFilters?: readonly RouteFilter[] } {
  const limits = world.documents.envoyBackendPolicies.some(
    ({ object }) => object.spec.rateLimit?.local !== undefined,
  );
  return limits ? { routeFilters: ['local-rate-limit'] } : {};
}

interface Clusters {
  readonly clusters: readonly Cluster[];
  readonly loadAssignments: readonly LoadAssignment[];
}

/** The clusters that policies made of others, for the routes that name them, and those of the providers that routes send people to. */
export function policyClusters(
  configurations: readonly RouteConfiguration[],
  known: Clusters,
  world: World,
): Clusters {
  const routes = configurations.flatMap(({ virtualHosts }) => virtualHosts.flatMap((host) => host.routes));
  const clusters: Cluster[] = providerClusters(providersOf(routes, world));
  const none = { clusters, loadAssignments: [] };
  if (world.documents.envoyBackendPolicies.length === 0) return none;
  const named = new Set<string>();
  for (const { action } of routes) {
    if (action.kind !== 'forward') continue;
    for (const { cluster } of action.clusters) {
      if (partsOfPolicyCluster(cluster) !== undefined) named.add(cluster);
    }
  }
  if (named.size === 0) return none;
  const byName = new Map(known.clusters.map((one) => [one.name, one]));
  const assignments = new Map(known.loadAssignments.map((one) => [one.cluster, one]));
  const loadAssignments: LoadAssignment[] = [];
  for (const name of [...named].toSorted()) {
    const parts = partsOfPolicyCluster(name);
    const base = parts && byName.get(parts.cluster);
    const policy = parts && effectivePolicyNamed('envoyBackendPolicies', parts.policyId, world);
    if (base === undefined || policy === undefined) continue;
    clusters.push({ ...withClusterSettings(base, policy), name });
    const assignment = assignments.get(base.name);
    if (assignment !== undefined) loadAssignments.push({ ...assignment, cluster: name });
  }
  return { clusters, loadAssignments };
}
