/**
 * What Envoy has no field for travels in `metadata.filter_metadata.heddle`: where a node came from, and the rest of the IR
 * that only our proxy acts on. Envoy carries it along and ignores it.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Origin } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';

export const heddleNamespace = 'heddle';

/** `undefined` values are left out; nothing left means no metadata at all. */
export function encodeMetadata(
  fields: Record<string, JsonObject[string] | undefined>,
  others: Record<string, JsonObject> = {},
): JsonObject | undefined {
  const heddle = definedFields(fields);
  const filterMetadata: JsonObject = { ...others };
  if (Object.keys(heddle).length > 0) filterMetadata[heddleNamespace] = heddle;
  return Object.keys(filterMetadata).length > 0 ? { filterMetadata } : undefined;
}

/** The `heddle` part of a message's metadata; every field of it is absent on resources of another control plane. */
export function heddleMetadata(message: FieldReader): FieldReader {
  return message.field('metadata').field('filterMetadata').field(heddleNamespace);
}

/** Protobuf's JSON has no `undefined`. */
export function definedFields(fields: Record<string, JsonObject[string] | undefined>): JsonObject {
  const defined: JsonObject = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) defined[name] = value;
  return defined;
}

export function encodeOrigins(origins: readonly Origin[]): JsonObject[] | undefined {
  if (origins.length === 0) return undefined;
  return origins.map(({ group, kind, namespace, name, generation, path }) => ({
    group,
    kind,
    namespace,
    name,
    generation,
    path,
  }));
}

export function decodeOrigins(parent: FieldReader, name = 'from'): readonly Origin[] {
  return parent.list(name).map((origin) => ({
    group: origin.string('group'),
    kind: origin.string('kind'),
    namespace: origin.string('namespace'),
    name: origin.string('name'),
    generation: origin.number('generation'),
    path: origin.string('path'),
  }));
}
