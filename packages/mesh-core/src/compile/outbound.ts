import {
  type Cluster,
  type Listener,
  noHeaderMutation,
  type Route,
  type RouteConfiguration,
  type VirtualHost,
} from '@heddle/traffic';
import { meshRoutes } from '../translate/gateway-api/mesh-attachment.ts';
import { type ClientView, clientView, type EgressScope, scopeFor } from '../translate/istio/client-view.ts';
import type { RoutingService } from '../translate/istio/delegation.ts';
import { pathSettings } from './path-settings.ts';
import { HostsOfPort } from './hosts-of-port.ts';
import { listenerChains } from './l4.ts';
import { clusterName, servicesInView } from '../translate/istio/destination.ts';
import type { ServiceClusters } from '../translate/istio/destination-rule.ts';
import { meshDefaultRetry } from '../translate/istio/http-action.ts';
import { matchAll } from '../translate/istio/http-match.ts';
import { tracingShareOf } from '../translate/istio/telemetry.ts';
import type { UnitedRule } from '../translate/istio/united-rule.ts';
import { type RouteClient, translateVirtualService } from '../translate/istio/virtual-service.ts';
import { sidecarRouteFilters } from '../translate/envoy-gateway/route-policies.ts';
import { withServicePolicies } from '../translate/envoy-gateway/service-policy.ts';
import { splitOf, translateTrafficSplit } from '../translate/smi/traffic-split.ts';
import { DocumentMemo } from '../world/document-memo.ts';
import { isWildcard, overlaps } from '../world/host-pattern.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import { speaksHttp } from '../world/port-protocol.ts';
import { type MeshService, originOf, type World } from '../world/world.ts';

export const passthroughCluster: Cluster = {
  name: 'PassthroughCluster',
  discovery: 'ORIGINAL_DST',
  endpoints: [],
  lb: 'ROUND_ROBIN',
  connectTimeoutMs: 10_000,
  from: [],
};

/** Clusters and endpoints of the services that a client sees. */
export function compileClusters(
  view: ClientView,
  translate: (service: MeshService, rule: UnitedRule | undefined) => ServiceClusters,
): ServiceClusters {
  const parts = view.services.map((service) => translate(service, view.rule(service)));
  const clusters = parts.flatMap((one) => one.clusters);
  const loadAssignments = parts.flatMap((one) => one.loadAssignments);
  const passthrough = passthroughOf(view, { clusters, loadAssignments });
  return {
    clusters: [...passthrough.clusters, ...clusters].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    loadAssignments: [...passthrough.loadAssignments, ...loadAssignments].toSorted((a, b) =>
      a.cluster < b.cluster ? -1 : 1,
    ),
  };
}

/**
 * Where requests go that no document names: out, to the address that was called, or to the client's egress proxy. One that the
 * client does not see takes nothing, and they are refused.
 */
function passthroughOf(view: ClientView, { clusters, loadAssignments }: ServiceClusters): ServiceClusters {
  if (view.outboundTrafficPolicy !== 'ALLOW_ANY') return { clusters: [], loadAssignments: [] };
  const { egressProxy } = view;
  if (egressProxy === undefined) return { clusters: [passthroughCluster], loadAssignments: [] };
  const target = clusterName(egressProxy.port, egressProxy.subset, egressProxy.host);
  const { name } = passthroughCluster;
  return {
    clusters: clusters
      .filter((one) => one.name === target)
      .map((one) => ({ ...one, name, from: [egressProxy.from, ...one.from] })),
    loadAssignments: loadAssignments
      .filter(({ cluster }) => cluster === target)
      .map((one) => ({ ...one, cluster: name })),
  };
}

/** Route configurations of a sidecar's outbound side, one per port that any service has. */
export function compileOutboundRoutes(world: World, client: RouteClient): RouteConfiguration[] {
  const view = clientView(client, world);
  return servicePorts(view).map((port) => ({
    name: String(port),
    virtualHosts: withServicePolicies(outboundHosts(port, client, view, world), world).toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
  }));
}

export function servicePorts({ services }: ClientView): number[] {
  const ports = new Set(services.flatMap((service) => service.ports.map(({ port }) => port)));
  return [...ports].toSorted((a, b) => a - b);
}

/** The VirtualService that routes a service for clients of the service's own namespace. */
export function routingOwner(service: MeshService, world: World): RoutingService | undefined {
  const view = clientView({ namespace: service.namespace, labels: {} }, world);
  return view.scopes
    .map(({ routerOf }) => routerOf.get(service.hostname))
    .find((router) => router !== undefined && router.http.length > 0);
}

/**
 * Who answers to which host on a port: whoever adds a service first owns it, and what the others say is not blended in (HDL0001).
 * Routes of the Gateway API go before VirtualServices, those before TrafficSplits. A VirtualService has the services that its hosts
 * name exactly, and of a wildcard those for which it has the most specific host; the first VirtualService of a host has it alone.
 * One that has no rule for this client leaves the service to itself.
 */
