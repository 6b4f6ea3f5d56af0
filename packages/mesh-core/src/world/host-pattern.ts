/** Host names of documents, of which the first label may be a wildcard: `reviews.default.svc.cluster.local`, `*.example`, `*`. */

export function isWildcard(host: string): boolean {
  return host.startsWith('*');
}

/** Whether every name that `host` stands for is one of those that `pattern` stands for. */
export function isCovered(host: string, pattern: string): boolean {
  if (!isWildcard(pattern)) return host === pattern;
  const suffix = pattern.slice(1);
  if (!isWildcard(host)) return host.endsWith(suffix);
  return host.length >= pattern.length && host.slice(1).endsWith(suffix);
}

/** Whether some name is meant by both. */
export function overlaps(a: string, b: string): boolean {
  return isCovered(a, b) || isCovered(b, a);
}

/** What two patterns have in common: the narrower one. */
export function narrower(a: string, b: string): string | undefined {
  if (isCovered(a, b)) return a;
  return isCovered(b, a) ? b : undefined;
}

/** Something for each pattern. */
export class HostMap<T> {
  readonly #exact = new Map<string, T>();
  readonly #wildcards = new Map<string, T>();

  set(pattern: string, value: T): void {
    (isWildcard(pattern) ? this.#wildcards : this.#exact).set(pattern, value);
  }

  /** What was set for just this pattern. */
  get(pattern: string): T | undefined {
    return (isWildcard(pattern) ? this.#wildcards : this.#exact).get(pattern);
  }

  /** What was set for the name itself, else for the longest wildcard that covers it. */
  mostSpecific(host: string): T | undefined {
    const own = this.get(host);
    if (own !== undefined) return own;
    let best: T | undefined;
    let longest = -1;
    for (const [pattern, value] of this.#wildcards) {
      if (pattern.length <= longest || !isCovered(host, pattern)) continue;
      best = value;
      longest = pattern.length;
    }
    return best;
  }
}
