/** The trace in a sentence, and what a span says about the way its request took. */
import type { Span, Trace } from '@heddle/schema';
import { duration, inline } from '../../format/number.ts';
import type { SpanNode, SpanTree } from './tree.ts';

export function headline(trace: Trace, tree: SpanTree): string {
  const took = inline(duration(trace.durationMs));
  const origin = firstOrigin(tree.roots);
  if (origin === null) return `${trace.rootName} took ${took}`;
  return `${trace.rootName} failed after ${took}: ${failureOf(origin)}`;
}

/** The earliest span at which a failure started. */
function firstOrigin(nodes: readonly SpanNode[]): SpanNode | null {
  for (const node of nodes) {
    if (node.failing === 'started') return node;
    const below = firstOrigin(node.children);
    if (below !== null) return below;
  }
  return null;
}

function failureOf(node: SpanNode): string {
  const { span } = node;
  const who = span.version === null ? span.service : `${span.service} ${span.version}`;
  const callee = span.kind === 'client' ? calleeOf(node) : null;
  const what =
    span.statusMessage !== ''
      ? span.statusMessage
      : span.httpStatus === null
        ? 'an error'
        : `status ${span.httpStatus}`;
  return callee === null ? `${what} in ${who}` : `${what} calling ${callee} from ${who}`;
}

function calleeOf({ span }: SpanNode): string | null {
  const service = span.attributes['heddle.destination.service'];
  return typeof service === 'string' && service !== '' ? service : null;
}

/** One step of the decision that sent a request where it went, from what the proxy noted about it. */
export interface RouteStep {
  readonly what: string;
  readonly detail: string;
  readonly bad: boolean;
}

export function whyThisRoute(span: Span): RouteStep[] {
  const text = (key: string): string => {
    const value = span.attributes[key];
    return value === undefined || value === '' ? '' : String(value);
  };
  const steps: RouteStep[] = [];
  const add = (what: string, detail: string, bad = false) => {
    if (detail !== '') steps.push({ what, detail, bad });
  };
  add('Route', text('heddle.route'));
  add('Cluster', text('heddle.cluster'));
  const version = text('heddle.destination.version');
  const host = text('heddle.upstream.host');
  add(
    'Endpoint',
    [text('heddle.destination.workload'), version, host].filter((part) => part !== '').join(' · '),
  );
  const attempts = Number(text('heddle.attempts'));
  if (attempts > 1) add('Retries', `${attempts} attempts`, true);
  add('Response flags', text('heddle.response_flags'), true);
  return steps;
}

/** The edge of the map that a span belongs to: a client span's call, or the call that a server span answered. */
export function edgeOf(node: SpanNode): string | null {
  const { span } = node;
  const here = `${span.service}.${span.namespace}`;
  const target = span.attributes['heddle.destination.service'];
  const namespace = span.attributes['heddle.destination.namespace'];
  if (span.kind === 'client' && typeof target === 'string' && typeof namespace === 'string')
    return `${here}->${target}.${namespace}`;
  const other = span.kind === 'client' ? findOther(node.children, here) : null;
  if (other !== null) return `${here}->${other}`;
  for (let caller = node.parent; caller !== null; caller = caller.parent) {
    const name = `${caller.span.service}.${caller.span.namespace}`;
    if (name !== here) return `${name}->${here}`;
  }
  return null;
}

function findOther(nodes: readonly SpanNode[], here: string): string | null {
  const names = nodes.map((node) => `${node.span.service}.${node.span.namespace}`);
  return names.find((name) => name !== here) ?? null;
}
