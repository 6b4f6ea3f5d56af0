import type { Endpoint } from '@heddle/traffic';

/** Requests in flight towards one endpoint. */
export interface EndpointLoad {
  inFlight: number;
}

/** An endpoint that may be chosen, with how busy it is. */
export interface Candidate {
  readonly endpoint: Endpoint;
  readonly load: EndpointLoad;
}

export function endpointKey({ address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return `${address}:${port}`;
}

/**
 * Who is how busy. It outlives snapshots: a push must not make a busy endpoint look idle,
 * and an endpoint that is in two subsets is one endpoint.
 */
export class EndpointLoads {
  readonly #loads = new Map<string, EndpointLoad>();

  of(endpoint: Pick<Endpoint, 'address' | 'port'>): EndpointLoad {
    const key = endpointKey(endpoint);
    let load = this.#loads.get(key);
    if (load === undefined) this.#loads.set(key, (load = { inFlight: 0 }));
    return load;
  }

  /** Forgets idle endpoints that are no longer configured. */
  keepOnly(endpoints: Iterable<Pick<Endpoint, 'address' | 'port'>>): void {
    const wanted = new Set(Array.from(endpoints, endpointKey));
    for (const [key, load] of this.#loads) {
      if (load.inFlight === 0 && !wanted.has(key)) this.#loads.delete(key);
    }
  }
}
