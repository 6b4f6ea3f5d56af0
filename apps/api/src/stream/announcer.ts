import type { Change } from '@heddle/schema';
import type { StreamHub } from './hub.ts';

const afterMs = 50;

export interface AnnouncerOptions {
  readonly hub: StreamHub;
  /** undefined for a revision that is not in the log. */
  readonly changeOf: (revision: number) => Change | undefined;
  readonly proxies: () => object;
}

/**
 * Tells all streams what became of changes and proxies, as it is when it is told and at most once in 50 ms: every answer of every
 * proxy moves both.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #revisions = new Set<number>();
  #haveProxiesMoved = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  changeMoved(revision: number): void {
    this.#revisions.add(revision);
    this.#tellSoon();
  }

  proxiesMoved(): void {
    this.#haveProxiesMoved = true;
    this.#tellSoon();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => this.#tell(), afterMs);
  }

  #tell(): void {
    const { hub, changeOf, proxies } = this.#options;
    const revisions = [...this.#revisions];
    const haveProxiesMoved = this.#haveProxiesMoved;
    this.#timer = undefined;
    this.#revisions.clear();
    this.#haveProxiesMoved = false;
    if (hub.clientCount === 0) return;
    for (const revision of revisions) {
      const change = changeOf(revision);
      if (change !== undefined) hub.broadcast('change', change);
    }
    if (haveProxiesMoved) hub.broadcast('proxy', proxies());
  }
}
