import type { RequestFact } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { FrameError } from '../live/frame.ts';
import { encodeFacts, isFactFrame, readFacts } from './fact-frame.ts';
import { FactRing } from './fact-ring.ts';

const fact = (path: string, atMs: number, status = 200): RequestFact => ({
  shape: {
    direction: 'outbound',
    authority: 'reviews:9080',
    port: 9080,
    method: 'GET',
    path,
    scheme: 'http',
    headers: { 'end-user': 'jason' },
    hidden: ['cookie'],
    peer: '',
    sourceIp: '127.0.0.1',
  },
  atMs,
  status,
  durationMs: 3.5,
});

describe('a frame of facts', () => {
  it('comes back as it was sent, and is told from a frame of cells', () => {
    const frame = { seen: 12, facts: [fact('/a?b=1', 5)] };
    expect(isFactFrame(encodeFacts(frame))).toBe(true);
    expect(readFacts(encodeFacts(frame))).toEqual(frame);
    expect(isFactFrame(Uint8Array.of(1, 0))).toBe(false);
  });

  it.each([
    ['nothing', Uint8Array.of()],
    ['cells', Uint8Array.of(1, 0, 0)],
    ['no JSON', Buffer.from('\u0002{')],
  ])('is refused: %s', (_, bytes) => {
    expect(() => readFacts(bytes)).toThrow(FrameError);
  });
});

describe('the ring of facts', () => {
  const ring = (over: object = {}) => {
    let now = 0;
    const facts = new FactRing({ now: () => now, capacity: 4, maxAgeMs: 1000, ...over });
    return { facts, setNow: (ms: number) => (now = ms) };
  };

  it('keeps requests that look alike once, with their number and their last end', () => {
    const { facts, setNow } = ring();
    setNow(10);
    facts.add('p', { seen: 3, facts: [fact('/a', 8), fact('/a', 9, 503), fact('/b', 10)] });
    expect([...facts.shapes()].map(({ shape, count, status }) => [shape.path, count, status])).toEqual([
      ['/a', 2, 503],
      ['/b', 1, 200],
    ]);
  });

  it('drops the oldest beyond its capacity, and what nobody refers to any more', () => {
    const { facts, setNow } = ring();
    setNow(10);
    facts.add('p', { seen: 3, facts: [fact('/a', 1), fact('/b', 2), fact('/a', 3)] });
    facts.add('p', { seen: 3, facts: [fact('/c', 4), fact('/c', 5), fact('/c', 6)] });
    expect([...facts.shapes()].map(({ shape, count }) => [shape.path, count])).toEqual([
      ['/a', 1],
      ['/c', 3],
    ]);
  });

  it('drops what is too old, also from a clock that runs ahead', () => {
    const { facts, setNow } = ring();
    facts.add('p', { seen: 1, facts: [fact('/future', 1e12)] });
    setNow(1001);
    facts.prune();
    expect([...facts.shapes()]).toEqual([]);
  });

  it('is bounded in memory however different the requests look', () => {
    const { facts } = ring({ capacity: 1000, maxShapeBytes: 10_000 });
    for (let i = 0; i < 1000; i++) facts.add('p', { seen: 1, facts: [fact(`/${i}`, 0)] });
    const kept = [...facts.shapes()].length;
    expect(kept).toBeGreaterThan(3);
    expect(kept).toBeLessThan(20);
  });

  it('says what it covers', () => {
    const { facts, setNow } = ring();
    expect(facts.coverage()).toEqual({ facts: 0, seen: 0, proxies: 0, sinceMs: undefined, hidden: [] });
    setNow(10);
    facts.add('p', { seen: 10, facts: [fact('/a', 7), fact('/b', 8)] });
    facts.add('q', { seen: 1, facts: [fact('/a', 9)] });
    expect(facts.coverage()).toEqual({ facts: 3, seen: 11, proxies: 2, sinceMs: 7, hidden: ['cookie'] });
  });
});
