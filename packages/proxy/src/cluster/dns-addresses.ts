import { isIP } from 'node:net';
import type { Cluster, Endpoint } from '@heddle/traffic';

/** Envoy's default of `dns_refresh_rate`. */
export const refreshMs = 5_000;
/** Lookups that run at once: they share Node's few threads with the files. */
const maxLookups = 2;
/** Endpoints of one name at the most; a name server that says more is cut off. */
const maxAddresses = 256;

export type Lookup = (host: string) => Promise<readonly string[]>;

/** The addresses of the hosts that clusters name, looked up again and again. A lookup that fails leaves the last ones. */
export class DnsAddresses {
  readonly #lookup: Lookup;
  readonly #addresses = new Map<string, readonly string[]>();
  #hosts: readonly string[] = [];
  #version = 0;
  #timer: NodeJS.Timeout | undefined;
  #refresh: Promise<void> | undefined;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  /** Grows whenever an address comes or goes. */
  get version(): number {
    return this.#version;
  }

  /** From now on these clusters count; the names in them are looked up at once and every 5 s. */
  watch(clusters: readonly Cluster[]): void {
    const named = clusters.filter(isResolved).flatMap(({ endpoints }) => endpoints);
    this.#hosts = [...new Set(named.map(({ address }) => address).filter((one) => isIP(one) === 0))];
    for (const host of this.#addresses.keys()) if (!this.#hosts.includes(host)) this.#addresses.delete(host);
    if (this.#hosts.length === 0) {
      this.close();
      return;
    }
    this.#timer ??= setInterval(() => void this.refresh(), refreshMs).unref();
    // One that is running does not know the new names.
    void (this.#refresh ?? Promise.resolve()).then(() => this.refresh());
  }

  /** Looks all names up, two at a time; never rejects. One that is running is waited for. */
  refresh(): Promise<void> {
    return (this.#refresh ??= this.#lookUpAll().finally(() => {
      this.#refresh = undefined;
    }));
  }

  /** What the endpoints of a cluster are now: a name that is not known yet stands for itself. */
  endpointsOf(cluster: Cluster): readonly Endpoint[] {
    if (!isResolved(cluster)) return cluster.endpoints;
    return cluster.endpoints.flatMap((endpoint) => {
      const known = this.#addresses.get(endpoint.address) ?? [endpoint.address];
      const used = cluster.discovery === 'LOGICAL_DNS' ? known.slice(0, 1) : known;
      return used.map((address) => ({ ...endpoint, address }));
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #lookUpAll(): Promise<void> {
    const waiting = [...this.#hosts];
    const work = async () => {
      for (let host = waiting.pop(); host !== undefined; host = waiting.pop()) await this.#lookUp(host);
    };
    await Promise.all(Array.from({ length: maxLookups }, work));
  }

  async #lookUp(host: string): Promise<void> {
    let found: readonly string[];
    try {
      found = await this.#lookup(host);
    } catch {
      return; // the name server may be back with the next one
    }
    const addresses = [...new Set(found)].slice(0, maxAddresses);
    const before = this.#addresses.get(host);
    if (addresses.length === 0 || !this.#hosts.includes(host)) return;
    if (before?.join() === addresses.join()) return;
    this.#addresses.set(host, addresses);
    this.#version++;
  }
}

/** Whether the cluster's endpoints are host names. */
export function isResolved({ discovery }: Cluster): boolean {
  return discovery === 'STRICT_DNS' || discovery === 'LOGICAL_DNS';
}
