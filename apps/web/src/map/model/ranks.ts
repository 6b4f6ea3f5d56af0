/** Layers of a directed graph: cycles cut where a depth-first walk closes them, then the longest path from a source. */
export interface DirectedEdge {
  readonly source: string;
  readonly target: string;
}

/** The edges without those that close a cycle, self loops among them. Walks from the sources first, so that a back call is what is cut. */
export function breakCycles<E extends DirectedEdge>(ids: readonly string[], edges: readonly E[]): E[] {
  const outgoing = Map.groupBy(edges, (edge) => edge.source);
  const called = new Set(edges.map((edge) => edge.target));
  const starts = [...ids.filter((id) => !called.has(id)), ...ids.filter((id) => called.has(id))];
  const state = new Map<string, 'open' | 'done'>();
  const kept: E[] = [];
  for (const start of starts) {
    if (state.has(start)) continue;
    state.set(start, 'open');
    const stack = [{ id: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top === undefined) break;
      const edge = outgoing.get(top.id)?.[top.next];
      if (edge === undefined) {
        state.set(top.id, 'done');
        stack.pop();
        continue;
      }
      top.next += 1;
      const seen = state.get(edge.target);
      if (seen === 'open') continue;
      kept.push(edge);
      if (seen === undefined) {
        state.set(edge.target, 'open');
        stack.push({ id: edge.target, next: 0 });
      }
    }
  }
  return kept;
}

/** @param edges  without cycles */
export function longestPathRanks(
  ids: readonly string[],
  edges: readonly DirectedEdge[],
): Map<string, number> {
  const outgoing = Map.groupBy(edges, (edge) => edge.source);
  const waiting = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const { target } of edges) waiting.set(target, (waiting.get(target) ?? 0) + 1);
  const ranks = new Map<string, number>();
  const ready = ids.filter((id) => waiting.get(id) === 0);
  for (const id of ready) ranks.set(id, 0);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    const rank = ranks.get(id) ?? 0;
    for (const { target } of outgoing.get(id) ?? []) {
      ranks.set(target, Math.max(ranks.get(target) ?? 0, rank + 1));
      const left = (waiting.get(target) ?? 0) - 1;
      waiting.set(target, left);
      if (left === 0) ready.push(target);
    }
  }
  return ranks;
}
