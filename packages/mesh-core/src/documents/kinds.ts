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
import type { TSchema } from 'typebox';
import type { Compile } from 'typebox/compile';
import { validatorOf } from './compiled-schema.ts';

/**
 * What the mesh does with a kind: `compiled` into configuration, `input` it reads, `envoy` kept for Envoys alone, `stored` and shown
 * but not yet acted on.
 */
export type Support = 'compiled' | 'input' | 'envoy' | 'stored';

export interface KnownKind {
  /** "" is Kubernetes' core group. */
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  readonly namespaced: boolean;
  readonly support: Support;
  readonly validator: ReturnType<typeof Compile>;
}

function kind(
  group: string,
  name: string,
  versions: readonly string[],
  support: Support,
  schema: TSchema = PlainDocument,
  namespaced = true,
): KnownKind {
  return { group, kind: name, versions, support, namespaced, validator: validatorOf(schema) };
}

const istioNetworking = ['v1', 'v1beta1', 'v1alpha3'];
const istioSecurity = ['v1', 'v1beta1'];
const smi = ['v1alpha4', 'v1alpha3', 'v1alpha2', 'v1alpha1'];
const smiAccess = ['v1alpha3', 'v1alpha2', 'v1alpha1'];
const envoyGateway = 'gateway.envoyproxy.io';
const gatewayApi = 'gateway.networking.k8s.io';

/** Every kind that can be stored. Versions of one kind share one record. */
export const knownKinds: readonly KnownKind[] = [
  kind('', 'Service', ['v1'], 'compiled', ServiceDocument),
  kind('', 'ServiceAccount', ['v1'], 'input'),
  kind('', 'Namespace', ['v1'], 'input', PlainDocument, false),
  kind('', 'ConfigMap', ['v1'], 'input', ConfigMapDocument),
  kind('', 'Secret', ['v1'], 'input', SecretDocument),
  kind('', 'Pod', ['v1'], 'input', PodDocument),
  kind('discovery.k8s.io', 'EndpointSlice', ['v1', 'v1beta1'], 'input', EndpointSliceDocument),
  kind('apps', 'Deployment', ['v1'], 'compiled', DeploymentDocument),
  kind('networking.istio.io', 'VirtualService', istioNetworking, 'compiled', VirtualServiceDocument),
  kind('networking.istio.io', 'DestinationRule', istioNetworking, 'compiled', DestinationRuleDocument),
  kind('networking.istio.io', 'Gateway', istioNetworking, 'compiled', GatewayDocument),
  kind('networking.istio.io', 'ServiceEntry', istioNetworking, 'compiled', ServiceEntryDocument),
  kind('networking.istio.io', 'WorkloadEntry', istioNetworking, 'compiled', WorkloadEntryDocument),
  kind('networking.istio.io', 'WorkloadGroup', istioNetworking, 'input', WorkloadGroupDocument),
  kind('networking.istio.io', 'Sidecar', istioNetworking, 'compiled', SidecarDocument),
  kind('networking.istio.io', 'EnvoyFilter', ['v1alpha3'], 'envoy', EnvoyFilterDocument),
  kind('security.istio.io', 'PeerAuthentication', istioSecurity, 'compiled', PeerAuthenticationDocument),
  kind('security.istio.io', 'AuthorizationPolicy', istioSecurity, 'compiled', AuthorizationPolicyDocument),
  kind(
    'security.istio.io',
    'RequestAuthentication',
    istioSecurity,
    'compiled',
    RequestAuthenticationDocument,
  ),
  kind('networking.istio.io', 'ProxyConfig', ['v1beta1'], 'envoy', ProxyConfigDocument),
  kind('extensions.istio.io', 'WasmPlugin', ['v1alpha1'], 'envoy', WasmPluginDocument),
  kind(gatewayApi, 'UDPRoute', ['v1', 'v1alpha2'], 'envoy'),
  kind('gateway.networking.x-k8s.io', 'XMesh', ['v1alpha1'], 'envoy', PlainDocument, false),
  kind('telemetry.istio.io', 'Telemetry', ['v1', 'v1alpha1'], 'compiled', TelemetryDocument),
  kind('split.smi-spec.io', 'TrafficSplit', smi, 'compiled', TrafficSplitDocument),
  kind('specs.smi-spec.io', 'HTTPRouteGroup', smi, 'compiled', HttpRouteGroupDocument),
  kind('specs.smi-spec.io', 'TCPRoute', smi, 'compiled', SmiTcpRouteDocument),
  kind('access.smi-spec.io', 'TrafficTarget', smiAccess, 'compiled', TrafficTargetDocument),
  kind(envoyGateway, 'BackendTrafficPolicy', ['v1alpha1'], 'compiled', BackendTrafficPolicyDocument),
  kind(envoyGateway, 'ClientTrafficPolicy', ['v1alpha1'], 'compiled', ClientTrafficPolicyDocument),
  kind(envoyGateway, 'SecurityPolicy', ['v1alpha1'], 'compiled', SecurityPolicyDocument),
  kind(envoyGateway, 'EnvoyPatchPolicy', ['v1alpha1'], 'envoy'),
  kind(gatewayApi, 'GatewayClass', ['v1', 'v1beta1'], 'compiled', GatewayClassDocument, false),
  kind(gatewayApi, 'Gateway', ['v1', 'v1beta1'], 'compiled', KubernetesGatewayDocument),
  kind(gatewayApi, 'HTTPRoute', ['v1', 'v1beta1'], 'compiled', HttpRouteDocument),
  kind(gatewayApi, 'GRPCRoute', ['v1', 'v1alpha2'], 'compiled', GrpcRouteDocument),
  kind(gatewayApi, 'TCPRoute', ['v1', 'v1alpha2'], 'compiled', TcpRouteDocument),
  kind(gatewayApi, 'TLSRoute', ['v1', 'v1alpha3', 'v1alpha2'], 'compiled', TlsRouteDocument),
  kind(gatewayApi, 'ListenerSet', ['v1'], 'stored'),
  kind(gatewayApi, 'ReferenceGrant', ['v1', 'v1beta1'], 'compiled', ReferenceGrantDocument),
  kind(gatewayApi, 'BackendTLSPolicy', ['v1', 'v1alpha3'], 'compiled', BackendTlsPolicyDocument),
  kind(
    'gateway.networking.x-k8s.io',
    'XBackendTrafficPolicy',
    ['v1alpha1'],
    'compiled',
    XBackendTrafficPolicyDocument,
  ),
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
