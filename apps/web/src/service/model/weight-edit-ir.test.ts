/** Moving weights in the console changes nothing that proxies are told but the shares of the one split. */
import { Compiler, Interner, parseDocuments, World } from '@heddle/mesh-core';
import type { ProxySnapshot, WeightedCluster } from '@heddle/traffic';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { editWeights } from './weight-edit.ts';

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

const surroundings = `
apiVersion: v1
kind: Service
metadata: { name: reviews }
spec: { selector: { app: reviews }, ports: [{ port: 9080, name: http }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec: { host: reviews, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
---
apiVersion: v1
kind: Service
metadata: { name: reviews-v1 }
spec: { selector: { app: reviews, version: v1 }, ports: [{ port: 9080, name: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: reviews-v2 }
spec: { selector: { app: reviews, version: v2 }, ports: [{ port: 9080, name: http }] }
---
`;

function snapshotOf(virtualService: string): ProxySnapshot {
  const { documents, findings } = parseDocuments(surroundings + virtualService);
  expect(findings).toEqual([]);
  const stored = documents.map((one, i) => ({ ...one, generation: 1, createdAtMs: i, revision: 1 }));
  return new Compiler(new World(stored, [caller]), new Interner()).snapshotFor(caller);
}

/** The snapshot with the weights of one route taken out, and those weights. */
function withoutWeights(snapshot: ProxySnapshot, name: string) {
  const weights: number[] = [];
  const blank = (cluster: WeightedCluster): WeightedCluster => {
    weights.push(cluster.weight);
    return { ...cluster, weight: 0 };
  };
  const rest = {
    ...snapshot,
    routeConfigurations: snapshot.routeConfigurations.map((configuration) => ({
      ...configuration,
      virtualHosts: configuration.virtualHosts.map((host) => ({
        ...host,
        routes: host.routes.map((route) =>
          route.name === name && route.action.kind === 'forward'
            ? { ...route, action: { ...route.action, clusters: route.action.clusters.map(blank) } }
            : route,
        ),
      })),
    })),
  };
  return { rest, weights };
}

it.each(Array.from({ length: 60 }, (_, seed) => seed))('holds for the document of seed %i', (seed) => {
  const dice = lehmer(seed);
  const rules = 1 + Math.floor(dice() * 4);
  const text = document(rules, dice);
  const rule = Math.floor(dice() * rules);
  const first = Math.floor(dice() * 100);
  const edit = editWeights(text, `spec.http[${rule}]`, [
    { weightPath: `spec.http[${rule}].route[0].weight`, subset: null, weight: first },
    { weightPath: `spec.http[${rule}].route[1].weight`, subset: null, weight: 100 - first },
  ]);
  if (edit.kind === 'refused') throw new Error(edit.reason);
  const name = `default/reviews http[${rule}]`;
  const before = withoutWeights(snapshotOf(text), name);
  const after = withoutWeights(snapshotOf(edit.yaml), name);
  expect(after.rest).toEqual(before.rest);
  expect(after.weights).toEqual([first, 100 - first]);
  // Comments and the order of keys stay: without its digits the text is what it was.
  expect(edit.yaml.replaceAll(/weight: \d+/g, 'weight:')).toBe(text.replaceAll(/weight: \d+/g, 'weight:'));
  expect(Object.keys(parse(edit.yaml))).toEqual(Object.keys(parse(text)));
});

it.each(Array.from({ length: 30 }, (_, seed) => seed))('holds for the HTTPRoute of seed %i', (seed) => {
  const dice = lehmer(seed);
  const rules = 1 + Math.floor(dice() * 4);
  const text = httpRoute(rules, dice);
  const rule = Math.floor(dice() * rules);
  const first = 1 + Math.floor(dice() * 99);
  const edit = editWeights(text, `spec.rules[${rule}]`, [
    { weightPath: `spec.rules[${rule}].backendRefs[0].weight`, subset: null, weight: first },
    { weightPath: `spec.rules[${rule}].backendRefs[1].weight`, subset: null, weight: 100 - first },
  ]);
  if (edit.kind === 'refused') throw new Error(edit.reason);
  const name = `default/reviews rules[${rule}]`;
  const before = withoutWeights(snapshotOf(text), name);
  const after = withoutWeights(snapshotOf(edit.yaml), name);
  expect(after.rest).toEqual(before.rest);
  expect(after.weights).toEqual([first, 100 - first]);
  const bare = (yaml: string) => yaml.replaceAll(/,? *weight: \d+/g, '').replaceAll(/ +$/gm, '');
  expect(bare(edit.yaml).replaceAll(/\n+/g, '\n')).toBe(bare(text).replaceAll(/\n+/g, '\n'));
});

