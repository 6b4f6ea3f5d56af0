import type { Route, VirtualHost } from '@heddle/traffic';
import {
  hostsInCommon,
  type KubernetesGateway,
  listenersOf,
  namesGateway,
  type PlacedListener,
  refusalOf,
  servesGateway,
  type SharedHost,
} from '../translate/gateway-api/gateway.ts';
import { byPrecedence } from '../translate/gateway-api/match.ts';
import { type AttachedRoute, httpAndGrpcRoutes } from '../translate/gateway-api/mesh-attachment.ts';
import { withPolicies } from '../translate/envoy-gateway/route-policies.ts';
import { catchAllsLast, isCatchAll } from '../translate/istio/virtual-service.ts';
import { isCovered } from '../world/host-pattern.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import { originOf, type World } from '../world/world.ts';

/** What a gateway proxy serves in clear on one port of its Gateways. */
export interface ServedPort {
  readonly port: number;
  readonly listeners: readonly PlacedListener[];
  readonly virtualHosts: readonly VirtualHost[];
}

/** What it serves after TLS on one of their listeners. */
export interface ServedListener extends ServedPort {
  readonly placed: PlacedListener;
}

type Server = Pick<WorkloadInstance, 'namespace' | 'labels'>;

/** Listeners that speak HTTP in clear, of every Gateway that the proxy serves. */
export function servedPorts(instance: Server, world: World): ServedPort[] {
  const byPort = Map.groupBy(listenersFor(instance, 'HTTP', world), ({ listener }) => listener.port);
  return [...byPort].map(([port, ofPort]) => ({
    port,
    listeners: ofPort,
    virtualHosts: hostsOf(ofPort, ofPort, port, 'http', world),
  }));
}

/** Listeners that end TLS. Of two on one port for the same name the first counts. */
export function servedListeners(instance: Server, world: World): ServedListener[] {
  const all = listenersFor(instance, 'HTTPS', world).filter(
    ({ listener: { tls } }) => tls?.mode !== 'Passthrough',
  );
  return [...Map.groupBy(all, ({ listener }) => listener.port)].flatMap(([port, ofPort]) => {
    const byName = Map.groupBy(ofPort, ({ listener }) => listener.hostname?.toLowerCase() ?? '');
    return [...byName.values()].flatMap(([placed]) =>
      placed === undefined
        ? []
        : [
            {
              placed,
              port,
              listeners: [placed],
              virtualHosts: hostsOf([placed], ofPort, port, 'https', world),
            },
          ],
    );
  });
}

function listenersFor(instance: Server, protocol: 'HTTP' | 'HTTPS', world: World): PlacedListener[] {
  return world.documents.kubernetesGateways
    .filter((one) => servesGateway(instance, one, world))
    .flatMap((gateway) => listenersOf(gateway))
    .filter(({ listener }) => listener.protocol === protocol);
}

/** Routes that name a host in the same way on one listener: they are joined by precedence. */
interface HostGroup {
  readonly placed: PlacedListener;
  readonly host: SharedHost;
  readonly members: AttachedRoute[];
}

/**
 * The virtual hosts of some listeners among all those of their port. Groups that meet in one host follow each other: those of the Gateway's own namespace first, then
 * the older ones; what takes every request comes last.
 */
function hostsOf(
  listeners: readonly PlacedListener[],
  ofPort: readonly PlacedListener[],
  port: number,
  scheme: 'http' | 'https',
  world: World,
): VirtualHost[] {
  const target = { world, port, scheme, needsGrant: true };
  const hosts = new Map<string, VirtualHost>();
  for (const { placed, host, members } of groupsOf(listeners, ofPort, world)) {
    const routes = untilCatchAll(
      members
        .flatMap(({ document, routes: routesFor }) =>
          routesFor(target).map((ranked) => ({
            ...ranked,
            route: withPolicies(ranked, { route: document.key, listener: placed }, world),
          })),
        )
        .toSorted(byPrecedence)
        .map(({ route }) => route),
    );
    const { gateway, index } = placed;
    const from = [
      originOf(gateway, `spec.listeners[${index}]`),
      ...members.map(({ document }) => originOf(document, 'spec')),
    ];
    const existing = hosts.get(host.domain);
    hosts.set(host.domain, {
      name: `${host.domain}:${port}`,
      domains: [host.domain],
      routes: [...(existing?.routes ?? []), ...routes],
      from: [...(existing?.from ?? []), ...from],
    });
  }
  return [...hosts.values()]
    .map((host) => ({ ...host, routes: catchAllsLast(host.routes) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function groupsOf(
  listeners: readonly PlacedListener[],
  ofPort: readonly PlacedListener[],
  world: World,
): HostGroup[] {
  const groups = new Map<string, HostGroup>();
  for (const route of httpAndGrpcRoutes(world)) {
    for (const placed of listeners.filter((one) => isAttached(route, one, world))) {
      for (const host of hostsInCommon(placed.listener, route.hostnames)) {
        if (belongsElsewhere(host, placed, ofPort)) continue;
        const { key } = placed.gateway;
        const id = [key.namespace, key.name, placed.index, host.written].join('/');
        const group = groups.get(id) ?? { placed, host, members: [] };
        group.members.push(route);
        groups.set(id, group);
      }
    }
  }
  return [...groups.values()].toSorted(
    (a, b) => Number(isOwn(b)) - Number(isOwn(a)) || ageOf(a) - ageOf(b) || (nameOf(a) < nameOf(b) ? -1 : 1),
  );
}

function isOwn({ members, placed }: HostGroup): boolean {
  return members[0]?.document.key.namespace === placed.gateway.key.namespace;
}

/** Decides between groups of one age, as in Istio. */
function nameOf({ placed: { gateway, listener }, host }: HostGroup): string {
  return [gateway.key.namespace, gateway.key.name, listener.name, host.written].join('~');
}

function ageOf({ members }: HostGroup): number {
  return members[0]?.document.createdAtMs ?? 0;
}

function isAttached(route: AttachedRoute, placed: PlacedListener, world: World): boolean {
  const { key } = route.document;
  return route.parentRefs.some(
    (ref) =>
      namesGateway(ref, key.namespace, placed.gateway) &&
      refusalOf(placed, key, ref, route.hostnames, world) === undefined,
  );
}

/** A host that another listener of the Gateway means more closely is served by that one alone (listener isolation). */
function belongsElsewhere(
  { written }: SharedHost,
  { gateway, listener }: PlacedListener,
  listeners: readonly PlacedListener[],
): boolean {
  const own = listener.hostname ?? '';
  if (own !== '' && !own.startsWith('*')) return false;
  return listeners.some(
    (other) =>
      other.gateway === gateway &&
      other.listener !== listener &&
      other.listener.hostname !== undefined &&
      other.listener.hostname.length >= own.length &&
      other.listener.hostname !== own &&
      isCovered(written, other.listener.hostname),
  );
}

/** What follows a route that takes every request is never tried, and must not be when other groups are joined. */
function untilCatchAll(routes: readonly Route[]): readonly Route[] {
  const end = routes.findIndex(({ match }) => isCatchAll(match));
  return end === -1 ? routes : routes.slice(0, end + 1);
}

/** The Gateway of that name, if there is one of this API. */
export function kubernetesGateway(
  namespace: string,
  name: string,
  world: World,
): KubernetesGateway | undefined {
  return world.documents.kubernetesGateways.find(
    ({ key }) => key.namespace === namespace && key.name === name,
  );
}
