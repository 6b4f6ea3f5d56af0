/** The documents that the compiler reads, typed: the kind's schema is the type. */
import type { ResourceKey } from '@heddle/schema';
import type { Origin } from '@heddle/traffic';
import type { Static } from 'typebox';
import { coreGroup } from '../documents/key.ts';
import { readKinds } from '../documents/kinds.ts';
import { areSame } from './document-memo.ts';

/** A stored document with its typed content. */
export interface Typed<T> {
  readonly key: ResourceKey;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly revision: number;
  readonly object: T;
}

/** What the world needs to know of a stored document. */
export type WorldDocument = Typed<object>;

/** By kind, each list in the order in which conflicts are won. */
export type WorldDocuments = {
  readonly [K in keyof typeof readKinds]: readonly Typed<Static<(typeof readKinds)[K]['schema']>>[];
};

/** Contents that passed their kind's schema: they never change, and worlds are built at every write. */
const passed = new WeakSet();

/** Lists that hold the same as in the world before are the same lists. */
export function typedDocuments(
  documents: readonly WorldDocument[],
  previous: WorldDocuments | undefined,
): WorldDocuments {
  const byKind = Map.groupBy(documents.map(withAge).toSorted(byAge), ({ key }) => `${key.group}/${key.kind}`);
  const before = new Map<string, readonly WorldDocument[]>(Object.entries(previous ?? {}));
  const lists = Object.entries(readKinds).map(([list, known]) => {
    // What was stored passed the same schema; a document of another version of this program may not.
    const found = (byKind.get(`${known.group || coreGroup}/${known.kind}`) ?? []).filter(({ object }) => {
      if (passed.has(object)) return true;
      const isTyped = known.validator.Check(object);
      if (isTyped) passed.add(object);
      return isTyped;
    });
    const last = before.get(list);
    return [list, last !== undefined && areSame(last, found) ? last : found];
  });
  // Each list holds only what its kind's schema has passed.
  return Object.fromEntries(lists) as WorldDocuments; // oxlint-disable-line typescript/no-unsafe-type-assertion
}

/** The same object each time, because whoever made something of a document knows it by its identity. */
const aged = new WeakMap<WorldDocument, WorldDocument>();

/** A document that says when it was created is as old as it says: it came from elsewhere. */
function withAge(document: WorldDocument): WorldDocument {
  const known = aged.get(document);
  if (known !== undefined) return known;
  const at = createdAtOf(document.object);
  const result = Number.isNaN(at) ? document : { ...document, createdAtMs: at };
  aged.set(document, result);
  return result;
}

function createdAtOf(object: object): number {
  const metadata = 'metadata' in object ? object.metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('creationTimestamp' in metadata)) return NaN;
  return typeof metadata.creationTimestamp === 'string' ? Date.parse(metadata.creationTimestamp) : NaN;
}

/**
 * The order in which conflicts are won: oldest first, then by namespace and name, as the Gateway API says; documents of Istio by name
 * and namespace, as Istio does it.
 */
export function byAge(
  a: Pick<WorldDocument, 'key' | 'createdAtMs'>,
  b: Pick<WorldDocument, 'key' | 'createdAtMs'>,
): number {
  if (a.createdAtMs !== b.createdAtMs) return a.createdAtMs - b.createdAtMs;
  return namesOf(a) < namesOf(b) ? -1 : 1;
}

function namesOf({ key: { group, namespace, name } }: Pick<WorldDocument, 'key'>): string {
  return group.endsWith('.istio.io') ? `${name}.${namespace}` : `${namespace}/${name}`;
}

export function originOf(document: Pick<Typed<unknown>, 'key' | 'generation'>, path: string): Origin {
  const { group, namespace, name } = document.key;
  return { group, kind: document.key.kind, namespace, name, generation: document.generation, path };
}
