import { compileIpBlock, parseAddress } from './authorize/address.ts';
import type { TcpFilterChain } from './ir/index.ts';

/** What is known of a connection before its first byte is passed on. */
export interface Connection {
  /** The address that was called; undefined when only a name is known. */
  readonly address: string | undefined;
  /** What TLS asks for; undefined for a connection without TLS, or without a name in it. */
  readonly serverName: string | undefined;
  readonly isTls: boolean;
}

/**
 * The chain for a connection: of those for its address the narrowest blocks, of these the name, exact before the longest wildcard.
 * What was chosen by address is not given up for another name (Envoy). A chain that ends TLS takes nothing else, and comes before
 * one for the same names that does not.
 */
export function matchTcpChain(
  chains: readonly TcpFilterChain[],
  { address, serverName, isTls }: Connection,
): TcpFilterChain | undefined {
  const there = chainsForAddress(chains, address);
  const asTheyAre = there.filter(({ tls }) => tls === undefined);
  const ended = isTls ? there.filter(({ tls }) => tls !== undefined) : [];
  return matchServerName([...ended, ...asTheyAre], serverName);
}

/** Of chains that differ in the names they serve the one for the name that TLS asks for; of equals the first. */
export function matchServerName<T extends { readonly serverNames?: readonly string[] }>(
  chains: readonly T[],
  serverName: string | undefined,
): T | undefined {
  const fits = chains.map(({ serverNames = [] }) => nameFit(serverNames, serverName?.toLowerCase()));
  const closest = Math.max(-1, ...fits);
  return closest === -1 ? undefined : chains[fits.indexOf(closest)];
}

/** Those of which the blocks fit an address most narrowly. */
export function chainsForAddress(
  chains: readonly TcpFilterChain[],
  address: string | undefined,
): readonly TcpFilterChain[] {
  const lengths = chains.map((chain) => addressFit(chain, address));
  const best = Math.max(-1, ...lengths);
  return best === -1 ? [] : chains.filter((_, i) => lengths[i] === best);
}

/** Length of the longest block that the address is in; 0 without blocks, -1 when it is in none. */
function addressFit({ prefixRanges }: TcpFilterChain, address: string | undefined): number {
  if (prefixRanges.length === 0) return 0;
  const parsed = address === undefined ? undefined : parseAddress(address);
  if (parsed === undefined) return -1;
  const lengths = prefixRanges
    .filter((block) => compileIpBlock(block)?.(parsed))
    .map((block) => Number(block.split('/')[1] ?? (block.includes(':') ? 128 : 32)));
  return Math.max(-1, ...lengths);
}

/** 0 without names; a longer name is closer, and an exact one closest. */
function nameFit(names: readonly string[], serverName: string | undefined): number {
  if (names.length === 0) return 0;
  if (serverName === undefined) return -1;
  const fits = names.map((name) => {
    if (name === serverName) return 1000;
    const isWithin =
      name.startsWith('*') && serverName.length >= name.length && serverName.endsWith(name.slice(1));
    return isWithin ? name.length : -1;
  });
  return Math.max(-1, ...fits);
}
