/** Where the time of a span went: every moment goes to the deepest span that was open then, so the parts sum to the span. */
import type { SpanNode } from './tree.ts';

export interface TimePart {
  readonly label: string;
  readonly proxy: boolean;
  readonly failing: boolean;
  readonly ms: number;
}

/** Longest first. Cost grows with the square of the spans that are open at once, linear otherwise. */
export function timeSpent(node: SpanNode): TimePart[] {
  const inside = descendants(node);
  const borders = [
    ...new Set(inside.flatMap((span) => [clip(span.from, node), clip(span.to, node)])),
  ].toSorted((a, b) => a - b);
  const byStart = inside.toSorted((a, b) => a.from - b.from);
  const parts = new Map<string, { label: string; proxy: boolean; failing: boolean; ms: number }>();
  let open: SpanNode[] = [];
  let next = 0;
  borders.slice(0, -1).forEach((from, index) => {
    const to = borders[index + 1] ?? from;
    for (
      let started = byStart[next];
      started !== undefined && started.from <= from;
      started = byStart[next]
    ) {
      open.push(started);
      next += 1;
    }
    open = open.filter((span) => span.to > from);
    const deepest = open.reduce<SpanNode | null>(
      (best, span) => (best === null || span.depth >= best.depth ? span : best),
      null,
    );
    if (deepest === null) return;
    const { service, version, scope } = deepest.span;
    const label = version === null ? service : `${service} ${version}`;
    const key = `${label} ${scope}`;
    const part = parts.get(key) ?? { label, proxy: scope === 'proxy', failing: false, ms: 0 };
    parts.set(key, {
      ...part,
      failing: part.failing || deepest.failing === 'started',
      ms: part.ms + to - from,
    });
  });
  return [...parts.values()].filter((part) => part.ms > 0).toSorted((a, b) => b.ms - a.ms);
}

function descendants(node: SpanNode): SpanNode[] {
  return [node, ...node.children.flatMap(descendants)];
}

function clip(at: number, node: SpanNode): number {
  return Math.min(node.to, Math.max(node.from, at));
}
