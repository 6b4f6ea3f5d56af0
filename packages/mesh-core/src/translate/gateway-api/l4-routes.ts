/** TCPRoutes and TLSRoutes: the chains for connections that they give to a gateway's listener, or to a Service in the mesh. */
import type { ParentReference, TcpRouteDocument, TlsRouteDocument } from '@heddle/schema';
import type { TcpFilterChain, WeightedTarget } from '@heddle/traffic';
import { keyText } from '../../documents/key.ts';
import { byAge } from '../../world/documents.ts';
import type { WorkloadInstance } from '../../world/instance.ts';
import { type MeshService, originOf, type Typed, type World } from '../../world/world.ts';
import { clientTls } from '../envoy-gateway/client-traffic.ts';
import { resolveBackend } from './backend.ts';
import {
  hostsInCommon,
  listenersOf,
  namesGateway,
  type PlacedListener,
  refusalOf,
  servesGateway,
} from './gateway.ts';
import { meshParent } from './mesh-attachment.ts';

type L4Route = Typed<TcpRouteDocument> | Typed<TlsRouteDocument>;

/** By port, the chains of the listeners for TCP, and for TLS that is passed on or ended before TCP. */
export function listenerL4Chains(
  instance: Pick<WorkloadInstance, 'namespace' | 'labels'>,
  world: World,
): Map<number, TcpFilterChain[]> {
  const byPort = new Map<number, TcpFilterChain[]>();
  const placed = world.documents.kubernetesGateways
    .filter((one) => servesGateway(instance, one, world))
    .flatMap((gateway) => listenersOf(gateway));
  for (const one of placed) {
    const { port } = one.listener;
    byPort.set(port, [...(byPort.get(port) ?? []), ...chainsOf(one, world)]);
  }
  for (const [port, chains] of byPort) {
    const taken = new Set(
      placed
        .filter(({ listener }) => listener.port === port && listener.protocol === 'HTTPS')
        .map(({ listener: { hostname } }) => hostname?.toLowerCase() ?? ''),
    );
    byPort.set(
      port,
      chains.flatMap((chain) => withFreeNames(chain, taken)),
    );
  }
  return byPort;
}

/** No two chains of a port may be for the same name (Envoy): the first has it. */
function withFreeNames(chain: TcpFilterChain, taken: Set<string>): TcpFilterChain[] {
  const isForAny = chain.serverNames.length === 0;
  const free = (isForAny ? [''] : chain.serverNames).filter((name) => !taken.has(name));
  for (const name of free) taken.add(name);
  if (free.length === 0) return [];
  return [isForAny ? chain : { ...chain, serverNames: free }];
}

function chainsOf(placed: PlacedListener, world: World): TcpFilterChain[] {
  const { protocol, hostname, tls } = placed.listener;
  const { tcpRoutes, tlsRoutes } = world.documents;
  const target = { world, needsGrant: true };
  // Nothing tells one connection from another: the oldest route has them all.
  const [first] = tcpRoutes.filter((route) => isAttached(route, placed, undefined, world));
  if (protocol === 'TCP') return first === undefined ? [] : [chainOf(first, [], target)];
  if (protocol !== 'TLS') return [];
  // By the name that TLS asks for, whether it is passed on or ended here.
  const byName = tlsRoutes
    .filter((route) => isAttached(route, placed, route.object.spec.hostnames, world))
    .map((route) => chainOf(route, sharedNames(placed, route.object.spec.hostnames), target));
  if (tls?.mode === 'Passthrough') return byName;
  const names = hostname === undefined ? [] : [hostname.toLowerCase()];
  const ended = clientTls(placed, world);
  return [...byName, ...(first === undefined ? [] : [chainOf(first, names, target)])].map((chain) => ({
    ...chain,
    tls: ended,
  }));
}

function isAttached(
  { key, object }: L4Route,
  placed: PlacedListener,
  hostnames: readonly string[] | undefined,
  world: World,
): boolean {
  return (object.spec.parentRefs ?? []).some(
    (ref) =>
      namesGateway(ref, key.namespace, placed.gateway) &&
      refusalOf(placed, key, ref, hostnames, world) === undefined,
  );
}

/** None is any name. */
function sharedNames({ listener }: PlacedListener, hostnames: readonly string[] | undefined): string[] {
  const shared = hostsInCommon(listener, hostnames).map(({ domain }) => domain.toLowerCase());
  return shared.includes('*') ? [] : shared;
}

/** What the routes attached to a Service give to callers of one namespace: as for HTTP, its own routes and those of the Service's. */
export function attachedChains(
  { document, namespace }: MeshService,
  port: number,
  clientNamespace: string,
  isTls: boolean,
  world: World,
): TcpFilterChain[] {
  const service = keyText(document.key);
  const isFor = (ref: ParentReference, own: string) => {
    const parent = meshParent(ref, own);
    return (
      parent !== undefined && keyText(parent) === service && (ref.port === undefined || ref.port === port)
    );
  };
  const concerns = ({ key, object }: L4Route) =>
    [clientNamespace, namespace].includes(key.namespace) &&
    (object.spec.parentRefs ?? []).some((ref) => isFor(ref, key.namespace));
  const byPrecedence = (a: L4Route, b: L4Route) =>
    Number(b.key.namespace === clientNamespace) - Number(a.key.namespace === clientNamespace) || byAge(a, b);
  const target = { world, needsGrant: false };
  if (isTls) {
    return world.documents.tlsRoutes
      .filter(concerns)
      .toSorted(byPrecedence)
      .map((route) => chainOf(route, route.object.spec.hostnames ?? [], target));
  }
  const [first] = world.documents.tcpRoutes.filter(concerns).toSorted(byPrecedence);
  return first === undefined ? [] : [chainOf(first, [], target)];
}

/** Of its rules the first takes every connection. */
function chainOf(
  route: L4Route,
  serverNames: readonly string[],
  { world, needsGrant }: { readonly world: World; readonly needsGrant: boolean },
): TcpFilterChain {
  const { namespace, name } = route.key;
  return {
    name: `${namespace}/${name} rules[0]`,
    prefixRanges: [],
    serverNames,
    clusters: targetsOf(route, world, needsGrant),
    from: [originOf(route, 'spec.rules[0]')],
  };
}

function targetsOf(route: L4Route, world: World, needsGrant: boolean): WeightedTarget[] {
  const refs = route.object.spec.rules[0]?.backendRefs ?? [];
  const targets = refs.map((ref, i): WeightedTarget => {
    const { cluster, problem } = resolveBackend(ref, { world, route: route.key, needsGrant });
    return {
      cluster,
      weight: refs.length === 1 ? 100 : (ref.weight ?? 1),
      ...(problem === undefined ? {} : { invalidStatus: 500 }),
      from: [originOf(route, `spec.rules[0].backendRefs[${i}]`)],
    };
  });
  const served = targets.filter(({ weight }) => weight > 0);
  // Where nothing gets a share connections are refused; no other chain may take them.
  return served.length > 0 ? served : targets.map((one) => ({ ...one, weight: 1, invalidStatus: 500 }));
}
