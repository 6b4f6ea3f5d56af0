/** What a layout is made of and what comes of it. */
import type { Box } from './geometry.ts';

export interface LayoutNode {
  readonly id: string;
  /** "" stands outside the mesh. */
  readonly namespace: string;
  readonly height: number;
}

export interface LayoutEdge {
  readonly source: string;
  readonly target: string;
}

export interface Measures {
  readonly cardWidth: number;
  readonly columnGap: number;
  readonly rowGap: number;
  readonly hullPadding: number;
  readonly hullTitle: number;
  readonly hullGapX: number;
  readonly hullGapY: number;
}

export interface Hull extends Box {
  readonly namespace: string;
}

export interface Placement {
  readonly cards: ReadonlyMap<string, Box>;
  readonly hulls: readonly Hull[];
}
