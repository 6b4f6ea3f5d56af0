import { describe, expect, it } from 'vitest';
import { clientAddress } from './client-address.ts';
import type { ClientAddress } from './ir/index.ts';

const found = (detection: ClientAddress | undefined, headers: Record<string, string>, peer = '10.0.0.9') =>
  clientAddress(detection, { peer, header: (name) => headers[name] });
const forwarded = (value: string) => ({ 'x-forwarded-for': value });

describe('the address of a client', () => {
  it('is the one of the connection where nothing is said', () => {
    expect(found(undefined, forwarded('203.0.113.7'))).toEqual({ address: '10.0.0.9', isRefused: false });
  });

  it.each([
    ['the last for one hop', 1, '203.0.113.7, 10.0.0.1', '10.0.0.1'],
    ['the one before it for two', 2, '198.51.100.1, 203.0.113.7,10.0.0.1', '203.0.113.7'],
    ['the one of the connection where there are too few', 3, '203.0.113.7, 10.0.0.1', '10.0.0.9'],
    ['the one of the connection where it is none', 1, '203.0.113.7, unknown', '10.0.0.9'],
  ])('is, by X-Forwarded-For, %s', (_, hops, value, address) => {
    expect(found({ kind: 'forwarded-for', hops }, forwarded(value)).address).toBe(address);
  });

  const trusted: ClientAddress = { kind: 'trusted-blocks', blocks: ['10.0.0.0/8', 'fd00::/8'] };

  it.each([
    [
      'the first from the right that is not',
      '198.51.100.1, 203.0.113.7, 10.0.0.1',
      '10.0.0.9',
      '203.0.113.7',
    ],
    ['the first of all where all are', '10.0.0.2, fd00::1', '10.0.0.9', '10.0.0.2'],
    ['the one of the connection that is not itself', '203.0.113.7', '198.51.100.9', '198.51.100.9'],
    [
      'the one of the connection behind what is no address',
      '203.0.113.7, x, 10.0.0.1',
      '10.0.0.9',
      '10.0.0.9',
    ],
  ])('is, behind trusted proxies, %s', (_, value, peer, address) => {
    expect(found(trusted, forwarded(value), peer).address).toBe(address);
  });

  it('is in a header, and refused for want of it only where it says so', () => {
    const header = (failsClosed: boolean): ClientAddress => ({
      kind: 'header',
      name: 'x-real-ip',
      failsClosed,
    });
    expect(found(header(true), { 'x-real-ip': '203.0.113.7' })).toEqual({
      address: '203.0.113.7',
      isRefused: false,
    });
    expect(found(header(true), { 'x-real-ip': 'unknown' }).isRefused).toBe(true);
    expect(found(header(false), {})).toEqual({ address: '10.0.0.9', isRefused: false });
  });
});
