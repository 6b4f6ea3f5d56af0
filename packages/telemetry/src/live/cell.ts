import type { SparseBuckets } from './histogram.ts';

/** What one cell counts: requests that agree in all of this. Strings are "" where nothing is known. */
export interface CellKey {
  /** Which end recorded it. `source` cells draw the graph; `destination` cells tell of callers without a proxy. */
  readonly reporter: 'source' | 'destination';
  readonly sourceNamespace: string;
  readonly sourceWorkload: string;
  readonly sourceVersion: string;
  /** SPIFFE ID proved by the caller, "" in plaintext. */
  readonly sourceId: string;
  readonly destinationNamespace: string;
  readonly destinationService: string;
  readonly destinationWorkload: string;
  readonly destinationVersion: string;
  readonly destinationId: string;
  /** Name of the route that decided, "" when none did. */
  readonly route: string;
  readonly method: string;
  /** Path template, never the raw path: `/reviews/{id}`. */
  readonly path: string;
  readonly protocol: 'http' | 'grpc' | 'tcp';
  /** HTTP status as sent downstream; 0 when the caller left first. */
  readonly status: number;
  /** Envoy's response flags, comma separated. */
  readonly flags: string;
  readonly mtls: boolean;
}

/** What one cell has counted within one second. */
export interface CellCounts {
  /** Unix second in which the requests ended. */
  readonly second: number;
  readonly n: number;
  readonly sumMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Unix milliseconds of the last one's end. */
  readonly lastEndedAtMs: number;
  readonly buckets: SparseBuckets;
}

export interface Cell {
  readonly key: CellKey;
  readonly counts: CellCounts;
}

/** A failed request: the server's fault or the mesh's. A 4xx is the caller's affair, unless the mesh made it up (flags). */
export function isError(key: Pick<CellKey, 'status' | 'flags'>): boolean {
  return key.status >= 500 || (key.status === 0 && key.flags !== '' && key.flags !== 'DC');
}
