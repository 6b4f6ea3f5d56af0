import type { GatewayClassDocument, ParentReference } from '@heddle/schema';
import { certificateProblem } from '../translate/gateway-api/certificate.ts';
import {
  gatewayApiGroup,
  type KubernetesGateway,
  kindsOfProtocol,
  listenersOf,
  namesGateway,
  type PlacedListener,
  refusalOf,
  servesGateway,
  takesKind,
} from '../translate/gateway-api/gateway.ts';
import { routeDocuments } from '../translate/gateway-api/parents.ts';
import type { Typed, World } from '../world/world.ts';
import { type Condition, conditionsOf, controllerName } from './condition.ts';

export interface GatewayStatus {
  readonly addresses: readonly { readonly type: 'IPAddress'; readonly value: string }[];
  readonly conditions: readonly Condition[];
  readonly listeners: readonly ListenerStatus[];
}

export interface ListenerStatus {
  readonly name: string;
  readonly supportedKinds: readonly { readonly group: string; readonly kind: string }[];
  readonly attachedRoutes: number;
  readonly conditions: readonly Condition[];
}

/** Whether a Gateway is taken (Accepted) and served (Programmed), as a whole and listener by listener. */
export function gatewayStatus(gateway: KubernetesGateway, world: World): GatewayStatus {
  const proxies = world.instances.filter((instance) => servesGateway(instance, gateway, world));
  const placed = listenersOf(gateway);
  const listeners = placed.map((one) => listenerStatus(one, placed, proxies.length > 0, world));
  const condition = conditionsOf(gateway.generation);
  const isSound = ({ conditions }: ListenerStatus) =>
    conditions.every(
      ({ type, status }) => type === 'Programmed' || (status === 'True') === (type !== 'Conflicted'),
    );
  const addresses = [...new Set(proxies.map(({ address }) => address))].toSorted();
  return {
    addresses: addresses.map((value) => ({ type: 'IPAddress', value })),
    conditions: [
      listeners.every(isSound)
        ? condition('Accepted', true, 'Accepted', 'every listener is sound')
        : condition(
            'Accepted',
            listeners.some(isSound),
            'ListenersNotValid',
            'not every listener is sound; see listeners',
          ),
      proxies.length > 0
        ? condition('Programmed', true, 'Programmed', `served by ${proxies.length} proxies`)
        : condition('Programmed', false, 'NoResources', 'no proxy serves this Gateway'),
    ],
    listeners,
  };
}

function listenerStatus(
  placed: PlacedListener,
  all: readonly PlacedListener[],
  isServed: boolean,
  world: World,
): ListenerStatus {
  const { gateway, listener } = placed;
  const condition = conditionsOf(gateway.generation);
  const carried = kindsOfProtocol[listener.protocol] ?? [];
  const conflict = conflictOf(placed, all);
  const unresolved = unresolvedRef(placed, world);
  const isUsable = carried.length > 0 && conflict === undefined && unresolved === undefined;
  return {
    name: listener.name,
    supportedKinds: carried
      .filter((kind) => takesKind(listener, kind))
      .map((kind) => ({ group: gatewayApiGroup, kind })),
    attachedRoutes: attachedRoutes(placed, world),
    conditions: [
      carried.length > 0
        ? condition('Accepted', true, 'Accepted', 'the protocol is one of the mesh')
        : condition(
            'Accepted',
            false,
            'UnsupportedProtocol',
            `protocol ${listener.protocol} is not one of HTTP, HTTPS, TLS, TCP`,
          ),
      conflict === undefined
        ? condition('Conflicted', false, 'NoConflicts', 'no other listener is in the way')
        : condition('Conflicted', true, conflict, 'another listener of this Gateway has the port'),
      unresolved === undefined
        ? condition('ResolvedRefs', true, 'ResolvedRefs', 'all references are there')
        : condition('ResolvedRefs', false, unresolved.reason, unresolved.message),
      programmed(condition, placed, isUsable, isServed),
    ],
  };
}

function programmed(
  condition: ReturnType<typeof conditionsOf>,
  { listener: { protocol } }: PlacedListener,
  isUsable: boolean,
  isServed: boolean,
): Condition {
  if (!isUsable) return condition('Programmed', false, 'Invalid', 'the listener is not sound');
  if (protocol !== 'HTTP') {
    return condition('Programmed', false, 'Pending', `${protocol} is not yet enforced by the proxies`);
  }
  return isServed
    ? condition('Programmed', true, 'Programmed', 'told to the proxies')
    : condition('Programmed', false, 'Pending', 'no proxy serves this Gateway');
}

/** Listeners of one port speak one protocol, and differ by hostname. */
function conflictOf(
  { listener }: PlacedListener,
  all: readonly PlacedListener[],
): 'ProtocolConflict' | 'HostnameConflict' | undefined {
  const others = all
    .map((one) => one.listener)
    .filter((one) => one !== listener && one.port === listener.port);
  const family = (protocol: string) => (protocol === 'TLS' ? 'HTTPS' : protocol);
  if (others.some(({ protocol }) => family(protocol) !== family(listener.protocol)))
    return 'ProtocolConflict';
  const isSame = others.some(
    ({ protocol, hostname }) => protocol === listener.protocol && hostname === listener.hostname,
  );
  return isSame ? 'HostnameConflict' : undefined;
}

function unresolvedRef(
  { gateway, listener }: PlacedListener,
  world: World,
): { readonly reason: string; readonly message: string } | undefined {
  const kind = listener.allowedRoutes?.kinds?.find((one) => !takesKind(listener, one.kind))?.kind;
  if (kind !== undefined) {
    return { reason: 'InvalidRouteKinds', message: `protocol ${listener.protocol} carries no ${kind}` };
  }
  for (const ref of listener.tls?.certificateRefs ?? []) {
    const problem = certificateProblem(ref, gateway.key, world);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function attachedRoutes(placed: PlacedListener, world: World): number {
  return routeDocuments(world).filter(({ document: { key }, parentRefs, hostnames }) =>
    parentRefs.some(
      (ref: ParentReference) =>
        namesGateway(ref, key.namespace, placed.gateway) &&
        refusalOf(placed, key, ref, hostnames, world) === undefined,
    ),
  ).length;
}

/** Classes of other controllers get no status from us. Istio's are ours, too: its documents are taken unchanged. */
export function gatewayClassStatus({
  generation,
  object: { spec },
}: Typed<GatewayClassDocument>): { readonly conditions: readonly Condition[] } | undefined {
  if (!ownControllers.has(spec.controllerName)) return undefined;
  const condition = conditionsOf(generation);
  return {
    conditions: [condition('Accepted', true, 'Accepted', 'Gateways of this class are served by the mesh')],
  };
}

const ownControllers: ReadonlySet<string> = new Set([controllerName, 'istio.io/gateway-controller']);
