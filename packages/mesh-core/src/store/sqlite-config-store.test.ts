import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChangeMeta, DocumentWrite } from './config-store.ts';
import { SqliteConfigStore } from './sqlite-config-store.ts';

let directory = '';
let clock = 1_000;
const open = () => new SqliteConfigStore(join(directory, 'config.db'), () => clock++);
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heddle-store-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const meta: ChangeMeta = { actor: 'a', via: 'api', reason: 'r', title: 't', findings: [], rollbackOf: null };
const key = { group: 'g', kind: 'K', namespace: 'n', name: 'x' };
const write = (yaml: string | null, baseRevision?: number, name = 'x'): DocumentWrite => ({
  key: { ...key, name },
  apiVersion: 'g/v1',
  yaml,
  object: yaml === null ? null : { yaml },
  ...(baseRevision === undefined ? {} : { baseRevision }),
});

describe('the configuration store', () => {
  it('counts revisions over all documents, and generations of each', () => {
    const store = open();
    store.commit([write('1')], meta);
    store.commit([write('1', undefined, 'y')], meta);
    store.commit([write('2')], meta);
    expect([store.revision, store.get(key)?.revision, store.get(key)?.generation]).toEqual([3, 3, 2]);
    store.close();
  });

  it('has everything after it is opened again', () => {
    const before = open();
    before.commit([write('1'), write('1', undefined, 'y')], meta);
    before.commit([write('2')], { ...meta, reason: 'because' });
    before.writeRecord('token', 'h', { uses: 1 });
    before.close();
    const after = open();
    expect(after.revision).toBe(2);
    expect(after.list().map((one) => one.yaml)).toEqual(['2', '1']);
    expect(after.change(2)).toMatchObject({ reason: 'because', documents: [{ before: '1', after: '2' }] });
    expect(after.readRecord('token', 'h')).toEqual({ uses: 1 });
    after.close();
  });

  it('refuses a write on a stale base, and tells the revision to rebase on', () => {
    const store = open();
    store.commit([write('1')], meta);
    store.commit([write('2', 1)], meta);
    expect(store.commit([write('3', 1)], meta)).toMatchObject({ kind: 'conflict', currentRevision: 2 });
    expect(store.commit([write('3', 0)], meta)).toMatchObject({ kind: 'conflict' });
    expect(store.get(key)?.yaml).toBe('2');
    store.close();
  });

  it('takes all documents of a write or none', () => {
    const store = open();
    store.commit([write('1')], meta);
    store.commit([write('2', undefined, 'new'), write('2', 0)], meta);
    expect(store.list()).toHaveLength(1);
    store.close();
  });

  it('makes no revision when nothing differs', () => {
    const store = open();
    store.commit([write('1')], meta);
    expect(store.commit([write('1')], meta)).toEqual({ kind: 'unchanged', revision: 1 });
    store.close();
  });

  it('lists changes newest first, and knows what rolled them back', () => {
    const store = open();
    store.commit([write('1')], meta);
    store.commit([write(null)], meta);
    store.commit([write('1')], { ...meta, rollbackOf: 2 });
    expect(store.changes(2).map(({ revision, rolledBackBy }) => [revision, rolledBackBy])).toEqual([
      [3, null],
      [2, 3],
    ]);
    expect(store.changes(10, 2).map(({ revision }) => revision)).toEqual([1]);
    store.close();
  });
});
