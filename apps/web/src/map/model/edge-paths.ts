/**
 * The way each edge takes across the map. Beziers with horizontal tangents where nothing is in between, orthogonal
 * lanes in the gutters where a card is. Ports are spread along a card's side in the order of what they lead to.
 */
import { inflate, segmentHits, type Box, type Point } from './geometry.ts';
import { extent } from './layout.ts';
import type { Placement } from './placement.ts';

export interface RoutedEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  /** The rows of an opened target that this edge lands on, y from the top of its card; none: the card itself. */
  readonly strands: readonly { readonly key: string; readonly y: number }[];
}

/** `curve`: a chain of quadratic beziers whose control points are `via`. `lane`: straight runs with rounded corners at `via`. */
export interface Path {
  /** `<edge id>` or `<edge id>|<version>` for one strand of a split. */
  readonly id: string;
  readonly edge: string;
  readonly strand: string | null;
  readonly shape: 'curve' | 'lane';
  readonly from: Point;
  readonly to: Point;
  readonly via: readonly Point[];
}

const portPitch = 8;
const strandPitch = 5;
const lanePitch = 7;
const clearance = 5;

export function routeEdges(placement: Placement, edges: readonly RoutedEdge[]): Path[] {
  const known = edges.filter(
    (edge) =>
      edge.source !== edge.target && placement.cards.has(edge.source) && placement.cards.has(edge.target),
  );
  const outPorts = ports(known, placement, 'source');
  const inPorts = ports(known, placement, 'target');
  const router = new LaneRouter(placement);
  return known.flatMap((edge) => {
    const source = placement.cards.get(edge.source);
    const target = placement.cards.get(edge.target);
    const outY = outPorts.get(edge.id);
    const inY = inPorts.get(edge.id);
    if (source === undefined || target === undefined || outY === undefined || inY === undefined) return [];
    const from = { x: source.x + source.width, y: outY };
    if (edge.strands.length > 1 && target.x > from.x) return fork(edge, from, target);
    const row = edge.strands.length === 1 ? edge.strands[0] : undefined;
    const to = { x: target.x, y: row === undefined ? inY : target.y + row.y };
    return [{ id: edge.id, edge: edge.id, strand: null, ...router.route(edge, from, to, source, target) }];
  });
}

/** The y of each edge's port: spread around the middle of the card's side, in the order of the other ends. */
function ports(
  edges: readonly RoutedEdge[],
  placement: Placement,
  side: 'source' | 'target',
): Map<string, number> {
  const other = side === 'source' ? 'target' : 'source';
  const middle = (id: string) => {
    const box = placement.cards.get(id);
    return box === undefined ? 0 : box.y + box.height / 2;
  };
  const ys = new Map<string, number>();
  for (const [id, group] of Map.groupBy(edges, (edge) => edge[side])) {
    const box = placement.cards.get(id);
    if (box === undefined) continue;
    const sorted = group.toSorted((a, b) => middle(a[other]) - middle(b[other]) || a.id.localeCompare(b.id));
    const pitch = Math.min(portPitch, (box.height - 14) / Math.max(1, sorted.length - 1));
    sorted.forEach((edge, index) =>
      ys.set(edge.id, box.y + box.height / 2 + (index - (sorted.length - 1) / 2) * pitch),
    );
  }
  return ys;
}

/** One strand a version: together along the trunk, apart at the fork, each to its own row. */
function fork(edge: RoutedEdge, from: Point, target: Box): Path[] {
  const forkX = from.x + (target.x - from.x) * 0.2;
  return edge.strands.map((strand, index) => {
    const y = from.y + (index - (edge.strands.length - 1) / 2) * strandPitch;
    const to = { x: target.x, y: target.y + strand.y };
    const width = target.x - forkX;
    return {
      id: `${edge.id}|${strand.key}`,
      edge: edge.id,
      strand: strand.key,
      shape: 'curve' as const,
      from: { x: from.x, y },
      to,
      via: [
        { x: (from.x + forkX) / 2, y },
        { x: forkX + width * 0.12, y },
        // At the row's height early: the rest is level, and the share stands free above it.
        { x: forkX + width * 0.42, y: to.y },
        { x: target.x - width * 0.2, y: to.y },
      ],
    };
  });
}

type Course = Pick<Path, 'shape' | 'from' | 'to' | 'via'>;

class LaneRouter {
  readonly #obstacles: readonly { readonly id: string; readonly box: Box }[];
  readonly #lanesAt = new Map<number, number>();
  readonly #rows: readonly number[];

  constructor(placement: Placement) {
    this.#obstacles = [...placement.cards].map(([id, box]) => ({ id, box: inflate(box, clearance) }));
    this.#rows = rowGutters(placement);
  }

