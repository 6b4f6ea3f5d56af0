import {
  compileAuthorization,
  compileRouteTable,
  type CompiledAuthorization,
  type Cluster,
  type Endpoint,
  type FilterChain,
  hostOf,
  type JwtProvider,
  type Listener,
  type ProxySnapshot,
  type RouteTokens,
  type RouteTable,
} from '@heddle/traffic';
import { type DnsAddresses, isResolved } from '../cluster/dns-addresses.ts';
import { createPicker, type Picker } from '../cluster/load-balancer.ts';
import { TokenVerifier } from '../identity/token-verifier.ts';
import type { EndpointLoads } from '../cluster/endpoint-loads.ts';

/** A filter chain with its route table at hand. */
export interface CompiledChain {
  readonly listener: Listener;
  readonly chain: FilterChain;
  readonly routes: RouteTable;
  /** undefined: no policy is for this workload. */
  readonly authorization: CompiledAuthorization | undefined;
  /** undefined: no token is verified. */
  readonly tokens: TokenVerifier | undefined;
  /** By name: what routes ask for. */
  readonly routeTokens: ReadonlyMap<string, CompiledRouteTokens>;
}

export interface CompiledRouteTokens extends Pick<RouteTokens, 'failsOpen' | 'recomputesRoute'> {
  readonly verifier: TokenVerifier;
}

/** A gateway's listener with its chains. */
export interface CompiledGateway {
  readonly listener: Listener;
  readonly chains: readonly CompiledChain[];
}

export interface CompiledCluster {
  readonly cluster: Cluster;
  /** An endpoint for one try; undefined when none is healthy. */
  readonly pick: Picker;
}

/** All that the request path looks up, prepared. Immutable; swapped by one reference. */
export interface CompiledSnapshot {
  readonly source: ProxySnapshot;
  /** Listeners reached through `virtualOutbound`, by the port that was called. */
  readonly outbound: ReadonlyMap<number, CompiledChain>;
  readonly inbound: readonly CompiledChain[];
  /** Listeners of a gateway that serve HTTP, by name. */
  readonly gateway: ReadonlyMap<string, CompiledGateway>;
  readonly clusters: ReadonlyMap<string, CompiledCluster>;
}

/** Whether requests go where the client wanted to go, which the proxy takes from the host that it called. */
export function isClientsChoice({ discovery }: Cluster): boolean {
  return discovery === 'ORIGINAL_DST' || discovery === 'DYNAMIC_FORWARD_PROXY';
}

export const passthroughCluster = 'PassthroughCluster';

/** @throws when a listener names a route configuration that is not there, or a pattern does not compile */
export function compileSnapshot(
  source: ProxySnapshot,
  loads: EndpointLoads,
  dns: DnsAddresses,
): CompiledSnapshot {
  const tables = new Map(
    source.routeConfigurations.map((config) => [config.name, compileRouteTable(config)] as const),
  );
  const chains = source.listeners.flatMap((listener) =>
    listener.filterChains.map((chain): CompiledChain => {
      const routes = tables.get(chain.http.routeConfig);
      if (routes === undefined) {
        throw new Error(
          `listener "${listener.name}" names route configuration "${chain.http.routeConfig}", which is not there`,
        );
      }
      const authorization = chain.authorization && compileAuthorization(chain.authorization, chain.extAuthz);
      return {
        listener,
        chain,
        routes,
        authorization,
        tokens: chain.jwt && verifierOf(chain.jwt, 'each'),
        routeTokens: new Map(
          (chain.http.routeTokens ?? []).map(({ name, providers, failsOpen, recomputesRoute }) => [
            name,
            { verifier: verifierOf(providers, 'any'), failsOpen, recomputesRoute },
          ]),
        ),
      };
    }),
  );
  return {
    source,
    outbound: new Map(
      chains
        .filter(({ listener }) => listener.direction === 'OUTBOUND' && !listener.bind)
        .map((chain) => [chain.listener.port, chain]),
    ),
    inbound: chains.filter(({ listener }) => listener.direction === 'INBOUND'),
    gateway: new Map(
      source.listeners
        .filter(({ direction, filterChains }) => direction === 'GATEWAY' && filterChains.length > 0)
        .map((listener) => [
          listener.name,
          { listener, chains: chains.filter((chain) => chain.listener === listener) },
        ]),
    ),
    clusters: compileClusters(source, loads, dns),
  };
}

