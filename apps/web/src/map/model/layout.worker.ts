/** The layout off the main thread. One question, one answer, in order. */
import { layout } from './layout.ts';
import type { LayoutEdge, LayoutNode, Measures, Placement } from './placement.ts';

export interface LayoutQuestion {
  readonly id: number;
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly LayoutEdge[];
  readonly measures: Measures;
  readonly previous: Placement | undefined;
}

export interface LayoutAnswer {
  readonly id: number;
  readonly placement: Placement;
}

self.addEventListener('message', (event: MessageEvent<LayoutQuestion>) => {
  const { id, nodes, edges, measures, previous } = event.data;
  const answer: LayoutAnswer = { id, placement: layout(nodes, edges, measures, previous) };
  self.postMessage(answer);
});
