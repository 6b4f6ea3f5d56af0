import {
  type Cluster,
  type Listener,
  type LoadAssignment,
  noHeaderMutation,
  type Route,
  type RouteConfiguration,
  type VirtualHost,
} from '@heddle/traffic';
import { meshRoutes, type OwnedRoutes } from '../translate/gateway-api/mesh-attachment.ts';
import { clusterName } from '../translate/istio/destination.ts';
import { translateService } from '../translate/istio/destination-rule.ts';
import { defaultRetry } from '../translate/istio/http-action.ts';
import { matchAll } from '../translate/istio/http-match.ts';
import { type RouteClient, translateVirtualService } from '../translate/istio/virtual-service.ts';
import { splitOf, translateTrafficSplit } from '../translate/smi/traffic-split.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import { type MeshService, originOf, type World, type WorldDocuments } from '../world/world.ts';

export const passthroughCluster: Cluster = {
  name: 'PassthroughCluster',
  discovery: 'ORIGINAL_DST',
  endpoints: [],
  lb: 'ROUND_ROBIN',
  connectTimeoutMs: 10_000,
  from: [],
};

/** Every service's clusters and endpoints: the same for all callers. */
export function compileClusters(world: World): { clusters: Cluster[]; loadAssignments: LoadAssignment[] } {
  const clusters: Cluster[] =
    world.settings.outboundTrafficPolicy === 'ALLOW_ANY' ? [passthroughCluster] : [];
  const loadAssignments: LoadAssignment[] = [];
  for (const service of world.services) {
    const translated = translateService(service, world);
    clusters.push(...translated.clusters);
    loadAssignments.push(...translated.assignments);
  }
  return {
    clusters: clusters.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    loadAssignments: loadAssignments.toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1)),
  };
}

/** Route configurations of a sidecar's outbound side, one per port that any service has. */
export function compileOutboundRoutes(world: World, client: RouteClient): RouteConfiguration[] {
  return servicePorts(world).map((port) => ({
    name: String(port),
    virtualHosts: [
      ...world.services
        .filter((service) => service.ports.some((one) => one.port === port))
        .map((service) => serviceHost(service, port, client, world)),
      ...foreignHosts(world, client, port),
    ].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }));
}

export function servicePorts(world: World): number[] {
  const ports = new Set(world.services.flatMap((service) => service.ports.map(({ port }) => port)));
  return [...ports].toSorted((a, b) => a - b);
}

/**
 * The VirtualService that routes a service in the mesh: the one with the most specific host, exact before the longest wildcard,
 * and of equals the oldest. The others are ignored for it and reported (IST0109).
 */
export function routingOwner(
  { hostname }: MeshService,
  world: World,
): WorldDocuments['virtualServices'][number] | undefined {
  let owner: WorldDocuments['virtualServices'][number] | undefined;
  let ownerLength = -1;
  for (const document of world.documents.virtualServices) {
    const { gateways, hosts, http } = document.object.spec;
    if (!(gateways ?? ['mesh']).includes('mesh') || (http ?? []).length === 0) continue;
    for (const written of hosts ?? []) {
      const host = world.resolve(written, document.key.namespace);
      const isWildcard = host.startsWith('*') && host.length > 1 && hostname.endsWith(host.slice(1));
      const length = host === hostname ? Number.MAX_SAFE_INTEGER : isWildcard ? host.length : -1;
      if (length > ownerLength) {
        owner = document;
        ownerLength = length;
      }
    }
  }
  return owner;
}

function serviceHost(service: MeshService, port: number, client: RouteClient, world: World): VirtualHost {
  const { hostname, namespace, name } = service;
  const short = client.namespace === namespace ? [name] : [];
  const { routes, from } = ownedRoutes(service, port, client, world);
  return {
    name: `${hostname}:${port}`,
    domains: [...short, `${name}.${namespace}`, `${name}.${namespace}.svc`, hostname],
    routes,
    from: [originOf(service.document, 'spec'), ...from],
  };
}

/**
 * What one API says of a Service's port to one client; undefined when it says nothing.
 * `from` names the documents that say it.
 */
type RoutesOf = (
  service: MeshService,
  port: number,
  client: RouteClient,
  world: World,
) => OwnedRoutes | undefined;

/** The first that has something to say owns the port for this client; what the others say is not blended in (HDL0001). */
const owners: readonly RoutesOf[] = [
  (service, port, client, world) => meshRoutes(service, port, client.namespace, world),
  (service, port, client, world) => {
    const owner = routingOwner(service, world);
    return (
      owner && {
        routes: translateVirtualService(owner, client, port, world),
        from: [originOf(owner, 'spec')],
      }
    );
  },
  (service, port, _client, world) => {
    const split = splitOf(service, world);
    return (
      split && { routes: translateTrafficSplit(split, port, plainRoute(service, port), world), from: [] }
    );
  },
];

function ownedRoutes(service: MeshService, port: number, client: RouteClient, world: World): OwnedRoutes {
  for (const routesOf of owners) {
    const owned = routesOf(service, port, client, world);
    if (owned !== undefined) return owned;
  }
  return { routes: [plainRoute(service, port)], from: [] };
}

/** VirtualServices for hosts that no Service has, such as names outside the mesh. */
function foreignHosts(world: World, client: RouteClient, port: number): VirtualHost[] {
  const hosts = new Map<string, VirtualHost>();
  for (const document of world.documents.virtualServices) {
    if (!(document.object.spec.gateways ?? ['mesh']).includes('mesh')) continue;
    for (const written of document.object.spec.hosts ?? []) {
      const host = world.resolve(written, document.key.namespace);
      if (world.service(host) !== undefined || hosts.has(host)) continue;
      const routes = translateVirtualService(document, client, port, world);
      const name = `${host}:${port}`;
      if (routes.length > 0)
        hosts.set(host, { name, domains: [host], routes, from: [originOf(document, 'spec')] });
    }
  }
  return [...hosts.values()];
}

/** What a Service does by itself: everything to all of its endpoints. */
function plainRoute(service: MeshService, port: number): Route {
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
      retry: defaultRetry,
      mirrors: [],
    },
    requestHeaders: noHeaderMutation,
    responseHeaders: noHeaderMutation,
    from: [originOf(service.document, 'spec')],
  };
}

/** All requests are traced until a Telemetry document says otherwise: the ring and the trace store are bounded. */
export const tracingShare = 1_000_000;

export function outboundListeners(world: World, instance: WorkloadInstance): Listener[] {
  const chain = (name: string, routeConfig: string) => ({ name, http: { routeConfig, tracingShare } });
  const first = servicePorts(world)[0];
  return [
    {
      name: 'virtualOutbound',
      address: instance.address,
      port: 15001,
      bind: true,
      direction: 'OUTBOUND',
      filterChains: first === undefined ? [] : [chain('virtualOutbound', String(first))],
    },
    ...servicePorts(world).map((port): Listener => ({
      name: `0.0.0.0_${port}`,
      address: '0.0.0.0',
      port,
      bind: false,
      direction: 'OUTBOUND',
      filterChains: [chain(`0.0.0.0_${port}`, String(port))],
    })),
  ];
}
