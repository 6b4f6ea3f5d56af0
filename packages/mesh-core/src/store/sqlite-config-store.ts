import type { ResourceKey } from '@heddle/schema';
import { DatabaseSync } from 'node:sqlite';
import { keyText } from '../documents/key.ts';
import {
  type ChangedDocument,
  type ChangeMeta,
  type CommitResult,
  type ConfigStore,
  type DocumentWrite,
  type RecordedChange,
  staleWrite,
  type StoredDocument,
  StoreError,
} from './config-store.ts';

const schema = `
  CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, namespace TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS changes (revision INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS rollbacks (revision INTEGER PRIMARY KEY, rolled_back_by INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO meta VALUES (1, 0);
`;

/**
 * The store of one machine: SQLite in a file, written through before a write is answered.
 *
 * Documents are also held in memory, as parsed objects: the compiler reads them all at every change.
 */
export class SqliteConfigStore implements ConfigStore {
  readonly #db: DatabaseSync;
  readonly #now: () => number;
  readonly #documents = new Map<string, StoredDocument>();
  /** What a write becomes at the next revision. */
  readonly #staged = new WeakMap<DocumentWrite, StoredDocument>();
  #revision: number;

  /** @param path of the file, or `:memory:` */
  constructor(path: string, now: () => number) {
    this.#now = now;
    this.#db = guarded(() => new DatabaseSync(path));
    guarded(() => this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${schema}`));
    this.#revision = Number(this.#db.prepare('SELECT revision FROM meta').get()?.['revision'] ?? 0);
    for (const row of this.#db.prepare('SELECT body FROM documents').all()) {
      const document: StoredDocument = JSON.parse(String(row['body']));
      this.#documents.set(keyText(document.key), document);
    }
  }

  get revision(): number {
    return this.#revision;
  }

  get(key: ResourceKey): StoredDocument | undefined {
    return this.#documents.get(keyText(key));
  }

  list(filter: { readonly kind?: string; readonly namespace?: string } = {}): StoredDocument[] {
    return [...this.#documents.values()]
      .filter(
        ({ key }) =>
          (filter.kind === undefined || key.kind === filter.kind) &&
          (filter.namespace === undefined || key.namespace === filter.namespace),
      )
      .toSorted((a, b) => (keyText(a.key) < keyText(b.key) ? -1 : 1));
  }

  after(writes: readonly DocumentWrite[]): StoredDocument[] {
    const documents = new Map(this.#documents);
    const atMs = this.#now();
    for (const write of writes) {
      const id = keyText(write.key);
      if (documents.get(id)?.yaml === write.yaml) continue;
      const document = this.#next(write, this.#revision + 1, atMs);
      if (document === undefined) documents.delete(id);
      else documents.set(id, document);
    }
    return [...documents.values()];
  }

  commit(writes: readonly DocumentWrite[], meta: ChangeMeta): CommitResult {
    const conflict = staleWrite(this, writes);
    if (conflict !== undefined) return conflict;
    const changing = writes.filter(({ key, yaml }) => (this.get(key)?.yaml ?? null) !== yaml);
    if (changing.length === 0) return { kind: 'unchanged', revision: this.#revision };
    const revision = this.#revision + 1;
    const atMs = this.#now();
    const change: RecordedChange = {
      ...meta,
      revision,
      atMs,
      baseRevision: changing.find(({ baseRevision }) => baseRevision !== undefined)?.baseRevision ?? null,
      documents: changing.map((write) => this.#changedDocument(write)),
      rolledBackBy: null,
    };
    const next = changing.map((write) => ({ write, document: this.#next(write, revision, atMs) }));
    this.#transaction(() => {
      for (const { write, document } of next) this.#writeDocument(write.key, document);
      this.#db.prepare('INSERT INTO changes VALUES (?, ?)').run(revision, JSON.stringify(change));
      if (meta.rollbackOf !== null) {
        this.#db.prepare('INSERT OR REPLACE INTO rollbacks VALUES (?, ?)').run(meta.rollbackOf, revision);
      }
      this.#db.prepare('UPDATE meta SET revision = ?').run(revision);
    });
    this.#revision = revision;
    for (const { write, document } of next) {
      if (document === undefined) this.#documents.delete(keyText(write.key));
      else this.#documents.set(keyText(write.key), document);
    }
    return { kind: 'committed', change };
  }

  #changedDocument({ key, apiVersion, yaml }: DocumentWrite): ChangedDocument {
    return { key, apiVersion, before: this.get(key)?.yaml ?? null, after: yaml };
  }

  #next(write: DocumentWrite, revision: number, atMs: number): StoredDocument | undefined {
    const { key, apiVersion, yaml, object } = write;
    if (yaml === null || object === null) return undefined;
    const staged = this.#staged.get(write);
    if (staged?.revision === revision) return staged;
    const current = this.get(key);
    const document = {
      key,
      apiVersion,
      revision,
      generation: (current?.generation ?? 0) + 1,
      createdAtMs: current?.createdAtMs ?? atMs,
      updatedAtMs: atMs,
      yaml,
      object,
    };
    this.#staged.set(write, document);
    return document;
  }

  #writeDocument(key: ResourceKey, document: StoredDocument | undefined): void {
    if (document === undefined) {
      this.#db.prepare('DELETE FROM documents WHERE id = ?').run(keyText(key));
      return;
    }
    this.#db
      .prepare('INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)')
      .run(keyText(key), key.kind, key.namespace, document.revision, JSON.stringify(document));
  }

  #transaction(body: () => void): void {
    guarded(() => this.#db.exec('BEGIN IMMEDIATE'));
    try {
      body();
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw new StoreError('the configuration store did not take the write', { cause: error });
    }
  }

  change(revision: number): RecordedChange | undefined {
    return this.#readChanges('WHERE changes.revision = ?', revision)[0];
  }

  changes(limit: number, beforeRevision: number = Number.MAX_SAFE_INTEGER): RecordedChange[] {
    return this.#readChanges(
      'WHERE changes.revision < ? ORDER BY changes.revision DESC LIMIT ?',
      beforeRevision,
      limit,
    );
  }

  #readChanges(where: string, ...parameters: number[]): RecordedChange[] {
    return this.#db
      .prepare(
        `SELECT body, rolled_back_by FROM changes LEFT JOIN rollbacks ON rollbacks.revision = changes.revision ${where}`,
      )
      .all(...parameters)
      .map((row) => {
        const change: RecordedChange = JSON.parse(String(row['body']));
        const by = row['rolled_back_by'];
        return { ...change, rolledBackBy: typeof by === 'number' ? by : null };
      });
  }

  readRecord(kind: string, id: string): unknown {
    const row = this.#db.prepare('SELECT body FROM records WHERE kind = ? AND id = ?').get(kind, id);
    return row === undefined ? undefined : JSON.parse(String(row['body']));
  }

  listRecords(kind: string): unknown[] {
    const rows = this.#db.prepare('SELECT body FROM records WHERE kind = ? ORDER BY id').all(kind);
    return rows.map((row): unknown => JSON.parse(String(row['body'])));
  }

  writeRecord(kind: string, id: string, value: unknown): void {
    guarded(() =>
      value === undefined
        ? this.#db.prepare('DELETE FROM records WHERE kind = ? AND id = ?').run(kind, id)
        : this.#db
            .prepare('INSERT OR REPLACE INTO records VALUES (?, ?, ?)')
            .run(kind, id, JSON.stringify(value)),
    );
  }

  close(): void {
    this.#db.close();
  }
}

function guarded<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError(`the configuration store failed: ${why}`, { cause: error });
  }
}
