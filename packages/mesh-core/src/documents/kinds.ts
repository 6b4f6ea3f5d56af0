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
  ListenerSetDocument,
  PeerAuthenticationDocument,
  PlainDocument,
  PodDocument,
  ReferenceGrantDocument,
  RequestAuthenticationDocument,
  SecretDocument,
  ServiceDocument,
  ServiceEntryDocument,
  SidecarDocument,
  SmiTcpRouteDocument,
  TcpRouteDocument,
  TelemetryDocument,
  TlsRouteDocument,
  TrafficExtensionDocument,
  TrafficSplitDocument,
  TrafficTargetDocument,
  UdpRouteDocument,
  VirtualServiceDocument,
  WorkloadEntryDocument,
  WorkloadGroupDocument,
  XBackendTrafficPolicyDocument,
} from '@heddle/schema';
import type { TSchema } from 'typebox';
import { validatorOf } from './compiled-schema.ts';

/**
 * What the mesh does with a kind: `compiled` into configuration, `input` it reads, `envoy` kept for Envoys alone, `stored` and shown
 * but not yet acted on.
 */
export type Support = 'compiled' | 'input' | 'envoy' | 'stored';

export interface KnownKind<T extends TSchema = TSchema> {
  /** "" is Kubernetes' core group. */
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  readonly namespaced: boolean;
  readonly support: Support;
  readonly schema: T;
  readonly validator: ReturnType<typeof validatorOf>;
}

function kind<T extends TSchema>(
  group: string,
  name: string,
  versions: readonly string[],
  support: Support,
  schema: T,
  namespaced = true,
): KnownKind<T> {
  return {
    group,
    kind: name,
    versions,
    support,
    namespaced,
    schema,
    // Compiled when the first document of the kind comes: a mesh has few kinds.
    get validator() {
      return validatorOf(schema);
    },
  };
}

const networking = 'networking.istio.io';
const security = 'security.istio.io';
const gatewayApi = 'gateway.networking.k8s.io';
const experimental = 'gateway.networking.x-k8s.io';
const envoyGateway = 'gateway.envoyproxy.io';
const v1 = ['v1'];
const istioNetworking = ['v1', 'v1beta1', 'v1alpha3'];
const istioSecurity = ['v1', 'v1beta1'];
const standardRoutes = ['v1', 'v1beta1'];
const smi = ['v1alpha4', 'v1alpha3', 'v1alpha2', 'v1alpha1'];

