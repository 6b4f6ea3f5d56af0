import { expect, it } from 'vitest';
import type { HeaderMutation } from './ir.ts';
import { joinMutations, mutateHeaders } from './header-mutation.ts';

const mutation = (over: Partial<HeaderMutation>): HeaderMutation => ({
  set: [],
  add: [],
  remove: [],
  ...over,
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

it('removes first, then sets, then appends', () => {
  const headers = new Map([
    ['x-a', '1'],
    ['x-b', '2'],
    ['x-c', '3'],
  ]);
  mutateHeaders(
    headers,
    {
      remove: ['x-a', 'x-c'],
      set: [{ name: 'x-a', value: 'new' }],
      add: [
        { name: 'x-b', value: 'more' },
        { name: 'x-c', value: 'again' },
      ],
    },
    (format) => format,
  );
  expect(Object.fromEntries(headers)).toEqual({ 'x-a': 'new', 'x-b': '2, more', 'x-c': 'again' });
});

it('leaves out a value that comes out empty, but writes one that is empty', () => {
  const headers = new Map<string, string>();
  const set = [
    { name: 'x-nobody', value: '%REQ(x-nobody)%' },
    { name: 'x-empty', value: '' },
  ];
  mutateHeaders(headers, { remove: [], set, add: [] }, () => '');
  expect([...headers]).toEqual([['x-empty', '']]);
});
