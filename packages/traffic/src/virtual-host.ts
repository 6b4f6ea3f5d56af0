import type { VirtualHost } from './ir/index.ts';

/** The virtual hosts of one route configuration, indexed by domain. */
export interface HostIndex<T> {
  readonly exact: ReadonlyMap<string, T>;
  /** `*suffix`, longest first; the star is cut off. */
  readonly suffixes: readonly (readonly [string, T])[];
  /** `prefix*`, longest first. */
  readonly prefixes: readonly (readonly [string, T])[];
  readonly any: T | undefined;
}

export function indexHosts<T>(hosts: readonly { domains: VirtualHost['domains']; value: T }[]): HostIndex<T> {
  const exact = new Map<string, T>();
  const suffixes: [string, T][] = [];
  const prefixes: [string, T][] = [];
  let any: T | undefined;
  for (const { domains, value } of hosts) {
    for (const domain of domains) {
      if (domain === '*') any ??= value;
      else if (domain.startsWith('*')) suffixes.push([domain.slice(1), value]);
      else if (domain.endsWith('*')) prefixes.push([domain.slice(0, -1), value]);
      else if (!exact.has(domain)) exact.set(domain, value);
    }
  }
  const longestFirst = (a: readonly [string, T], b: readonly [string, T]) => b[0].length - a[0].length;
  return { exact, suffixes: suffixes.toSorted(longestFirst), prefixes: prefixes.toSorted(longestFirst), any };
}

/**
 * The virtual host for an authority: exact, then the longest `*suffix`, then the longest `prefix*`, then `*`.
 * Case does not matter; the port counts only where a domain was written with one. A wildcard stands for at least one character.
 *
 * @see Envoy RouteConfiguration, "domains" of VirtualHost
 */
export function selectHost<T>(index: HostIndex<T>, authority: string): T | undefined {
  const full = authority.toLowerCase();
  return lookUp(index, full) ?? lookUpWithoutPort(index, full) ?? index.any;
}

function lookUpWithoutPort<T>(index: HostIndex<T>, authority: string): T | undefined {
  const host = hostOf(authority);
  return host === authority ? undefined : lookUp(index, host);
}

function lookUp<T>(index: HostIndex<T>, host: string): T | undefined {
  const exact = index.exact.get(host);
  if (exact !== undefined) return exact;
  for (const [suffix, value] of index.suffixes) {
    if (host.length > suffix.length && host.endsWith(suffix)) return value;
  }
  for (const [prefix, value] of index.prefixes) {
    if (host.length > prefix.length && host.startsWith(prefix)) return value;
  }
  return undefined;
}

/** `reviews:9080` -> `reviews`; `[::1]:80` -> `[::1]`; an address that is not in brackets has no port: `fd00::1`. */
export function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':');
  if (colon === -1 || authority.endsWith(']')) return authority;
  if (authority[colon - 1] !== ']' && authority.indexOf(':') !== colon) return authority;
  return /^\d+$/.test(authority.slice(colon + 1)) ? authority.slice(0, colon) : authority;
}
