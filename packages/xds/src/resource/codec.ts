/** One resource <-> its bytes on the wire. */
import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { Cluster, Listener, LoadAssignment, RouteConfiguration } from '@heddle/traffic';
import { bytesToJson, jsonToBytes } from '../descriptors/registry.ts';
import { decodeCluster, encodeCluster } from './cluster.ts';
import { DecodeError } from './decode-error.ts';
import { decodeLoadAssignment, encodeLoadAssignment } from './endpoint.ts';
import { FieldError, FieldReader } from './field-reader.ts';
import { decodeListener, encodeListener } from './listener.ts';
import { messageName, type ResourceType } from './resource-type.ts';
import { decodeRouteConfiguration, encodeRouteConfiguration } from './route-configuration.ts';
import { decodeSecret, encodeSecret, type Secret, secretName } from './secret.ts';

export interface EncodedResource {
  readonly type: ResourceType;
  readonly name: string;
  /** Content hash: equal bytes have equal versions on every replica. */
  readonly version: string;
  readonly bytes: Uint8Array;
}

/** What a resource of each type is in the IR. */
export interface ResourceShapes {
  readonly CDS: Cluster;
  readonly EDS: LoadAssignment;
  readonly LDS: Listener;
  readonly RDS: RouteConfiguration;
  readonly SDS: Secret;
}

/** A node of the IR is encoded once, however many proxies and streams get it. */
const encodedNodes = new WeakMap<object, EncodedResource>();

/** @throws RangeError naming the resource, when the IR says what the message cannot carry */
export function encodeResource<T extends ResourceType>(type: T, node: ResourceShapes[T]): EncodedResource {
  const known = encodedNodes.get(node);
  if (known !== undefined) return known;
  const name = names[type](node);
  const bytes = encodeBytes(type, name, node);
  const version = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const encoded = { type, name, version, bytes };
  encodedNodes.set(node, encoded);
  return encoded;
}

function encodeBytes<T extends ResourceType>(type: T, name: string, node: ResourceShapes[T]): Uint8Array {
  try {
    const encoded = encoders[type](node);
    return encoded instanceof Uint8Array ? encoded : jsonToBytes(messageName(type), encoded);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RangeError(`${label(type, name)}: ${reason}`, { cause });
  }
}

/**
 * @param before the resource as it was read last: parts of it that are the same stay the same objects
 * @throws DecodeError naming the resource and the field
 */
export function decodeResource<T extends ResourceType>(
  type: T,
  name: string,
  bytes: Uint8Array,
  before?: ResourceShapes[T],
): ResourceShapes[T] {
  const resource = label(type, name);
  try {
    return decoders[type](bytes, before);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new DecodeError(
      resource,
      error.message,
      error instanceof FieldError ? undefined : { cause: error },
    );
  }
}

function label(type: ResourceType, name: string): string {
  return `${messageName(type).split('.').at(-1)} "${name}"`;
}

/** Envoy's JSON of a resource, for people to read. */
export function resourceToJson(type: ResourceType, bytes: Uint8Array): JsonValue {
  return bytesToJson(messageName(type), bytes);
}

const decoders: {
  readonly [T in ResourceType]: (bytes: Uint8Array, before?: ResourceShapes[T]) => ResourceShapes[T];
} = {
  CDS: (bytes) => decodeCluster(wholeMessage('CDS', bytes)),
  EDS: (bytes) => decodeLoadAssignment(wholeMessage('EDS', bytes)),
  LDS: (bytes) => decodeListener(wholeMessage('LDS', bytes)),
  RDS: decodeRouteConfiguration,
  SDS: (bytes) => decodeSecret(wholeMessage('SDS', bytes)),
};

function wholeMessage(type: ResourceType, bytes: Uint8Array): FieldReader {
  return new FieldReader(resourceToJson(type, bytes), '');
}

const encoders: { readonly [T in ResourceType]: (node: ResourceShapes[T]) => JsonObject | Uint8Array } = {
  CDS: encodeCluster,
  EDS: encodeLoadAssignment,
  LDS: encodeListener,
  RDS: encodeRouteConfiguration,
  SDS: encodeSecret,
};

const names: { readonly [T in ResourceType]: (node: ResourceShapes[T]) => string } = {
  CDS: ({ name }) => name,
  EDS: ({ cluster }) => cluster,
  LDS: ({ name }) => name,
  RDS: ({ name }) => name,
  SDS: secretName,
};
