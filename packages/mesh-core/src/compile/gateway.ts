import type { GatewayDocument } from '@heddle/schema';
import {
  type FilterChain,
  type Listener,
  noHeaderMutation,
  type Origin,
  type Route,
  type RouteConfiguration,
  type TcpFilterChain,
  type VirtualHost,
} from '@heddle/traffic';
import { chainAuthorization, tcpAuthorization } from '../translate/istio/authorization-policy.ts';
import {
  type ClientPolicy,
  clientPolicyOf,
  clientSettings,
  clientTls,
  connectionLimit,
  listenerSettings,
  pathLevel,
} from '../translate/envoy-gateway/client-traffic.ts';
import { routeNeeds } from '../translate/envoy-gateway/route-policies.ts';
import { withServicePolicies } from '../translate/envoy-gateway/service-policy.ts';
import { chainTokens } from '../translate/istio/request-authentication.ts';
import { gatewayView, routingSeenBy } from '../translate/istio/client-view.ts';
import { matchAll } from '../translate/istio/http-match.ts';
import { servicesInView } from '../translate/istio/destination.ts';
import { catchAllsLast, translateVirtualService } from '../translate/istio/virtual-service.ts';
import { listenerL4Chains } from '../translate/gateway-api/l4-routes.ts';
import { passthroughChains, serverChain } from '../translate/istio/l4-routes.ts';
import { terminatedTls } from '../translate/istio/server-tls.ts';
import { narrower, overlaps } from '../world/host-pattern.ts';
import { tracingShareOf } from '../translate/istio/telemetry.ts';
import { selects, type WorkloadInstance } from '../world/instance.ts';
import { defaultOrigin, originOf, type Typed, type World } from '../world/world.ts';
import { pathSettings } from './path-settings.ts';
import { servedListeners, servedPorts } from './kubernetes-gateway.ts';

type Server = GatewayDocument['spec']['servers'][number];

interface OpenServer {
  readonly gateway: Typed<GatewayDocument>;
  readonly server: Server;
  readonly index: number;
}

/** Protocols that the gateway serves in plain HTTP; others are reported as not yet enforced. */
export function isPlainHttp({ port }: Server): boolean {
  return /^(?:http|http2|grpc|grpc-web)$/i.test(port.protocol);
}

/** Whether the gateway passes TLS on as it is, and only looks at the name that it asks for; without a mode it does. */
function isPassthrough({ tls }: Server): boolean {
  if (tls === undefined) return false;
  return tls.mode === undefined || tls.mode === 'PASSTHROUGH' || tls.mode === 'AUTO_PASSTHROUGH';
}

/** HTTP after TLS that the gateway itself ends. */
export function isTerminatedHttps(server: Server): boolean {
  return /^https$/i.test(server.port.protocol) && server.tls !== undefined && !isPassthrough(server);
}

/**
 * By port, the chains for connections that the gateway passes on: of TCP servers, and of TLS servers by the name that is asked for, as
 * they are or what is in them.
 */
export function gatewayTcpChains(instance: WorkloadInstance, world: World): Map<number, TcpFilterChain[]> {
  const byPort = new Map<number, TcpFilterChain[]>();
  const known = servicesInView(gatewayView(instance, world), world);
  for (const [port, servers] of openServers(instance, world, passesOn)) {
    const names = new Set<string>();
    const chains = servers.flatMap(({ gateway, server, index }) => {
      const name = `${gateway.key.namespace}/${gateway.key.name}`;
      const client = { gateway: name, namespace: instance.namespace, labels: instance.labels };
      const routing = routingSeenBy(instance.namespace, name, world).filter(({ document, hosts }) =>
        serverHosts(server, gateway.key.namespace, document.key.namespace).some((offered) =>
          hosts.some((host) => overlaps(offered, host)),
        ),
      );
      if (isPassthrough(server)) {
        return passthroughChains(routing, port, client, known).filter((chain) => takesNames(chain, names));
      }
      const chain = serverChain(routing, port, client, known);
      if (chain === undefined) return [];
      const { tls } = server;
      const ended = tls && {
        serverNames: serverNamesOf(server),
        tls: terminatedTls(tls, originOf(gateway, `spec.servers[${index}].tls`), world),
      };
      return [{ ...chain, prefixRanges: [], ...ended }].filter((one) => takesNames(one, names));
    });
    byPort.set(port, chains);
  }
  for (const [port, chains] of listenerL4Chains(instance, world)) {
    if (chains.length > 0) byPort.set(port, [...(byPort.get(port) ?? []), ...chains]);
  }
  return byPort;
}

