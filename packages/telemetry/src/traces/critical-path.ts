import type { Span } from '@heddle/schema';

/**
 * The spans that determined the duration of a trace: making any of them faster makes the trace faster.
 *
 * Walks back from the end of the root: the child that ended last before the cursor is on the path, then the cursor moves to its
 * start. Work that goes on after its parent has ended is clipped to the parent.
 *
 * @param spans of one trace, parents before children
 * @returns span ids, from the root, by start time
 * @see Zhang et al. 2022, "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures"
 */
export function criticalPath(spans: readonly Span[]): string[] {
  const root = spans[0];
  if (root === undefined) return [];
  const children = new Map<string, TimedSpan[]>();
  for (const span of spans.slice(1)) {
    if (span.parentSpanId === null) continue;
    children.set(span.parentSpanId, [...(children.get(span.parentSpanId) ?? []), timed(span)]);
  }
  const path: TimedSpan[] = [];
  const visited = new Set<string>();
  const walk = (span: TimedSpan, end: bigint) => {
    if (visited.has(span.id)) return; // a cycle in the parents
    visited.add(span.id);
    path.push(span);
    let cursor = end;
    const byEnd = (children.get(span.id) ?? []).toSorted((a, b) => (a.end < b.end ? 1 : -1));
    for (const child of byEnd) {
      const childEnd = child.end < cursor ? child.end : cursor;
      if (child.start >= cursor || childEnd <= span.start) continue;
      walk(child, childEnd);
      cursor = child.start;
    }
  };
  const first = timed(root);
  walk(first, first.end);
  return path.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0)).map(({ id }) => id);
}

interface TimedSpan {
  readonly id: string;
  readonly start: bigint;
  readonly end: bigint;
}

function timed(span: Span): TimedSpan {
  return { id: span.spanId, start: BigInt(span.startUnixNano), end: BigInt(span.endUnixNano) };
}
