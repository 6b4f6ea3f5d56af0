/** Who called whom, as nodes of the graph. */
import type { GraphLevel, GraphNode } from '@heddle/schema';
import type { CellKey } from '../live/cell.ts';
import type { TopologyIndex } from './topology.ts';

/** One end of an edge, known as far as the cell and the topology tell. */
export interface Party {
  readonly namespace: string;
  readonly service: string;
  readonly workload: string;
  readonly version: string;
  readonly kind: 'service' | 'gateway' | 'outside';
}

const outside: Party = { namespace: '', service: '', workload: '', version: '', kind: 'outside' };
/** Callers that proved no identity. */
export const outsideId = 'outside';

export function sourceOf(key: CellKey, topology: TopologyIndex): Party {
  if (key.sourceWorkload === '' && key.sourceId === '') return outside;
  // A caller known by its certificate alone is called by its service account.
  const identity = parseSpiffeId(key.sourceId);
  const namespace = key.sourceNamespace || identity?.namespace || '';
  const workload = key.sourceWorkload || identity?.serviceAccount || '';
  const known = topology.workload(namespace, workload);
  return {
    namespace,
    service: known?.service ?? '',
    workload,
    version: known?.version ?? key.sourceVersion,
    kind: known?.kind ?? 'service',
  };
}

export function targetOf(key: CellKey, topology: TopologyIndex): Party {
  const known = topology.workload(key.destinationNamespace, key.destinationWorkload);
  const service = key.destinationService || known?.service || '';
  const part = topology.part(key.destinationNamespace, service);
  return {
    namespace: part?.namespace ?? key.destinationNamespace,
    service: part?.service ?? service,
    workload: key.destinationWorkload,
    version: part?.version ?? (key.destinationVersion || known?.version || ''),
    kind: known?.kind ?? topology.service(key.destinationNamespace, service)?.kind ?? 'service',
  };
}

/** Stable, and safe in a path of the API. */
export function nodeIdOf(party: Party, level: GraphLevel): string {
  if (party.kind === 'outside') return outsideId;
  if (level === 'workload' && party.workload !== '') return `${party.workload}.${party.namespace}`;
  const service = `${party.service || party.workload || 'unknown'}.${party.namespace}`;
  if (level === 'version' && party.version !== '' && party.kind !== 'gateway') {
    return `${service}:${party.version}`;
  }
  return service;
}

export function nodeKindOf(party: Party, level: GraphLevel): GraphNode['kind'] {
  if (party.kind !== 'service') return party.kind;
  if (level === 'workload') return 'workload';
  if (party.service === '') return 'workload';
  return level === 'version' && party.version !== '' ? 'version' : 'service';
}

export function nodeNameOf(party: Party, level: GraphLevel): string {
  if (party.kind === 'outside') return 'outside the mesh';
  if (level === 'workload') return party.workload || party.service;
  return party.service || party.workload || 'unknown';
}

/** `spiffe://cluster.local/ns/default/sa/reviews` in parts; undefined for any other form. */
export function parseSpiffeId(id: string): { namespace: string; serviceAccount: string } | undefined {
  const [, namespace, serviceAccount] = /^spiffe:\/\/[^/]+\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(id) ?? [];
  return namespace === undefined || serviceAccount === undefined ? undefined : { namespace, serviceAccount };
}
