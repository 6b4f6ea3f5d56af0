import { describe, expect, it } from 'vitest';
import type { TcpFilterChain } from './ir/index.ts';
import { matchTcpChain } from './tcp-chain.ts';

const chain = (
  name: string,
  prefixRanges: readonly string[],
  serverNames: readonly string[],
): TcpFilterChain => ({
  name,
  prefixRanges,
  serverNames,
  clusters: [],
  from: [],
});
const open = chain('open', [], []);
const wide = chain('wide', ['10.0.0.0/8'], []);
const narrow = chain('narrow', ['10.96.0.0/16'], []);
const shop = chain('shop', [], ['shop.example']);
const all = chain('all', [], ['*.example']);
const teas = chain('teas', [], ['*.teas.example']);

describe('the chain of a connection', () => {
  const nameOf = (chains: TcpFilterChain[], address?: string, serverName?: string) =>
    matchTcpChain(chains, { address, serverName, isTls: serverName !== undefined })?.name;

  it('is the one with the narrowest block around the address', () => {
    expect(nameOf([open, wide, narrow], '10.96.0.1')).toBe('narrow');
    expect(nameOf([open, wide, narrow], '10.1.0.1')).toBe('wide');
    expect(nameOf([open, wide, narrow], '192.168.0.1')).toBe('open');
    expect(nameOf([wide, narrow], '192.168.0.1')).toBeUndefined();
  });

  it('is the one with the name that is asked for, else with the longest wildcard for it', () => {
    expect(nameOf([all, teas, shop], undefined, 'shop.example')).toBe('shop');
    expect(nameOf([all, teas, shop], undefined, 'green.teas.example')).toBe('teas');
    expect(nameOf([all, teas, shop], undefined, 'other.example')).toBe('all');
    expect(nameOf([all, teas, shop], undefined, 'other.org')).toBeUndefined();
  });

  it('has no names where none is asked for', () => {
    expect(nameOf([shop, open], undefined)).toBe('open');
    expect(nameOf([shop], undefined)).toBeUndefined();
  });

  it('takes TLS alone where TLS ends', () => {
    const ended: TcpFilterChain = { ...chain('ended', [], []), tls: { mode: 'STRICT', from: [] } };
    const chosen = (chains: TcpFilterChain[], isTls: boolean) =>
      matchTcpChain(chains, { address: undefined, serverName: undefined, isTls })?.name;
    expect(chosen([ended], true)).toBe('ended');
    expect(chosen([ended], false)).toBeUndefined();
    expect(chosen([open, ended], true)).toBe('ended');
    expect(chosen([open, ended], false)).toBe('open');
  });

  it('is not given up for a name once the address has chosen', () => {
    const there = chain('there', ['10.96.0.1/32'], ['other.example']);
    expect(nameOf([there, shop], '10.96.0.1', 'shop.example')).toBeUndefined();
  });
});
