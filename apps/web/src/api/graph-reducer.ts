/** The live graph as a value: what a snapshot and the deltas after it add up to. */
import type { GraphDeltaEvent, GraphEdge, GraphLevel, GraphNode, GraphSnapshotEvent } from '@heddle/schema';

export interface GraphState {
  readonly seq: number;
  /** When the newest event was made, unix milliseconds by the API's clock. */
  readonly atMs: number;
  readonly level: GraphLevel;
  readonly windowMs: number;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly edges: ReadonlyMap<string, GraphEdge>;
}

export function fromSnapshot({ seq, graph }: GraphSnapshotEvent): GraphState {
  return {
    seq,
    atMs: Date.parse(graph.at),
    level: graph.level,
    windowMs: graph.windowMs,
    nodes: new Map(graph.nodes.map((node) => [node.id, node])),
    edges: new Map(graph.edges.map((edge) => [edge.id, edge])),
  };
}

/**
 * The state after one delta. A node or edge that the delta does not name keeps its identity, so that a view can skip
 * it; with nothing changed both maps keep theirs.
 *
 * @returns `gap` when a delta is missing between: the state is then not to be trusted, a snapshot is needed. A delta
 *   that was seen before (a resumed stream repeats) leaves the state as it is.
 */
export function applyDelta(state: GraphState, delta: GraphDeltaEvent): GraphState | 'gap' {
  if (delta.seq <= state.seq) return state;
  if (delta.seq !== state.seq + 1) return 'gap';
  return {
    ...state,
    seq: delta.seq,
    atMs: Date.parse(delta.at),
    nodes: merged(state.nodes, delta.nodes, delta.removedNodes),
    edges: merged(state.edges, delta.edges, delta.removedEdges),
  };
}

function merged<T extends { id: string }>(
  before: ReadonlyMap<string, T>,
  changed: readonly T[],
  removed: readonly string[],
): ReadonlyMap<string, T> {
  if (changed.length === 0 && removed.length === 0) return before;
  const after = new Map(before);
  for (const item of changed) after.set(item.id, item);
  for (const id of removed) after.delete(id);
  return after;
}
