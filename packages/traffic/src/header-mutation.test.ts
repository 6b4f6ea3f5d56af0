import { expect, it } from 'vitest';
import type { HeaderMutation } from './ir/index.ts';
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
    (format) => format,
  );
  expect([...headers]).toEqual([['b', '2, 3']]);
});

it('asks what a value means when the removes are done', () => {
  const headers = new Map([['x-user', 'ada']]);
  mutateHeaders(
    headers,
    mutation({ set: [{ name: 'x-copy', value: '%REQ(x-user)%' }], remove: ['x-user'] }),
    () => headers.get('x-user') ?? '',
  );
  expect([...headers]).toEqual([]);
});

it('leaves out a value that comes out empty, but writes one that is empty', () => {
  const headers = new Map<string, string>();
  const set = [
    { name: 'x-nobody', value: '%REQ(x-nobody)%' },
    { name: 'x-empty', value: '' },
  ];
  mutateHeaders(headers, mutation({ set }), () => '');
  expect([...headers]).toEqual([['x-empty', '']]);
});

it('joins two mutations: what the second sets holds, and what both append is appended to it', () => {
  const joined = joinMutations(
    mutation({ set: [{ name: 'a', value: '1' }], add: [{ name: 'b', value: '1' }], remove: ['c'] }),
    mutation({ set: [{ name: 'b', value: '2' }], add: [{ name: 'a', value: '2' }], remove: ['c', 'd'] }),
  );
  expect(joined).toEqual({
    set: [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ],
    add: [
      { name: 'b', value: '1' },
      { name: 'a', value: '2' },
    ],
    remove: ['c', 'd'],
  });
});
