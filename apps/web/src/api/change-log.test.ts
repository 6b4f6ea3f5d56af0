import type { Change } from '@heddle/schema';
import { expect, it } from 'vitest';
import { withChange } from './change-log.ts';

const change = (revision: number, fields: Partial<Change> = {}): Change => ({
  revision,
  at: '2026-01-01T00:00:00Z',
  actor: 'local',
  via: 'ui',
  reason: '',
  baseRevision: null,
  rollbackOf: null,
  rolledBackBy: null,
  title: `change ${revision}`,
  diff: [],
  findings: [],
  push: null,
  ...fields,
});
const log = {
  pages: [
    { items: [change(4), change(3)], nextCursor: '3' },
    { items: [change(2), change(1)], nextCursor: null },
  ],
  pageParams: [null, '3'],
};
const revisions = (of: typeof log) => of.pages.map((page) => page.items.map((item) => item.revision));

it('puts a new change on top', () => {
  expect(withChange(log, change(5)).pages.map((page) => page.items.map((item) => item.revision))).toEqual([
    [5, 4, 3],
    [2, 1],
  ]);
});

it('replaces a change whose push has moved on where it stands', () => {
  const push = { revision: 2, affected: 3, acked: 3, nacked: 0, pending: 0, ackedMs: 40, refusals: [] };
  const next = withChange(log, change(2, { push }));
  expect(next.pages[1]?.items[0]?.push).toEqual(push);
  expect(next.pages.map((page) => page.items.length)).toEqual(revisions(log).map((page) => page.length));
});

it('marks what a rollback undid', () => {
  expect(withChange(log, change(5, { rollbackOf: 3 })).pages[0]?.items[2]?.rolledBackBy).toBe(5);
});
