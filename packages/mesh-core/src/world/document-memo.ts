/**
 * Values that were made from documents, kept as long as nothing that they were made from has changed: the documents themselves,
 * by identity, and what stands around them. So a write makes anew only what it changes.
 */
export class DocumentMemo<V extends object> {
  readonly #bySurroundings = new WeakMap<object, WeakMap<object, Map<string, Entry<V>>>>();

  /**
   * @param surroundings everything else that `make` looks at, as one object that lives while all of it stays the same
   * @param documents at least one
   * @param key tells values of the same documents apart
   */
  get(surroundings: object, documents: readonly [object, ...object[]], key: string, make: () => V): V {
    const [first] = documents;
    let byDocument = this.#bySurroundings.get(surroundings);
    if (byDocument === undefined) this.#bySurroundings.set(surroundings, (byDocument = new WeakMap()));
    let byKey = byDocument.get(first);
    if (byKey === undefined) byDocument.set(first, (byKey = new Map()));
    const known = byKey.get(key);
    if (known !== undefined && areSame(known.documents, documents)) return known.value;
    const value = make();
    byKey.set(key, { documents, value });
    return value;
  }
}

interface Entry<V> {
  readonly documents: readonly object[];
  readonly value: V;
}

export function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
