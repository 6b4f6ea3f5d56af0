import { describe, expect, it } from 'vitest';
import { contentHash, stableStringify } from './content-hash.ts';

describe('stableStringify', () => {
  it('is JSON, with sorted keys and without undefined members', () => {
    const value = { b: [1, null, 'x"y', { d: undefined, c: true }], a: { z: -0.5, 'ö"': '' }, n: undefined };
    expect(stableStringify(value)).toBe('{"a":{"z":-0.5,"ö\\"":""},"b":[1,null,"x\\"y",{"c":true}]}');
    expect(JSON.parse(stableStringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
  });

  it('writes null for what JSON cannot say in a list', () => {
    expect(stableStringify([undefined, 1])).toBe('[null,1]');
  });
});

describe('contentHash', () => {
  it('is alike for equal data whatever the order of its keys, and differs for other data', () => {
    expect(contentHash({ a: 1, b: 2 })).toBe(contentHash({ b: 2, a: 1 }));
    expect(contentHash({ a: 1 })).not.toBe(contentHash({ a: '1' }));
  });
});
