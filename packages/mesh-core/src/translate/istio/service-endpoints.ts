/** Who serves a service: instances that run, WorkloadEntries, EndpointSlices, and what a ServiceEntry names itself. */
import type { ServicePort, WorkloadEntrySpec } from '@heddle/schema';
import type { Cluster, Endpoint } from '@heddle/traffic';
import { isWildcard } from '../../world/host-pattern.ts';
import { isSubset, selects } from '../../world/instance.ts';
import { portProtocol } from '../../world/port-protocol.ts';
import type { MeshService, World } from '../../world/world.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * How proxies find the endpoints of a service's port.
 *
 * @param kind a gateway has no address that was called to pass on to
 * @returns undefined where Istio makes no cluster: requests are answered 503 (NC)
 */
export function discoveryOf(
  service: MeshService,
  port: ServicePort,
  kind: 'sidecar' | 'gateway',
  world: World,
): Cluster['discovery'] | undefined {
  if (service.aliasOf !== undefined || portProtocol(port) === 'udp') return undefined;
  switch (service.resolution) {
    case 'workloads':
    case 'STATIC':
      return 'EDS';
    case 'NONE':
      return kind === 'sidecar' ? 'ORIGINAL_DST' : 'EDS';
    case 'DNS':
      return endpointsOf(service, port, undefined, world).length > 0 ? 'STRICT_DNS' : undefined;
    case 'DNS_ROUND_ROBIN':
      return endpointsOf(service, port, undefined, world).length > 0 ? 'LOGICAL_DNS' : undefined;
    case 'DYNAMIC_DNS':
      if (!isWildcard(service.hostname)) return 'EDS';
      return ['http', 'http2', 'grpc', 'tls'].includes(portProtocol(port))
        ? 'DYNAMIC_FORWARD_PROXY'
        : undefined;
  }
}

/**
 * The endpoints of one port, of one subset of them. A service that is found by DNS and names nobody is served by its own host.
 * Only what is ready: an endpoint that cannot serve leaves the configuration.
 *
 * @param subset labels that they have to have; undefined or none: all of them
 */
export function endpointsOf(
  service: MeshService,
  port: ServicePort,
  subset: Labels | undefined,
  world: World,
): Endpoint[] {
  const all = [
    ...ofInstances(service, port, world),
    ...ofEntries(service, port, world),
    ...ofSlices(service, port, world),
  ];
  const isByName = service.resolution === 'DNS' || service.resolution === 'DNS_ROUND_ROBIN';
  if (isByName && service.entries.length === 0 && service.selector === undefined) {
    all.push({ labels: {}, endpoint: plain(service.hostname, targetOf(port)) });
  }
  return all
    .filter(({ labels }) => subset === undefined || isSubset(subset, labels))
    .map(({ endpoint }) => endpoint)
    .toSorted((a, b) => (a.address === b.address ? a.port - b.port : a.address < b.address ? -1 : 1));
}

/** What a server of the service may prove to be. Never empty. */
export function identitiesOf(service: MeshService, subset: Labels | undefined, world: World): string[] {
  if (service.subjectAltNames.length > 0) {
    return [...new Set(service.subjectAltNames.flatMap((name) => ofAliases(name, world)))].toSorted();
  }
  const accounts = [
    ...world.deploymentsOf(service),
    ...world.instancesOf(service),
    ...entriesOf(service, world).map(({ labels, spec }) => ({
      labels,
      serviceAccount: spec.serviceAccount ?? 'default',
    })),
  ]
    .filter(({ labels }) => subset === undefined || isSubset(subset, labels))
    .map(({ serviceAccount }) => serviceAccount);
  const unique = accounts.length === 0 ? ['default'] : [...new Set(accounts)].toSorted();
  return unique.flatMap((account) => world.spiffeIds(service.namespace, account));
}

/** An identity holds in every trust domain that counts as the mesh's own (Istio). */
function ofAliases(name: string, { settings }: World): string[] {
  const [, path] = /^spiffe:\/\/[^/]+(\/.*)$/.exec(name) ?? [];
  return path === undefined
    ? [name]
    : [name, ...settings.trustDomainAliases.map((domain) => `spiffe://${domain}${path}`)];
}

