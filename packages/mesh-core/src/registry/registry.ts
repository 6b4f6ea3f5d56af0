import type { WorkloadInstance } from '../world/instance.ts';

export interface RegistryOptions {
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly setTimeout: (run: () => void, ms: number) => { clear(): void };
  /** Called whenever the set of instances or their readiness has changed. */
  readonly changed: () => void;
  /** Instances of the last run: believed until they return or the grace has passed. */
  readonly known?: readonly WorkloadInstance[];
  /** A proxy whose stream broke may be back at once; after this its instance is gone. */
  readonly graceMs?: number;
  /** The same for instances of the last run, when everybody has to come back. */
  readonly restartGraceMs?: number;
}

interface Entry {
  readonly instance: WorkloadInstance;
  readonly leaving?: { clear(): void };
}

/** Which instances run, by what their proxies say. */
export class InstanceRegistry {
  readonly #entries = new Map<string, Entry>();
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.#options = options;
    for (const instance of options.known ?? []) this.#leaveLater(instance, options.restartGraceMs ?? 15_000);
  }

  list(): WorkloadInstance[] {
    return [...this.#entries.values()]
      .map(({ instance }) => instance)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  get(id: string): WorkloadInstance | undefined {
    return this.#entries.get(id)?.instance;
  }

  connected(instance: WorkloadInstance): void {
    this.#entries.get(instance.id)?.leaving?.clear();
    this.#entries.set(instance.id, { instance });
    this.#options.changed();
  }

  disconnected(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.leaving !== undefined) return;
    this.#leaveLater(entry.instance, this.#options.graceMs ?? 1500);
  }

  /** @param reason why it is not ready; "" when it is */
  health(id: string, ready: boolean, reason: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || (entry.instance.ready === ready && entry.instance.reason === reason)) return;
    this.#entries.set(id, { ...entry, instance: { ...entry.instance, ready, reason } });
    this.#options.changed();
  }

  #leaveLater(instance: WorkloadInstance, ms: number): void {
    const leaving = this.#options.setTimeout(() => {
      this.#entries.delete(instance.id);
      this.#options.changed();
    }, ms);
    this.#entries.set(instance.id, { instance, leaving });
  }

  close(): void {
    for (const { leaving } of this.#entries.values()) leaving?.clear();
  }
}
