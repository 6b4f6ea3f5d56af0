/** What one stream wants of one type and what it has been sent: decides what is to go out next. */
import type { EncodedResource } from '../resource/codec.ts';
import { isWildcardType, type ResourceType } from '../resource/resource-type.ts';
import type { ResourceSet } from '../resource/snapshot.ts';
import type { DeltaRequest } from '../wire/delta-messages.ts';

/** The content of one response. */
export interface Update {
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
}

/** The names in a request. */
export type NameChange = Pick<DeltaRequest, 'subscribe' | 'unsubscribe' | 'initialVersions'>;

export interface Subscription {
  /** Takes on what a request says. Throws RangeError when it is too much. */
  change(change: NameChange): void;
  /** What the client still has to be told; undefined when it is up to date. `mayRemove`: removals too. */
  next(target: ResourceSet, mayRemove: boolean): Update | undefined;
  /** `update` went out. Whether it is accepted or refused, it is not sent a second time. */
  sent(update: Update): void;
  /** How many of `target` the client is subscribed to. */
  count(target: ResourceSet): number;
}

/** A client that subscribes to more is broken or hostile. */
const maxNames = 10_000;

/** Larger responses go out in parts, each after the ACK of the one before: a stream never has more than this queued. */
const maxResponseBytes = 1024 * 1024;

/** Told that there is no such resource. */
const absent = '';

export class DeltaSubscription implements Subscription {
  readonly #type: ResourceType;
  readonly #names = new Set<string>();
  /** Version by name of what the client has, or has been sent. */
  readonly #held = new Map<string, string>();
  #wildcard = false;
  #isFirst = true;
  /** Who asks for everything and has nothing is answered even if there is nothing. */
  #owesAnswer = false;

  constructor(type: ResourceType) {
    this.#type = type;
  }

  change({ subscribe, unsubscribe, initialVersions }: NameChange): void {
    if (this.#isFirst) {
      this.#isFirst = false;
      // The legacy wildcard: a first request without names, for the types that have one.
      this.#wildcard = subscribe.length === 0 && isWildcardType(this.#type);
      for (const [name, version] of initialVersions) this.#held.set(name, version);
      this.#owesAnswer = this.#held.size === 0 && (this.#wildcard || subscribe.includes('*'));
    }
    for (const name of subscribe) {
      if (name === '*') this.#wildcard = true;
      else {
        // Subscribing again asks for it again.
        if (this.#names.has(name)) this.#held.delete(name);
        this.#names.add(name);
      }
    }
    for (const name of unsubscribe) {
      if (name === '*') this.#wildcard = false;
      this.#names.delete(name);
      if (!this.#wildcard) this.#held.delete(name);
    }
    if (this.#names.size > maxNames || this.#held.size > maxNames) {
      throw new RangeError(`more than ${maxNames} names of one type on a stream`);
    }
  }

  next(target: ResourceSet, mayRemove: boolean): Update | undefined {
    const resources: EncodedResource[] = [];
    let bytes = 0;
    for (const resource of this.#wanted(target)) {
      if (this.#held.get(resource.name) === resource.version) continue;
      if (bytes > 0 && bytes + resource.bytes.length > maxResponseBytes) break;
      resources.push(resource);
      bytes += resource.bytes.length;
    }
    const removed = this.#removals(target, mayRemove);
    const isNews = resources.length > 0 || removed.length > 0 || this.#owesAnswer;
    return isNews ? { resources, removed } : undefined;
  }

  sent({ resources, removed }: Update): void {
    this.#owesAnswer = false;
    for (const { name, version } of resources) this.#held.set(name, version);
    for (const name of removed) {
      if (this.#names.has(name)) this.#held.set(name, absent);
      else this.#held.delete(name);
    }
  }

  count(target: ResourceSet): number {
    return this.#wanted(target).length;
  }

  #wanted(target: ResourceSet): EncodedResource[] {
    if (this.#wildcard) return [...target.values()];
    return [...this.#names].map((name) => target.get(name)).filter((resource) => resource !== undefined);
  }

  #removals(target: ResourceSet, mayRemove: boolean): string[] {
    // A secret that is not there yet is being made.
    if (this.#type === 'SDS') return [];
    const gone = mayRemove
      ? [...this.#held]
          .filter(([name, version]) => version !== absent && !target.has(name))
          .map(([name]) => name)
      : [];
    // A name that never was is said at once: the client waits for it.
    const unknown = [...this.#names].filter((name) => !this.#held.has(name) && !target.has(name));
    return [...gone, ...unknown];
  }
}

export class SotwSubscription implements Subscription {
  readonly #type: ResourceType;
  readonly #held = new Map<string, EncodedResource>();
  #names: ReadonlySet<string> = new Set();
  #wildcard = false;
  #isFirst = true;
  #isAnswered = false;

  constructor(type: ResourceType) {
    this.#type = type;
  }

  change({ subscribe: names }: NameChange): void {
    if (names.length > maxNames) throw new RangeError(`more than ${maxNames} names of one type on a stream`);
    const isLegacyWildcard =
      names.length === 0 && isWildcardType(this.#type) && (this.#isFirst || this.#wildcard);
    this.#isFirst = false;
    this.#wildcard = isLegacyWildcard || names.includes('*');
    this.#names = new Set(names);
    // What is not wanted now has to be sent when it is wanted again.
    for (const name of this.#held.keys()) if (!this.#wants(name)) this.#held.delete(name);
  }

  next(target: ResourceSet, mayRemove: boolean): Update | undefined {
    const wanted = [...target.values()].filter(({ name }) => this.#wants(name));
    const changed = wanted.filter(({ name, version }) => this.#held.get(name)?.version !== version);
    const gone = [...this.#held.values()].filter(({ name }) => !target.has(name));
    if (!isWildcardType(this.#type))
      return changed.length > 0 ? { resources: changed, removed: [] } : undefined;
    // Listeners and clusters: what is not in the response is gone, so what must not go yet is sent along.
    const kept = mayRemove ? [] : gone;
    const isNews = changed.length > 0 || (mayRemove && gone.length > 0) || !this.#isAnswered;
    if (!isNews) return undefined;
    return { resources: [...wanted, ...kept], removed: mayRemove ? gone.map(({ name }) => name) : [] };
  }

  sent({ resources, removed }: Update): void {
    this.#isAnswered = true;
    for (const resource of resources) this.#held.set(resource.name, resource);
    for (const name of removed) this.#held.delete(name);
  }

  count(target: ResourceSet): number {
    return [...target.keys()].filter((name) => this.#wants(name)).length;
  }

  #wants(name: string): boolean {
    return this.#wildcard || this.#names.has(name);
  }
}