/** By the providers, which stay the same object as long as their chain does: fetched keys and verified tokens outlive a push. */
const verifiers = new WeakMap<readonly JwtProvider[], TokenVerifier>();

function verifierOf(providers: readonly JwtProvider[], requiredIs: 'any' | 'each'): TokenVerifier {
  let verifier = verifiers.get(providers);
  if (verifier === undefined) verifiers.set(providers, (verifier = new TokenVerifier(providers, requiredIs)));
  return verifier;
}

function compileClusters(
  source: ProxySnapshot,
  loads: EndpointLoads,
  dns: DnsAddresses,
): Map<string, CompiledCluster> {
  const assignments = new Map(source.loadAssignments.map(({ cluster, endpoints }) => [cluster, endpoints]));
  const clusters = new Map<string, CompiledCluster>();
  for (const cluster of source.clusters) {
    const pickerOf = (endpoints: readonly Endpoint[]) =>
      createPicker(
        cluster,
        endpoints
          .filter(({ health, weight }) => health === 'HEALTHY' && weight > 0)
          .map((endpoint) => ({ endpoint, load: loads.of(endpoint) })),
      );
    const endpoints = cluster.discovery === 'EDS' ? (assignments.get(cluster.name) ?? []) : cluster.endpoints;
    clusters.set(cluster.name, {
      cluster,
      pick: isResolved(cluster) ? resolvedPicker(cluster, dns, pickerOf) : pickerOf(endpoints),
    });
  }
  return clusters;
}

/** Made anew when the addresses behind the names have changed. */
function resolvedPicker(
  cluster: Cluster,
  dns: DnsAddresses,
  pickerOf: (endpoints: readonly Endpoint[]) => Picker,
): Picker {
  let made: { readonly version: number; readonly pick: Picker } | undefined;
  return (...asked) => {
    if (made?.version !== dns.version) {
      made = { version: dns.version, pick: pickerOf(dns.endpointsOf(cluster)) };
    }
    return made.pick(...asked);
  };
}

/** What a client has called, as far as its request tells it. */
export interface InboundCall {
  /** The name that TLS asked for; "" without. */
  readonly serverName: string;
  readonly authority: string;
  readonly port: number;
}

/**
 * The chain that serves the application on `port`; a chain without a port serves any. Where several ports are served, the one that
 * the client has called: in the mesh the name that TLS asks for says service and port, else the host of the request does.
 */
export function inboundChain(
  { inbound }: CompiledSnapshot,
  port: number | undefined,
  call?: InboundCall,
): CompiledChain | undefined {
  return (
    (call && inbound.length > 1 ? calledChain(inbound, call) : undefined) ??
    inbound.find(({ chain }) => chain.destinationPort === port) ??
    inbound.find(({ chain }) => chain.destinationPort === undefined) ??
    inbound[0]
  );
}

function calledChain(
  inbound: readonly CompiledChain[],
  { serverName, authority, port }: InboundCall,
): CompiledChain | undefined {
  const [, ofTls, hostOfTls] = /^outbound_\.(\d+)_\.[^_]*_\.(.+)$/.exec(serverName) ?? [];
  const host = (hostOfTls ?? hostOf(authority)).toLowerCase();
  const called = ofTls === undefined ? port : Number(ofTls);
  const isCalled = (one: { readonly host: string; readonly port: number }) =>
    one.port === called && (one.host === host || one.host.startsWith(`${host}.`));
  return (
    inbound.find(({ chain }) => chain.calledAs?.some(isCalled)) ??
    inbound.find(({ chain }) => chain.destinationPort === called)
  );
}

/** A proxy that was told nothing yet: every request is refused, nothing is let through. */
export const emptySnapshot: ProxySnapshot = {
  listeners: [],
  routeConfigurations: [],
  clusters: [],
  loadAssignments: [],
};
