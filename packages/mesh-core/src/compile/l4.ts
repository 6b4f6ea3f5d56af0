import type { TcpFilterChain } from '@heddle/traffic';
import { attachedChains } from '../translate/gateway-api/l4-routes.ts';
import { clientView, scopeFor } from '../translate/istio/client-view.ts';
import { servicesInView } from '../translate/istio/destination.ts';
import { isL4, isTlsPort, serviceChains } from '../translate/istio/l4-routes.ts';
import type { RouteClient } from '../translate/istio/virtual-service.ts';
import { portProtocol, speaksHttp } from '../world/port-protocol.ts';
import type { MeshService, World } from '../world/world.ts';

/** A service of whose port connections are passed on as they are. */
export interface L4Service {
  readonly service: MeshService;
  readonly chains: readonly TcpFilterChain[];
}

/**
 * The services of which connections to one port are passed on as they are, with their chains for one client: those that do not
 * speak HTTP there, and those that do not say what they speak, when something else than HTTP comes.
 */
export function l4Services(port: number, client: RouteClient, world: World): L4Service[] {
  const view = clientView(client, world);
  const scope = scopeFor(view, port);
  if (scope === undefined) return [];
  const known = servicesInView(view, world);
  return scope.services.flatMap((service) => {
    const own = service.ports.find((one) => one.port === port && (isL4(one) || portProtocol(one) === 'auto'));
    if (own === undefined || service.aliasOf !== undefined) return [];
    const attached = attachedChains(service, port, client.namespace, isTlsPort(own), world);
    return [{ service, chains: serviceChains(service, own, scope.routing, client, known, attached) }];
  });
}

/** What is printed for a listener of a port: the chains of services that never speak HTTP there, each matching something of its own. */
export function listenerChains(port: number, client: RouteClient, world: World): TcpFilterChain[] {
  const hasHttp = clientView(client, world).services.some(({ ports }) =>
    ports.some((one) => one.port === port && speaksHttp(one)),
  );
  const seen = new Set<string>();
  return l4Services(port, client, world)
    .filter(({ service }) => service.ports.some((one) => one.port === port && isL4(one)))
    .flatMap(({ chains }) => chains)
    .filter(({ prefixRanges, serverNames }) => {
      const isOpen = prefixRanges.length + serverNames.length === 0;
      const match = `${prefixRanges.join()}|${serverNames.join()}`;
      if (seen.has(match) || (isOpen && hasHttp)) return false;
      seen.add(match);
      return true;
    });
}
