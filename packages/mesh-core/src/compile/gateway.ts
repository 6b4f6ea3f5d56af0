import type { GatewayDocument } from '@heddle/schema';
import type { Listener, RouteConfiguration, VirtualHost } from '@heddle/traffic';
import { chainAuthorization } from '../translate/istio/authorization-policy.ts';
import { appliesToGateway, translateVirtualService } from '../translate/istio/virtual-service.ts';
import { selects, type WorkloadInstance } from '../world/instance.ts';
import { originOf, type Typed, type World } from '../world/world.ts';
import { tracingShare } from './outbound.ts';

type Server = GatewayDocument['spec']['servers'][number];

interface OpenServer {
  readonly gateway: Typed<GatewayDocument>;
  readonly server: Server;
  readonly index: number;
}

/** Protocols that the gateway serves in plain HTTP; others are reported as not yet enforced. */
export function isPlainHttp({ port, tls }: Server): boolean {
  return /^(?:http|http2|grpc)$/i.test(port.protocol) && tls === undefined;
}

/** The listeners of a gateway and their routes: servers of several Gateways on one port are joined. */
export function compileGateway(
  instance: WorkloadInstance,
  world: World,
): { listeners: Listener[]; routeConfigurations: RouteConfiguration[] } {
  const byPort = new Map<number, OpenServer[]>();
  for (const gateway of world.documents.gateways) {
    if (!selects(gateway.object.spec.selector, instance.labels)) continue;
    gateway.object.spec.servers.forEach((server, index) => {
      if (!isPlainHttp(server)) return;
      const { number } = server.port;
      byPort.set(number, [...(byPort.get(number) ?? []), { gateway, server, index }]);
    });
  }
  const ports = [...byPort].toSorted(([a], [b]) => a - b);
  return {
    listeners: ports.map(([port]): Listener => ({
      name: `0.0.0.0_${port}`,
      address: instance.address,
      port,
      bind: true,
      direction: 'GATEWAY',
      filterChains: [
        {
          name: `0.0.0.0_${port}`,
          ...chainAuthorization(instance, world),
          http: { routeConfig: `http.${port}`, tracingShare },
        },
      ],
    })),
    routeConfigurations: ports.map(([port, servers]) => ({
      name: `http.${port}`,
      virtualHosts: gatewayHosts(servers, port, instance, world),
    })),
  };
}

/** VirtualServices of one host on a gateway are joined, oldest first. */
function gatewayHosts(
  servers: readonly OpenServer[],
  port: number,
  instance: WorkloadInstance,
  world: World,
): VirtualHost[] {
  const hosts = new Map<string, VirtualHost>();
  for (const { gateway, server, index } of servers) {
    const name = `${gateway.key.namespace}/${gateway.key.name}`;
    const client = { gateway: name, namespace: instance.namespace, labels: instance.labels };
    for (const document of world.documents.virtualServices.filter((one) => appliesToGateway(one, name))) {
      const routes = translateVirtualService(document, client, port, world);
      for (const written of document.object.spec.hosts ?? []) {
        const host = world.resolve(written, document.key.namespace);
        const served = server.hosts.map((one) => narrower(one, host)).filter((one) => one !== undefined);
        for (const domain of new Set(served)) {
          const from = [originOf(gateway, `spec.servers[${index}]`), originOf(document, 'spec')];
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
  }
  return [...hosts.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What two host patterns have in common, the more specific one; `ns/host` and `./host` of a server are taken by host. */
function narrower(serverHost: string, host: string): string | undefined {
  const server = serverHost.slice(serverHost.indexOf('/') + 1).toLowerCase();
  if (server === host || server === '*') return host;
  if (host === '*') return server;
  if (server.startsWith('*') && host.endsWith(server.slice(1)) && host.length > server.length - 1)
    return host;
  if (host.startsWith('*') && server.endsWith(host.slice(1)) && server.length > host.length - 1)
    return server;
  return undefined;
}
