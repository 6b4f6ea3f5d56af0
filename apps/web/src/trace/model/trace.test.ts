import type { Span, Trace } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { ticks } from './ruler.ts';
import { edgeOf, headline, whyThisRoute } from './story.ts';
import { timeSpent } from './time-spent.ts';
import { buildTree, subtract, visibleRows, type SpanNode } from './tree.ts';

const base = 1_700_000_000_000_000_000n;
const nano = (ms: number) => String(base + BigInt(Math.round(ms * 1e6)));
const span = (
  spanId: string,
  parentSpanId: string | null,
  from: number,
  to: number,
  fields: Partial<Span> = {},
): Span => ({
  spanId,
  parentSpanId,
  service: spanId,
  namespace: 'default',
  version: null,
  scope: 'application',
  name: spanId,
  kind: 'internal',
  startUnixNano: nano(from),
  endUnixNano: nano(to),
  durationMs: to - from,
  status: 'ok',
  statusMessage: '',
  httpStatus: 200,
  attributes: {},
  ...fields,
});
const trace = (spans: Span[], criticalPath: string[] = []): Trace => ({
  traceId: 't',
  startUnixNano: nano(0),
  durationMs: 100,
  rootService: 'gate',
  rootName: 'GET /',
  errorCount: 0,
  spans,
  criticalPath,
});
const at = (spans: Span[], id: string, criticalPath: string[] = []): SpanNode => {
  const node = buildTree(trace(spans, criticalPath)).byId.get(id);
  if (node === undefined) throw new Error(`no span ${id}`);
  return node;
};
const failed = { status: 'error' as const };

describe('the tree of a trace', () => {
  const spans = [
    span('gate', null, 0, 100),
    span('late', 'gate', 50, 90),
    span('early', 'gate', 10, 40),
    span('deep', 'late', 60, 80),
  ];

  it('puts children under their parents, the earlier first', () => {
    expect(
      visibleRows(buildTree(trace(spans)).roots, new Set()).map(
        (node) => `${node.depth} ${node.span.spanId}`,
      ),
    ).toEqual(['0 gate', '1 early', '1 late', '2 deep']);
  });

  it('leaves out what is folded away', () => {
    expect(
      visibleRows(buildTree(trace(spans)).roots, new Set(['late'])).map((node) => node.span.spanId),
    ).toEqual(['gate', 'early', 'late']);
  });

  it('shows a span whose parent was never received as a root', () => {
    expect(
      buildTree(trace([...spans, span('lost', 'never', 20, 30)])).roots.map((node) => node.span.spanId),
    ).toEqual(['gate', 'lost']);
  });

  it('blames only the span in which a failure started', () => {
    const failing = [
      span('gate', null, 0, 100, failed),
      span('mid', 'gate', 10, 90, failed),
      span('leaf', 'mid', 20, 80, failed),
      span('fine', 'gate', 1, 5),
    ];
    expect(['gate', 'mid', 'leaf', 'fine'].map((id) => at(failing, id).failing)).toEqual([
      'passed-on',
      'passed-on',
      'started',
      'none',
    ]);
  });

  it('marks the self time of what the trace waited for, around the children it waited for', () => {
    expect(at(spans, 'gate', ['gate', 'late']).critical).toEqual([
      { from: 0, to: 50 },
      { from: 90, to: 100 },
    ]);
    expect(at(spans, 'early', ['gate', 'late']).critical).toEqual([]);
  });

  it('marks work that went on after its caller had an answer', () => {
    expect(at([span('gate', null, 0, 50), span('slow', 'gate', 10, 80)], 'slow').callerGoneAt).toBe(50);
    expect(at(spans, 'late').callerGoneAt).toBeNull();
  });

  it('takes intervals out of an interval', () => {
    expect(
      subtract({ from: 0, to: 10 }, [
        { from: 8, to: 20 },
        { from: 2, to: 4 },
        { from: 3, to: 5 },
      ]),
    ).toEqual([
      { from: 0, to: 2 },
      { from: 5, to: 8 },
    ]);
  });
});

describe('the time of a span', () => {
  it('is spent in parts that sum to it, each moment by the deepest span open', () => {
    const spans = [
      span('gate', null, 0, 100, { scope: 'proxy' }),
      span('page', 'gate', 10, 90),
      span('left', 'page', 20, 60),
      span('right', 'page', 50, 120),
    ];
    const parts = timeSpent(at(spans, 'gate'));
    expect(parts.reduce((sum, part) => sum + part.ms, 0)).toBeCloseTo(100, 6);
    expect(Object.fromEntries(parts.map((part) => [part.label, Math.round(part.ms)]))).toEqual({
      right: 50,
      left: 30,
      gate: 10,
      page: 10,
    });
  });
});

describe('the story of a trace', () => {
  it('names the call in which it failed', () => {
    const spans = [
      span('gate', null, 0, 100, failed),
      span('reviews', 'gate', 5, 95, {
        ...failed,
        version: 'v2',
        kind: 'client',
        statusMessage: 'upstream request timeout',
        attributes: { 'heddle.destination.service': 'ratings' },
      }),
    ];
    const tree = buildTree(trace(spans));
    expect(headline(trace(spans), tree)).toBe(
      'GET / failed after 100 ms: upstream request timeout calling ratings from reviews v2',
    );
  });

  it('says how long it took when it did not fail', () => {
    const spans = [span('gate', null, 0, 100)];
    expect(headline(trace(spans), buildTree(trace(spans)))).toBe('GET / took 100 ms');
  });

  it('lists what the proxy decided, in order, and nothing that it did not note', () => {
    const client = span('page', null, 0, 1, {
      attributes: {
        'heddle.cluster': 'outbound|9080|v2|reviews',
        'heddle.route': 'default/reviews http[1]',
        'heddle.attempts': 2,
        'heddle.response_flags': '',
      },
    });
    expect(whyThisRoute(client).map((step) => [step.what, step.detail])).toEqual([
      ['Route', 'default/reviews http[1]'],
      ['Cluster', 'outbound|9080|v2|reviews'],
      ['Retries', '2 attempts'],
    ]);
  });

  it('finds the edge of a call from either end', () => {
    const spans = [
      span('page', null, 0, 9),
      span('out', 'page', 1, 8, { service: 'page', kind: 'client' }),
      span('shop', 'out', 2, 7, { kind: 'server' }),
    ];
    expect([edgeOf(at(spans, 'out')), edgeOf(at(spans, 'shop')), edgeOf(at(spans, 'page'))]).toEqual([
      'page.default->shop.default',
      'page.default->shop.default',
      null,
    ]);
  });
});

describe('the ruler', () => {
  it('marks round times', () => {
    expect(ticks(2310, 5)).toEqual([0, 500, 1000, 1500, 2000]);
    expect(ticks(24, 5)).toEqual([0, 5, 10, 15, 20]);
  });
});
