import { describe, expect, it } from 'vitest';
import { explainDocuments } from '../../explain/explain-documents.ts';

const target = `
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: routes, namespace: fleet }
spec:
  matches:
    - { name: metrics, pathRegex: /metrics, methods: [GET], headers: { x-tier: 'gold|silver' } }
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: { name: ports, namespace: fleet }
spec: { matches: { ports: [8080] } }
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: scrape, namespace: fleet }
spec:
  destination: { kind: ServiceAccount, name: api }
  rules: [{ kind: TCPRoute, name: ports }, { kind: HTTPRouteGroup, name: routes, matches: [metrics] }]
  sources: [{ kind: ServiceAccount, name: prometheus, namespace: monitoring }]
`;
const { explainer } = explainDocuments([target]);
const ask = (over: object = {}, workload: object = {}) =>
  explainer.explain({
    authz: {
      workload: { namespace: 'fleet', serviceAccount: 'api', ...workload },
      protocol: 'http',
      port: 8080,
      method: 'GET',
      path: '/metrics/cpu?x=1',
      headers: { 'X-Tier': 'gold' },
      peer: 'spiffe://cluster.local/ns/monitoring/sa/prometheus',
      ...over,
    },
  });

describe('an SMI TrafficTarget', () => {
  it('lets its sources in on its routes; a path is anchored at its start alone', () => {
    expect(ask()).toMatchObject({
      decision: 'allow',
      policy: { namespace: 'fleet', name: 'scrape' },
      why: 'TrafficTarget fleet/scrape rule 0 matches, and its action is ALLOW',
    });
    expect(ask({ path: '/metricsx' })).toMatchObject({ decision: 'allow' });
  });

  it.each([
    ['another source', { peer: 'spiffe://cluster.local/ns/monitoring/sa/other' }],
    ['a source that proves nothing', { peer: undefined }],
    ['another port', { port: 8081 }],
    ['another method', { method: 'POST' }],
    ['another path', { path: '/x/metrics' }],
    ['a header whose whole value does not match', { headers: { 'x-tier': 'golden' } }],
    ['a missing header', { headers: {} }],
    ['a TCP connection, which has no route', { protocol: 'tcp' }],
  ])('denies %s', (_, over) => {
    expect(ask(over)).toMatchObject({ decision: 'deny' });
  });

  it('speaks of its destination alone', () => {
    expect(ask({ method: 'POST' }, { serviceAccount: 'other' })).toMatchObject({ decision: 'allow' });
    expect(ask({ method: 'POST' }, { namespace: 'dock' })).toMatchObject({ decision: 'allow' });
  });
});
