/** IR <-> xDS v3 resources, and both ends of the protocol that carries them. */
export {
  connectAds,
  type AdsClient,
  type AdsClientHooks,
  type AdsClientOptions,
} from './client/ads-client.ts';
export type { Identity } from './client/identity-session.ts';
export { secretNames } from './client/secret-names.ts';
export type { SnapshotChanges } from './client/resource-store.ts';
export { systemClock, type Clock } from './clock.ts';
export {
  type CheckAnswer,
  type CheckHeader,
  checkMethod,
  type CheckPeer,
  type CheckRequest,
  decodeCheckAnswer,
  encodeCheckRequest,
} from './ext-authz-check.ts';
export { decodeNode, encodeNode, proxyId, type ProxyNode } from './node.ts';
export {
  decodeResource,
  encodeResource,
  resourceToJson,
  type EncodedResource,
  type ResourceShapes,
} from './resource/codec.ts';
export { DecodeError } from './resource/decode-error.ts';
export { pushOrder, resourceTypeOf, typeUrl, type ResourceType } from './resource/resource-type.ts';
export { type ResourceSet, type SnapshotType } from './resource/snapshot.ts';
export { createAdsServer, type AdsServer, type AdsServerOptions } from './server/ads-server.ts';
export type { AdsHooks } from './server/ads-service.ts';
export type { ProxySync } from './server/proxy-record.ts';
export type { TypeSync } from './server/type-stream.ts';
