/** Everything the compiler looks at, parsed and indexed: the documents of one revision and the instances of one moment. */
import {
  AuthorizationPolicyDocument,
  DeploymentDocument,
  DestinationRuleDocument,
  GatewayDocument,
  PeerAuthenticationDocument,
  RequestAuthenticationDocument,
  type ResourceKey,
  ServiceDocument,
  type ServicePort,
  VirtualServiceDocument,
} from '@heddle/schema';
import type { Origin } from '@heddle/traffic';
import { Compile } from 'typebox/compile';
import { coreGroup } from '../documents/key.ts';
import { resolveHost, serviceHostname } from './hostname.ts';
import { selects, type WorkloadInstance } from './instance.ts';

/** A stored document with its typed content. */
export interface Typed<T> {
  readonly key: ResourceKey;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly revision: number;
  readonly object: T;
}

export interface MeshSettings {
  readonly trustDomain: string;
  /** Policies in this namespace hold for the whole mesh. */
  readonly rootNamespace: string;
  /** Mode of workloads that no PeerAuthentication speaks of. */
  readonly defaultMtls: 'STRICT' | 'PERMISSIVE';
  /** Hosts that no document names: pass them through or refuse them. */
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY';
}

export const defaultSettings: MeshSettings = {
  trustDomain: 'cluster.local',
  rootNamespace: 'istio-system',
  defaultMtls: 'STRICT',
  outboundTrafficPolicy: 'ALLOW_ANY',
};

/** A Kubernetes Service, as the mesh sees it. */
export interface MeshService {
  readonly hostname: string;
  readonly namespace: string;
  readonly name: string;
  readonly ports: readonly ServicePort[];
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly document: Typed<ServiceDocument>;
}

export interface MeshDeployment {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly replicas: number;
}

/** What the world needs to know of a stored document. */
export interface WorldDocument {
  readonly key: ResourceKey;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly revision: number;
  readonly object: object;
}

const schemas = {
  service: Compile(ServiceDocument),
  deployment: Compile(DeploymentDocument),
  virtualService: Compile(VirtualServiceDocument),
  destinationRule: Compile(DestinationRuleDocument),
  gateway: Compile(GatewayDocument),
  peerAuthentication: Compile(PeerAuthenticationDocument),
  authorizationPolicy: Compile(AuthorizationPolicyDocument),
  requestAuthentication: Compile(RequestAuthenticationDocument),
};

const istioNetworking = 'networking.istio.io';
const istioSecurity = 'security.istio.io';

export class World {
  readonly settings: MeshSettings;
  readonly services: readonly MeshService[];
  readonly deployments: readonly MeshDeployment[];
  readonly virtualServices: readonly Typed<VirtualServiceDocument>[];
  readonly destinationRules: readonly Typed<DestinationRuleDocument>[];
  readonly gateways: readonly Typed<GatewayDocument>[];
  readonly peerAuthentications: readonly Typed<PeerAuthenticationDocument>[];
  readonly authorizationPolicies: readonly Typed<AuthorizationPolicyDocument>[];
  readonly requestAuthentications: readonly Typed<RequestAuthenticationDocument>[];
  readonly instances: readonly WorkloadInstance[];
  readonly #serviceByHost: ReadonlyMap<string, MeshService>;
  readonly #rulesByHost = new Map<string, Typed<DestinationRuleDocument>[]>();