it.each(Array.from({ length: 30 }, (_, seed) => seed))('holds for the TrafficSplit of seed %i', (seed) => {
  const dice = lehmer(seed);
  const unit = ['', 'm', 'k'][Math.floor(dice() * 3)] ?? '';
  const text = trafficSplit(unit, dice);
  const first = 1 + Math.floor(dice() * 98);
  const edit = editWeights(text, 'spec', [
    { weightPath: 'spec.backends[0].weight', subset: null, weight: first },
    { weightPath: 'spec.backends[1].weight', subset: null, weight: 100 - first },
  ]);
  if (edit.kind === 'refused') throw new Error(edit.reason);
  const before = withoutWeights(snapshotOf(text), 'default/reviews split');
  const after = withoutWeights(snapshotOf(edit.yaml), 'default/reviews split');
  expect(after.rest).toEqual(before.rest);
  const [one = 0, other = 0] = after.weights;
  expect(one / (one + other)).toBeCloseTo(first / 100, 12);
  const bare = (yaml: string) => yaml.replaceAll(/weight: \d+/g, 'weight: ');
  expect(bare(edit.yaml)).toBe(bare(text));
});

function httpRoute(rules: number, dice: () => number): string {
  const chance = (text: string) => (dice() < 0.5 ? text : '');
  const backend = (name: string) =>
    dice() < 0.5
      ? `        - { name: ${name}, port: 9080${chance(', weight: 3')} }${chance(' # why')}`
      : `        - port: 9080${chance(' # canary')}\n          name: ${name}${chance('\n          weight: 7 # seven')}`;
  const rule = (i: number) =>
    [
      chance('    # said before'),
      `    - matches: [{ path: { type: PathPrefix, value: /${i} } }]`,
      chance('      timeouts: { request: 2s } # of the whole request'),
      '      backendRefs:',
      backend('reviews-v1'),
      backend('reviews-v2'),
      chance('      filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { remove: [x-a] } }]'),
    ].filter((line) => line !== '');
  return [
    'kind: HTTPRoute',
    'apiVersion: gateway.networking.k8s.io/v1',
    'metadata: { name: reviews }',
    'spec:',
    '  rules:',
    ...Array.from({ length: rules }, (_, i) => rule(i)).flat(),
    '  parentRefs: [{ group: "", kind: Service, name: reviews }]',
    '',
  ].join('\n');
}

function trafficSplit(unit: string, dice: () => number): string {
  const chance = (text: string) => (dice() < 0.5 ? text : '');
  const weight = () => `${1 + Math.floor(dice() * 900)}${unit}`;
  return [
    'apiVersion: split.smi-spec.io/v1alpha2',
    'kind: TrafficSplit',
    'metadata: { name: reviews } # the split',
    'spec:',
    `  service: reviews${chance(' # the root')}`,
    '  backends:',
    `    - { service: reviews-v1, weight: ${weight()} }${chance(' # stable')}`,
    `    - weight: ${weight()}${chance(' # canary')}`,
    '      service: reviews-v2',
    '',
  ].join('\n');
}

function document(rules: number, dice: () => number): string {
  const chance = (text: string) => (dice() < 0.5 ? text : '');
  const rule = (i: number) => {
    const weight = Math.floor(dice() * 100);
    const one = (subset: string, share: number) =>
      dice() < 0.5
        ? `        - { destination: { host: reviews, subset: ${subset} }, weight: ${share} }${chance(' # why')}`
        : `        - weight: ${share}${chance(' # canary')}\n          destination: { subset: ${subset}, host: reviews }${chance('\n          headers: { request: { set: { x-subset: "1" } } }')}`;
    const last = i === rules - 1;
    return [
      chance('    # said before'),
      `    - ${last ? 'name: last' : `match: [{ uri: { prefix: /${i} } }]`}`,
      chance('      timeout: 2s # of the whole request'),
      chance('      retries: { attempts: 1, perTryTimeout: 1s }'),
      '      route:',
      one('v1', weight),
      one('v2', 100 - weight),
      chance('      rewrite: { uri: /new }'),
    ].filter((line) => line !== '');
  };
  return [
    'kind: VirtualService',
    chance('# Owner: team-reviews.'),
    'apiVersion: networking.istio.io/v1',
    'metadata: { name: reviews }',
    'spec:',
    '  http:',
    ...Array.from({ length: rules }, (_, i) => rule(i)).flat(),
    '  hosts: ["reviews"]',
    '',
  ]
    .filter((line, i, all) => line !== '' || i === all.length - 1)
    .join('\n');
}

function lehmer(seed: number): () => number {
  let state = (seed + 1) * 48_271;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
