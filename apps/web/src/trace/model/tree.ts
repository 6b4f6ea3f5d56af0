/** Spans as rows of a waterfall: who called whom, where a failure started, and which self time the trace waited for. */
import type { Span, Trace } from '@heddle/schema';
import { nanoToMs } from '../../format/time.ts';

export interface Interval {
  /** Milliseconds since the trace began. */
  readonly from: number;
  readonly to: number;
}

/** `started`: this span failed and nothing under it did. `passed-on`: it failed because something under it did. */
export type Failing = 'none' | 'started' | 'passed-on';

export interface SpanNode extends Interval {
  readonly span: Span;
  readonly depth: number;
  readonly parent: SpanNode | null;
  readonly children: SpanNode[];
  failing: Failing;
  /** Self time on the critical path; empty beside it. */
  critical: readonly Interval[];
  /** Where the work went on after the caller had its answer; null when it ended in time. */
  readonly callerGoneAt: number | null;
}

export interface SpanTree {
  readonly roots: readonly SpanNode[];
  readonly byId: ReadonlyMap<string, SpanNode>;
  readonly startMs: number;
  readonly durationMs: number;
}

/** Children by start. A span whose parent was never received is a root: it is shown rather than dropped. */
export function buildTree(trace: Trace): SpanTree {
  const startMs = Math.min(...trace.spans.map((span) => nanoToMs(span.startUnixNano)));
  const known = new Set(trace.spans.map((span) => span.spanId));
  const childrenOf = Map.groupBy(trace.spans, (span) =>
    span.parentSpanId !== null && known.has(span.parentSpanId) ? span.parentSpanId : '',
  );
  const byId = new Map<string, SpanNode>();
  const build = (parentId: string, parent: SpanNode | null): SpanNode[] =>
    (childrenOf.get(parentId) ?? [])
      .map((span) => ({ span, from: nanoToMs(span.startUnixNano) - startMs }))
      .toSorted((a, b) => a.from - b.from)
      .map(({ span, from }) => {
        const to = from + span.durationMs;
        const node: SpanNode = {
          span,
          from,
          to,
          parent,
          children: [],
          depth: parent === null ? 0 : parent.depth + 1,
          failing: 'none',
          critical: [],
          callerGoneAt: parent !== null && to > parent.to + clockSlackMs ? Math.max(from, parent.to) : null,
        };
        byId.set(span.spanId, node);
        node.children.push(...build(span.spanId, node));
        return node;
      });
  const roots = build('', null);
  markFailures(roots);
  markCritical(byId, trace.criticalPath);
  const durationMs = Math.max(0.001, ...[...byId.values()].map((node) => node.to));
  return { roots, byId, startMs, durationMs };
}

/** Two clocks on one machine differ by this much at most; a smaller overrun says nothing. */
const clockSlackMs = 0.5;

/** @returns whether a failure is anywhere in these */
function markFailures(nodes: readonly SpanNode[]): boolean {
  let any = false;
  for (const node of nodes) {
    const below = markFailures(node.children);
    const here = node.span.status === 'error';
    node.failing = here ? (below ? 'passed-on' : 'started') : 'none';
    any ||= here || below;
  }
  return any;
}

function markCritical(byId: ReadonlyMap<string, SpanNode>, path: readonly string[]): void {
  const onPath = new Set(path);
  for (const id of path) {
    const node = byId.get(id);
    if (node === undefined) continue;
    const waited = node.children.filter((child) => onPath.has(child.span.spanId));
    node.critical = subtract(node, waited);
  }
}

/** What is left of an interval outside of others. */
export function subtract(whole: Interval, taken: readonly Interval[]): Interval[] {
  const left: Interval[] = [];
  let at = whole.from;
  for (const { from, to } of taken.toSorted((a, b) => a.from - b.from)) {
    if (from > at) left.push({ from: at, to: Math.min(from, whole.to) });
    at = Math.max(at, to);
  }
  if (at < whole.to) left.push({ from: at, to: whole.to });
  return left.filter((interval) => interval.to > interval.from);
}

/** Rows in the order in which they stand, without what is folded away. */
export function visibleRows(roots: readonly SpanNode[], folded: ReadonlySet<string>): SpanNode[] {
  return roots.flatMap((node) => [
    node,
    ...(folded.has(node.span.spanId) ? [] : visibleRows(node.children, folded)),
  ]);
}

export function countBelow(node: SpanNode): number {
  return node.children.reduce((sum, child) => sum + 1 + countBelow(child), 0);
}
