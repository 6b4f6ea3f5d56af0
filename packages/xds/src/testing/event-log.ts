/** What happened, in order, and a way to wait for what is yet to happen. */
export class EventLog<T> {
  readonly events: T[] = [];
  readonly #waiting = new Set<(event: T) => void>();

  push(event: T): void {
    this.events.push(event);
    for (const offer of this.#waiting) offer(event);
  }

  /** The first event, past or future, from index `from` on, that `matches`. The test's own time limit is the bound. */
  waitFor<E extends T>(matches: (event: T) => event is E, from?: number): Promise<E>;
  waitFor(matches: (event: T) => boolean, from?: number): Promise<T>;
  waitFor(matches: (event: T) => boolean, from = 0): Promise<T> {
    const past = this.events.slice(from).find(matches);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => {
      const offer = (event: T) => {
        if (!matches(event)) return;
        this.#waiting.delete(offer);
        resolve(event);
      };
      this.#waiting.add(offer);
    });
  }
}
