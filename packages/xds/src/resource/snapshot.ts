/** ProxySnapshot <-> its resources by type and name. */
import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';
import { encodeResource, type EncodedResource } from './codec.ts';
import type { ResourceType } from './resource-type.ts';

/** Resources of one type by name. */
export type ResourceSet = ReadonlyMap<string, EncodedResource>;

/** What a snapshot is made of; secrets travel beside it. */
export type SnapshotType = Exclude<ResourceType, 'SDS'>;

export const snapshotTypes = ['CDS', 'EDS', 'LDS', 'RDS'] as const satisfies readonly SnapshotType[];

/** @throws RangeError naming the resource that cannot be encoded */
export function encodeSnapshot(snapshot: ProxySnapshot): Readonly<Record<SnapshotType, ResourceSet>> {
  return {
    CDS: byName(snapshot.clusters.map((cluster) => encodeResource('CDS', cluster))),
    EDS: byName(snapshot.loadAssignments.map((assignment) => encodeResource('EDS', assignment))),
    LDS: byName(snapshot.listeners.map((listener) => encodeResource('LDS', listener))),
    RDS: byName(snapshot.routeConfigurations.map((routes) => encodeResource('RDS', routes))),
  };
}

export function encodeSecrets(secrets: readonly TlsSecret[]): ResourceSet {
  return byName(secrets.map((secret) => encodeResource('SDS', secret)));
}

function byName(resources: readonly EncodedResource[]): ResourceSet {
  return new Map(resources.map((resource) => [resource.name, resource]));
}