  route(edge: RoutedEdge, from: Point, to: Point, source: Box, target: Box): Course {
    const clear = (points: readonly Point[]) => !this.#hits(points, edge.source, edge.target);
    if (source.x === target.x) return sideways(from, { x: target.x + target.width, y: to.y });
    if (to.x > from.x) {
      const curve = bezier(from, to);
      if (clear(samplePath(curve, 16))) return curve;
      for (const x of [to.x - 24, from.x + 24]) {
        const lane = orthogonal(from, to, [x]);
        if (clear([from, ...lane.via, to]))
          return orthogonal(from, to, [this.#lane(x, x === to.x - 24 ? -1 : 1)]);
      }
    }
    return this.#detour(from, to, clear);
  }

  /** Out to the right, along a gutter between rows, in from the left. The nearest gutter that is clear. */
  #detour(from: Point, to: Point, clear: (points: readonly Point[]) => boolean): Course {
    const x1 = this.#lane(from.x + 24, 1);
    const x2 = this.#lane(to.x - 24, -1);
    const middle = (from.y + to.y) / 2;
    const rows = this.#rows.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle)).slice(0, 12);
    for (const row of rows) {
      const via = [
        { x: x1, y: from.y },
        { x: x1, y: row },
        { x: x2, y: row },
        { x: x2, y: to.y },
      ];
      if (clear([from, ...via, to])) return { shape: 'lane', from, to, via };
    }
    return bezier(from, to);
  }

  /** The next free lane beside x, so that runs in one gutter lie side by side. */
  #lane(x: number, direction: 1 | -1): number {
    const gutter = Math.round(x / 24);
    const taken = this.#lanesAt.get(gutter) ?? 0;
    this.#lanesAt.set(gutter, taken + 1);
    return x + direction * (taken % 5) * lanePitch;
  }

  #hits(points: readonly Point[], source: string, target: string): boolean {
    return this.#obstacles.some(
      ({ id, box }) =>
        id !== source &&
        id !== target &&
        points.some((point, index) => {
          const next = points[index + 1];
          return next !== undefined && segmentHits(point, next, box);
        }),
    );
  }
}

/** The heights of the horizontal gutters: between the hulls, between the cards, above and below everything. */
function rowGutters(placement: Placement): number[] {
  const all = extent(placement);
  const edges = [...placement.cards.values()].flatMap((card) => [card.y - 7, card.y + card.height + 7]);
  const hulls = placement.hulls.flatMap((hull) => [hull.y - 8, hull.y + hull.height + 8]);
  return [...new Set([...hulls, ...edges, all.y - 14, all.y + all.height + 14].map(Math.round))];
}

function bezier(from: Point, to: Point): Course {
  const reach = Math.max(20, Math.min(90, Math.abs(to.x - from.x) * 0.28));
  return {
    shape: 'curve',
    from,
    to,
    via: [
      { x: from.x + reach, y: from.y },
      { x: to.x - reach, y: to.y },
    ],
  };
}

/** Between cards of one column: out and in on the right side. */
function sideways(from: Point, to: Point): Course {
  return {
    shape: 'curve',
    from,
    to,
    via: [
      { x: from.x + 56, y: from.y },
      { x: from.x + 56, y: to.y },
    ],
  };
}

function orthogonal(from: Point, to: Point, xs: readonly number[]): Course {
  return {
    shape: 'lane',
    from,
    to,
    via: xs.flatMap((x) => [
      { x, y: from.y },
      { x, y: to.y },
    ]),
  };
}

/** Points along a path at even parameters, ends included: what particles walk and obstacle tests look at. */
export function samplePath(path: Course, steps: number): Point[] {
  return path.shape === 'lane'
    ? sampleLane([path.from, ...path.via, path.to], steps)
    : sampleCurve(path, steps);
}

function sampleCurve({ from, to, via }: Course, steps: number): Point[] {
  const joints = via.slice(1).map((point, index) => {
    const before = via[index] ?? point;
    return { x: (before.x + point.x) / 2, y: (before.y + point.y) / 2 };
  });
  const ends = [from, ...joints, to];
  return Array.from({ length: steps + 1 }, (_, step) => {
    const at = (step / steps) * via.length;
    const index = Math.min(via.length - 1, Math.floor(at));
    const t = at - index;
    const a = ends[index] ?? from;
    const control = via[index] ?? to;
    const b = ends[index + 1] ?? to;
    return {
      x: (1 - t) ** 2 * a.x + 2 * t * (1 - t) * control.x + t ** 2 * b.x,
      y: (1 - t) ** 2 * a.y + 2 * t * (1 - t) * control.y + t ** 2 * b.y,
    };
  });
}

function sampleLane(corners: readonly Point[], steps: number): Point[] {
  const lengths = corners.slice(1).map((corner, index) => {
    const before = corners[index] ?? corner;
    return Math.hypot(corner.x - before.x, corner.y - before.y);
  });
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return Array.from({ length: steps + 1 }, (_, step) => {
    let left = (step / steps) * total;
    let index = 0;
    while (index < lengths.length - 1 && left > (lengths[index] ?? 0)) {
      left -= lengths[index] ?? 0;
      index += 1;
    }
    const a = corners[index] ?? { x: 0, y: 0 };
    const b = corners[index + 1] ?? a;
    const share = (lengths[index] ?? 0) === 0 ? 0 : Math.min(1, left / (lengths[index] ?? 1));
    return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
  });
}
