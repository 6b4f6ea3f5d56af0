import type { Cluster, ForwardAction, HashPolicy, RouteConfiguration } from '@heddle/traffic';

/**
 * Says on each route what the clusters that it may go to hash, because whoever routes has the request at hand (Envoy's
 * hash_policy). Configurations without such a route are returned as they are.
 */
export function withHashPolicies(
  configurations: readonly RouteConfiguration[],
  clusters: readonly Cluster[],
): readonly RouteConfiguration[] {
  const policies = new Map<string, HashPolicy>();
  for (const { name, hashPolicy } of clusters) {
    if (hashPolicy !== undefined) policies.set(name, hashPolicy);
  }
  if (policies.size === 0) return configurations;
  const hashed = (action: ForwardAction): ForwardAction => {
    // A policy of the route's own has said it.
    if (action.hashPolicies !== undefined) return action;
    const found = action.clusters.flatMap(({ cluster }) => policies.get(cluster) ?? []);
    if (found.length === 0) return action;
    const distinct = new Map(found.map((policy) => [JSON.stringify(policy), policy]));
    return { ...action, hashPolicies: [...distinct.values()] };
  };
  return configurations.map((configuration) => ({
    ...configuration,
    virtualHosts: configuration.virtualHosts.map((host) => {
      const routes = host.routes.map((route) => {
        const action = route.action.kind === 'forward' ? hashed(route.action) : route.action;
        return action === route.action ? route : { ...route, action };
      });
      // A host without such a route stays the same object.
      return routes.every((route, i) => route === host.routes[i]) ? host : { ...host, routes };
    }),
  }));
}
