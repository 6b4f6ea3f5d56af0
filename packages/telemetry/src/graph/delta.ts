import type { Graph, GraphDeltaEvent } from '@heddle/schema';

export type GraphDelta = Omit<GraphDeltaEvent, 'seq'>;

/** What a viewer of `before` must change to see `after`. */
export function graphDelta(before: Graph, after: Graph): GraphDelta {
  return {
    at: after.at,
    nodes: changed(before.nodes, after.nodes),
    edges: changed(before.edges, after.edges),
    removedNodes: removed(before.nodes, after.nodes),
    removedEdges: removed(before.edges, after.edges),
  };
}

function changed<T extends { id: string }>(before: readonly T[], after: readonly T[]): T[] {
  const old = new Map(before.map((one) => [one.id, JSON.stringify(one)]));
  return after.filter((one) => old.get(one.id) !== JSON.stringify(one));
}

function removed(before: readonly { id: string }[], after: readonly { id: string }[]): string[] {
  const kept = new Set(after.map(({ id }) => id));
  return before.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
}
