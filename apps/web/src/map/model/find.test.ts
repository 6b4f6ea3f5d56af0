import type { GraphEdge } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { parseFind } from './find.ts';

const edge = (source: string, target: string, change: Partial<GraphEdge> = {}): GraphEdge => ({
  id: `${source}->${target}`,
  source,
  target,
  protocol: 'http',
  rps: 20,
  errorRatio: 0,
  n: 200,
  errors: 0,
  p50Ms: 5,
  p95Ms: 40,
  p99Ms: 90,
  mtlsRatio: 1,
  sourceId: null,
  targetId: null,
  state: 'ok',
  lastRequestMs: 0,
  ...change,
});
const edges = [
  edge('outside', 'istio-ingressgateway.istio-system', { mtlsRatio: 0, p99Ms: 400 }),
  edge('productpage.default', 'reviews.default', { errorRatio: 0.038, state: 'degraded', rps: 12 }),
  edge('reviews.default', 'ratings.default', { rps: 4, p99Ms: null }),
];
const found = (text: string) => {
  const query = parseFind(text);
  if (query.kind !== 'valid') throw new Error(`${text}: ${query.kind}`);
  return edges.filter(query.matches).map((item) => item.target.split('.')[0]);
};
const refusal = (text: string) => {
  const query = parseFind(text);
  return query.kind === 'invalid' ? query.message : query.kind;
};

describe('the find box', () => {
  it('finds by service and by namespace', () => {
    expect([found('ratings'), found('istio-system')]).toEqual([['ratings'], ['istio-ingressgateway']]);
  });

  it('compares latency in milliseconds or seconds', () => {
    expect([found('p99 > 300ms'), found('p99 > 0.3 s'), found('p99>=400')]).toEqual(
      Array.from({ length: 3 }, () => ['istio-ingressgateway']),
    );
  });

  it('reads shares as percent', () => {
    expect([found('error > 1%'), found('mtls < 100')]).toEqual([['reviews'], ['istio-ingressgateway']]);
  });

  it('lets and bind tighter than or, and neighbours mean and', () => {
    expect(found('reviews rps > 5 or p99 > 300')).toEqual(['istio-ingressgateway', 'reviews']);
  });

  it('finds by state', () => {
    expect(found('state != ok')).toEqual(['reviews']);
  });

  it('matches nothing where nothing was measured', () => {
    expect(found('ratings p99 < 100000')).toEqual([]);
  });

  it('says what is wrong with a query', () => {
    expect(refusal('p98 > 3')).toContain('"p98" is no field');
    expect(refusal('p99 > fast')).toContain('"fast" is not a number');
    expect(refusal('p99 > 3 or')).toContain('after "or"');
    expect(refusal('rps > 3ms')).toContain('no unit of rps');
    expect(refusal('  ')).toBe('empty');
  });
});
