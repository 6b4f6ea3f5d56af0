import { describe, expect, it } from 'vitest';
import { type Change, wholeWords } from './whole-words.ts';

const changed = (a: string, b: string, changes: readonly Change[]) =>
  wholeWords(a, b, changes).map(({ fromA, toA, fromB, toB }) => [a.slice(fromA, toA), b.slice(fromB, toB)]);

describe('a change', () => {
  it('of a letter is a change of its word', () => {
    expect(changed('weight: 70', 'weight: 60', [{ fromA: 8, toA: 9, fromB: 8, toB: 9 }])).toEqual([
      ['70', '60'],
    ]);
    expect(changed('subset: v1 }', 'subset: v1-b }', [{ fromA: 10, toA: 10, fromB: 10, toB: 12 }])).toEqual([
      ['v1', 'v1-b'],
    ]);
  });

  it('of whole words stays as it is', () => {
    expect(changed('a: b', 'a: b # c', [{ fromA: 4, toA: 4, fromB: 4, toB: 8 }])).toEqual([['', ' # c']]);
  });

  it('does not reach into the one before it', () => {
    const both = [
      { fromA: 0, toA: 1, fromB: 0, toB: 1 },
      { fromA: 2, toA: 3, fromB: 2, toB: 3 },
    ];
    expect(changed('abc d', 'xby d', both)).toEqual([['abc', 'xby']]);
  });
});
