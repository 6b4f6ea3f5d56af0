/** The kinds by what they are for and whose API they are. A kind that is not here is shown by its name and group. */
import type { ResourceKey } from '@heddle/schema';
import type { IconName } from './icon.tsx';

const icons: Readonly<Record<string, IconName>> = {
  VirtualService: 'shift',
  HTTPRoute: 'shift',
  GRPCRoute: 'shift',
  TCPRoute: 'shift',
  TLSRoute: 'shift',
  TrafficSplit: 'shift',
  HTTPRouteGroup: 'shift',
  Gateway: 'gateway',
  GatewayClass: 'gateway',
  Service: 'service',
  ServiceEntry: 'outside',
  AuthorizationPolicy: 'shield',
  TrafficTarget: 'shield',
  SecurityPolicy: 'shield',
  ClientTrafficPolicy: 'gateway',
  ReferenceGrant: 'shield',
  PeerAuthentication: 'lock',
  RequestAuthentication: 'lock',
  BackendTLSPolicy: 'lock',
  Secret: 'lock',
  Deployment: 'layers',
  Pod: 'layers',
  WorkloadEntry: 'layers',
  WorkloadGroup: 'layers',
};

/** By the end of the group, so that those with a prefix of their own are found too. */
const apis: readonly (readonly [suffix: string, api: string])[] = [
  ['istio.io', 'Istio'],
  ['gateway.networking.k8s.io', 'Gateway API'],
  ['gateway.networking.x-k8s.io', 'Gateway API'],
  ['smi-spec.io', 'SMI'],
  ['gateway.envoyproxy.io', 'Envoy Gateway'],
  ['heddle.dev', 'Heddle'],
];

export function kindIcon(kind: string): IconName {
  return icons[kind] ?? 'config';
}

export function apiName(group: string): string {
  return apis.find(([suffix]) => group === suffix || group.endsWith(`.${suffix}`))?.[1] ?? 'Kubernetes';
}

/** As a link writes it. */
export function documentId({ group, kind, namespace, name }: ResourceKey): string {
  return [group, kind, namespace === '' ? '-' : namespace, name].join('/');
}

/** @returns null for what is no id of a document */
export function parseDocumentId(id: string): ResourceKey | null {
  const [group, kind, namespace, name, ...rest] = id.split('/');
  if (!group || !kind || !namespace || !name || rest.length > 0) return null;
  return { group, kind, namespace: namespace === '-' ? '' : namespace, name };
}

const groups: Readonly<Record<string, string>> = {
  VirtualService: 'networking.istio.io',
  DestinationRule: 'networking.istio.io',
  ServiceEntry: 'networking.istio.io',
  Sidecar: 'networking.istio.io',
  AuthorizationPolicy: 'security.istio.io',
  PeerAuthentication: 'security.istio.io',
  RequestAuthentication: 'security.istio.io',
  Telemetry: 'telemetry.istio.io',
  HTTPRoute: 'gateway.networking.k8s.io',
  GRPCRoute: 'gateway.networking.k8s.io',
  TLSRoute: 'gateway.networking.k8s.io',
  XBackendTrafficPolicy: 'gateway.networking.x-k8s.io',
  BackendTrafficPolicy: 'gateway.envoyproxy.io',
  ClientTrafficPolicy: 'gateway.envoyproxy.io',
  SecurityPolicy: 'gateway.envoyproxy.io',
  TrafficSplit: 'split.smi-spec.io',
  HTTPRouteGroup: 'specs.smi-spec.io',
  TrafficTarget: 'access.smi-spec.io',
  Service: 'core',
  ConfigMap: 'core',
  Deployment: 'apps',
};

/** Explanations name the kind alone. Two APIs have a Gateway: the path tells which one is meant. */
export function groupOf(kind: string, path: string): string | null {
  if (kind === 'Gateway')
    return path.startsWith('spec.listeners') ? 'gateway.networking.k8s.io' : 'networking.istio.io';
  return groups[kind] ?? null;
}
