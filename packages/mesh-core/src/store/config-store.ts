import type { Change, Finding, ResourceKey } from '@heddle/schema';
import type { JsonObject } from '../documents/parse.ts';

/** One document as it is stored: verbatim text, and the object it says. */
export interface StoredDocument {
  readonly key: ResourceKey;
  readonly apiVersion: string;
  /** Revision of the write that last changed it. */
  readonly revision: number;
  /** Counts the changes of this document, from 1. */
  readonly generation: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly yaml: string;
  readonly object: JsonObject;
}

/** One document in a write: its new text, or null to delete it. */
export interface DocumentWrite {
  readonly key: ResourceKey;
  readonly apiVersion: string;
  readonly yaml: string | null;
  readonly object: JsonObject | null;
  /** Refuse the write when the document has changed after this revision; 0 = it must not exist. */
  readonly baseRevision?: number;
}

export interface ChangeMeta {
  readonly actor: string;
  readonly via: Change['via'];
  readonly reason: string;
  readonly title: string;
  readonly findings: readonly Finding[];
  readonly rollbackOf: number | null;
}

/** One document's part in a recorded change. */
export interface ChangedDocument {
  readonly key: ResourceKey;
  readonly apiVersion: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface RecordedChange extends ChangeMeta {
  readonly revision: number;
  readonly atMs: number;
  readonly baseRevision: number | null;
  readonly documents: readonly ChangedDocument[];
  readonly rolledBackBy: number | null;
}

export type CommitResult =
  | { readonly kind: 'committed'; readonly change: RecordedChange }
  /** Nothing differs from what is stored. */
  | { readonly kind: 'unchanged'; readonly revision: number }
  | { readonly kind: 'conflict'; readonly key: ResourceKey; readonly currentRevision: number };

/**
 * Where configuration lives. Revisions are one total order over all writes; a write is all or nothing and leaves a change in the
 * log. Methods throw `StoreError` when the medium fails.
 */
export interface ConfigStore {
  readonly revision: number;
  get(key: ResourceKey): StoredDocument | undefined;
  list(filter?: { readonly kind?: string; readonly namespace?: string }): StoredDocument[];
  /**
   * What would be stored after these writes. To commit the same writes next stores the same objects, so that what was made of them
   * stays true.
   */
  after(writes: readonly DocumentWrite[]): StoredDocument[];
  commit(writes: readonly DocumentWrite[], meta: ChangeMeta): CommitResult;
  change(revision: number): RecordedChange | undefined;
  /** Newest first, those before a revision. */
  changes(limit: number, beforeRevision?: number): RecordedChange[];
  /** Small records beside the documents, such as enrolment tokens and known instances. */
  readRecord(kind: string, id: string): unknown;
  listRecords(kind: string): unknown[];
  /** @param value undefined deletes it */
  writeRecord(kind: string, id: string, value: unknown): void;
  close(): void;
}

export type Conflict = Extract<CommitResult, { kind: 'conflict' }>;

/** The first document that has changed since the revision its write was based on, or is gone although the base says it was there. */
export function staleWrite(
  store: Pick<ConfigStore, 'get'>,
  writes: readonly Pick<DocumentWrite, 'key' | 'baseRevision'>[],
): Conflict | undefined {
  for (const { key, baseRevision } of writes) {
    const currentRevision = store.get(key)?.revision ?? 0;
    if (baseRevision === undefined) continue;
    if (currentRevision > baseRevision || (currentRevision === 0 && baseRevision > 0)) {
      return { kind: 'conflict', key, currentRevision };
    }
  }
  return undefined;
}

/** The store's medium failed, such as a full disk. Nothing was written. */
export class StoreError extends Error {
  readonly code = 'HDL_STORE';
}
