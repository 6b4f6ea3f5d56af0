/** The documents that the compiler reads, typed: the kind's schema is the type. */
import {
  BackendTrafficPolicyDocument,
  ClientTrafficPolicyDocument,
  SecurityPolicyDocument,
  AuthorizationPolicyDocument,
  BackendTlsPolicyDocument,
  ConfigMapDocument,
  DeploymentDocument,
  DestinationRuleDocument,
  EndpointSliceDocument,
  EnvoyFilterDocument,
  ProxyConfigDocument,
  WasmPluginDocument,
  GatewayClassDocument,
  GatewayDocument,
  GrpcRouteDocument,
  HttpRouteDocument,
  HttpRouteGroupDocument,
  KubernetesGatewayDocument,
  PeerAuthenticationDocument,
  PlainDocument,
  PodDocument,
  ReferenceGrantDocument,
  RequestAuthenticationDocument,
  type ResourceKey,
  SecretDocument,
  ServiceDocument,
  ServiceEntryDocument,
  SidecarDocument,
  SmiTcpRouteDocument,
  TcpRouteDocument,
  TelemetryDocument,
  TlsRouteDocument,
  TrafficSplitDocument,
  TrafficTargetDocument,
  VirtualServiceDocument,
  WorkloadEntryDocument,
  WorkloadGroupDocument,
  XBackendTrafficPolicyDocument,
} from '@heddle/schema';
import type { Origin } from '@heddle/traffic';
import type { Static, TSchema } from 'typebox';
import { validatorOf } from '../documents/compiled-schema.ts';
import { coreGroup } from '../documents/key.ts';
import { areSame } from './document-memo.ts';

/** A stored document with its typed content. */
export interface Typed<T> {
  readonly key: ResourceKey;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly revision: number;
  readonly object: T;
}

/** What the world needs to know of a stored document. */
export type WorldDocument = Typed<object>;

function kind<T extends TSchema>(group: string, name: string, schema: T) {
  const validator = validatorOf(schema);
  return {
    group,
    name,
    check: (object: unknown): object is Static<T> => validator.Check(object),
  };
}

const networking = 'networking.istio.io';
const security = 'security.istio.io';
const gatewayApi = 'gateway.networking.k8s.io';

const kinds = {
  services: kind(coreGroup, 'Service', ServiceDocument),
  namespaces: kind(coreGroup, 'Namespace', PlainDocument),
  serviceAccounts: kind(coreGroup, 'ServiceAccount', PlainDocument),
  pods: kind(coreGroup, 'Pod', PodDocument),
  secrets: kind(coreGroup, 'Secret', SecretDocument),
  configMaps: kind(coreGroup, 'ConfigMap', ConfigMapDocument),
  deployments: kind('apps', 'Deployment', DeploymentDocument),
  endpointSlices: kind('discovery.k8s.io', 'EndpointSlice', EndpointSliceDocument),
  virtualServices: kind(networking, 'VirtualService', VirtualServiceDocument),
  destinationRules: kind(networking, 'DestinationRule', DestinationRuleDocument),
  gateways: kind(networking, 'Gateway', GatewayDocument),
  serviceEntries: kind(networking, 'ServiceEntry', ServiceEntryDocument),
  workloadEntries: kind(networking, 'WorkloadEntry', WorkloadEntryDocument),
  workloadGroups: kind(networking, 'WorkloadGroup', WorkloadGroupDocument),
  sidecars: kind(networking, 'Sidecar', SidecarDocument),
  peerAuthentications: kind(security, 'PeerAuthentication', PeerAuthenticationDocument),
  authorizationPolicies: kind(security, 'AuthorizationPolicy', AuthorizationPolicyDocument),
  requestAuthentications: kind(security, 'RequestAuthentication', RequestAuthenticationDocument),
  envoyFilters: kind(networking, 'EnvoyFilter', EnvoyFilterDocument),
  proxyConfigs: kind(networking, 'ProxyConfig', ProxyConfigDocument),
  wasmPlugins: kind('extensions.istio.io', 'WasmPlugin', WasmPluginDocument),
  telemetries: kind('telemetry.istio.io', 'Telemetry', TelemetryDocument),
  gatewayClasses: kind(gatewayApi, 'GatewayClass', GatewayClassDocument),
  kubernetesGateways: kind(gatewayApi, 'Gateway', KubernetesGatewayDocument),
  httpRoutes: kind(gatewayApi, 'HTTPRoute', HttpRouteDocument),
  grpcRoutes: kind(gatewayApi, 'GRPCRoute', GrpcRouteDocument),
  tcpRoutes: kind(gatewayApi, 'TCPRoute', TcpRouteDocument),
  tlsRoutes: kind(gatewayApi, 'TLSRoute', TlsRouteDocument),
  referenceGrants: kind(gatewayApi, 'ReferenceGrant', ReferenceGrantDocument),
  backendTlsPolicies: kind(gatewayApi, 'BackendTLSPolicy', BackendTlsPolicyDocument),
  backendTrafficPolicies: kind(
    'gateway.networking.x-k8s.io',
    'XBackendTrafficPolicy',
    XBackendTrafficPolicyDocument,
  ),
  envoyBackendPolicies: kind('gateway.envoyproxy.io', 'BackendTrafficPolicy', BackendTrafficPolicyDocument),
  clientTrafficPolicies: kind('gateway.envoyproxy.io', 'ClientTrafficPolicy', ClientTrafficPolicyDocument),
  securityPolicies: kind('gateway.envoyproxy.io', 'SecurityPolicy', SecurityPolicyDocument),
  trafficSplits: kind('split.smi-spec.io', 'TrafficSplit', TrafficSplitDocument),
  httpRouteGroups: kind('specs.smi-spec.io', 'HTTPRouteGroup', HttpRouteGroupDocument),
  smiTcpRoutes: kind('specs.smi-spec.io', 'TCPRoute', SmiTcpRouteDocument),
  trafficTargets: kind('access.smi-spec.io', 'TrafficTarget', TrafficTargetDocument),
};

