/** ProxySnapshot <-> its resources by type and name. */
import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';
import { encodeResource, type EncodedResource, type ResourceShapes } from './codec.ts';
import type { ResourceType } from './resource-type.ts';

/** Resources of one type by name. */
export type ResourceSet = ReadonlyMap<string, EncodedResource>;

/** What a snapshot is made of; secrets travel beside it. */
export type SnapshotType = Exclude<ResourceType, 'SDS'>;

export const snapshotTypes = ['CDS', 'EDS', 'LDS', 'RDS'] as const satisfies readonly SnapshotType[];

export type ResourceSets = Readonly<Record<ResourceType, ResourceSet>>;

/**
 * @param before what the same proxy was sent last: a set of the same resources stays the same object
 * @throws RangeError naming the resource that cannot be encoded
 */
export function encodeAll(
  snapshot: ProxySnapshot,
  secrets: readonly TlsSecret[],
  before?: ResourceSets,
): ResourceSets {
  return {
    CDS: byName(encodeEach('CDS', snapshot.clusters), before?.CDS),
    EDS: byName(encodeEach('EDS', snapshot.loadAssignments), before?.EDS),
    LDS: byName(encodeEach('LDS', snapshot.listeners), before?.LDS),
    RDS: byName(encodeEach('RDS', snapshot.routeConfigurations), before?.RDS),
    SDS: byName(encodeEach('SDS', secrets), before?.SDS),
  };
}

function encodeEach<T extends ResourceType>(type: T, nodes: readonly ResourceShapes[T][]): EncodedResource[] {
  return nodes.map((node) => encodeResource(type, node));
}

function byName(resources: readonly EncodedResource[], before: ResourceSet | undefined): ResourceSet {
  const isSame =
    before?.size === resources.length &&
    resources.every((resource) => before.get(resource.name) === resource);
  return isSame ? before : new Map(resources.map((resource) => [resource.name, resource]));
}
