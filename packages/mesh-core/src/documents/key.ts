import type { ResourceKey } from '@heddle/schema';

/** The core group has no name of its own in paths of the API. */
export const coreGroup = 'core';

/** `networking.istio.io/VirtualService/default/reviews`: unique in the store. */
export function keyText(key: ResourceKey): string {
  return `${key.group}/${key.kind}/${key.namespace}/${key.name}`;
}

/** As people say it: `VirtualService default/reviews`. */
export function keyWords(key: ResourceKey): string {
  return key.namespace === '' ? `${key.kind} ${key.name}` : `${key.kind} ${key.namespace}/${key.name}`;
}
