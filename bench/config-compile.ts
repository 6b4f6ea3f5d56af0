/**
 * What a write costs the control plane: `node bench/config-compile.ts` after `npm ci`.
 *
 * 1,000 services with 2,000 routes (a VirtualService of two rules each, a DestinationRule of two subsets each) are translated and
 * encoded for a sidecar in full, and again after one weight has changed. The peer is the full build of the same run: an
 * incremental change should cost less than 5 % of it.
 */
import { Compiler, defaultSettings, Interner, World } from '@heddle/mesh-core';
import { encodeResource } from '@heddle/xds';
import type { ProxySnapshot } from '@heddle/traffic';
import { caller, destinationRule, service, split, stored, times, virtualService } from './sample-mesh.ts';

const services = 1000;
const rounds = 100;

const routes = (i: number, weight: number) =>
  virtualService(
    i,
    `
    - match: [{ uri: { prefix: /api }, headers: { x-tier: { exact: gold } } }]
      timeout: 2s
      route: [{ destination: { host: s${i}, subset: v2 } }]
${split(i, weight)}`,
  );

const all = stored(times(services, (i) => service(i) + destinationRule(i) + routes(i, 50)));
const documents = new Map(all.map((document) => [`${document.key.kind} ${document.key.name}`, document]));

const interner = new Interner();
const instances = [caller];
let world: World | undefined;

function build(): ProxySnapshot {
  world = new World([...documents.values()], instances, defaultSettings, world);
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
  for (const document of stored(routes(i, 10 + round))) {
    documents.set(`${document.key.kind} ${document.key.name}`, document);
  }
  changes.push(timed(() => build()));
}
const [median = 0] = changes.toSorted((a, b) => a - b).slice(rounds / 2);
console.log(`full build of ${services} services, ${2 * services} routes: ${full.toFixed(0)} ms`);
console.log(
  `one changed weight: median ${median.toFixed(1)} ms of ${rounds}, ${((median / full) * 100).toFixed(1)} % of full`,
);
