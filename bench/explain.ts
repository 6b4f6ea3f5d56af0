/**
 * How many requests `heddle explain` answers in a second on one core: `node bench/explain.ts` after `npm ci`.
 *
 * A mesh of 200 services with two rules each and a policy each; routes and authorization, asked in turns by two callers.
 */
import { explainDocuments } from '@heddle/mesh-core';
import { service, times, virtualService } from './sample-mesh.ts';

const services = 200;
const requests = 50_000;

const policy = (i: number) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: s${i} }
spec:
  selector: { matchLabels: { app: s${i} } }
  rules: [{ from: [{ source: { principals: ["*/sa/web"] } }], to: [{ operation: { methods: [GET], paths: ["/api/*"] } }] }]
---
`;

const routes = (i: number) => {
  const next = (i + 1) % services;
  return virtualService(
    i,
    `
    - match: [{ uri: { regex: "/api/v[0-9]+/.*" }, headers: { x-tier: { exact: gold } } }]
      rewrite: { uri: /new }
      route: [{ destination: { host: s${next} } }]
    - route: [{ destination: { host: s${i} }, weight: 90 }, { destination: { host: s${next} }, weight: 10 }]`,
  );
};

const { explainer } = explainDocuments([times(services, (i) => service(i) + routes(i) + policy(i))]);

function measure(what: string, make: (i: number) => object): void {
  for (let i = 0; i < 2000; i++) explainer.explain(make(i)); // tables are compiled at the first question
  const before = performance.now();
  for (let i = 0; i < requests; i++) explainer.explain(make(i));
  const tookMs = performance.now() - before;
  console.log(`${what}: ${Math.round((requests / tookMs) * 1000)} answers/s`);
}

measure('routes', (i) => ({
  from: { sidecar: { namespace: i % 2 === 0 ? 'default' : 'other', workload: 'web-v1' } },
  host: `s${i % services}.default.svc.cluster.local`,
  port: 80,
  path: `/api/v${i % 9}/items?page=${i}`,
  headers: { 'x-tier': i % 3 === 0 ? 'gold' : 'silver' },
}));
measure('authorization', (i) => ({
  authz: {
    workload: { namespace: 'default', labels: { app: `s${i % services}` } },
    method: i % 4 === 0 ? 'PUT' : 'GET',
    path: `/api/${i}`,
    peer: 'spiffe://cluster.local/ns/default/sa/web',
  },
}));