type Kinds = typeof kinds;
type ContentOf<K extends keyof Kinds> = Kinds[K]['check'] extends ((object: unknown) => object is infer T)
  ? T
  : never;

/** By kind, each list oldest first, then by namespace and name: the order in which conflicts are won. */
export type WorldDocuments = { readonly [K in keyof Kinds]: readonly Typed<ContentOf<K>>[] };

/** Contents that passed their kind's schema: they never change, and worlds are built at every write. */
const passed = new WeakSet();

/** Lists that hold the same as in the world before are the same lists. */
export function typedDocuments(
  documents: readonly WorldDocument[],
  previous: WorldDocuments | undefined,
): WorldDocuments {
  const byKind = Map.groupBy(documents.map(withAge).toSorted(byAge), ({ key }) => `${key.group}/${key.kind}`);
  const before = new Map<string, readonly WorldDocument[]>(Object.entries(previous ?? {}));
  const lists = Object.entries(kinds).map(([list, { group, name, check }]) => {
    // What was stored passed the same schema; a document of another version of this program may not.
    const found = (byKind.get(`${group}/${name}`) ?? []).filter(({ object }) => {
      if (passed.has(object)) return true;
      const isTyped = check(object);
      if (isTyped) passed.add(object);
      return isTyped;
    });
    const known = before.get(list);
    return [list, known !== undefined && areSame(known, found) ? known : found];
  });
  // Each list holds only what its kind's schema has passed.
  return Object.fromEntries(lists) as WorldDocuments; // oxlint-disable-line typescript/no-unsafe-type-assertion
}

/** The same object each time, because whoever made something of a document knows it by its identity. */
const aged = new WeakMap<WorldDocument, WorldDocument>();

/** A document that says when it was created is as old as it says: it came from elsewhere. */
function withAge(document: WorldDocument): WorldDocument {
  const known = aged.get(document);
  if (known !== undefined) return known;
  const at = createdAtOf(document.object);
  const result = Number.isNaN(at) ? document : { ...document, createdAtMs: at };
  aged.set(document, result);
  return result;
}

function createdAtOf(object: object): number {
  const metadata = 'metadata' in object ? object.metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('creationTimestamp' in metadata)) return NaN;
  return typeof metadata.creationTimestamp === 'string' ? Date.parse(metadata.creationTimestamp) : NaN;
}

/** The order in which conflicts are won: oldest first, then by namespace and name. */
export function byAge(
  a: Pick<WorldDocument, 'key' | 'createdAtMs'>,
  b: Pick<WorldDocument, 'key' | 'createdAtMs'>,
): number {
  if (a.createdAtMs !== b.createdAtMs) return a.createdAtMs - b.createdAtMs;
  const names = (one: Pick<WorldDocument, 'key'>) => `${one.key.namespace}/${one.key.name}`;
  return names(a) < names(b) ? -1 : 1;
}

export function originOf(document: Pick<Typed<unknown>, 'key' | 'generation'>, path: string): Origin {
  const { group, namespace, name } = document.key;
  return { group, kind: document.key.kind, namespace, name, generation: document.generation, path };
}
