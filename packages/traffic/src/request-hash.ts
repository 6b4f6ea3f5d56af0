import type { HashPolicy } from './ir/index.ts';

/** What hash policies may read of a request. */
export interface HashedRequest {
  /** @param name lower case */
  header(name: string): string | undefined;
  readonly path: string;
  readonly sourceIp: string;
}

/**
 * One hash of all that the policies find, 32 bits; undefined when they find nothing, and any endpoint will do.
 *
 * @see Envoy RouteAction.HashPolicy: the hashes of several policies are mixed in their order
 */
export function requestHash(policies: readonly HashPolicy[], request: HashedRequest): number | undefined {
  let hash: number | undefined;
  for (const policy of policies) {
    const value = valueOf(policy, request);
    if (value === undefined) continue;
    const own = hash32(value);
    hash = hash === undefined ? own : (((hash << 1) | (hash >>> 31)) ^ own) >>> 0;
  }
  return hash;
}

function valueOf(policy: HashPolicy, request: HashedRequest): string | undefined {
  switch (policy.kind) {
    case 'header':
      return request.header(policy.name);
    case 'cookie':
      return cookieOf(request.header('cookie'), policy.name);
    case 'source-ip':
      return request.sourceIp;
    case 'query':
      return queryValueOf(request.path, policy.name);
  }
}

/** @see RFC 6265 §4.2.1 */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim() === name) {
      return pair
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1');
    }
  }
  return undefined;
}

function queryValueOf(path: string, name: string): string | undefined {
  const start = path.indexOf('?');
  if (start === -1) return undefined;
  for (const pair of path.slice(start + 1).split('&')) {
    const equals = pair.indexOf('=');
    if ((equals === -1 ? pair : pair.slice(0, equals)) === name) {
      return equals === -1 ? '' : pair.slice(equals + 1);
    }
  }
  return undefined;
}

/** FNV-1a over UTF-16 units, then Murmur3's finaliser, so that near texts lie far apart. */
export function hash32(text: string, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