function outboundHosts(port: number, client: RouteClient, view: ClientView, world: World): VirtualHost[] {
  const scope = scopeFor(view, port);
  if (scope === undefined) return [];
  const named = new Map(
    scope.services
      .filter(({ ports }) => ports.some((one) => one.port === port && speaksHttp(one)))
      .map((service) => [service.hostname, service]),
  );
  // What is only another name has a host of its own where a VirtualService gives it routes.
  const services = [...named.values()].filter(({ aliasOf }) => aliasOf === undefined);
  const known = servicesInView(view, world);
  const hosts = new HostsOfPort(port, client.namespace, scope.services);
  for (const service of services) {
    const owned = meshRoutes(service, port, client.namespace, world);
    if (owned === undefined) continue;
    hosts.addService(service, owned.routes, [originOf(service.document, 'spec'), ...owned.from]);
  }
  for (const routing of scope.routing) {
    const claim = claimOf(routing, named, scope.routerOf);
    // Hosts that no service has are known on port 80, and where a service of the same document is.
    if (claim.services.length === 0 && port !== 80) continue;
    const routes = routesOf(routing, client, port, view, world, () =>
      translateVirtualService(routing, client, port, known),
    );
    if (routes.length === 0) continue;
    const origin = originOf(routing.document, 'spec');
    for (const host of claim.hosts) hosts.addHost(host, routes, [origin]);
    for (const service of claim.services) {
      hosts.addService(service, routes, [originOf(service.document, 'spec'), origin]);
    }
  }
  for (const service of services) {
    hosts.addService(service, ownRoutes(service, port, world), [originOf(service.document, 'spec')]);
  }
  return hosts.all();
}

const translated = new DocumentMemo<Route[]>();

/** Routes are made again when one of their documents has changed, or what the client sees of services and rules. */
function routesOf(
  { document, http }: RoutingService,
  client: RouteClient,
  port: number,
  view: ClientView,
  world: World,
  make: () => Route[],
): Route[] {
  const delegates = new Set(http.map((sourced) => sourced.document).filter((one) => one !== document));
  const key = JSON.stringify([client.gateway, client.namespace, client.labels, port, view.id]);
  return translated.get(world.surroundings, [document, ...delegates], key, make);
}

/** The services that a VirtualService routes on a port, and its hosts that no service has. */
function claimOf(
  { hosts, document }: RoutingService,
  services: ReadonlyMap<string, MeshService>,
  routerOf: EgressScope['routerOf'],
): { hosts: string[]; services: MeshService[] } {
  const others: string[] = [];
  const claimed: MeshService[] = [];
  for (const host of hosts) {
    if (isWildcard(host)) {
      const covered = [...services.values()].filter(({ hostname }) => overlaps(hostname, host));
      if (covered.length === 0) others.push(host);
      claimed.push(...covered.filter(({ hostname }) => routerOf.get(hostname)?.document === document));
    } else {
      const exact = services.get(host);
      if (exact === undefined) others.push(host);
      else claimed.push(exact);
    }
  }
  return { hosts: others, services: claimed };
}

/** Of a service that no route document owns: its TrafficSplit, else everything to its own endpoints. */
function ownRoutes(service: MeshService, port: number, world: World): Route[] {
  const plain = () => [plainRoute(service, port, world)];
  const split = splitOf(service, world);
  if (split === undefined) {
    const key = `${service.hostname}:${port}`;
    return translated.get(world.surroundings, [service.document], key, plain);
  }
  return translateTrafficSplit(split, port, plainRoute(service, port, world), world);
}

/** What a Service does by itself: everything to all of its endpoints. */
function plainRoute(service: MeshService, port: number, world: World): Route {
  return {
    name: `${service.namespace}/${service.name} default`,
    match: matchAll,
    action: {
      kind: 'forward',
      clusters: [
        {
          cluster: clusterName(port, '', service.hostname),
          weight: 100,
          requestHeaders: noHeaderMutation,
          responseHeaders: noHeaderMutation,
          from: [originOf(service.document, 'spec')],
        },
      ],
      timeoutMs: 0,
      retry: meshDefaultRetry(world.settings),
      mirrors: [],
    },
    requestHeaders: noHeaderMutation,
    responseHeaders: noHeaderMutation,
    from: [originOf(service.document, 'spec')],
  };
}

export function outboundListeners(view: ClientView, instance: WorkloadInstance, world: World): Listener[] {
  const client = { gateway: 'mesh', namespace: instance.namespace, labels: instance.labels };
  const tracingShare = tracingShareOf(instance, 'CLIENT', world);
  const settings = { ...pathSettings(world), ...sidecarRouteFilters(world) };
  const chain = (name: string, routeConfig: string) => ({
    name,
    http: { routeConfig, tracingShare, ...settings },
  });
  const ports = servicePorts(view);
  const first = ports[0];
  return [
    {
      name: 'virtualOutbound',
      address: instance.address,
      port: 15001,
      bind: true,
      direction: 'OUTBOUND',
      filterChains: first === undefined ? [] : [chain('virtualOutbound', String(first))],
    },
    ...ports.map((port): Listener => {
      const tcpChains = listenerChains(port, client, world);
      const takesAll = tcpChains.some(
        ({ prefixRanges, serverNames }) => prefixRanges.length + serverNames.length === 0,
      );
      return {
        name: `0.0.0.0_${port}`,
        address: '0.0.0.0',
        port,
        bind: false,
        direction: 'OUTBOUND',
        filterChains: takesAll ? [] : [chain(`0.0.0.0_${port}`, String(port))],
        ...(tcpChains.length === 0 ? {} : { tcpChains }),
      };
    }),
  ];
}
