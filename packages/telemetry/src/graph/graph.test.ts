import { beforeEach, describe, expect, it } from 'vitest';
import { RollupRing } from '../live/ring.ts';
import { Breakdown } from './breakdown.ts';
import { graphDelta } from './delta.ts';
import { nowMs, plaintextEntry, requests, topology, v2 } from './fixture.ts';
import { buildGraph } from './graph.ts';
import type { Topology } from './topology.ts';

let clock = nowMs;
let ring: RollupRing;
beforeEach(() => {
  clock = nowMs;
  ring = new RollupRing({ now: () => clock });
});

/** Merges a cell at the time at which it would have arrived. */
function arrive(...cells: ReturnType<typeof requests>[]): void {
  for (const cell of cells) {
    clock = cell.counts.lastEndedAtMs;
    ring.merge([cell]);
  }
  clock = nowMs;
}

const serviceLevel = { level: 'service', windowMs: 10_000, nowMs } as const;
const graph = (over = {}, known: Topology = topology) =>
  buildGraph(ring, known, { ...serviceLevel, ...over });

describe('the graph', () => {
  it('draws an edge from the service of the caller to the service it called', () => {
    arrive(requests(19));
    const [edge] = graph().edges;
    expect(edge).toMatchObject({
      id: 'productpage.default->reviews.default',
      n: 19,
      rps: 2,
      errorRatio: 0,
      mtlsRatio: 1,
      sourceId: 'spiffe://cluster.local/ns/default/sa/bookinfo-productpage',
      targetId: 'spiffe://cluster.local/ns/default/sa/bookinfo-reviews',
      state: 'ok',
    });
  });

  it('splits an edge over versions, with shares that sum to 1', () => {
    arrive(requests(30), requests(10, v2));
    expect(graph().edges[0]?.versions?.map(({ version, share }) => [version, share])).toEqual([
      ['v1', 0.75],
      ['v2', 0.25],
    ]);
  });

  it('counts what is sent to a part of a service as a version of it, where it is asked to', () => {
    arrive(
      requests(30, { destinationService: 'reviews-v1' }),
      requests(10, { ...v2, destinationService: 'reviews-v2' }),
    );
    const part = (version: string) => ({ namespace: 'default', service: 'reviews', version });
    const known = {
      ...topology,
      parts: new Map([
        ['reviews-v1.default', part('stable')],
        ['reviews-v2.default', part('next')],
      ]),
    };
    const shares = (graphOf: Topology) =>
      graph({}, graphOf)
        .nodes.find(({ id }) => id === 'reviews.default')
        ?.versions?.filter(({ n }) => n > 0)
        .map(({ version, share }) => [version, share]);
    expect(shares(known)).toEqual([
      ['next', 0.25],
      ['stable', 0.75],
    ]);
    expect(shares(topology)).toEqual([]);
    const selection = { level: 'service', target: 'reviews.default' } as const;
    expect(new Breakdown(ring, known, selection, nowMs).observedSplit(nowMs - 10_000)).toMatchObject({
      n: 40,
      parts: [
        { version: 'next', n: 10 },
        { version: 'stable', n: 30 },
      ],
    });
  });

  it('has one edge per version on the version level', () => {
    arrive(requests(3), requests(1, v2));
    expect(graph({ level: 'version' }).edges.map(({ id }) => id)).toEqual([
      'productpage.default:v1->reviews.default:v1',
      'productpage.default:v1->reviews.default:v2',
    ]);
  });

  it('names workloads on the workload level', () => {
    arrive(requests(1, v2));
    expect(graph({ level: 'workload' }).edges[0]?.id).toBe('productpage-v1.default->reviews-v2.default');
  });

  it('counts a request once although both ends report it', () => {
    arrive(requests(5), requests(5, { reporter: 'destination' }));
    expect(graph().edges[0]?.n).toBe(5);
  });

  it('shows a caller without identity as outside the mesh, in plaintext', () => {
    arrive(requests(4, plaintextEntry));
    expect(graph().edges[0]).toMatchObject({
      source: 'outside',
      target: 'istio-ingressgateway.istio-system',
      mtlsRatio: 0,
      sourceId: null,
    });
  });

  it('shows a caller that has a certificate but no proxy by its service account', () => {
    arrive(
      requests(4, {
        reporter: 'destination',
        sourceNamespace: '',
        sourceWorkload: '',
        sourceId: 'spiffe://cluster.local/ns/jobs/sa/batch',
      }),
    );
    expect(graph().edges[0]?.source).toBe('batch.jobs');
  });

  it('shows services that nobody calls, with state unknown', () => {
    expect(graph().nodes.find(({ id }) => id === 'details.default')).toMatchObject({
      state: 'unknown',
      instancesReady: 1,
    });
  });

  it('turns an edge degraded at 1 % and failing at 5 % of errors', () => {
    arrive(requests(99), requests(1, { status: 503, flags: 'UF' }));
    expect(graph().edges[0]?.state).toBe('degraded');
    arrive(requests(5, { status: 500 }));
    expect(graph().edges[0]?.state).toBe('failing');
  });

  it("does not count a 404 as the mesh's error", () => {
    arrive(requests(1, { status: 404 }));
    expect(graph().edges[0]?.errorRatio).toBe(0);
  });

  it('calls a version without a ready instance failing, and its service with it', () => {
    arrive(requests(10), requests(10, v2));
    const dead = {
      ...topology,
      workloads: topology.workloads.map((one) => (one.name === 'reviews-v2' ? { ...one, ready: 0 } : one)),
    };
    const reviews = graph({}, dead).nodes.find(({ id }) => id === 'reviews.default');
    expect(reviews).toMatchObject({ state: 'failing', reason: 'v2 is failing', instancesReady: 1 });
    expect(
      graph({ level: 'version' }, dead).nodes.find(({ id }) => id === 'reviews.default:v2'),
    ).toMatchObject({
      state: 'failing',
      reason: 'none of its 1 instance is ready',
    });
  });

  it('counts what reached no upstream as failed, not as plaintext', () => {
    const nobody = {
      destinationWorkload: '',
      destinationVersion: 'v2',
      destinationId: '',
      status: 503,
      mtls: false,
    };
    arrive(requests(18), requests(1, { ...nobody, flags: 'UH' }));
    arrive(requests(1, { ...v2, destinationId: '', status: 503, flags: 'UF', mtls: false }));
    expect(graph().edges[0]).toMatchObject({ n: 20, errors: 2, mtlsRatio: 1 });
    arrive(requests(20, { mtls: false }));
    expect(graph().edges[0]?.mtlsRatio).toBe(0.5);
  });

  it('does not call a service failing for a few requests that reached no version', () => {
    const nobody = {
      destinationWorkload: '',
      destinationVersion: '',
      destinationId: '',
      status: 503,
      flags: 'UH',
    };
    arrive(requests(197), requests(3, nobody));
    expect(graph().nodes.find(({ id }) => id === 'reviews.default')?.state).toBe('degraded');
  });

  it('forgets what lies before the window', () => {
    arrive(requests(7, {}, { agoSeconds: 12 }), requests(1));
    expect(graph().edges[0]?.n).toBe(1);
    expect(graph({ windowMs: 60_000 }).edges[0]?.n).toBe(8);
  });

  it('keeps the edges that touch a wanted namespace', () => {
    arrive(requests(1), requests(1, plaintextEntry));
    expect(graph({ namespaces: ['istio-system'] }).edges.map(({ source }) => source)).toEqual(['outside']);
  });
});

