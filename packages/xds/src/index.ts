/** IR <-> xDS v3 resources, and both ends of the protocol that carries them. */
export {
  decodeResource,
  encodeResource,
  resourceToJson,
  type EncodedResource,
  type ResourceShapes,
} from './resource/codec.ts';
export { DecodeError } from './resource/decode-error.ts';
export { pushOrder, resourceTypeOf, typeUrl, type ResourceType } from './resource/resource-type.ts';
export { encodeSnapshot, type ResourceSet } from './resource/snapshot.ts';
