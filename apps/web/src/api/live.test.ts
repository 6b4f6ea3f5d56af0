import type { GraphDeltaEvent, GraphSnapshotEvent } from '@heddle/schema';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Live, type EventStream } from './live.ts';

/** An event stream that says what the test tells it to. */
class ScriptedStream implements EventStream {
  readonly url: string;
  readyState = 1;
  readonly #listeners: { type: string; listener: (event: { data: string }) => void }[] = [];

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: (event: { data: string }) => void): void {
    this.#listeners.push({ type, listener });
  }

  close(): void {
    this.readyState = 2;
  }

  say(type: string, data: unknown): void {
    for (const entry of this.#listeners)
      if (entry.type === type) entry.listener({ data: JSON.stringify(data) });
  }
}

const snapshot = (seq: number): GraphSnapshotEvent => ({
  seq,
  graph: { at: '2026-01-01T00:00:00Z', windowMs: 10_000, level: 'service', nodes: [], edges: [] },
});
const delta = (seq: number): GraphDeltaEvent => ({
  seq,
  at: '2026-01-01T00:00:01Z',
  nodes: [],
  edges: [],
  removedNodes: [],
  removedEdges: [],
});

describe('the live stream', () => {
  let streams: ScriptedStream[];
  let live: Live;
  const newest = (): ScriptedStream => {
    const stream = streams.at(-1);
    if (stream === undefined) throw new Error('no stream was opened');
    return stream;
  };

  beforeEach(() => {
    vi.useFakeTimers();
    streams = [];
    live = new Live({
      open: (url) => {
        const stream = new ScriptedStream(url);
        streams.push(stream);
        return stream;
      },
      now: () => Date.now(),
    });
    live.start();
  });

  afterEach(() => {
    live.stop();
    vi.useRealTimers();
  });

  it('is live from the first snapshot on', () => {
    expect(live.connection).toBe('connecting');
    newest().say('snapshot', snapshot(1));
    expect([live.connection, live.graph?.seq]).toEqual(['live', 1]);
  });

  it('asks for a new snapshot when a delta is missing', () => {
    newest().say('snapshot', snapshot(1));
    newest().say('delta', delta(3));
    expect(streams.map((stream) => stream.readyState)).toEqual([2, 1]);
    expect(live.graph?.seq).toBe(1);
  });

  it('goes stale when heartbeats stay away, keeps the graph, and is live again with the next one', () => {
    newest().say('snapshot', snapshot(1));
    vi.advanceTimersByTime(6000);
    expect([live.connection, live.graph?.seq, live.age()]).toEqual(['stale', 1, 6000]);
    newest().say('delta', delta(2));
    expect([live.connection, live.graph?.seq]).toEqual(['live', 2]);
  });

  it('opens another stream by itself once the browser has given up on one', () => {
    newest().readyState = 2;
    newest().say('error', null);
    vi.advanceTimersByTime(2000);
    expect(streams).toHaveLength(2);
  });

  it('leaves a stream alone that the browser resumes by itself', () => {
    newest().readyState = 0;
    newest().say('error', null);
    vi.advanceTimersByTime(2000);
    expect(streams).toHaveLength(1);
  });

  it('asks for the level that is shown', () => {
    live.setLevel('version');
    expect(streams.map((stream) => new URL(stream.url, 'http://x').searchParams.get('level'))).toEqual([
      'service',
      'version',
    ]);
  });

  it('hands every change on, also those whose push has moved', () => {
    const seen: number[] = [];
    const unsubscribe = live.onChange((change) => seen.push(change.revision));
    newest().say('change', { revision: 7 });
    unsubscribe();
    newest().say('change', { revision: 8 });
    expect(seen).toEqual([7]);
  });

  it('is silent after it was stopped', () => {
    live.stop();
    expect([newest().readyState, vi.getTimerCount()]).toEqual([2, 0]);
  });
});
