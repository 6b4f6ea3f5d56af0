import { expect, it } from 'vitest';
import type { HeaderMutation } from './ir.ts';
import { joinMutations, mutateHeaders } from './header-mutation.ts';

const mutation = (over: Partial<HeaderMutation>): HeaderMutation => ({
  set: [],
  add: [],
  remove: [],
  ...over,
});

it('removes first, then sets, then appends to what is there', () => {
  const headers = new Map([
    ['a', '1'],
    ['b', '1'],
  ]);
  mutateHeaders(
    headers,
    mutation({ set: [{ name: 'b', value: '2' }], add: [{ name: 'b', value: '3' }], remove: ['a', 'b'] }),
  );
  expect([...headers]).toEqual([['b', '2, 3']]);
});

it('joins two mutations so that what the second sets stands alone', () => {
  const joined = joinMutations(
    mutation({ set: [{ name: 'a', value: '1' }], add: [{ name: 'b', value: '1' }], remove: ['c'] }),
    mutation({ set: [{ name: 'b', value: '2' }], add: [{ name: 'a', value: '2' }], remove: ['c', 'd'] }),
  );
  expect(joined).toEqual({
    set: [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ],
    add: [{ name: 'a', value: '2' }],
    remove: ['c', 'd'],
  });
});
