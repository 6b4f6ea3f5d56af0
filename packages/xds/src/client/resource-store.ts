/**
 * The resources a client has been given: what the server means it to have, and what the proxy accepted.
 *
 * The two differ where a response was refused. The next change is tried with everything that is meant, because it may be
 * what was lacking, and if the proxy refuses that too, with what it accepted before in the place of what it refused: a
 * bad route must not keep new endpoints away.
 */
import { decodeResource, type ResourceShapes } from '../resource/codec.ts';
import { snapshotTypes, type SnapshotType } from '../resource/snapshot.ts';
import type { DeltaResponse } from '../wire/delta-messages.ts';
import { Candidate } from './candidate.ts';

/** Names of each type that are new, different or gone. */
export type SnapshotChanges = Readonly<Record<SnapshotType, readonly string[]>>;

interface Held<T extends SnapshotType> {
  readonly version: string;
  /** undefined: its bytes could not be read. */
  readonly meant: ResourceShapes[T] | undefined;
  /** Of the last snapshot that the proxy took with it. */
  readonly accepted: ResourceShapes[T] | undefined;
  readonly isRefused: boolean;
}

type Table<T extends SnapshotType> = Map<string, Held<T>>;

export class ResourceStore {
  readonly #tables: { readonly [T in SnapshotType]: Table<T> } = {
    CDS: new Map(),
    EDS: new Map(),
    LDS: new Map(),
    RDS: new Map(),
  };
  /** The server said that there is none. */
  readonly #absent = {
    CDS: new Set<string>(),
    EDS: new Set<string>(),
    LDS: new Set<string>(),
    RDS: new Set<string>(),
  };
  readonly #changed = {
    CDS: new Set<string>(),
    EDS: new Set<string>(),
    LDS: new Set<string>(),
    RDS: new Set<string>(),
  };
  readonly #received = new Set<SnapshotType>();
  #hasSnapshot = false;

  /** @returns why resources of the response could not be read; undefined when all could */
  apply<T extends SnapshotType>(type: T, response: DeltaResponse): string | undefined {
    const table: Table<T> = this.#tables[type];
    let failure: string | undefined;
    this.#received.add(type);
    for (const { name, version, bytes } of response.resources) {
      const held = table.get(name);
      const accepted = held?.accepted;
      this.#changed[type].add(name);
      this.#absent[type].delete(name);
      try {
        const meant = decodeResource(type, name, bytes, held?.meant ?? accepted);
        table.set(name, { version, meant, accepted, isRefused: false });
      } catch (error) {
        failure ??= error instanceof Error ? error.message : String(error);
        table.set(name, { version, meant: undefined, accepted, isRefused: true });
      }
    }
    for (const name of response.removed) {
      if (table.delete(name)) this.#changed[type].add(name);
      this.#absent[type].add(name);
    }
    return failure;
  }

  /** Asked for anew: that there was none before says nothing. */
  expect(type: 'RDS' | 'EDS', name: string): void {
    this.#absent[type].delete(name);
  }

  /** No longer subscribed to. */
  drop(type: 'RDS' | 'EDS', name: string): void {
    if (this.#tables[type].delete(name)) this.#changed[type].add(name);
    this.#absent[type].delete(name);
  }

  /** The proxy did not take what `response` brought. */
  refuse<T extends SnapshotType>(type: T, response: DeltaResponse): void {
    const table: Table<T> = this.#tables[type];
    for (const { name } of response.resources) {
      const held = table.get(name);
      if (held !== undefined) table.set(name, { ...held, isRefused: true });
    }
  }

  /** The proxy took the candidate of the same `withRefused`. */
  accept(withRefused: boolean): void {
    this.#hasSnapshot = true;
    for (const type of snapshotTypes) this.#acceptType(type, withRefused);
  }

  /** What is claimed when a stream is opened: of what was refused the server would think that it is in effect. */
  acceptedVersions(type: SnapshotType): ReadonlyMap<string, string> {
    const held = [...this.#tables[type]].filter(([, { isRefused }]) => !isRefused);
    return new Map(held.map(([name, { version }]) => [name, version]));
  }

  /** Names of each type that the proxy has not been given as they are now. */
  get changes(): SnapshotChanges {
    const names = (type: SnapshotType) => [...this.#changed[type]].toSorted();
    return { CDS: names('CDS'), EDS: names('EDS'), LDS: names('LDS'), RDS: names('RDS') };
  }

  /** Whether there is something to offer to the proxy; before the first snapshot even nothing is news. */
  get hasChanges(): boolean {
    return !this.#hasSnapshot || snapshotTypes.some((type) => this.#changed[type].size > 0);
  }

  get hasRefused(): boolean {
    return snapshotTypes.some((type) => [...this.#tables[type].values()].some(({ isRefused }) => isRefused));
  }

  /** @param withRefused  as the server means it; else with what was accepted in the place of what was refused */
  candidate(withRefused: boolean): Candidate {
    return new Candidate({
      CDS: nodes(this.#tables.CDS, withRefused),
      EDS: nodes(this.#tables.EDS, withRefused),
      LDS: nodes(this.#tables.LDS, withRefused),
      RDS: nodes(this.#tables.RDS, withRefused),
    });
  }

  /** Whether something that `candidate` mentions is still to come. */
  isWaiting(candidate: Candidate): boolean {
    if (!this.#received.has('LDS') || !this.#received.has('CDS')) return true;
    return (['RDS', 'EDS'] as const).some((type) =>
      candidate.missing(type).some((name) => !this.#absent[type].has(name)),
    );
  }

  #acceptType<T extends SnapshotType>(type: T, withRefused: boolean): void {
    const table: Table<T> = this.#tables[type];
    this.#changed[type].clear();
    for (const [name, held] of table) {
      const isTaken = held.meant !== undefined && (withRefused || !held.isRefused);
      if (isTaken) table.set(name, { ...held, accepted: held.meant, isRefused: false });
      else this.#changed[type].add(name);
    }
  }
}

function nodes<T extends SnapshotType>(
  table: Table<T>,
  withRefused: boolean,
): Map<string, ResourceShapes[T]> {
  const found = new Map<string, ResourceShapes[T]>();
  for (const [name, { meant, accepted, isRefused }] of table) {
    const node = isRefused && !withRefused ? accepted : (meant ?? accepted);
    if (node !== undefined) found.set(name, node);
  }
  return found;
}
