/**
 * How fast recorded requests are tried on a candidate: `node bench/forecast-replay.ts` after `npm ci`.
 *
 * 200,000 facts, once all different (nothing is shared) and once as a service sees them (2,000 that repeat), against a mesh of 200
 * services with two rules each, one of which is changed. On one core; there is no peer: nobody else replays requests.
 */
import { parseDocuments, replay, type ReplayedShape, World } from '@heddle/mesh-core';

const services = 200;
const facts = 200_000;

const documents = (weight: number) =>
  parseDocuments(
    Array.from(
      { length: services },
      (_, i) => `
apiVersion: v1
kind: Service
metadata: { name: s${i} }
spec: { selector: { app: s${i} }, ports: [{ port: 80, name: http }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: s${i} }
spec: { host: s${i}, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: s${i} }
spec:
  hosts: [s${i}]
  http:
    - match: [{ uri: { regex: "/api/v[0-9]+/.*" }, headers: { x-tier: { exact: gold } } }]
      route: [{ destination: { host: s${i}, subset: v2 } }]
    - route:
        - { destination: { host: s${i}, subset: v1 }, weight: ${i === 0 ? weight : 50} }
        - { destination: { host: s${i}, subset: v2 }, weight: ${i === 0 ? 100 - weight : 50} }
---
`,
    ).join(''),
  ).documents.map((one) => ({ ...one, generation: 1, createdAtMs: 0, revision: 1 }));

const caller = {
  id: 'caller',
  kind: 'sidecar',
  namespace: 'default',
  workload: 'caller',
  labels: { app: 'caller' },
  serviceAccount: 'default',
  address: '127.0.0.1',
  inboundPort: 15_006,
  appPort: 8080,
  ready: true,
  reason: '',
} as const;

function shapes(different: number): ReplayedShape[] {
  return Array.from({ length: different }, (_, i) => ({
    proxyId: caller.id,
    count: facts / different,
    status: 200,
    durationMs: 10,
    shape: {
      direction: 'outbound',
      authority: `s${i % services}`,
      port: 80,
      method: 'GET',
      path: `/api/v${i % 7}/items/${i}?page=${i % 10}`,
      scheme: 'http',
      headers: { 'x-tier': i % 3 === 0 ? 'gold' : 'silver', 'user-agent': 'bench', accept: '*/*' },
      hidden: [],
      peer: '',
      sourceIp: '127.0.0.1',
    },
  }));
}

for (const different of [facts, 2000]) {
  const recorded = shapes(different);
  const now = new World(documents(100), [caller]);
  const candidate = new World(documents(80), [caller]);
  const before = performance.now();
  const { replayed, changed } = replay(recorded, now, candidate, Infinity);
  const tookMs = performance.now() - before;
  console.log(
    `${replayed} facts, ${different} different: ${tookMs.toFixed(0)} ms, ${((replayed / tookMs) * 1000).toFixed(0)} facts/s, ${changed[0]?.count} changed`,
  );
}
