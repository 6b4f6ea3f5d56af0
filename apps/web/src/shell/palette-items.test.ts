import type { GraphEdge, GraphNode } from '@heddle/schema';
import { expect, it } from 'vitest';
import { paletteItems } from './palette-items.ts';

const signals = { rps: 10, errorRatio: 0, n: 100, errors: 0, p50Ms: 1, p95Ms: 2, p99Ms: 3 };
const node = (name: string): GraphNode => ({
  id: `${name}.default`,
  kind: 'service',
  name,
  namespace: 'default',
  state: 'ok',
  inbound: signals,
  instancesReady: 1,
  instancesTotal: 1,
});
const edge = (source: string, target: string, state: GraphEdge['state']): GraphEdge => ({
  id: `${source}.default->${target}.default`,
  source: `${source}.default`,
  target: `${target}.default`,
  protocol: 'http',
  ...signals,
  mtlsRatio: 1,
  sourceId: null,
  targetId: null,
  state,
  lastRequestMs: 0,
});
const edges = [edge('productpage', 'reviews', 'ok'), edge('reviews', 'ratings', 'failing')];
const graph = {
  seq: 1,
  atMs: 0,
  level: 'service' as const,
  windowMs: 10_000,
  nodes: new Map(['productpage', 'reviews', 'ratings'].map((name) => [`${name}.default`, node(name)])),
  edges: new Map(edges.map((item) => [item.id, item])),
};
const goTo = (typed: string) =>
  paletteItems(typed, graph)
    .filter((item) => item.group === 'Go to')
    .map((item) => item.text);

it('offers what is failing before what is not', () => {
  expect(goTo('re')[0]).toBe('reviews → ratings');
});

it('matches every word, in any order and across an arrow', () => {
  expect(goTo('ratings rev')).toEqual(['reviews → ratings']);
  expect(goTo('productpage -> rev')).toEqual(['productpage → reviews']);
});

it('takes a trace id for what it is', () => {
  expect(goTo('4BF92F3577B34DA6A3CE929D0E0E4736')).toEqual(['Trace 4bf92f3577b34da6a3ce929d0e0e4736']);
});

it('offers pages before anything was typed, also without a graph', () => {
  expect(paletteItems('', null).map((item) => item.text)).toEqual([
    'Map',
    'Services',
    'Traces',
    'Documents',
    'Changes',
  ]);
});