/** Kinds that the compiler reads, by the name of their list in the world. */
export const readKinds = {
  services: kind('', 'Service', v1, 'compiled', ServiceDocument),
  namespaces: kind('', 'Namespace', v1, 'input', PlainDocument, false),
  serviceAccounts: kind('', 'ServiceAccount', v1, 'input', PlainDocument),
  pods: kind('', 'Pod', v1, 'input', PodDocument),
  secrets: kind('', 'Secret', v1, 'input', SecretDocument),
  configMaps: kind('', 'ConfigMap', v1, 'input', ConfigMapDocument),
  deployments: kind('apps', 'Deployment', v1, 'compiled', DeploymentDocument),
  endpointSlices: kind(
    'discovery.k8s.io',
    'EndpointSlice',
    ['v1', 'v1beta1'],
    'input',
    EndpointSliceDocument,
  ),

  virtualServices: kind(networking, 'VirtualService', istioNetworking, 'compiled', VirtualServiceDocument),
  destinationRules: kind(networking, 'DestinationRule', istioNetworking, 'compiled', DestinationRuleDocument),
  gateways: kind(networking, 'Gateway', istioNetworking, 'compiled', GatewayDocument),
  serviceEntries: kind(networking, 'ServiceEntry', istioNetworking, 'compiled', ServiceEntryDocument),
  workloadEntries: kind(networking, 'WorkloadEntry', istioNetworking, 'compiled', WorkloadEntryDocument),
  workloadGroups: kind(networking, 'WorkloadGroup', istioNetworking, 'input', WorkloadGroupDocument),
  sidecars: kind(networking, 'Sidecar', istioNetworking, 'compiled', SidecarDocument),
  envoyFilters: kind(networking, 'EnvoyFilter', ['v1alpha3'], 'envoy', EnvoyFilterDocument),
  proxyConfigs: kind(networking, 'ProxyConfig', ['v1beta1'], 'envoy', ProxyConfigDocument),
  wasmPlugins: kind('extensions.istio.io', 'WasmPlugin', ['v1alpha1'], 'envoy', WasmPluginDocument),
  trafficExtensions: kind(
    'extensions.istio.io',
    'TrafficExtension',
    ['v1alpha1'],
    'envoy',
    TrafficExtensionDocument,
  ),
  telemetries: kind('telemetry.istio.io', 'Telemetry', ['v1', 'v1alpha1'], 'compiled', TelemetryDocument),
  peerAuthentications: kind(
    security,
    'PeerAuthentication',
    istioSecurity,
    'compiled',
    PeerAuthenticationDocument,
  ),
  authorizationPolicies: kind(
    security,
    'AuthorizationPolicy',
    istioSecurity,
    'compiled',
    AuthorizationPolicyDocument,
  ),
  requestAuthentications: kind(
    security,
    'RequestAuthentication',
    istioSecurity,
    'compiled',
    RequestAuthenticationDocument,
  ),

  gatewayClasses: kind(gatewayApi, 'GatewayClass', standardRoutes, 'compiled', GatewayClassDocument, false),
  kubernetesGateways: kind(gatewayApi, 'Gateway', standardRoutes, 'compiled', KubernetesGatewayDocument),
  httpRoutes: kind(gatewayApi, 'HTTPRoute', standardRoutes, 'compiled', HttpRouteDocument),
  grpcRoutes: kind(gatewayApi, 'GRPCRoute', ['v1', 'v1alpha2'], 'compiled', GrpcRouteDocument),
  tcpRoutes: kind(gatewayApi, 'TCPRoute', ['v1', 'v1alpha2'], 'compiled', TcpRouteDocument),
  tlsRoutes: kind(gatewayApi, 'TLSRoute', ['v1', 'v1alpha3', 'v1alpha2'], 'compiled', TlsRouteDocument),
  udpRoutes: kind(gatewayApi, 'UDPRoute', ['v1', 'v1alpha2'], 'envoy', UdpRouteDocument),
  listenerSets: kind(gatewayApi, 'ListenerSet', v1, 'stored', ListenerSetDocument),
  referenceGrants: kind(gatewayApi, 'ReferenceGrant', standardRoutes, 'compiled', ReferenceGrantDocument),
  backendTlsPolicies: kind(
    gatewayApi,
    'BackendTLSPolicy',
    ['v1', 'v1alpha3'],
    'compiled',
    BackendTlsPolicyDocument,
  ),
  backendTrafficPolicies: kind(
    experimental,
    'XBackendTrafficPolicy',
    ['v1alpha1'],
    'compiled',
    XBackendTrafficPolicyDocument,
  ),

  envoyBackendPolicies: kind(
    envoyGateway,
    'BackendTrafficPolicy',
    ['v1alpha1'],
    'compiled',
    BackendTrafficPolicyDocument,
  ),
  clientTrafficPolicies: kind(
    envoyGateway,
    'ClientTrafficPolicy',
    ['v1alpha1'],
    'compiled',
    ClientTrafficPolicyDocument,
  ),
  securityPolicies: kind(envoyGateway, 'SecurityPolicy', ['v1alpha1'], 'compiled', SecurityPolicyDocument),

  trafficSplits: kind('split.smi-spec.io', 'TrafficSplit', smi, 'compiled', TrafficSplitDocument),
  httpRouteGroups: kind('specs.smi-spec.io', 'HTTPRouteGroup', smi, 'compiled', HttpRouteGroupDocument),
  smiTcpRoutes: kind('specs.smi-spec.io', 'TCPRoute', smi, 'compiled', SmiTcpRouteDocument),
  trafficTargets: kind('access.smi-spec.io', 'TrafficTarget', smi, 'compiled', TrafficTargetDocument),
};

/** Every kind that can be stored. Versions of one kind share one record. */
export const knownKinds: readonly KnownKind[] = [
  ...Object.values(readKinds),
  kind('specs.smi-spec.io', 'UDPRoute', ['v1alpha4'], 'stored', PlainDocument),
  kind('access.smi-spec.io', 'IdentityBinding', ['v1alpha4'], 'stored', PlainDocument),
  kind(experimental, 'XBackend', ['v1alpha1'], 'stored', PlainDocument),
  kind(experimental, 'XMesh', ['v1alpha1'], 'envoy', PlainDocument, false),
  kind(envoyGateway, 'EnvoyPatchPolicy', ['v1alpha1'], 'envoy', PlainDocument),
];

const byName = new Map(knownKinds.map((known) => [`${known.group}/${known.kind}`, known]));

export function knownKind(group: string, name: string): KnownKind | undefined {
  return byName.get(`${group}/${name}`);
}

const groups = new Set(knownKinds.map(({ group }) => group));

/** Kinds of Kubernetes beside those that the mesh reads, in groups of which it reads others. */
const otherBuiltIns = new Set([
  ...['ControllerRevision', 'DaemonSet', 'ReplicaSet', 'StatefulSet'].map((name) => `apps/${name}`),
  ...[
    'Binding',
    'ComponentStatus',
    'Endpoints',
    'Event',
    'LimitRange',
    'Node',
    'PersistentVolume',
    'PersistentVolumeClaim',
    'PodTemplate',
    'ReplicationController',
    'ResourceQuota',
  ].map((name) => `/${name}`),
]);

/** Whether a kind that is not known belongs to somebody else: teams keep all their documents in one folder. */
export function isForeign(group: string, name: string): boolean {
  return !groups.has(group) || otherBuiltIns.has(`${group}/${name}`);
}

/** Kinds of this name in whatever group: to say which group was meant. */
export function kindsNamed(name: string): readonly KnownKind[] {
  return knownKinds.filter((known) => known.kind === name);
}

/** The kind that a name means which differs in capitals, or is a plural. */
export function kindLike(name: string): KnownKind | undefined {
  const wanted = name.toLowerCase();
  return knownKinds.find((known) => {
    const own = known.kind.toLowerCase();
    return [own, `${own}s`, own.replace(/y$/, 'ies')].includes(wanted);
  });
}
