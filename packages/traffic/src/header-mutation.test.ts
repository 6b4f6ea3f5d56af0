import { expect, it } from 'vitest';
import { mutateHeaders } from './header-mutation.ts';

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
