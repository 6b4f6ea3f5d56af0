/** Listeners of Gateway API Gateways: who serves them, and which routes they take. */
import type {
  GatewayListener,
  KubernetesGatewayDocument,
  ParentReference,
  ResourceKey,
  RouteNamespaces,
} from '@heddle/schema';
import { narrower } from '../../world/host-pattern.ts';
import { clusterDomain } from '../../world/hostname.ts';
import { selects, type WorkloadInstance } from '../../world/instance.ts';
import { type LabelSelector, selectsLabels } from '../../world/label-selector.ts';
import type { Typed, World } from '../../world/world.ts';

export const gatewayApiGroup = 'gateway.networking.k8s.io';

/** Carried by the proxies that are deployed for a Gateway, as in Istio. */
export const gatewayNameLabel = 'gateway.networking.k8s.io/gateway-name';

export type KubernetesGateway = Typed<KubernetesGatewayDocument>;

/** One listener of a Gateway, in its place. */
export interface PlacedListener {
  readonly gateway: KubernetesGateway;
  readonly listener: GatewayListener;
  readonly index: number;
}

/**
 * Whether a proxy serves a Gateway: it is in the Gateway's namespace and carries the Gateway's name as a label, or the labels that
 * the Gateway asks for, or it is behind the Service that the Gateway names as its address.
 */
export function servesGateway(
  { namespace, labels }: Pick<WorkloadInstance, 'namespace' | 'labels'>,
  { key, object: { spec } }: KubernetesGateway,
  world: World,
): boolean {
  if (namespace === key.namespace) {
    if (labels[gatewayNameLabel] === key.name) return true;
    if (selects(spec.infrastructure?.labels, labels)) return true;
  }
  return (spec.addresses ?? []).some(({ type, value }) => {
    if (type !== 'Hostname' || value === undefined) return false;
    const hostname = value.includes('.') ? value : `${value}.${key.namespace}.svc.${clusterDomain}`;
    const service = world.service(hostname);
    return service !== undefined && service.namespace === namespace && selects(service.selector, labels);
  });
}

export function listenersOf(gateway: KubernetesGateway): PlacedListener[] {
  return gateway.object.spec.listeners.map((listener, index) => ({ gateway, listener, index }));
}

/** Why a listener does not take a route; undefined when it does. In the words of the route's status. */
export type Refusal = 'NoMatchingParent' | 'NotAllowedByListeners' | 'NoMatchingListenerHostname';

/**
 * Whether a route that names the listener's Gateway is attached to this listener.
 * @param hostnames of the route; none is every host
 */
export function refusalOf(
  { gateway, listener }: PlacedListener,
  route: ResourceKey,
  ref: ParentReference,
  hostnames: readonly string[] | undefined,
  world: World,
): Refusal | undefined {
  if (ref.sectionName !== undefined && ref.sectionName !== listener.name) return 'NoMatchingParent';
  if (ref.port !== undefined && ref.port !== listener.port) return 'NoMatchingParent';
  if (hostsInCommon(listener, hostnames).length === 0) return 'NoMatchingListenerHostname';
  const isAllowed =
    takesKind(listener, route.kind) &&
    takesNamespace(listener.allowedRoutes?.namespaces, route.namespace, gateway.key.namespace, world);
  return isAllowed ? undefined : 'NotAllowedByListeners';
}

/** Whether a reference of a route in `namespace` names this Gateway. */
export function namesGateway(ref: ParentReference, namespace: string, { key }: KubernetesGateway): boolean {
  return (
    (ref.group ?? gatewayApiGroup) === gatewayApiGroup &&
    (ref.kind ?? 'Gateway') === 'Gateway' &&
    ref.name === key.name &&
    (ref.namespace ?? namespace) === key.namespace
  );
}

/** Route kinds that a protocol carries. */
export const kindsOfProtocol: Readonly<Record<string, readonly string[]>> = {
  HTTP: ['HTTPRoute', 'GRPCRoute'],
  HTTPS: ['HTTPRoute', 'GRPCRoute'],
  TLS: ['TLSRoute', 'TCPRoute'],
  TCP: ['TCPRoute'],
};

export function takesKind({ protocol, allowedRoutes }: GatewayListener, kind: string): boolean {
  const carried = kindsOfProtocol[protocol] ?? [];
  const { kinds } = allowedRoutes ?? {};
  return (
    carried.includes(kind) &&
    (kinds === undefined ||
      kinds.length === 0 ||
      kinds.some((one) => (one.group ?? gatewayApiGroup) === gatewayApiGroup && one.kind === kind))
  );
}

function takesNamespace(
  namespaces: RouteNamespaces | undefined,
  namespace: string,
  own: string,
  world: World,
): boolean {
  switch (namespaces?.from ?? 'Same') {
    case 'All':
      return true;
    case 'Same':
      return namespace === own;
    case 'Selector':
      return namespaces?.selector !== undefined && selectsNamespace(namespaces.selector, namespace, world);
    case 'None':
      return false;
  }
}

/** By the labels of the Namespace's document; every namespace has its name as a label, documented or not. */
export function selectsNamespace(selector: LabelSelector, namespace: string, world: World): boolean {
  const document = world.documents.namespaces.find(({ key }) => key.name === namespace);
  const labels: Readonly<Record<string, string>> = {
    ...document?.object.metadata.labels,
    'kubernetes.io/metadata.name': namespace,
  };
  return selectsLabels(selector, labels);
}

/** A hostname of a route that a listener serves, with what the two have in common. */
export interface SharedHost {
  /** As the route says it; `*` when it says none. */
  readonly written: string;
  readonly domain: string;
}

export function hostsInCommon(
  { hostname }: GatewayListener,
  hostnames: readonly string[] | undefined,
): SharedHost[] {
  const written = hostnames === undefined || hostnames.length === 0 ? ['*'] : hostnames;
  return written.flatMap((host) => {
    const domain = narrower(hostname ?? '*', host);
    return domain === undefined ? [] : [{ written: host, domain }];
  });
}
