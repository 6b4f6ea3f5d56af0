/**
 * How fast recorded requests are tried on a candidate: `node bench/forecast-replay.ts` after `npm ci`.
 *
 * 200,000 facts, once all different (nothing is shared) and once as a service sees them (2,000 that repeat), against a mesh of 200
 * services with two rules each, one of which is changed. On one core; there is no peer: nobody else replays requests.
 */
import { replay, type ReplayedShape, World } from '@heddle/mesh-core';
import { caller, destinationRule, service, split, stored, times, virtualService } from './sample-mesh.ts';

const services = 200;
const facts = 200_000;

const routes = (i: number, weight: number) =>
  virtualService(
    i,
    `
    - match: [{ uri: { regex: "/api/v[0-9]+/.*" }, headers: { x-tier: { exact: gold } } }]
      route: [{ destination: { host: s${i}, subset: v2 } }]
${split(i, weight)}`,
  );

/** @param weight of the first service's split */
const documents = (weight: number) =>
  stored(times(services, (i) => service(i) + destinationRule(i) + routes(i, i === 0 ? weight : 50)));

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
