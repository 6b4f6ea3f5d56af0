/** The small messages inside discovery requests and responses. */
import { BinaryReader, WireType, type BinaryWriter } from '@bufbuild/protobuf/wire';
import type { EncodedResource } from '../resource/codec.ts';
import { typeUrl } from '../resource/resource-type.ts';

/** google.rpc.Code.INVALID_ARGUMENT: the code of a refused configuration. */
const invalidArgument = 3;

/** google.protobuf.Any. */
export function writeAny(writer: BinaryWriter, { type, bytes }: EncodedResource): BinaryWriter {
  writer.tag(1, WireType.LengthDelimited).string(typeUrl(type));
  return writer.tag(2, WireType.LengthDelimited).bytes(bytes);
}

export function readAny(bytes: Uint8Array): { readonly typeUrl: string; readonly bytes: Uint8Array } {
  const reader = new BinaryReader(bytes);
  let url = '';
  let content: Uint8Array = new Uint8Array();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) url = reader.string();
    else if (field === 2) content = reader.bytes();
    else reader.skip(wireType, field);
  }
  return { typeUrl: url, bytes: content };
}

/** google.rpc.Status; its code says nothing that the message does not. */
export function writeStatus(writer: BinaryWriter, message: string): BinaryWriter {
  return writer
    .tag(1, WireType.Varint)
    .int32(invalidArgument)
    .tag(2, WireType.LengthDelimited)
    .string(message);
}

export function readStatus(bytes: Uint8Array): string {
  const reader = new BinaryReader(bytes);
  let message = '';
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2) message = reader.string();
    else reader.skip(wireType, field);
  }
  return message;
}

/** Fields 1 and 2 of an entry of a `map<string, string>`. */
export function readStringPair(bytes: Uint8Array): [string, string] {
  const reader = new BinaryReader(bytes);
  let key = '';
  let value = '';
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else reader.skip(wireType, field);
  }
  return [key, value];
}
