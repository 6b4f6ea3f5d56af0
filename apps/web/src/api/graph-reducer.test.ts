import type { GraphDeltaEvent, GraphEdge, GraphNode } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { applyDelta, fromSnapshot, type GraphState } from './graph-reducer.ts';

const signals = { rps: 1, errorRatio: 0, n: 10, errors: 0, p50Ms: 1, p95Ms: 2, p99Ms: 3 };
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
const edge = (source: string, target: string, rps: number): GraphEdge => ({
  id: `${source}->${target}`,
  source,
  target,
  protocol: 'http',
  ...signals,
  rps,
  mtlsRatio: 1,
  sourceId: null,
  targetId: null,
  state: 'ok',
  lastRequestMs: 0,
});
const delta = (seq: number, change: Partial<GraphDeltaEvent> = {}): GraphDeltaEvent => ({
  seq,
  at: '2026-01-01T00:00:01Z',
  nodes: [],
  edges: [],
  removedNodes: [],
  removedEdges: [],
  ...change,
});
const start = fromSnapshot({
  seq: 4,
  graph: {
    at: '2026-01-01T00:00:00Z',
    windowMs: 10_000,
    level: 'service',
    nodes: [node('a'), node('b')],
    edges: [edge('a.default', 'b.default', 5)],
  },
});
const applied = (state: GraphState, event: GraphDeltaEvent): GraphState => {
  const next = applyDelta(state, event);
  if (next === 'gap') throw new Error('unexpected gap');
  return next;
};

describe('the live graph', () => {
  it('replaces what a delta names and keeps the identity of the rest', () => {
    const next = applied(start, delta(5, { edges: [edge('a.default', 'b.default', 9)] }));
    expect(next.edges.get('a.default->b.default')?.rps).toBe(9);
    expect(next.nodes).toBe(start.nodes);
  });

  it('adds what is new and drops what was removed', () => {
    const next = applied(
      start,
      delta(5, { nodes: [node('c')], removedNodes: ['b.default'], removedEdges: ['a.default->b.default'] }),
    );
    expect([...next.nodes.keys()]).toEqual(['a.default', 'c.default']);
    expect(next.edges.size).toBe(0);
  });

  it('takes an empty delta as a sign of life only', () => {
    const next = applied(start, delta(5));
    expect(next.edges).toBe(start.edges);
    expect(next.atMs).toBe(Date.parse('2026-01-01T00:00:01Z'));
  });

  it('reports a gap when a sequence number is missing', () => {
    expect(applyDelta(start, delta(6))).toBe('gap');
  });

  it('ignores a delta that a resumed stream repeats', () => {
    expect(applyDelta(start, delta(4, { removedNodes: ['a.default'] }))).toBe(start);
  });
});
