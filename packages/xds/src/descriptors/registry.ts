/** Envoy's messages by name, and the way between their JSON form and bytes. */
import { readFileSync } from 'node:fs';
import {
  createFileRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type DescMessage,
  type FileRegistry,
  type JsonValue,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { ensureDescriptors } from './compile.ts';

let loaded: FileRegistry | undefined;

/** Read at first use: 12-26 ms of CPU, so that whoever only imports this package pays nothing. */
function registry(): FileRegistry {
  loaded ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(ensureDescriptors())));
  return loaded;
}

/** `typeName` such as `envoy.config.route.v3.RouteConfiguration`. Throws on a field or value the message does not have. */
export function jsonToBytes(typeName: string, json: JsonValue): Uint8Array {
  const schema = messageOf(typeName);
  return toBinary(schema, fromJson(schema, json, { registry: registry() }));
}

/** Envoy's own JSON: lowerCamelCase, defaults left out, `Any` opened. Throws on malformed bytes and unknown `Any` types. */
export function bytesToJson(typeName: string, bytes: Uint8Array, { enumAsInteger = false } = {}): JsonValue {
  const schema = messageOf(typeName);
  return toJson(schema, fromBinary(schema, bytes), { registry: registry(), enumAsInteger });
}

function messageOf(typeName: string): DescMessage {
  const schema = registry().getMessage(typeName);
  if (schema === undefined) throw new Error(`no message ${typeName} in the compiled Envoy API`);
  return schema;
}