interface LabelledEndpoint {
  readonly labels: Labels;
  readonly endpoint: Endpoint;
}

/** A proxy that does not say where its inbound listener is has connections to the application redirected to it, as Envoys have. */
function ofInstances(service: MeshService, port: ServicePort, world: World): LabelledEndpoint[] {
  return world
    .instancesOf(service)
    .filter(({ ready }) => ready)
    .map((instance) => ({
      labels: instance.labels,
      endpoint: {
        address: instance.address,
        port: instance.inboundPort || (instance.ports?.[port.name ?? ''] ?? targetOf(port)),
        weight: instance.weight ?? 1,
        health: 'HEALTHY',
        tlsMode: 'istio',
        workload: {
          namespace: instance.namespace,
          name: instance.workload,
          version: instance.labels['version'] ?? '',
          spiffeId: world.spiffeId(instance.namespace, instance.serviceAccount),
        },
      },
    }));
}

interface Entry {
  readonly name: string;
  readonly labels: Labels;
  readonly spec: WorkloadEntrySpec;
}

/** Those that the service names itself, and WorkloadEntries of its namespace that it selects. */
function entriesOf({ document, entries, namespace, selector }: MeshService, world: World): Entry[] {
  const own = entries.map((spec) => ({ name: document.key.name, labels: spec.labels ?? {}, spec }));
  const selected = world.documents.workloadEntries
    .filter(({ key }) => key.namespace === namespace)
    .map(({ key, object }) => ({
      name: key.name,
      labels: { ...object.spec.labels, ...object.metadata.labels },
      spec: object.spec,
    }))
    .filter(({ labels }) => selects(selector, labels));
  return [...own, ...selected];
}

const tlsModeLabel = 'security.istio.io/tlsMode';

/** An entry has a sidecar when it says so, or names the account that its sidecar proves. */
function ofEntries(service: MeshService, port: ServicePort, world: World): LabelledEndpoint[] {
  return entriesOf(service, world).flatMap(({ name, labels, spec }): LabelledEndpoint[] => {
    const { address, ports, weight, serviceAccount } = spec;
    // A socket in the file system has no port that a proxy could be told.
    if (address === undefined || address.startsWith('unix:')) return [];
    const speaksMtls =
      labels[tlsModeLabel] === undefined ? Boolean(serviceAccount) : labels[tlsModeLabel] === 'istio';
    return [
      {
        labels,
        endpoint: {
          ...plain(address, ports?.[port.name ?? ''] ?? targetOf(port)),
          weight: weight || 1,
          ...(speaksMtls
            ? {
                tlsMode: 'istio',
                workload: {
                  namespace: service.namespace,
                  name,
                  version: labels['version'] ?? '',
                  spiffeId: world.spiffeId(service.namespace, serviceAccount || 'default'),
                },
              }
            : {}),
        },
      },
    ];
  });
}

/** Services without a selector are served by whom somebody wrote into EndpointSlices for them. */
function ofSlices(
  { namespace, name, resolution, selector }: MeshService,
  port: ServicePort,
  world: World,
): LabelledEndpoint[] {
  if (resolution !== 'workloads' || selector !== undefined) return [];
  return world.documents.endpointSlices
    .filter(
      ({ key, object }) =>
        key.namespace === namespace &&
        object.addressType !== 'FQDN' &&
        object.metadata.labels?.['kubernetes.io/service-name'] === name,
    )
    .flatMap(({ object }) => {
      const target = object.ports?.find((one) => (one.name ?? '') === (port.name ?? ''))?.port;
      if (target === undefined) return [];
      return object.endpoints
        .filter(({ conditions }) => conditions?.ready !== false)
        .map(({ addresses }) => ({ labels: {}, endpoint: plain(addresses[0] ?? '', target) }));
    });
}

function plain(address: string, port: number): Endpoint {
  return { address, port, weight: 1, health: 'HEALTHY', tlsMode: 'disabled' };
}

/** A named target port is for workloads to tell. */
function targetOf({ port, targetPort }: ServicePort): number {
  return typeof targetPort === 'number' ? targetPort : port;
}
