import { describe, expect, it } from 'vitest';
import { overlaps, type Box } from './geometry.ts';
import { desktopMeasures, layout } from './layout.ts';
import type { LayoutEdge, LayoutNode, Placement } from './placement.ts';

/** A layered mesh with hubs and back calls from a seed: 12 services a namespace, three edges a service. */
function mesh(services: number, seed: number): { nodes: LayoutNode[]; edges: LayoutEdge[] } {
  let state = seed;
  const random = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
  const nodes = Array.from({ length: services }, (_, index) => ({
    id: `s${index}`,
    namespace: `ns${Math.floor(index / 12)}`,
    height: random() < 0.1 ? 132 : 44,
  }));
  const edges = Array.from({ length: services * 3 }, () => ({
    source: `s${Math.floor(random() * services)}`,
    target: `s${Math.floor(random() * services)}`,
  }));
  return { nodes, edges };
}

function overlapping(placement: Placement): string[] {
  const cards = [...placement.cards];
  const found: string[] = [];
  cards.forEach(([id, box], index) => {
    for (const [other, otherBox] of cards.slice(index + 1))
      if (overlaps(box, otherBox)) found.push(`${id} ${other}`);
  });
  placement.hulls.forEach((hull, index) => {
    for (const other of placement.hulls.slice(index + 1))
      if (overlaps(hull, other)) found.push(`${hull.namespace} ${other.namespace}`);
  });
  return found;
}

const bookinfo: { nodes: LayoutNode[]; edges: LayoutEdge[] } = {
  nodes: [
    { id: 'outside', namespace: '', height: 44 },
    { id: 'gateway', namespace: 'istio-system', height: 44 },
    { id: 'productpage', namespace: 'default', height: 44 },
    { id: 'details', namespace: 'default', height: 44 },
    { id: 'reviews', namespace: 'default', height: 132 },
    { id: 'ratings', namespace: 'default', height: 44 },
  ],
  edges: [
    { source: 'outside', target: 'gateway' },
    { source: 'gateway', target: 'productpage' },
    { source: 'productpage', target: 'details' },
    { source: 'productpage', target: 'reviews' },
    { source: 'reviews', target: 'ratings' },
  ],
};

const xOf = (placement: Placement, id: string) => placement.cards.get(id)?.x ?? Number.NaN;

describe('the layout of the map', () => {
  it('puts callers to the left of what they call', () => {
    const placement = layout(bookinfo.nodes, bookinfo.edges, desktopMeasures);
    const chain = ['outside', 'gateway', 'productpage', 'reviews', 'ratings'].map((id) => xOf(placement, id));
    expect(chain).toEqual(chain.toSorted((a, b) => a - b));
    expect(new Set(chain).size).toBe(chain.length);
  });

  it('gives the same picture whatever the order of its input', () => {
    const forth = layout(bookinfo.nodes, bookinfo.edges, desktopMeasures);
    const back = layout(bookinfo.nodes.toReversed(), bookinfo.edges.toReversed(), desktopMeasures);
    expect(new Map([...back.cards].toSorted())).toEqual(new Map([...forth.cards].toSorted()));
  });

  it.each([12, 100, 500])('never lets two cards or two hulls of %i services overlap', (services) => {
    const { nodes, edges } = mesh(services, 7);
    expect(overlapping(layout(nodes, edges, desktopMeasures))).toEqual([]);
  });

  it('moves nobody when services are added, and overlaps nobody', () => {
    const { nodes, edges } = mesh(300, 3);
    const before = layout(nodes.slice(0, 240), edges, desktopMeasures);
    const after = layout(nodes, edges, desktopMeasures, before);
    const moved = [...before.cards].filter(([id, box]) => !same(after.cards.get(id), box));
    expect(moved).toEqual([]);
    expect(after.cards.size).toBe(300);
    expect(overlapping(after)).toEqual([]);
  });

  it('keeps every card inside a hull of its namespace', () => {
    const { nodes, edges } = mesh(120, 11);
    const placement = layout(
      nodes,
      edges,
      desktopMeasures,
      layout(nodes.slice(0, 100), edges, desktopMeasures),
    );
    const strays = nodes.filter((node) => {
      const card = placement.cards.get(node.id);
      return (
        card === undefined ||
        !placement.hulls.some((hull) => hull.namespace === node.namespace && contains(hull, card))
      );
    });
    expect(strays).toEqual([]);
  });

  it('leaves the place of a removed service free and the others alone', () => {
    const before = layout(bookinfo.nodes, bookinfo.edges, desktopMeasures);
    const after = layout(
      bookinfo.nodes.filter((node) => node.id !== 'details'),
      bookinfo.edges,
      desktopMeasures,
      before,
    );
    expect(after.cards.has('details')).toBe(false);
    expect(after.cards.get('reviews')).toEqual(before.cards.get('reviews'));
  });

  it('has a place for each of a thousand services', () => {
    const { nodes, edges } = mesh(1000, 5);
    const placement = layout(nodes, edges, desktopMeasures);
    expect(placement.cards.size).toBe(1000);
  });
});

function same(a: Box | undefined, b: Box): boolean {
  return a !== undefined && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

function contains(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}
