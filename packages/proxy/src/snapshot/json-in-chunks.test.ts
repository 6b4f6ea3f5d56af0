import { expect, it } from 'vitest';
import { jsonInChunks } from './json-in-chunks.ts';

it.each([
  {},
  [],
  { a: [], b: {}, c: undefined, d: null, e: 'x"\n\u2028', f: [undefined, 1, true] },
  { long: [undefined, ...Array.from({ length: 40 }, (_, i) => ({ i, none: undefined, own: [i] }))] },
  { deep: [{ deeper: [{ deepest: [{ still: { more: [1, { a: 'b' }] } }] }] }] },
])('is what JSON.stringify writes: %j', (value) => {
  expect([...jsonInChunks(value)].join('')).toBe(JSON.stringify(value));
});

it('comes in pieces that are short to make', () => {
  const virtualHosts = Array.from({ length: 1000 }, (_, i) => ({ name: `host-${i}`, text: 'x'.repeat(500) }));
  const value = { routeConfigurations: [{ name: '80', virtualHosts }] };
  const chunks = [...jsonInChunks(value)];
  expect(chunks.length).toBeGreaterThan(7);
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(70_000);
  expect(JSON.parse(chunks.join(''))).toEqual(value);
});