  constructor(
    documents: readonly WorldDocument[],
    instances: readonly WorkloadInstance[],
    settings: MeshSettings = defaultSettings,
  ) {
    this.settings = settings;
    this.instances = instances;
    // Oldest first, then by namespace and name: the order in which conflicts are won.
    const ordered = documents.toSorted(byAge);
    this.services = typed(ordered, coreGroup, 'Service', schemas.service).map(toService);
    this.#serviceByHost = new Map(this.services.map((service) => [service.hostname, service]));
    this.deployments = typed(ordered, 'apps', 'Deployment', schemas.deployment).map(toDeployment);
    this.virtualServices = typed(ordered, istioNetworking, 'VirtualService', schemas.virtualService);
    this.destinationRules = typed(ordered, istioNetworking, 'DestinationRule', schemas.destinationRule);
    this.gateways = typed(ordered, istioNetworking, 'Gateway', schemas.gateway);
    this.peerAuthentications = typed(
      ordered,
      istioSecurity,
      'PeerAuthentication',
      schemas.peerAuthentication,
    );
    this.authorizationPolicies = typed(
      ordered,
      istioSecurity,
      'AuthorizationPolicy',
      schemas.authorizationPolicy,
    );
    this.requestAuthentications = typed(
      ordered,
      istioSecurity,
      'RequestAuthentication',
      schemas.requestAuthentication,
    );
    for (const rule of this.destinationRules) {
      const host = this.resolve(rule.object.spec.host, rule.key.namespace);
      this.#rulesByHost.set(host, [...(this.#rulesByHost.get(host) ?? []), rule]);
    }
  }

  service(hostname: string): MeshService | undefined {
    return this.#serviceByHost.get(hostname);
  }

  /** @param namespace of the document that names the host */
  resolve(host: string, namespace: string): string {
    return resolveHost(host, namespace, (hostname) => this.#serviceByHost.has(hostname));
  }

  /** All rules for exactly this host, oldest first. */
  rulesFor(hostname: string): readonly Typed<DestinationRuleDocument>[] {
    return this.#rulesByHost.get(hostname) ?? [];
  }

  instancesOf(service: MeshService): readonly WorkloadInstance[] {
    return this.instances.filter(
      (instance) => instance.namespace === service.namespace && selects(service.selector, instance.labels),
    );
  }

  deploymentsOf(service: MeshService): readonly MeshDeployment[] {
    return this.deployments.filter(
      (deployment) =>
        deployment.namespace === service.namespace && selects(service.selector, deployment.labels),
    );
  }

  spiffeId(namespace: string, serviceAccount: string): string {
    return `spiffe://${this.settings.trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
  }
}

export function originOf(document: Pick<Typed<unknown>, 'key' | 'generation'>, path: string): Origin {
  const { group, kind, namespace, name } = document.key;
  return { group, kind, namespace, name, generation: document.generation, path };
}

/** A default of the mesh, named for the console: "2 retries (mesh default)". */
export function defaultOrigin(path: string): Origin {
  return { group: '', kind: 'Default', namespace: '', name: 'mesh', generation: 0, path };
}

function typed<T>(
  documents: readonly WorldDocument[],
  group: string,
  kind: string,
  schema: { Check(value: unknown): value is T },
): Typed<T>[] {
  const found: Typed<T>[] = [];
  for (const { key, generation, createdAtMs, revision, object } of documents) {
    // What was stored passed the same schema; a document of another version of this program may not.
    if (key.group === group && key.kind === kind && schema.Check(object)) {
      found.push({ key, generation, createdAtMs, revision, object });
    }
  }
  return found;
}

function byAge(a: WorldDocument, b: WorldDocument): number {
  if (a.createdAtMs !== b.createdAtMs) return a.createdAtMs - b.createdAtMs;
  const names = (one: WorldDocument) => `${one.key.namespace}/${one.key.name}`;
  return names(a) < names(b) ? -1 : 1;
}

function toService(document: Typed<ServiceDocument>): MeshService {
  const { namespace, name } = document.key;
  const { ports, selector } = document.object.spec;
  return {
    hostname: serviceHostname(namespace, name),
    namespace,
    name,
    ports: ports ?? [],
    selector,
    document,
  };
}

function toDeployment({ key, object }: Typed<DeploymentDocument>): MeshDeployment {
  const { replicas, template } = object.spec;
  return {
    namespace: key.namespace,
    name: key.name,
    labels: template.metadata?.labels ?? {},
    serviceAccount: template.spec.serviceAccountName ?? 'default',
    replicas: replicas ?? 1,
  };
}
