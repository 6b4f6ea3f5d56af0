import { describe, expect, it } from 'vitest';
import { compileIpBlock, parseAddress } from './address.ts';

const contains = (block: string, text: string) => {
  const address = parseAddress(text);
  return address !== undefined && (compileIpBlock(block)?.(address) ?? false);
};

describe('a block of addresses', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.3/8', '10.9.9.9', true], // bits behind the length do not count
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['10.0.0.0/9', '10.127.255.255', true],
    ['10.0.0.0/9', '10.128.0.0', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::ffff:10.0.0.0/104', '::ffff:10.9.9.9', true],
    ['::/0', '2001:db8::1', true],
  ])('%s and %s: %s', (block, address, expected) => {
    expect(contains(block, address)).toBe(expected);
  });

  it.each(['', '10.0.0', '10.0.0.256', '10.0.0.01', '10.0.0.0/33', '10.0.0.0/', '::/129', '1::2::3', 'host'])(
    'is not read from "%s"',
    (text) => {
      expect(compileIpBlock(text)).toBeUndefined();
    },
  );
});
