import { isSubset } from './instance.ts';

type Labels = Readonly<Record<string, string>>;

/** Things by their labels: a question looks only at those that have the rarest of the wanted labels. */
export class LabelIndex<T> {
  readonly #all: readonly T[];
  readonly #labelsOf: (item: T) => Labels;
  readonly #byLabel = new Map<string, T[]>();

  constructor(all: readonly T[], labelsOf: (item: T) => Labels) {
    this.#all = all;
    this.#labelsOf = labelsOf;
    for (const item of all) {
      for (const label of Object.entries(labelsOf(item))) {
        const key = label.join('=');
        const known = this.#byLabel.get(key);
        if (known === undefined) this.#byLabel.set(key, [item]);
        else known.push(item);
      }
    }
  }

  /** In the order of the whole; all of it where nothing is wanted. */
  having(wanted: Labels): readonly T[] {
    let fewest = this.#all;
    for (const label of Object.entries(wanted)) {
      const own = this.#byLabel.get(label.join('=')) ?? [];
      if (own.length < fewest.length) fewest = own;
    }
    return fewest.filter((item) => isSubset(wanted, this.#labelsOf(item)));
  }
}
