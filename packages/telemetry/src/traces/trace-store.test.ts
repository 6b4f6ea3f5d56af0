import type { Span } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { criticalPath } from './critical-path.ts';
import { TraceStore } from './trace-store.ts';

let clock = 1_000_000;
const now = () => clock;
const traceId = 'a'.repeat(32);

function span(spanId: string, parentSpanId: string | null, startMs: number, endMs: number, over = {}): Span {
  return {
    spanId,
    parentSpanId,
    service: 'reviews',
    namespace: 'default',
    version: 'v1',
    scope: 'proxy',
    name: `GET /${spanId}`,
    kind: 'server',
    startUnixNano: String(startMs * 1_000_000),
    endUnixNano: String(endMs * 1_000_000),
    durationMs: endMs - startMs,
    status: 'unset',
    statusMessage: '',
    httpStatus: 200,
    attributes: {},
    ...over,
  };
}

function storeOf(...spans: Span[]): TraceStore {
  const store = new TraceStore({ now });
  for (const one of spans) store.add(traceId, one);
  return store;
}

describe('a trace', () => {
  it('is put together from spans in any order, parents first and siblings by start', () => {
    const store = storeOf(
      span('c', 'a', 50, 90),
      span('b', 'a', 10, 40),
      span('a', null, 0, 100),
      span('d', 'b', 12, 20),
    );
    expect(store.get(traceId)).toMatchObject({
      rootName: 'GET /a',
      durationMs: 100,
      spans: [{ spanId: 'a' }, { spanId: 'b' }, { spanId: 'd' }, { spanId: 'c' }],
    });
  });

  it('keeps a span whose parent never came', () => {
    expect(storeOf(span('b', 'lost', 0, 10)).get(traceId)?.spans).toHaveLength(1);
  });

  it('survives parents that form a cycle', () => {
    const store = storeOf(span('r', null, 0, 9), span('a', 'b', 0, 5), span('b', 'a', 1, 4));
    expect(store.get(traceId)?.spans.map(({ spanId }) => spanId)).toEqual(['r']);
  });

  it('counts a span that is sent twice once', () => {
    expect(storeOf(span('a', null, 0, 1), span('a', null, 0, 1)).spanCount).toBe(1);
  });
});

describe('the critical path', () => {
  it('follows the child that ended last, and what ran before it', () => {
    const spans = [
      span('root', null, 0, 100),
      span('early', 'root', 5, 30),
      span('parallel', 'root', 32, 60),
      span('last', 'root', 31, 95),
      span('inner', 'last', 40, 90),
    ];
    expect(criticalPath(spans)).toEqual(['root', 'early', 'last', 'inner']);
  });

  it('clips work that outlives its parent', () => {
    expect(criticalPath([span('root', null, 0, 10), span('late', 'root', 5, 50)])).toEqual(['root', 'late']);
  });

  it('leaves out work that began after the end', () => {
    expect(criticalPath([span('root', null, 0, 10), span('after', 'root', 10, 50)])).toEqual(['root']);
  });
});

describe('searching traces', () => {
  const store = new TraceStore({ now });
  store.add('1'.repeat(32), span('a', null, 0, 5));
  store.add('2'.repeat(32), span('a', null, 10, 500, { service: 'ratings', status: 'error' }));
  store.add(
    '3'.repeat(32),
    span('a', null, 20, 40, {
      service: 'productpage',
      attributes: { 'heddle.route': 'default/reviews http[0]' },
    }),
  );
  store.add('3'.repeat(32), span('b', 'a', 21, 30));
  clock += 2000;
  const ids = (query: Parameters<TraceStore['search']>[0]) =>
    store.search(query, 10).map(({ traceId: id }) => id[0]);

  it.each([
    [{}, ['3', '2', '1']],
    [{ service: 'reviews' }, ['3', '1']],
    [{ service: 'reviews.default' }, ['3', '1']],
    [{ service: 'reviews.other' }, []],
    [{ status: 'error' }, ['2']],
    [{ status: 'ok' }, ['3', '1']],
    [{ minDurationMs: 20 }, ['3', '2']],
    [{ route: 'default/reviews http[0]' }, ['3']],
    [{ q: 'RATINGS' }, ['2']],
    [{ q: '111' }, ['1']],
    [{ fromMs: 10, toMs: 10 }, ['2']],
    [{ edge: { source: 'productpage', target: 'reviews' } }, ['3']],
  ] as const)('%j finds %j', (query, expected) => {
    expect(ids(query)).toEqual(expected);
  });
});

it('lists a trace only when its spans have had time to arrive', () => {
  const store = new TraceStore({ now });
  store.add(traceId, span('a', null, 0, 5));
  expect(store.search({}, 10)).toEqual([]);
  expect(store.get(traceId)).toBeDefined();
  clock += 1500;
  expect(store.search({}, 10)).toHaveLength(1);
});

describe('the room', () => {
  it('is bounded, and failing traces outlive the others', () => {
    const store = new TraceStore({ now, maxSpans: 100 });
    const id = (i: number) => i.toString(16).padStart(32, '0');
    store.add(id(1), span('a', null, 0, 1, { status: 'error' }));
    for (let i = 2; i <= 500; i++) store.add(id(i), span('a', null, i, i + 1));
    expect(store.spanCount).toBeLessThanOrEqual(100);
    expect(store.get(id(1))).toBeDefined();
    expect(store.get(id(2))).toBeUndefined();
    expect(store.get(id(500))).toBeDefined();
  });

  it('is bounded for failing traces too', () => {
    const store = new TraceStore({ now, maxSpans: 100 });
    for (let i = 1; i <= 500; i++) {
      store.add(i.toString(16).padStart(32, '0'), span('a', null, i, i + 1, { status: 'error' }));
    }
    expect(store.spanCount).toBeLessThanOrEqual(100);
  });
});
