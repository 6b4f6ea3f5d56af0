/**
 * Where cards and hulls stand: a two-level layered layout. Namespaces go into columns from callers to callees, and the
 * services of each into columns inside its hull. Its input is the topology alone, so that metrics can never move
 * anything; given the placement before, whatever was there stays where it is to the pixel.
 *
 * Cost: linear in nodes and edges but for the sorts; 1,000 services take some tens of milliseconds.
 */
import { breakCycles, longestPathRanks } from './ranks.ts';
import { addNewcomers } from './newcomers.ts';
import { union, type Box } from './geometry.ts';
import type { Hull, LayoutEdge, LayoutNode, Measures, Placement } from './placement.ts';

export const desktopMeasures: Measures = {
  cardWidth: 140,
  columnGap: 116,
  rowGap: 16,
  hullPadding: 12,
  hullTitle: 28,
  hullGapX: 84,
  hullGapY: 16,
};

export function layout(
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  measures: Measures,
  previous?: Placement,
): Placement {
  if (previous !== undefined && nodes.some((node) => previous.cards.has(node.id))) {
    return addNewcomers(nodes, edges, measures, previous);
  }
  const byNamespace = Map.groupBy(nodes, (node) => node.namespace);
  const boxes = new Map<string, InnerLayout>();
  for (const [namespace, members] of byNamespace) boxes.set(namespace, innerLayout(members, edges, measures));
  return placeBoxes(boxes, namespaceColumns(byNamespace, edges, boxes), measures);
}

interface InnerLayout {
  readonly cards: ReadonlyMap<string, Box>;
  readonly width: number;
  readonly height: number;
}

/** The cards of one namespace, relative to the top left corner of its hull. */
function innerLayout(
  members: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  measures: Measures,
): InnerLayout {
  const ids = new Set(members.map((node) => node.id));
  const inner = breakCycles(
    [...ids],
    edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)),
  );
  const ranks = longestPathRanks([...ids], inner);
  const columns = splitTall(
    [...Map.groupBy(members, (node) => ranks.get(node.id) ?? 0)]
      .toSorted(([a], [b]) => a - b)
      .map(([, column]) => column),
    Math.max(4, Math.ceil(1.2 * Math.sqrt(members.length))),
  );
  const ordered = sweep(columns, inner);
  const heights = ordered.map((column) =>
    column.reduce((sum, node) => sum + node.height + measures.rowGap, -measures.rowGap),
  );
  const innerHeight = Math.max(...heights);
  const cards = new Map<string, Box>();
  ordered.forEach((column, index) => {
    let y = measures.hullTitle + Math.round((innerHeight - (heights[index] ?? 0)) / 2);
    for (const node of column) {
      cards.set(node.id, {
        x: measures.hullPadding + index * (measures.cardWidth + measures.columnGap),
        y,
        width: measures.cardWidth,
        height: node.height,
      });
      y += node.height + measures.rowGap;
    }
  });
  return {
    cards,
    width:
      2 * measures.hullPadding +
      ordered.length * (measures.cardWidth + measures.columnGap) -
      measures.columnGap,
    height: measures.hullTitle + innerHeight + measures.hullPadding,
  };
}

function splitTall(columns: readonly LayoutNode[][], rows: number): LayoutNode[][] {
  return columns.flatMap((column) => {
    const parts: LayoutNode[][] = [];
    for (let from = 0; from < column.length; from += rows) parts.push(column.slice(from, from + rows));
    return parts;
  });
}

/** Barycentre sweeps: each column is ordered by the mean place of its neighbours, forth and back, to unwind crossings. */
function sweep(columns: readonly LayoutNode[][], edges: readonly LayoutEdge[]): LayoutNode[][] {
  const neighbours = new Map<string, string[]>();
  for (const { source, target } of edges) {
    neighbours.set(source, [...(neighbours.get(source) ?? []), target]);
    neighbours.set(target, [...(neighbours.get(target) ?? []), source]);
  }
  const place = new Map<string, number>();
  const ordered = columns.map((column) => column.toSorted((a, b) => a.id.localeCompare(b.id)));
  const note = (column: readonly LayoutNode[]) =>
    column.forEach((node, index) => place.set(node.id, (index + 0.5) / column.length));
  ordered.forEach(note);
  for (let pass = 0; pass < 4; pass += 1) {
    const order = pass % 2 === 0 ? ordered.keys() : [...ordered.keys()].toReversed();
    for (const index of order) {
      const column = ordered[index] ?? [];
      const weight = new Map(
        column.map((node) => {
          const around = neighbours.get(node.id) ?? [];
          const mean =
            around.reduce((sum, id) => sum + (place.get(id) ?? 0.5), 0) / Math.max(1, around.length);
          return [node.id, around.length === 0 ? (place.get(node.id) ?? 0.5) : mean];
        }),
      );
      column.sort((a, b) => (weight.get(a.id) ?? 0) - (weight.get(b.id) ?? 0) || a.id.localeCompare(b.id));
      note(column);
    }
  }
  return ordered;
}

