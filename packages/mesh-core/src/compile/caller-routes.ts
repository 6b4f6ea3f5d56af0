/** The route tables that a caller's proxy follows: what explain and the forecast ask. */
import {
  type ClientAddress,
  compileRouteTable,
  type FilterChain,
  hostOf,
  type Listener,
  matchServerName,
  noDemands,
  type PathNormalization,
  type Route,
  type RouteDemands,
  type RouteTable,
} from '@heddle/traffic';
import { type ClientView, clientView, gatewayView } from '../translate/istio/client-view.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import type { MeshService, MeshSettings, World } from '../world/world.ts';
import { compileGateway } from './gateway.ts';
import { compileOutboundRoutes } from './outbound.ts';

/** What one kind of caller follows; the listeners are those of a gateway. */
interface Routing {
  readonly listeners: readonly Listener[];
  readonly tables: ReadonlyMap<string, RouteTable>;
}

/** What a request is decided by. */
export interface ServingRoutes {
  readonly table: RouteTable;
  /** How the listener finds the client's address. */
  readonly clientAddress?: ClientAddress;
  /** The gateway's own; absent: the mesh's. */
  readonly pathNormalization?: PathNormalization;
  /** Of a route of the table. */
  demands(route: Route): RouteDemands;
}

/** Where a request goes in. */
export interface RouteEntry {
  /** The port that is called. */
  readonly port: number;
  /** With or without a port. */
  readonly host: string;
  /** undefined: whichever the port speaks. */
  readonly scheme?: string | undefined;
  /** Of the TLS handshake; undefined: the host. */
  readonly sni?: string | undefined;
}

/** Of one world; tables are compiled once per kind of caller. */
export class CallerRoutes {
  readonly #world: World;
  readonly #routing = new Map<string, Routing>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @returns undefined where the caller has no table for such a request */
  serving(caller: WorkloadInstance, entry: RouteEntry): ServingRoutes | undefined {
    const { listeners, tables } = this.#routingOf(caller);
    if (caller.kind === 'sidecar') {
      const table = tables.get(String(entry.port));
      return table && { table, demands: () => noDemands };
    }
    const listener = listeners.find(({ port }) => port === entry.port);
    const chain = listener && chainFor(listener, entry);
    const table = chain && tables.get(chain.http.routeConfig);
    return (
      table && {
        table,
        ...(chain.http.pathNormalization === undefined
          ? {}
          : { pathNormalization: chain.http.pathNormalization }),
        ...(chain.http.client?.address === undefined ? {} : { clientAddress: chain.http.client.address }),
        demands: ({ tokens, logins, provider }) => ({
          tokens: chain.http.routeTokens?.find(({ name }) => name === tokens),
          logins: (chain.http.routeLogins ?? []).filter(({ name }) => name === logins),
          provider: chain.http.routeProviders?.find(({ name }) => name === provider),
        }),
      }
    );
  }

  /** What becomes of a sidecar's requests to hosts that are in none of its tables. */
  outboundTrafficPolicy({ namespace, labels }: WorkloadInstance): MeshSettings['outboundTrafficPolicy'] {
    return clientView({ namespace, labels }, this.#world).outboundTrafficPolicy;
  }

  /** A service as the caller sees it. */
  service(caller: WorkloadInstance, hostname: string): MeshService | undefined {
    const view = caller.kind === 'gateway' ? gatewayView : clientView;
    return view(caller, this.#world).service(hostname);
  }

  /** Who takes a sidecar's requests to hosts that no document names, in their place. */
  egressProxy({ namespace, labels }: WorkloadInstance): ClientView['egressProxy'] {
    return clientView({ namespace, labels }, this.#world).egressProxy;
  }

  #routingOf(caller: WorkloadInstance): Routing {
    const key = JSON.stringify([caller.kind, caller.namespace, caller.labels]);
    const known = this.#routing.get(key);
    if (known !== undefined) return known;
    const { listeners, routeConfigurations } =
      caller.kind === 'gateway'
        ? compileGateway(caller, this.#world)
        : {
            listeners: [],
            routeConfigurations: compileOutboundRoutes(this.#world, { ...caller, gateway: 'mesh' }),
          };
    const tables = new Map(routeConfigurations.map((one) => [one.name, compileRouteTable(one)]));
    const routing = { listeners, tables };
    this.#routing.set(key, routing);
    return routing;
  }
}

/**
 * The chain of a gateway's listener: in clear, or after TLS by the name that it asks for, which is the host that was called unless
 * the question says otherwise. A port speaks one of the two; a question that does not say which means the one it speaks.
 */
function chainFor({ filterChains }: Listener, { scheme, sni, host }: RouteEntry): FilterChain | undefined {
  const [plain, ended] = [false, true].map((isEnded) =>
    filterChains.filter(({ tls }) => (tls !== undefined) === isEnded),
  );
  const [first, other] = scheme === 'https' ? [ended, plain] : [plain, ended];
  const chains = first?.length ? first : other;
  return matchServerName(chains ?? [], sni ?? hostOf(host));
}
