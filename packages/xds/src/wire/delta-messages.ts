/**
 * DeltaDiscoveryRequest and DeltaDiscoveryResponse on the wire.
 *
 * Written by hand rather than through descriptors: every message of every stream passes here, and a resource's bytes go in
 * as they are.
 *
 * @see envoy/service/discovery/v3/discovery.proto
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { EncodedResource } from '../resource/codec.ts';
import { typeUrl, type ResourceType } from '../resource/resource-type.ts';
import { readAny, readStatus, readStringPair, writeAny, writeStatus } from './common-messages.ts';

export interface DeltaRequest {
  /** Bytes of envoy.config.core.v3.Node: on the first request of a stream, and wherever its metadata has news. */
  readonly node?: Uint8Array;
  readonly typeUrl: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** What the client kept from an earlier stream, name to version. */
  readonly initialVersions: ReadonlyMap<string, string>;
  readonly nonce: string;
  /** The response of `nonce` was refused, and why. */
  readonly error?: string;
}

export interface DeltaResponse {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly resources: readonly {
    readonly name: string;
    readonly version: string;
    readonly bytes: Uint8Array;
  }[];
  readonly removed: readonly string[];
  /** Resources that the server could not make for this client, and why. */
  readonly errors: readonly { readonly name: string; readonly reason: string }[];
}

export function readDeltaRequest(bytes: Uint8Array): DeltaRequest {
  const reader = new BinaryReader(bytes);
  let node: Uint8Array | undefined;
  let error: string | undefined;
  let url = '';
  let nonce = '';
  const subscribe: string[] = [];
  const unsubscribe: string[] = [];
  const initialVersions = new Map<string, string>();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) node = reader.bytes();
    else if (field === 2) url = reader.string();
    else if (field === 3) subscribe.push(reader.string());
    else if (field === 4) unsubscribe.push(reader.string());
    else if (field === 5) initialVersions.set(...readStringPair(reader.bytes()));
    else if (field === 6) nonce = reader.string();
    else if (field === 7) error = readStatus(reader.bytes());
    else reader.skip(wireType, field);
  }
  return {
    ...(node === undefined ? {} : { node }),
    typeUrl: url,
    subscribe,
    unsubscribe,
    initialVersions,
    nonce,
    ...(error === undefined ? {} : { error }),
  };
}

export function writeDeltaRequest(request: DeltaRequest): Buffer {
  const writer = new BinaryWriter();
  if (request.node !== undefined) writer.tag(1, WireType.LengthDelimited).bytes(request.node);
  writer.tag(2, WireType.LengthDelimited).string(request.typeUrl);
  for (const name of request.subscribe) writer.tag(3, WireType.LengthDelimited).string(name);
  for (const name of request.unsubscribe) writer.tag(4, WireType.LengthDelimited).string(name);
  for (const [name, version] of request.initialVersions) {
    writer.tag(5, WireType.LengthDelimited).fork();
    writer
      .tag(1, WireType.LengthDelimited)
      .string(name)
      .tag(2, WireType.LengthDelimited)
      .string(version)
      .join();
  }
  if (request.nonce !== '') writer.tag(6, WireType.LengthDelimited).string(request.nonce);
  if (request.error !== undefined)
    writeStatus(writer.tag(7, WireType.LengthDelimited).fork(), request.error).join();
  return Buffer.from(writer.finish());
}

/** A resource as it stands in a response, made once for all streams. */
const framedResources = new WeakMap<EncodedResource, Uint8Array>();

export function writeDeltaResponse(response: {
  readonly type: ResourceType;
  readonly version: string;
  readonly nonce: string;
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
  readonly errors: DeltaResponse['errors'];
}): Buffer {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(response.version);
  for (const resource of response.resources) writer.raw(framed(resource));
  writer.tag(4, WireType.LengthDelimited).string(typeUrl(response.type));
  writer.tag(5, WireType.LengthDelimited).string(response.nonce);
  for (const name of response.removed) writer.tag(6, WireType.LengthDelimited).string(name);
  for (const { name, reason } of response.errors) {
    writer.tag(9, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(name).join();
    writeStatus(writer.tag(2, WireType.LengthDelimited).fork(), reason).join().join();
  }
  return Buffer.from(writer.finish());
}

export function readDeltaResponse(bytes: Uint8Array): DeltaResponse {
  const reader = new BinaryReader(bytes);
  let url = '';
  let nonce = '';
  const resources: DeltaResponse['resources'][number][] = [];
  const removed: string[] = [];
  const errors: DeltaResponse['errors'][number][] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2) resources.push(readResource(reader.bytes()));
    else if (field === 4) url = reader.string();
    else if (field === 5) nonce = reader.string();
    else if (field === 6) removed.push(reader.string());
    else if (field === 9) errors.push(readResourceError(reader.bytes()));
    else reader.skip(wireType, field);
  }
  return { typeUrl: url, nonce, resources, removed, errors };
}

function framed(resource: EncodedResource): Uint8Array {
  const known = framedResources.get(resource);
  if (known !== undefined) return known;
  const writer = new BinaryWriter();
  writer.tag(2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(resource.version);
  writeAny(writer.tag(2, WireType.LengthDelimited).fork(), resource).join();
  writer.tag(3, WireType.LengthDelimited).string(resource.name).join();
  const bytes = writer.finish();
  framedResources.set(resource, bytes);
  return bytes;
}

function readResource(bytes: Uint8Array): DeltaResponse['resources'][number] {
  const reader = new BinaryReader(bytes);
  let name = '';
  let version = '';
  let content: Uint8Array = new Uint8Array();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) version = reader.string();
    else if (field === 2) content = readAny(reader.bytes()).bytes;
    else if (field === 3) name = reader.string();
    else reader.skip(wireType, field);
  }
  return { name, version, bytes: content };
}

function readResourceError(bytes: Uint8Array): DeltaResponse['errors'][number] {
  const reader = new BinaryReader(bytes);
  let name = '';
  let reason = '';
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) name = readStringPair(reader.bytes())[0];
    else if (field === 2) reason = readStatus(reader.bytes());
    else reader.skip(wireType, field);
  }
  return { name, reason };
}
