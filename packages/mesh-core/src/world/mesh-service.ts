/** What callers address: Services of Kubernetes, and the hosts of ServiceEntries. */
import type { ServiceDocument, ServiceEntryDocument, ServicePort, WorkloadEntrySpec } from '@heddle/schema';
import type { Typed } from './documents.ts';
import { serviceHostname } from './hostname.ts';

export interface MeshService {
  readonly hostname: string;
  readonly namespace: string;
  /** Of a ServiceEntry the hostname. */
  readonly name: string;
  readonly ports: readonly ServicePort[];
  readonly selector: Readonly<Record<string, string>> | undefined;
  /** As written; undefined is the mesh's default. */
  readonly exportTo: readonly string[] | undefined;
  /** Virtual addresses: a Host header may name the service by them. */
  readonly addresses: readonly string[];
  /** How its endpoints are found: `workloads` by selector or EndpointSlice, the others as a ServiceEntry says. */
  readonly resolution: 'workloads' | NonNullable<ServiceEntryDocument['spec']['resolution']>;
  /** Endpoints that ServiceEntries name themselves. */
  readonly entries: readonly WorkloadEntrySpec[];
  /** Names or identities one of which a server has to prove. */
  readonly subjectAltNames: readonly string[];
  readonly isExternal: boolean;
  /** A Service of Kubernetes without an address: callers know its pods themselves, and may call them by their names. */
  readonly isHeadless?: true;
  /** Another name for this host: it has no endpoints of its own. */
  readonly aliasOf?: string;
  readonly document: Typed<ServiceDocument | ServiceEntryDocument>;
}

export function toService(document: Typed<ServiceDocument>): MeshService {
  const { namespace, name } = document.key;
  const { ports, selector, clusterIP, clusterIPs, type, externalName } = document.object.spec;
  const exportTo = document.object.metadata.annotations?.['networking.istio.io/exportTo'];
  return {
    hostname: serviceHostname(namespace, name),
    namespace,
    name,
    ports: ports ?? [],
    selector,
    exportTo: exportTo?.split(',').map((one) => one.trim()),
    addresses: (clusterIPs ?? [clusterIP ?? '']).filter((one) => one !== '' && one !== 'None'),
    resolution: 'workloads',
    entries: [],
    subjectAltNames: [],
    isExternal: false,
    ...(clusterIP === 'None' ? { isHeadless: true } : {}),
    ...(type === 'ExternalName' && externalName ? { aliasOf: externalName.toLowerCase() } : {}),
    document,
  };
}

/** One for each host. */
export function toServices(document: Typed<ServiceEntryDocument>): MeshService[] {
  const { namespace } = document.key;
  const { spec } = document.object;
  const ports = (spec.ports ?? []).flatMap(({ number, name, protocol, targetPort }): ServicePort[] =>
    number === undefined || number === 0
      ? []
      : [
          {
            port: number,
            ...(name === undefined ? {} : { name }),
            // What is not a protocol of Istio's is for the first bytes to tell, whatever the name of the port says.
            appProtocol: protocol?.toLowerCase() ?? '',
            ...(targetPort === undefined ? {} : { targetPort }),
          },
        ],
  );
  return (spec.hosts ?? []).map((host) => ({
    hostname: host.toLowerCase(),
    namespace,
    name: host.toLowerCase(),
    ports,
    selector: spec.workloadSelector?.labels,
    exportTo: spec.exportTo,
    addresses: spec.addresses ?? [],
    resolution: spec.resolution ?? 'NONE',
    entries: spec.endpoints ?? [],
    subjectAltNames: spec.subjectAltNames ?? [],
    isExternal: spec.location !== 'MESH_INTERNAL',
    document,
  }));
}

/**
 * One service for each host in each namespace. A Service of Kubernetes has its name alone; ServiceEntries of one host are one
 * service with the ports and endpoints of all, as long as they find their endpoints in the same way.
 *
 * @param entries oldest first
 */
export function uniteServices(
  services: readonly MeshService[],
  entries: readonly MeshService[],
): MeshService[] {
  const united = new Map<string, MeshService>();
  const keyOf = ({ namespace, hostname }: MeshService) => `${namespace}/${hostname}`;
  for (const service of services) united.set(keyOf(service), service);
  for (const entry of entries) {
    const before = united.get(keyOf(entry));
    if (before === undefined) united.set(keyOf(entry), entry);
    else if (before.resolution === entry.resolution) united.set(keyOf(entry), join(before, entry));
  }
  return [...united.values()];
}

function join(first: MeshService, second: MeshService): MeshService {
  const numbers = new Set(first.ports.map(({ port }) => port));
  return {
    ...first,
    ports: [...first.ports, ...second.ports.filter(({ port }) => !numbers.has(port))],
    entries: [...first.entries, ...second.entries],
    addresses: [...new Set([...first.addresses, ...second.addresses])],
    subjectAltNames: [...new Set([...first.subjectAltNames, ...second.subjectAltNames])],
  };
}
