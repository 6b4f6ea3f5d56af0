/** DiscoveryRequest and DiscoveryResponse, the state-of-the-world form, on the wire. @see delta-messages.ts */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { EncodedResource } from '../resource/codec.ts';
import { typeUrl, type ResourceType } from '../resource/resource-type.ts';
import { readStatus, writeAny } from './common-messages.ts';

export interface SotwRequest {
  readonly node?: Uint8Array;
  readonly typeUrl: string;
  /** Every name that the client wants from now on. */
  readonly names: readonly string[];
  /** The newest version it accepted. */
  readonly version: string;
  readonly nonce: string;
  readonly error?: string;
}

export function readSotwRequest(bytes: Uint8Array): SotwRequest {
  const reader = new BinaryReader(bytes);
  let node: Uint8Array | undefined;
  let error: string | undefined;
  let version = '';
  let url = '';
  let nonce = '';
  const names: string[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) version = reader.string();
    else if (field === 2) node = reader.bytes();
    else if (field === 3) names.push(reader.string());
    else if (field === 4) url = reader.string();
    else if (field === 5) nonce = reader.string();
    else if (field === 6) error = readStatus(reader.bytes());
    else reader.skip(wireType, field);
  }
  return {
    ...(node === undefined ? {} : { node }),
    typeUrl: url,
    names,
    version,
    nonce,
    ...(error === undefined ? {} : { error }),
  };
}

/** A resource as it stands in a response, made once for all streams. */
const framedResources = new WeakMap<EncodedResource, Uint8Array>();

export function writeSotwResponse(response: {
  readonly type: ResourceType;
  readonly version: string;
  readonly nonce: string;
  readonly resources: readonly EncodedResource[];
}): Buffer {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(response.version);
  for (const resource of response.resources) writer.raw(framed(resource));
  writer.tag(4, WireType.LengthDelimited).string(typeUrl(response.type));
  writer.tag(5, WireType.LengthDelimited).string(response.nonce);
  return Buffer.from(writer.finish());
}

function framed(resource: EncodedResource): Uint8Array {
  const known = framedResources.get(resource);
  if (known !== undefined) return known;
  const writer = new BinaryWriter();
  writeAny(writer.tag(2, WireType.LengthDelimited).fork(), resource).join();
  const bytes = writer.finish();
  framedResources.set(resource, bytes);
  return bytes;
}
