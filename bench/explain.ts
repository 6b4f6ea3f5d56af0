/**
 * How many requests `heddle explain` answers in a second on one core: `node bench/explain.ts` after `npm ci`.
 *
 * A mesh of 200 services with two rules each and a policy each; routes and authorization, asked in turns by two callers.
 */
import { explainDocuments } from '@heddle/mesh-core';

const services = 200;
const requests = 50_000;

const documents = Array.from(
  { length: services },
  (_, i) => `
apiVersion: v1
kind: Service
metadata: { name: s${i} }
spec: { selector: { app: s${i} }, ports: [{ port: 80, name: http }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: s${i} }
spec:
  hosts: [s${i}]
  http:
    - match: [{ uri: { regex: "/api/v[0-9]+/.*" }, headers: { x-tier: { exact: gold } } }]
      rewrite: { uri: /new }
      route: [{ destination: { host: s${(i + 1) % services} } }]
    - route: [{ destination: { host: s${i} }, weight: 90 }, { destination: { host: s${(i + 1) % services} }, weight: 10 }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: s${i} }
spec:
  selector: { matchLabels: { app: s${i} } }
  rules: [{ from: [{ source: { principals: ["*/sa/web"] } }], to: [{ operation: { methods: [GET], paths: ["/api/*"] } }] }]
---
`,
).join('');

const { explainer } = explainDocuments([documents]);

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
