import type { GraphEdge } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { edgeMark, edgeWidth, latencyStep, mtlsOf } from './encode.ts';

const edge = (change: Partial<GraphEdge>): GraphEdge => ({
  id: 'a->b',
  source: 'a',
  target: 'b',
  protocol: 'http',
  rps: 20,
  errorRatio: 0,
  n: 200,
  errors: 0,
  p50Ms: 1,
  p95Ms: 2,
  p99Ms: 3,
  mtlsRatio: 1,
  sourceId: null,
  targetId: null,
  state: 'ok',
  lastRequestMs: 0,
  ...change,
});

describe('the marks of an edge', () => {
  it('grow in half decades of requests per second', () => {
    expect([0, 0.5, 1, 3, 3.2, 9.9, 10, 31, 32, 5000].map(edgeWidth)).toEqual([
      1, 1, 1.5, 1.5, 2.25, 2.25, 3, 3, 4, 4,
    ]);
  });

  it('are solid only when every request carried mTLS', () => {
    expect([1, 0.999, 0].map((mtlsRatio) => mtlsOf({ mtlsRatio, n: 1000 }))).toEqual([
      'full',
      'partial',
      'plaintext',
    ]);
  });

  it('claim no plaintext where nothing was sent', () => {
    expect(mtlsOf({ mtlsRatio: 0, n: 0 })).toBe('full');
  });

  it('are neutral for plaintext in Health and loud in Security', () => {
    const plaintext = edge({ mtlsRatio: 0 });
    expect([edgeMark(plaintext, 'health').tone, edgeMark(plaintext, 'security').tone]).toEqual([
      'rest',
      'failing',
    ]);
  });

  it('show failing through every lens but Security', () => {
    const failing = edge({ state: 'failing' });
    expect(
      (['health', 'latency', 'traffic', 'security'] as const).map((lens) => edgeMark(failing, lens).tone),
    ).toEqual(['failing', 'failing', 'failing', 'rest']);
  });

  it('rank latency by decades', () => {
    expect([null, 3, 10, 100, 1000].map(latencyStep)).toEqual([0, 0, 1, 2, 3]);
  });
});