describe('a delta', () => {
  it('holds what changed, and turns the old graph into the new one', () => {
    arrive(requests(1));
    const before = graph();
    arrive(requests(2, plaintextEntry));
    const after = graph();
    const delta = graphDelta(before, after);
    expect(delta.edges.map(({ source }) => source)).toEqual(['outside']);
    expect(delta.removedEdges).toEqual([]);
    expect(graphDelta(after, before).removedEdges).toEqual(['outside->istio-ingressgateway.istio-system']);
    expect(graphDelta(after, after)).toMatchObject({
      nodes: [],
      edges: [],
      removedNodes: [],
      removedEdges: [],
    });
  });
});

describe('a breakdown', () => {
  const edge = () =>
    new Breakdown(
      ring,
      topology,
      { level: 'service', source: 'productpage.default', target: 'reviews.default' },
      nowMs,
    );

  it('sorts routes by damage', () => {
    arrive(
      requests(90, { path: '/busy' }),
      requests(5, { path: '/broken', status: 503, flags: 'UT' }),
      requests(5, { path: '/broken' }),
    );
    expect(
      edge()
        .routes(10_000)
        .map(({ path, n, errors }) => [path, n, errors]),
    ).toEqual([
      ['/broken', 10, 5],
      ['/busy', 90, 0],
    ]);
  });

  it('says in words why requests failed', () => {
    arrive(requests(2, { ...v2, status: 504, flags: 'UT' }), requests(1, { status: 500 }));
    expect(
      edge()
        .failures(10_000)
        .map(({ flag, words, n }) => [flag, words, n]),
    ).toEqual([
      ['UT', 'v2 did not answer in time', 2],
      ['500', 'v1 answered 500', 1],
    ]);
  });

  it('merges percentiles over versions instead of averaging them', () => {
    arrive(requests(99, {}, { ms: 10 }), requests(1, v2, { ms: 1000 }));
    const [row] = edge().routes(10_000);
    expect(row?.p50Ms).toBeCloseTo(10, 0);
    expect(row?.p99Ms).toBeLessThan(11);
  });

  it('gives a point per full second', () => {
    arrive(requests(3, {}, { agoSeconds: 2 }), requests(1, { status: 500 }, { agoSeconds: 1 }));
    const series = edge().series(3000);
    expect(series).toMatchObject({ rps: [0, 3, 1], errorsPerSecond: [0, 0, 1] });
    expect(series.p50Ms[0]).toBeNull();
  });

  it('knows since when an edge fails', () => {
    expect(edge().failingSince()).toBeNull();
    arrive(
      requests(9, {}, { agoSeconds: 30 }),
      requests(9, { status: 500 }, { agoSeconds: 20 }),
      requests(9, { status: 500 }, { agoSeconds: 14 }),
      requests(9, { status: 500 }, { agoSeconds: 5 }),
    );
    expect(edge().failingSince()).toBe((Math.floor(nowMs / 1000) - 20) * 1000);
  });

  it('counts the split since a moment', () => {
    arrive(requests(50, {}, { agoSeconds: 9 }), requests(8), requests(2, v2));
    expect(edge().observedSplit(nowMs - 5000)).toEqual({
      n: 10,
      parts: [
        { version: 'v1', n: 8, share: 0.8 },
        { version: 'v2', n: 2, share: 0.2 },
      ],
    });
  });
});

describe('the ring', () => {
  it('is bounded: more combinations than it holds are counted as other', () => {
    const small = new RollupRing({ now: () => nowMs, maxSeries: 2 });
    small.merge(['/a', '/b', '/c', '/d'].map((path) => requests(1, { path })));
    expect([small.seriesCount, small.overflowed]).toEqual([3, 2]);
  });

  it('forgets after its time', () => {
    arrive(requests(1));
    clock = nowMs + 902_000;
    ring.prune();
    expect(ring.seriesCount).toBe(0);
  });

  it('takes a clock that is wrong as now', () => {
    ring.merge([requests(1, {}, { agoSeconds: -3600 }), requests(1, {}, { agoSeconds: 3600 })]);
    expect(graph().edges[0]?.n).toBe(2);
  });
});
