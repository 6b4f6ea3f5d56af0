/** TCP and TLS connections: which chains a service's port or a gateway's server has, by the `tcp` and `tls` of VirtualServices. */
import type { Destination, ServicePort, VirtualServiceDocument } from '@heddle/schema';
import { chainsForAddress, type Origin, type TcpFilterChain, type WeightedTarget } from '@heddle/traffic';
import { overlaps } from '../../world/host-pattern.ts';
import { isSubset } from '../../world/instance.ts';
import { portProtocol } from '../../world/port-protocol.ts';
import { type MeshService, originOf } from '../../world/world.ts';
import { qualifiedGateway, type RoutingService } from './delegation.ts';
import { clusterName, type KnownServices, resolveDestination } from './destination.ts';
import type { RouteClient } from './virtual-service.ts';

type TcpRule = NonNullable<VirtualServiceDocument['spec']['tcp']>[number];
type TlsRule = NonNullable<VirtualServiceDocument['spec']['tls']>[number];
type L4Match = NonNullable<TcpRule['match']>[number] | TlsRule['match'][number];

/** Whether connections to the port are passed on as they are, whatever comes over them. */
export function isL4(port: ServicePort): boolean {
  return ['tcp', 'tls', 'https'].includes(portProtocol(port));
}

export function isTlsPort(port: ServicePort): boolean {
  return ['tls', 'https'].includes(portProtocol(port));
}

/**
 * The chains of one port of a service, as one client sees them. The address of the service tells its connections from others; a
 * service without one is known by the server name alone, where there is TLS.
 *
 * @param routing in the order in which conflicts are won
 * @param attached of routes of the Gateway API, which come after it
 */
export function serviceChains(
  service: MeshService,
  port: ServicePort,
  routing: readonly RoutingService[],
  client: RouteClient,
  services: KnownServices,
  attached: readonly TcpFilterChain[] = [],
): TcpFilterChain[] {
  const own = routing.filter(({ hosts }) => hosts.some((host) => overlaps(host, service.hostname)));
  const written = isTlsPort(port)
    ? tlsChains(own, port.port, client, services)
    : tcpChains(own, port.port, client, services);
  const takesAll = written.some(
    ({ prefixRanges, serverNames }) => prefixRanges.length + serverNames.length === 0,
  );
  const chains = takesAll ? written : [...written, ...attached];
  const isComplete = isTlsPort(port)
    ? chains.length > 0
    : chains.some(({ prefixRanges }) => prefixRanges.length === 0);
  const all = isComplete ? chains : [...chains, plainChain(service, port)];
  if (service.addresses.length === 0) return all;
  // What a rule says of addresses is settled where the address is known.
  return service.addresses.flatMap((address) =>
    !isSingle(address)
      ? all.map((chain) => (chain.prefixRanges.length > 0 ? chain : { ...chain, prefixRanges: [address] }))
      : chainsForAddress(all, address).map((chain) => ({ ...chain, prefixRanges: [toBlock(address)] })),
  );
}

/** The chains of a gateway's server that passes TLS on: one for each match of a `tls` rule. */
export function passthroughChains(
  routing: readonly RoutingService[],
  port: number,
  client: RouteClient,
  services: KnownServices,
): TcpFilterChain[] {
  return tlsChains(routing, port, client, services);
}

/** The chain of a gateway's TCP server: the first `tcp` rule that is for it. */
export function serverChain(
  routing: readonly RoutingService[],
  port: number,
  client: RouteClient,
  services: KnownServices,
): TcpFilterChain | undefined {
  return tcpChains(routing, port, client, services)[0];
}

