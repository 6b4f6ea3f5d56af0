/**
 * What a write costs the control plane: `node bench/config-compile.ts` after `npm ci`.
 *
 * 1,000 services with 2,000 routes (a VirtualService of two rules each, a DestinationRule of two subsets each) are translated and
 * encoded for a sidecar in full, and again after one weight has changed. The peer is the full build of the same run: an
 * incremental change should cost less than 5 % of it.
 */
import {
  Compiler,
  defaultSettings,
  Interner,
  type ParsedDocument,
  parseDocuments,
  World,
} from '@heddle/mesh-core';
import { encodeResource } from '@heddle/xds';
import type { ProxySnapshot } from '@heddle/traffic';

const services = 1000;
const rounds = 20;

const service = (i: number) => `
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
${virtualService(i, 50)}`;

function virtualService(i: number, weight: number): string {
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: s${i} }
spec:
  hosts: [s${i}]
  http:
    - match: [{ uri: { prefix: /api }, headers: { x-tier: { exact: gold } } }]
      timeout: 2s
      route: [{ destination: { host: s${i}, subset: v2 } }]
    - route:
        - { destination: { host: s${i}, subset: v1 }, weight: ${weight} }
        - { destination: { host: s${i}, subset: v2 }, weight: ${100 - weight} }
---
`;
}

const caller = {
  id: 'sidecar~127.0.0.1~caller.default~cluster.local',
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

const text = Array.from({ length: services }, (_, i) => service(i)).join('');
const documents = new Map(
  parse(text).map((document) => [`${document.key.kind} ${document.key.name}`, document]),
);
const stored = (): Stored[] => [...documents.values()];
type Stored = ParsedDocument & { generation: number; createdAtMs: number; revision: number };

function parse(yaml: string): Stored[] {
  return parseDocuments(yaml).documents.map((one) => ({
    ...one,
    generation: 1,
    createdAtMs: 0,
    revision: 1,
  }));
}

const interner = new Interner();
const instances = [caller];
let world: World | undefined;

function build(): ProxySnapshot {
  world = new World(stored(), instances, defaultSettings, world);
  const snapshot = new Compiler(world, interner).snapshotFor(caller);
  for (const one of snapshot.listeners) encodeResource('LDS', one);
  for (const one of snapshot.routeConfigurations) encodeResource('RDS', one);
  for (const one of snapshot.clusters) encodeResource('CDS', one);
  for (const one of snapshot.loadAssignments) encodeResource('EDS', one);
  interner.sweep();
  return snapshot;
}

function timed(work: () => void): number {
  const before = performance.now();
  work();
  return performance.now() - before;
}

const full = timed(() => build());
const changes: number[] = [];
for (let round = 0; round < rounds; round++) {
  const i = (round * 37) % services;
  for (const document of parse(virtualService(i, 10 + round))) {
    documents.set(`${document.key.kind} ${document.key.name}`, document);
  }
  changes.push(timed(() => build()));
}
const [median = 0] = changes.toSorted((a, b) => a - b).slice(rounds / 2);
console.log(`full build of ${services} services, ${2 * services} routes: ${full.toFixed(0)} ms`);
console.log(
  `one changed weight: median ${median.toFixed(1)} ms of ${rounds}, ${((median / full) * 100).toFixed(1)} % of full`,
);