/** Which namespaces share a column of hulls, callers to the left. */
function namespaceColumns(
  byNamespace: ReadonlyMap<string, readonly LayoutNode[]>,
  edges: readonly LayoutEdge[],
  boxes: ReadonlyMap<string, InnerLayout>,
): string[][] {
  const home = new Map(
    [...byNamespace].flatMap(([namespace, members]) => members.map((node) => [node.id, namespace])),
  );
  const between = edges.flatMap(({ source, target }) => {
    const from = home.get(source);
    const to = home.get(target);
    return from === undefined || to === undefined || from === to ? [] : [{ source: from, target: to }];
  });
  const names = [...byNamespace.keys()].toSorted();
  const ranks = longestPathRanks(names, breakCycles(names, between));
  const deepest = Math.max(0, ...ranks.values());
  if (deepest + 1 <= Math.max(4, Math.ceil(Math.sqrt(names.length)))) {
    return [...Map.groupBy(names, (name) => ranks.get(name) ?? 0)]
      .toSorted(([a], [b]) => a - b)
      .map(([, column]) => column);
  }
  return balancedColumns(names, between, boxes);
}

/**
 * For large meshes, where chains of namespaces are long and go round in circles: order by (in - out) / (in + out),
 * which no cycle can upset, and cut into columns of about the same height.
 */
function balancedColumns(
  names: readonly string[],
  between: readonly LayoutEdge[],
  boxes: ReadonlyMap<string, InnerLayout>,
): string[][] {
  const score = new Map<string, { in: number; out: number }>(names.map((name) => [name, { in: 0, out: 0 }]));
  for (const { source, target } of between) {
    const from = score.get(source);
    const to = score.get(target);
    if (from !== undefined) from.out += 1;
    if (to !== undefined) to.in += 1;
  }
  const lean = (name: string) => {
    const { in: into, out } = score.get(name) ?? { in: 0, out: 0 };
    return into + out === 0 ? 0 : (into - out) / (into + out);
  };
  const sorted = names.toSorted((a, b) => lean(a) - lean(b) || a.localeCompare(b));
  const area = sorted.reduce(
    (sum, name) => sum + (boxes.get(name)?.width ?? 0) * (boxes.get(name)?.height ?? 0),
    0,
  );
  const targetHeight = Math.sqrt(area / 1.8);
  const columns: string[][] = [];
  let filled = Infinity;
  for (const name of sorted) {
    const height = boxes.get(name)?.height ?? 0;
    if (filled + height / 2 > targetHeight) {
      columns.push([]);
      filled = 0;
    }
    columns.at(-1)?.push(name);
    filled += height;
  }
  return columns;
}

function placeBoxes(
  boxes: ReadonlyMap<string, InnerLayout>,
  columns: readonly string[][],
  measures: Measures,
): Placement {
  const cards = new Map<string, Box>();
  const hulls: Hull[] = [];
  const heightOf = (column: readonly string[]) =>
    column.reduce(
      (sum, name) => sum + (boxes.get(name)?.height ?? 0) + measures.hullGapY,
      -measures.hullGapY,
    );
  const tallest = Math.max(0, ...columns.map(heightOf));
  let x = 0;
  for (const column of columns) {
    let y = Math.round((tallest - heightOf(column)) / 2);
    let widest = 0;
    for (const namespace of column) {
      const box = boxes.get(namespace);
      if (box === undefined) continue;
      hulls.push({ namespace, x, y, width: box.width, height: box.height });
      for (const [id, card] of box.cards) cards.set(id, { ...card, x: card.x + x, y: card.y + y });
      y += box.height + measures.hullGapY;
      widest = Math.max(widest, box.width);
    }
    x += widest + measures.hullGapX;
  }
  return { cards, hulls };
}

/** All that is drawn, for fitting the camera. */
export function extent(placement: Placement): Box {
  return union([...placement.hulls, ...placement.cards.values()]);
}
