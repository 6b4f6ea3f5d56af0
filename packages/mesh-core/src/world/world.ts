/** Everything the compiler looks at, parsed and indexed: the documents of one revision and the instances of one moment. */
import type { DeploymentDocument } from '@heddle/schema';
import type { Origin } from '@heddle/traffic';
import { discoveredDocuments } from './discovery.ts';
import { areSame, DocumentMemo } from './document-memo.ts';
import { typedDocuments, type Typed, type WorldDocument, type WorldDocuments } from './documents.ts';
import { HostMap } from './host-pattern.ts';
import { resolveHost } from './hostname.ts';
import { selects, type WorkloadInstance } from './instance.ts';
import { withGroups } from './workload-groups.ts';
import { type ConfiguredSettings, withMeshConfig } from './mesh-config.ts';
import { type MeshService, toService, toServices, uniteServices } from './mesh-service.ts';

export { originOf } from './documents.ts';
export type { MeshService } from './mesh-service.ts';
export type { Typed, WorldDocument, WorldDocuments } from './documents.ts';

type DestinationRule = WorldDocuments['destinationRules'][number];

export interface MeshSettings extends ConfiguredSettings {
  /** Mode of workloads that no PeerAuthentication speaks of. */
  readonly defaultMtls: 'STRICT' | 'PERMISSIVE';
}

export const defaultSettings: MeshSettings = {
  trustDomain: 'cluster.local',
  rootNamespace: 'istio-system',
  defaultMtls: 'STRICT',
  outboundTrafficPolicy: 'ALLOW_ANY',
  serviceExportTo: ['*'],
  virtualServiceExportTo: ['*'],
  destinationRuleExportTo: ['*'],
  extensionProviders: [],
  trustDomainAliases: [],
  autoMtls: true,
  connectTimeoutMs: 10_000,
};

export interface MeshDeployment {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly replicas: number;
}

export class World {
  readonly settings: MeshSettings;
  /** The mesh's own first. */
  readonly trustDomains: readonly string[];
  readonly services: readonly MeshService[];
  readonly deployments: readonly MeshDeployment[];
  readonly documents: WorldDocuments;
  readonly instances: readonly WorkloadInstance[];
  /** The same object as in the world before as long as only documents that route have changed since. */
  readonly surroundings: object;
  readonly #given: MeshSettings;
  readonly #serviceByHost: ReadonlyMap<string, MeshService>;
  #instanceById: ReadonlyMap<string, WorkloadInstance> | undefined;
  readonly #rulesByHost = new HostMap<DestinationRule[]>();

  constructor(
    documents: readonly WorldDocument[],
    instances: readonly WorkloadInstance[],
    settings: MeshSettings = defaultSettings,
    previous?: World,
  ) {
    const typed = typedDocuments(documents, previous?.documents);
    this.#given = settings;
    // The same settings are the same object: what was made by them is remembered.
    this.settings =
      previous !== undefined &&
      previous.#given === settings &&
      previous.documents.configMaps === typed.configMaps
        ? previous.settings
        : withMeshConfig(settings, typed.configMaps);
    const { discoverySelectors, trustDomain, trustDomainAliases } = this.settings;
    this.trustDomains = [...new Set([trustDomain, ...trustDomainAliases])];
    this.documents =
      discoverySelectors === undefined
        ? typed
        : typedDocuments(
            discoveredDocuments(documents, typed, discoverySelectors),
            previous?.documents ?? typed,
          );
    this.instances = withGroups(instances, this.documents);
    this.surroundings =
      previous !== undefined && differOnlyInRoutes(previous, this) ? previous.surroundings : {};
    this.services = uniteServices(
      this.documents.services.map((document) =>
        mapped.get(nothing, [document], '', () => toService(document)),
      ),
      this.documents.serviceEntries.flatMap((document) =>
        mappedEntries.get(nothing, [document], '', () => toServices(document)),
      ),
    );
    // Of several namespaces that have a hostname the first counts; Services of Kubernetes come first.
    this.#serviceByHost = new Map(this.services.toReversed().map((service) => [service.hostname, service]));
    this.deployments = this.documents.deployments.map(toDeployment);
    for (const rule of this.documents.destinationRules) {
      const host = this.resolve(rule.object.spec.host, rule.key.namespace);
      this.#rulesByHost.set(host, [...(this.#rulesByHost.get(host) ?? []), rule]);
    }
  }

  /** A proxy's instance as this world has it: the group that it is a member of may say something else in another. */
  instance(id: string): WorkloadInstance | undefined {
    this.#instanceById ??= new Map(this.instances.toReversed().map((one) => [one.id, one]));
    return this.#instanceById.get(id);
  }

  service(hostname: string): MeshService | undefined {
    return this.#serviceByHost.get(hostname);
  }

  /** @param namespace of the document that names the host */
  resolve(host: string, namespace: string): string {
    return resolveHost(host, namespace);
  }

  /** All rules for exactly this host, oldest first. */
  rulesFor(hostname: string): readonly DestinationRule[] {
    return this.#rulesByHost.get(hostname) ?? [];
  }

  /** The same, or without any those of the longest wildcard that covers the host. */
  rulesCovering(hostname: string): readonly DestinationRule[] {
    return this.#rulesByHost.mostSpecific(hostname) ?? [];
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

  /** What an account may prove to be: its identity in the trust domain, and in those that count as the same. */
  spiffeIds(namespace: string, serviceAccount: string): string[] {
    return this.trustDomains.map((domain) => `spiffe://${domain}/ns/${namespace}/sa/${serviceAccount}`);
  }
}

/** Documents whose effect on a route is told by the route's own documents. */
const routingLists: ReadonlySet<string> = new Set(['virtualServices', 'httpRoutes', 'grpcRoutes']);

function differOnlyInRoutes(a: World, b: World): boolean {
  if (a.settings !== b.settings || !areSame(a.instances, b.instances)) return false;
  const lists = new Map<string, readonly unknown[]>(Object.entries(b.documents));
  return Object.entries(a.documents).every(([list, documents]) => {
    return routingLists.has(list) || lists.get(list) === documents;
  });
}

/** A default of the mesh, named for the console: "2 retries (mesh default)". */
export function defaultOrigin(path: string): Origin {
  return { group: '', kind: 'Default', namespace: '', name: 'mesh', generation: 0, path };
}

/** Services keep their identity while their document does. */
const mapped = new DocumentMemo<MeshService>();
const mappedEntries = new DocumentMemo<MeshService[]>();
const nothing = {};

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