/** Rules in order, until one takes every connection. */
function tcpChains(
  routing: readonly RoutingService[],
  port: number,
  client: RouteClient,
  services: KnownServices,
): TcpFilterChain[] {
  const chains: TcpFilterChain[] = [];
  for (const { document } of routing) {
    for (const [i, rule] of (document.object.spec.tcp ?? []).entries()) {
      if (!rule.route?.length) continue;
      const origin = originOf(document, `spec.tcp[${i}]`);
      const matches = (rule.match ?? []).filter((match) =>
        concerns(match, document.key.namespace, client, port),
      );
      if (rule.match?.length && matches.length === 0) continue;
      const isForAll = matches.length === 0 || matches.some((match) => !match.destinationSubnets?.length);
      chains.push({
        name: `${document.key.namespace}/${document.key.name} tcp[${i}]`,
        prefixRanges: isForAll
          ? []
          : matches.flatMap(({ destinationSubnets }) => destinationSubnets ?? []).map(toBlock),
        serverNames: [],
        clusters: targetsOf(rule.route, document.key.namespace, port, services, origin),
        from: [origin],
      });
      if (isForAll) return chains;
    }
  }
  return chains;
}

/** Of two matches for the same names and addresses the first counts. */
function tlsChains(
  routing: readonly RoutingService[],
  port: number,
  client: RouteClient,
  services: KnownServices,
): TcpFilterChain[] {
  const chains = new Map<string, TcpFilterChain>();
  for (const { document } of routing) {
    for (const [i, rule] of (document.object.spec.tls ?? []).entries()) {
      if (!rule.route?.length) continue;
      for (const [m, match] of rule.match.entries()) {
        if (!concerns(match, document.key.namespace, client, port)) continue;
        const serverNames = match.sniHosts.map((name) => name.toLowerCase());
        const prefixRanges = (match.destinationSubnets ?? []).map(toBlock);
        const key = `${serverNames.join()}|${prefixRanges.join()}`;
        if (chains.has(key)) continue;
        const rulePath = `spec.tls[${i}]`;
        chains.set(key, {
          name: `${document.key.namespace}/${document.key.name} tls[${i}].match[${m}]`,
          prefixRanges,
          serverNames,
          clusters: targetsOf(
            rule.route,
            document.key.namespace,
            port,
            services,
            originOf(document, rulePath),
          ),
          from: [originOf(document, `${rulePath}.match[${m}]`)],
        });
      }
    }
  }
  return [...chains.values()];
}

function concerns(match: L4Match, namespace: string, client: RouteClient, port: number): boolean {
  const { gateways, sourceLabels, sourceNamespace } = match;
  return (
    (match.port === undefined || match.port === port) &&
    (!gateways?.length || gateways.some((name) => qualifiedGateway(name, namespace) === client.gateway)) &&
    // Where a connection to a gateway comes from says nothing of workloads.
    (client.gateway !== 'mesh' ||
      (isSubset(sourceLabels ?? {}, client.labels) &&
        (!sourceNamespace || sourceNamespace === client.namespace)))
  );
}

function targetsOf(
  routes: readonly { readonly destination: Destination; readonly weight?: number }[],
  namespace: string,
  port: number,
  services: KnownServices,
  rule: Origin,
): WeightedTarget[] {
  return routes
    .map(({ destination, weight }, i) => {
      const target = resolveDestination(services, namespace, destination, port);
      return {
        cluster: clusterName(target.port ?? port, destination.subset ?? '', target.hostname),
        weight: routes.length === 1 ? 100 : (weight ?? 0),
        ...(target.problem === undefined ? {} : { invalidStatus: 503 }),
        from: [{ ...rule, path: `${rule.path}.route[${i}]` }],
      };
    })
    .filter(({ weight }) => weight > 0);
}

function plainChain(service: MeshService, port: ServicePort): TcpFilterChain {
  const from = [originOf(service.document, 'spec')];
  return {
    name: `${service.namespace}/${service.name} default`,
    prefixRanges: [],
    serverNames: isTlsPort(port) && !service.addresses.some(isSingle) ? [service.hostname] : [],
    clusters: [{ cluster: clusterName(port.port, '', service.hostname), weight: 100, from }],
    from,
  };
}

/** One address tells connections to a service from others; a block of them does not. */
function isSingle(address: string): boolean {
  return !address.includes('/');
}

function toBlock(address: string): string {
  return address.includes('/') ? address : `${address}/${address.includes(':') ? 128 : 32}`;
}