/** A chain of which a name is taken already is left out, as in Istio: no two chains of a port may have a name in common. */
function takesNames({ serverNames }: TcpFilterChain, taken: Set<string>): boolean {
  const names = serverNames.length === 0 ? ['*'] : serverNames;
  if (names.some((name) => taken.has(name))) return false;
  for (const name of names) taken.add(name);
  return true;
}

function passesOn(server: Server): boolean {
  return !isPlainHttp(server) && !isTerminatedHttps(server);
}

/** The names that TLS has to ask for to reach a server; none when it is for any. */
function serverNamesOf({ hosts }: Server): string[] {
  const names = hosts.map((written) => written.slice(written.indexOf('/') + 1).toLowerCase());
  return names.includes('*') ? [] : [...new Set(names)];
}

/** The listeners of a gateway and their routes: servers and listeners of several Gateways, of either API, on one port are joined. */
export function compileGateway(
  instance: WorkloadInstance,
  world: World,
): { listeners: Listener[]; routeConfigurations: RouteConfiguration[] } {
  const parts = [...plainParts(instance, world), ...terminatedParts(instance, world)].map((part) => ({
    ...part,
    virtualHosts: withServicePolicies(part.virtualHosts, world),
  }));
  const authorization = tcpAuthorization(instance, world);
  const tcpChains = new Map(
    [...gatewayTcpChains(instance, world)].map(([port, chains]) => [
      port,
      chains.map((chain) => ({ ...chain, ...authorization })),
    ]),
  );
  const ports = new Set([...parts.map(({ port }) => port), ...tcpChains.keys()]);
  const routeConfigurations = new Map(
    parts.map(({ routeConfig, virtualHosts }) => [routeConfig, { name: routeConfig, virtualHosts }]),
  );
  return {
    listeners: [...ports]
      .toSorted((a, b) => a - b)
      .map((port) => {
        const ofPort = parts.filter((one) => one.port === port);
        return toListener(port, ofPort, tcpChains.get(port) ?? [], instance, world);
      }),
    routeConfigurations: [...routeConfigurations.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** HTTP on a port: in clear, or what one server serves after TLS. */
interface HttpPart {
  readonly port: number;
  readonly routeConfig: string;
  readonly virtualHosts: readonly VirtualHost[];
  /** Of Gateways of the Gateway API. */
  readonly policy?: ClientPolicy | undefined;
  /** Of a part after TLS. */
  readonly ended?: Pick<FilterChain, 'name' | 'serverNames' | 'tls'>;
}

function toListener(
  port: number,
  parts: readonly HttpPart[],
  tcpChains: readonly TcpFilterChain[],
  instance: WorkloadInstance,
  world: World,
): Listener {
  const name = `0.0.0.0_${port}`;
  // Whoever comes in begins a trace here.
  const tracingShare = tracingShareOf(instance, 'SERVER', world);
  return {
    name,
    address: instance.address,
    port,
    bind: true,
    direction: 'GATEWAY',
    ...listenerSettingsOf(parts),
    filterChains: parts.map(({ routeConfig, ended, virtualHosts, policy }) => ({
      ...(ended ?? { name }),
      ...(policy === undefined ? {} : connectionLimit(policy)),
      ...chainTokens(instance, world),
      ...chainAuthorization(instance, world),
      http: {
        routeConfig,
        tracingShare,
        ...pathSettings(world),
        ...(policy === undefined ? {} : pathLevel(policy)),
        ...clientOf(policy, world),
        ...routeNeeds(virtualHosts, world),
      },
    })),
    ...(tcpChains.length === 0 ? {} : { tcpChains }),
  };
}

/** What a port is to its clients is one thing for all that it serves. */
function listenerSettingsOf(parts: readonly HttpPart[]): ReturnType<typeof listenerSettings> {
  const policy = parts.find((part) => part.policy !== undefined)?.policy;
  return policy === undefined ? {} : listenerSettings(policy);
}

/** What the Gateway's policy says of its clients; how many proxies stand before every gateway, the mesh says. */
function clientOf(
  policy: ClientPolicy | undefined,
  { settings: { trustedHops } }: World,
): Pick<FilterChain['http'], 'client'> {
  const said = policy === undefined ? {} : clientSettings(policy);
  if (trustedHops === undefined || said.client?.address !== undefined) return said;
  const from = [defaultOrigin('gatewayTopology')];
  return { client: { from, ...said.client, address: { kind: 'forwarded-for', hops: trustedHops } } };
}

/** `http.8080`: all that is served in clear on one port. */
function plainParts(instance: WorkloadInstance, world: World): HttpPart[] {
  const hosts = new Map<number, readonly VirtualHost[]>();
  for (const [port, servers] of openServers(instance, world, isPlainHttp)) {
    hosts.set(port, gatewayHosts(servers, port, 'http', instance, world));
  }
  const policies = new Map<number, ClientPolicy | undefined>();
  for (const { port, listeners, virtualHosts } of servedPorts(instance, world)) {
    hosts.set(port, joined(hosts.get(port), virtualHosts));
    policies.set(port, clientPolicyOf(listeners, world));
  }
  return [...hosts].map(([port, virtualHosts]) => ({
    port,
    routeConfig: `http.${port}`,
    virtualHosts,
    policy: policies.get(port),
  }));
}

/** Hosts that are known already keep what they have. */
function joined(before: readonly VirtualHost[] = [], more: readonly VirtualHost[]): readonly VirtualHost[] {
  const taken = new Set(before.map(({ name }) => name));
  return [...before, ...more.filter(({ name }) => !taken.has(name))];
}

/**
 * Each server that ends TLS has routes of its own: the name that TLS asked for has chosen the server, and a host of another one is
 * not served to who has asked for this one.
 */
function terminatedParts(instance: WorkloadInstance, world: World): HttpPart[] {
  const parts: HttpPart[] = [];
  for (const [port, servers] of openServers(instance, world, isTerminatedHttps)) {
    for (const [routeConfig, ofConfig] of Map.groupBy(servers, routeConfigOf)) {
      const virtualHosts = gatewayHosts(ofConfig, port, 'https', instance, world);
      for (const { gateway, server, index } of ofConfig) {
        const { name, namespace } = gateway.key;
        const from = originOf(gateway, `spec.servers[${index}].tls`);
        const ended = {
          name: `${namespace}/${name} servers[${index}]`,
          serverNames: serverNamesOf(server),
          ...(server.tls === undefined ? {} : { tls: terminatedTls(server.tls, from, world) }),
        };
        parts.push({ port, routeConfig, virtualHosts, ended });
      }
    }
  }
  const listeners = servedListeners(instance, world).map(({ placed, port, virtualHosts }): HttpPart => {
    const { gateway, listener, index } = placed;
    const policy = clientPolicyOf([placed], world);
    const { name, namespace } = gateway.key;
    return {
      port,
      routeConfig: `https.${port}.${listener.name}.${name}.${namespace}`,
      virtualHosts,
      policy,
      ended: {
        name: `${namespace}/${name} listeners[${index}]`,
        serverNames: listener.hostname === undefined ? [] : [listener.hostname.toLowerCase()],
        tls: clientTls(placed, world),
      },
    };
  });
  return [...parts, ...listeners];
}

function routeConfigOf({ gateway: { key }, server: { port, bind } }: OpenServer): string {
  const name = `https.${port.number}.${port.name}.${key.name}.${key.namespace}`;
  return bind ? `${name}.${bind}` : name;
}

/** Servers of Gateways that the proxy serves. One for TLS of which a host is taken on its port is left out, as in Istio. */
function openServers(
  instance: WorkloadInstance,
  world: World,
  isWanted: (server: Server) => boolean,
): Map<number, OpenServer[]> {
  const byPort = new Map<number, OpenServer[]>();
  const taken = new Set<string>();
  for (const gateway of world.documents.gateways) {
    if (!selects(gateway.object.spec.selector, instance.labels)) continue;
    gateway.object.spec.servers.forEach((server, index) => {
      const { number } = server.port;
      if (server.tls !== undefined && !isPlainHttp(server)) {
        const hosts = server.hosts.map((host) => `${number} ${host}`);
        if (hosts.some((host) => taken.has(host))) return;
        for (const host of hosts) taken.add(host);
      }
      if (!isWanted(server)) return;
      byPort.set(number, [...(byPort.get(number) ?? []), { gateway, server, index }]);
    });
  }
  return byPort;
}

/** VirtualServices of one host on a gateway are joined in the order in which conflicts are won; what takes everything comes last. */
function gatewayHosts(
  servers: readonly OpenServer[],
  port: number,
  scheme: 'http' | 'https',
  instance: WorkloadInstance,
  world: World,
): VirtualHost[] {
  const hosts = new Map<string, VirtualHost>();
  const known = servicesInView(gatewayView(instance, world), world);
  for (const { gateway, server, index } of servers) {
    const name = `${gateway.key.namespace}/${gateway.key.name}`;
    const client = { gateway: name, namespace: instance.namespace, labels: instance.labels, scheme };
    for (const routing of routingSeenBy(instance.namespace, name, world)) {
      const routes = translateVirtualService(routing, client, port, known);
      if (routes.length === 0) continue;
      const offered = serverHosts(server, gateway.key.namespace, routing.document.key.namespace);
      const served = routing.hosts.flatMap((host) =>
        offered.map((one) => narrower(one, host)).filter((one) => one !== undefined),
      );
      const from = [originOf(gateway, `spec.servers[${index}]`), originOf(routing.document, 'spec')];
      for (const domain of new Set(served)) {
        const existing = hosts.get(domain);
        hosts.set(domain, {
          name: `${domain}:${port}`,
          domains: [domain],
          routes: [...(existing?.routes ?? []), ...routes],
          from: [...(existing?.from ?? []), ...from],
        });
      }
    }
  }
  for (const [domain, from] of redirectedHosts(servers, hosts)) {
    hosts.set(domain, {
      name: `${domain}:${port}`,
      domains: [domain],
      routes: [toHttps(from)],
      from: [from],
    });
  }
  return [...hosts.values()]
    .map((host) => ({ ...host, routes: catchAllsLast(host.routes) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Hosts that are served on another port by TLS alone (httpsRedirect): all that the server has for every namespace, whether a
 * VirtualService speaks of them or not, and those that were made from its hosts.
 */
function redirectedHosts(
  servers: readonly OpenServer[],
  hosts: ReadonlyMap<string, VirtualHost>,
): Map<string, Origin> {
  const redirected = new Map<string, Origin>();
  for (const { gateway, server, index } of servers) {
    if (server.tls?.httpsRedirect !== true) continue;
    const path = `spec.servers[${index}]`;
    const from = originOf(gateway, `${path}.tls.httpsRedirect`);
    // A host that is for one namespace means nothing by itself.
    const own = server.hosts
      .map((written) => written.toLowerCase().replace(/^\*\//, ''))
      .filter((host) => !host.includes('/'));
    const made = [...hosts]
      .filter(([, host]) => host.from.some((one) => one.path === path && one.name === gateway.key.name))
      .map(([domain]) => domain);
    for (const domain of [...own, ...made]) redirected.set(domain, from);
  }
  return redirected;
}

function toHttps(from: Origin): Route {
  return {
    name: `${from.namespace}/${from.name} https`,
    match: matchAll,
    action: { kind: 'redirect', status: 301, scheme: 'https' },
    requestHeaders: noHeaderMutation,
    responseHeaders: noHeaderMutation,
    from: [from],
  };
}

/** The hosts that a server offers to VirtualServices of a namespace: of `ns/host`, `./host` and `*` + `/host` those that mean it. */
function serverHosts({ hosts }: Server, own: string, namespace: string): string[] {
  return hosts.flatMap((written) => {
    const slash = written.indexOf('/');
    const host = written.slice(slash + 1).toLowerCase();
    if (slash === -1) return [host];
    const scope = written.slice(0, slash);
    return scope === '*' || (scope === '.' ? own : scope) === namespace ? [host] : [];
  });
}
