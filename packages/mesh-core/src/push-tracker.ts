import type { PushStatus } from '@heddle/schema';

interface Push {
  readonly revision: number;
  readonly startedAtMs: number;
  readonly affected: Set<string>;
  readonly acked: Set<string>;
  /** Proxy to its reason. */
  readonly nacked: Map<string, string>;
  ackedMs: number | null;
}

const remembered = 200;
const refusalsTold = 20;

/** How far each revision has come with the proxies it changes. Remembers the last 200 revisions. */
export class PushTracker {
  readonly #pushes = new Map<number, Push>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param startedAtMs when the write was taken */
  started(revision: number, affected: ReadonlySet<string>, startedAtMs: number): void {
    const ackedMs = affected.size === 0 ? 0 : null;
    this.#pushes.set(revision, {
      revision,
      startedAtMs,
      affected: new Set(affected),
      acked: new Set(),
      nacked: new Map(),
      ackedMs,
    });
    const [oldest] = this.#pushes.keys();
    if (this.#pushes.size > remembered && oldest !== undefined) this.#pushes.delete(oldest);
  }

  /**
   * A proxy has accepted everything up to a revision.
   * @returns the revisions whose status this moved
   */
  accepted(proxyId: string, upTo: number): number[] {
    const moved: number[] = [];
    for (const push of this.#pushes.values()) {
      if (push.revision > upTo || !push.affected.has(proxyId) || push.acked.has(proxyId)) continue;
      push.nacked.delete(proxyId);
      push.acked.add(proxyId);
      if (push.acked.size === push.affected.size) push.ackedMs = this.#now() - push.startedAtMs;
      moved.push(push.revision);
    }
    return moved;
  }

  /**
   * A proxy has left for good: nobody waits for its answer.
   * @returns the revisions whose status this moved
   */
  gone(proxyId: string): number[] {
    const moved: number[] = [];
    for (const push of this.#pushes.values()) {
      if (push.acked.has(proxyId) || !push.affected.delete(proxyId)) continue;
      push.nacked.delete(proxyId);
      if (push.acked.size === push.affected.size) push.ackedMs = this.#now() - push.startedAtMs;
      moved.push(push.revision);
    }
    return moved;
  }

  /** A proxy refused what it was sent at a revision. @returns whether that is news */
  refused(proxyId: string, revision: number, reason: string): boolean {
    const push = this.#pushes.get(revision);
    if (
      push === undefined ||
      !push.affected.has(proxyId) ||
      push.nacked.get(proxyId) === reason ||
      push.acked.has(proxyId)
    ) {
      return false;
    }
    push.nacked.set(proxyId, reason);
    return true;
  }

  status(revision: number): PushStatus | null {
    const push = this.#pushes.get(revision);
    if (push === undefined) return null;
    const { affected, acked, nacked, ackedMs } = push;
    return {
      revision,
      affected: affected.size,
      acked: acked.size,
      nacked: nacked.size,
      pending: affected.size - acked.size - nacked.size,
      ackedMs,
      refusals: [...nacked].slice(0, refusalsTold).map(([proxyId, reason]) => ({ proxyId, reason })),
    };
  }
}
