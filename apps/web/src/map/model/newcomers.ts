/**
 * Adds what is new to a placement without moving what is there: a free place in its own hull near its neighbours, else
 * the hull grows into free space, else the namespace gets a second hull below everything.
 */
import { overlaps, union, type Box } from './geometry.ts';
import type { Hull, LayoutEdge, LayoutNode, Measures, Placement } from './placement.ts';

export function addNewcomers(
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  measures: Measures,
  previous: Placement,
): Placement {
  const present = new Map(nodes.map((node) => [node.id, node]));
  const cards = new Map<string, Box>();
  // A card keeps the room it was given: one that opens later into more rows stays closed instead of pushing others.
  for (const [id, box] of previous.cards) if (present.has(id)) cards.set(id, box);
  const inUse = new Set(nodes.map((node) => node.namespace));
  const hulls = previous.hulls.filter((hull) => inUse.has(hull.namespace)).map((hull) => ({ ...hull }));
  for (const node of nodes) {
    if (cards.has(node.id)) continue;
    place(node, nearNeighbours(node, edges, cards), cards, hulls, measures);
  }
  return { cards, hulls };
}

function nearNeighbours(
  node: LayoutNode,
  edges: readonly LayoutEdge[],
  cards: ReadonlyMap<string, Box>,
): Box | null {
  const around = edges.flatMap(({ source, target }) => {
    const other = source === node.id ? target : target === node.id ? source : null;
    const box = other === null ? undefined : cards.get(other);
    return box === undefined ? [] : [box];
  });
  return around.length === 0 ? null : union(around);
}

function place(
  node: LayoutNode,
  near: Box | null,
  cards: Map<string, Box>,
  hulls: { -readonly [K in keyof Hull]: Hull[K] }[],
  measures: Measures,
): void {
  const pitch = measures.cardWidth + measures.columnGap;
  const free = (box: Box, hull: Hull) =>
    ![...cards.values()].some((card) => overlaps(card, box, measures.rowGap)) &&
    !hulls.some((other) => other !== hull && overlaps(other, box, measures.hullPadding));
  const distance = (box: Box) =>
    near === null
      ? box.x + box.y
      : Math.hypot(box.x - near.x - near.width / 2, box.y - near.y - near.height / 2);
  for (const hull of hulls.filter((candidate) => candidate.namespace === node.namespace)) {
    const spots: Box[] = [];
    // One row beyond the bottom and one column beyond the right edge: there the hull would grow.
    for (let x = hull.x + measures.hullPadding; x <= hull.x + hull.width + measures.columnGap; x += pitch) {
      for (let y = hull.y + measures.hullTitle; y <= hull.y + hull.height; y += 4) {
        spots.push({ x, y, width: measures.cardWidth, height: node.height });
      }
    }
    spots.sort((a, b) => growth(a, hull, measures) - growth(b, hull, measures) || distance(a) - distance(b));
    for (const spot of spots) {
      if (!free(spot, hull)) continue;
      const grown = union([
        hull,
        { ...spot, width: spot.width + measures.hullPadding, height: spot.height + measures.hullPadding },
      ]);
      if (hulls.some((other) => other !== hull && overlaps(other, grown))) continue;
      Object.assign(hull, grown);
      cards.set(node.id, spot);
      return;
    }
  }
  const all = union(hulls);
  const hull = {
    namespace: node.namespace,
    x: near === null ? all.x : Math.round(near.x - measures.hullPadding),
    y: all.y + all.height + measures.hullGapY,
    width: measures.cardWidth + 2 * measures.hullPadding,
    height: measures.hullTitle + node.height + measures.hullPadding,
  };
  hulls.push(hull);
  cards.set(node.id, {
    x: hull.x + measures.hullPadding,
    y: hull.y + measures.hullTitle,
    width: measures.cardWidth,
    height: node.height,
  });
}

/** 0 inside, 1 when the hull must grow downwards, 2 when it must grow to the right. */
function growth(spot: Box, hull: Box, measures: Measures): number {
  if (spot.x + spot.width + measures.hullPadding > hull.x + hull.width) return 2;
  return spot.y + spot.height + measures.hullPadding > hull.y + hull.height ? 1 : 0;
}
