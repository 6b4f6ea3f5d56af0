import type { GraphEdge, GraphNode } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { collapse, topologyKey, visible } from './view.ts';

const signals = { rps: 10, errorRatio: 0, n: 100, errors: 0, p50Ms: 1, p95Ms: 2, p99Ms: 3 };
const node = (name: string, namespace: string, change: Partial<GraphNode> = {}): GraphNode => ({
  id: `${name}.${namespace}`,
  kind: 'service',
  name,
  namespace,
  state: 'ok',
  inbound: signals,
  instancesReady: 1,
  instancesTotal: 1,
  ...change,
});
const edge = (source: string, target: string, change: Partial<GraphEdge> = {}): GraphEdge => ({
  id: `${source}->${target}`,
  source,
  target,
  protocol: 'http',
  ...signals,
  mtlsRatio: 1,
  sourceId: null,
  targetId: null,
  state: 'ok',
  lastRequestMs: 5,
  ...change,
});
const nodes = [
  node('gate', 'edge'),
  node('shop', 'web'),
  node('cart', 'web', { state: 'failing' }),
  node('ledger', 'bank'),
];
const edges = [
  edge('gate.edge', 'shop.web', { n: 300, errors: 3, mtlsRatio: 1 }),
  edge('gate.edge', 'cart.web', { n: 100, errors: 1, mtlsRatio: 0, state: 'failing' }),
  edge('shop.web', 'cart.web'),
  edge('cart.web', 'ledger.bank'),
];
const graph = {
  seq: 1,
  atMs: 0,
  level: 'service' as const,
  windowMs: 10_000,
  nodes: new Map(nodes.map((item) => [item.id, item])),
  edges: new Map(edges.map((item) => [item.id, item])),
};

describe('what the map shows', () => {
  it('keeps both ends of every edge of the namespace in scope', () => {
    expect(visible(graph, 'bank').nodes.map((item) => item.id)).toEqual(['cart.web', 'ledger.bank']);
  });

  it('adds up what runs between two collapsed namespaces', () => {
    const between = collapse(visible(graph, '')).edges.find((item) => item.id === 'edge->web');
    expect(between).toMatchObject({
      n: 400,
      errors: 4,
      errorRatio: 0.01,
      rps: 20,
      state: 'failing',
      mtlsRatio: 0.75,
    });
  });

  it('gives no percentile of several edges', () => {
    expect(collapse(visible(graph, '')).edges.every((item) => item.p99Ms === null)).toBe(true);
  });

  it('says how many services of a namespace are bad', () => {
    const web = collapse(visible(graph, '')).nodes.find((item) => item.id === 'web');
    expect(web).toMatchObject({ state: 'failing', reason: '1 bad of 2' });
  });

  it('has the same topology when only metrics moved', () => {
    const moved = {
      ...graph,
      edges: new Map([...graph.edges].map(([id, item]) => [id, { ...item, rps: 999 }])),
    };
    expect(topologyKey(visible(moved, ''))).toBe(topologyKey(visible(graph, '')));
  });
});
