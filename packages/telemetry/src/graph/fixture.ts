/** Bookinfo's topology and requests for it, for the tests of this folder. */
import type { Cell, CellKey } from '../live/cell.ts';
import { DenseHistogram } from '../live/histogram.ts';
import type { Topology } from './topology.ts';

export const nowMs = 1_700_000_000_500;

const workload = (name: string, service: string, version: string, ready = 1) =>
  ({ namespace: 'default', name, service, version, kind: 'service', ready, total: 1 }) as const;

export const topology: Topology = {
  services: [
    { namespace: 'istio-system', name: 'istio-ingressgateway', kind: 'gateway' },
    { namespace: 'default', name: 'productpage', kind: 'service' },
    { namespace: 'default', name: 'reviews', kind: 'service' },
    { namespace: 'default', name: 'details', kind: 'service' },
  ],
  workloads: [
    {
      namespace: 'istio-system',
      name: 'istio-ingressgateway',
      service: 'istio-ingressgateway',
      version: '',
      kind: 'gateway',
      ready: 1,
      total: 1,
    },
    workload('productpage-v1', 'productpage', 'v1'),
    workload('reviews-v1', 'reviews', 'v1'),
    workload('reviews-v2', 'reviews', 'v2'),
    workload('details-v1', 'details', 'v1'),
  ],
};

const toReviews: CellKey = {
  reporter: 'source',
  sourceNamespace: 'default',
  sourceWorkload: 'productpage-v1',
  sourceVersion: 'v1',
  sourceId: 'spiffe://cluster.local/ns/default/sa/bookinfo-productpage',
  destinationNamespace: 'default',
  destinationService: 'reviews',
  destinationWorkload: 'reviews-v1',
  destinationVersion: 'v1',
  destinationId: 'spiffe://cluster.local/ns/default/sa/bookinfo-reviews',
  route: 'default/reviews http[0]',
  method: 'GET',
  path: '/reviews/{id}',
  protocol: 'http',
  status: 200,
  flags: '',
  mtls: true,
};

/** `n` requests of productpage to reviews v1, each of `ms`, that ended `agoSeconds` ago; `over` replaces labels. */
export function requests(n: number, over: Partial<CellKey> = {}, { ms = 10, agoSeconds = 0 } = {}): Cell {
  const histogram = new DenseHistogram();
  for (let i = 0; i < n; i++) histogram.add(ms);
  const endedAtMs = nowMs - agoSeconds * 1000;
  return {
    key: { ...toReviews, ...over },
    counts: {
      second: Math.floor(endedAtMs / 1000),
      n,
      sumMs: n * ms,
      requestBytes: 0,
      responseBytes: 0,
      lastEndedAtMs: endedAtMs,
      buckets: histogram.toSparse(),
    },
  };
}

export const v2 = { destinationWorkload: 'reviews-v2', destinationVersion: 'v2' } as const;

/** As the gateway reports its plaintext side: no caller known. */
export const plaintextEntry = {
  reporter: 'destination',
  sourceNamespace: '',
  sourceWorkload: '',
  sourceVersion: '',
  sourceId: '',
  destinationNamespace: 'istio-system',
  destinationService: '',
  destinationWorkload: 'istio-ingressgateway',
  destinationVersion: '',
  destinationId: '',
  mtls: false,
} as const;
