import { describe, expect, it } from 'vitest';
import { routeEdges, samplePath, type RoutedEdge } from './edge-paths.ts';
import { segmentHits, type Box } from './geometry.ts';
import type { Placement } from './placement.ts';

const card = (x: number, y: number, height = 44): Box => ({ x, y, width: 140, height });
const placement = (cards: Record<string, Box>): Placement => ({
  cards: new Map(Object.entries(cards)),
  hulls: [{ namespace: 'default', x: -20, y: -40, width: 900, height: 400 }],
});
const edge = (source: string, target: string, strands: RoutedEdge['strands'] = []): RoutedEdge => ({
  id: `${source}->${target}`,
  source,
  target,
  strands,
});

describe('the way of an edge', () => {
  it('is a curve from the right side of the caller to the left side of the called', () => {
    const [path] = routeEdges(placement({ a: card(0, 0), b: card(268, 100) }), [edge('a', 'b')]);
    expect(path).toMatchObject({ shape: 'curve', from: { x: 140, y: 22 }, to: { x: 268, y: 122 } });
  });

  it('never runs behind a card in between', () => {
    const cards = { a: card(0, 0), between: card(268, 0), b: card(536, 0) };
    const [path] = routeEdges(placement(cards), [edge('a', 'b')]);
    if (path === undefined) throw new Error('no path');
    const points = samplePath(path, 64);
    expect(points.some((point, index) => segmentHits(point, points[index + 1] ?? point, cards.between))).toBe(
      false,
    );
  });

  it('goes round for a call back to the left and still enters from the left', () => {
    const [path] = routeEdges(placement({ a: card(0, 0), b: card(268, 100) }), [edge('b', 'a')]);
    const before = path?.via.at(-1);
    expect(path?.shape).toBe('lane');
    expect(before?.x).toBeLessThan(0);
    expect(path?.to).toEqual({ x: 0, y: 22 });
  });

  it('spreads the ports of several calls in the order of their targets', () => {
    const paths = routeEdges(placement({ a: card(0, 100), low: card(268, 200), high: card(268, 0) }), [
      edge('a', 'low'),
      edge('a', 'high'),
    ]);
    const yOf = (id: string) => paths.find((path) => path.id === id)?.from.y ?? Number.NaN;
    expect(yOf('a->high')).toBeLessThan(yOf('a->low'));
  });

  it('forks into one strand a version, each to its own row', () => {
    const paths = routeEdges(placement({ a: card(0, 60), b: card(268, 0, 132) }), [
      edge('a', 'b', [
        { key: 'v1', y: 51 },
        { key: 'v2', y: 81 },
        { key: 'v3', y: 111 },
      ]),
    ]);
    expect(paths.map((path) => [path.id, path.to.y])).toEqual([
      ['a->b|v1', 51],
      ['a->b|v2', 81],
      ['a->b|v3', 111],
    ]);
    expect(paths.map((path) => path.from.y)).toEqual([77, 82, 87]);
  });

  it('is sampled from end to end', () => {
    const [path] = routeEdges(placement({ a: card(0, 0), b: card(268, 100) }), [edge('a', 'b')]);
    if (path === undefined) throw new Error('no path');
    const points = samplePath(path, 8);
    expect([points[0], points.at(-1)]).toEqual([path.from, path.to]);
  });
});
