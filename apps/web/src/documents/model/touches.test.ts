import type { ServiceSummary, WorkloadSummary } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { touchedBy } from './touches.ts';

const signals = { rps: 1, errorRatio: 0, n: 1, errors: 0, p50Ms: 1, p95Ms: 1, p99Ms: 1 };
const service = (name: string, namespace = 'default'): ServiceSummary => ({
  namespace,
  name,
  hostname: `${name}.${namespace}.svc.cluster.local`,
  kind: 'service',
  ports: [],
  state: 'ok',
  inbound: signals,
  versions: [],
  instancesReady: 1,
  instancesTotal: 1,
});
const workload = (name: string, services: string[]): WorkloadSummary => ({
  namespace: 'default',
  name: `${name}-v1`,
  version: 'v1',
  service: name,
  services,
  kind: 'service',
  labels: { app: name },
  serviceAccount: name,
  spiffeId: '',
  state: 'ok',
  ready: 1,
  total: 1,
});
const known = {
  services: [service('reviews'), service('ratings'), service('ratings', 'other')],
  workloads: [workload('reviews', ['reviews']), workload('ratings', ['ratings'])],
};
const touched = (kind: string, spec: object) =>
  touchedBy({ kind, namespace: 'default', name: 'x', object: { spec } }, known).map(
    ({ namespace, name }) => `${namespace}/${name}`,
  );

describe('the services that a document touches', () => {
  it('are those that it names, short or in full', () => {
    expect(
      touched('VirtualService', {
        hosts: ['reviews'],
        http: [{ route: [{ destination: { host: 'ratings.other.svc.cluster.local' } }] }],
      }),
    ).toEqual(['default/reviews', 'other/ratings']);
    expect(touched('DestinationRule', { host: 'ratings.other' })).toEqual(['other/ratings']);
  });

  it('are the backends of routes, and not the Gateways they hang on', () => {
    const spec = { parentRefs: [{ name: 'reviews' }], rules: [{ backendRefs: [{ name: 'ratings' }] }] };
    expect(touched('HTTPRoute', spec)).toEqual(['default/ratings']);
  });

  it('are those whose workloads it selects', () => {
    expect(touched('AuthorizationPolicy', { selector: { matchLabels: { app: 'ratings' } } })).toEqual([
      'default/ratings',
    ]);
    expect(touched('Sidecar', { workloadSelector: { labels: { app: 'reviews' } } })).toEqual([
      'default/reviews',
    ]);
  });

  it('are none for what is about the mesh as a whole', () => {
    expect(touched('PeerAuthentication', { mtls: { mode: 'STRICT' } })).toEqual([]);
  });
});
