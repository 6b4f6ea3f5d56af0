/** What of the live graph the map shows: the scope's part of it, in full or with its namespaces collapsed into one card each. */
import type { GraphEdge, GraphNode, HealthState, Signals } from '@heddle/schema';
import type { GraphState } from '../../api/graph-reducer.ts';
import type { RoutedEdge } from './edge-paths.ts';
import type { LayoutNode } from './placement.ts';

export interface MapView {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly collapsed: boolean;
}

/** Above this many services only namespaces are drawn: nobody reads more cards at once. */
export const fullDetailLimit = 150;

export const cardHeight = 44;
const rowHeight = 30;
const rowsTop = 34;

/** `''` shows every namespace. Callers and called of a namespace in scope stay, so that its edges keep both ends. */
export function visible(graph: GraphState, namespace: string): MapView {
  const all = [...graph.nodes.values()];
  const edges = [...graph.edges.values()];
  if (namespace === '') return { nodes: all, edges, collapsed: false };
  const inside = new Set(all.filter((node) => node.namespace === namespace).map((node) => node.id));
  const kept = edges.filter((edge) => inside.has(edge.source) || inside.has(edge.target));
  const ends = new Set([...inside, ...kept.flatMap((edge) => [edge.source, edge.target])]);
  return { nodes: all.filter((node) => ends.has(node.id)), edges: kept, collapsed: false };
}

const badness: Record<HealthState, number> = { ok: 0, unknown: 1, degraded: 2, failing: 3 };
const worst = (states: readonly HealthState[]): HealthState =>
  states.reduce<HealthState>((a, b) => (badness[b] > badness[a] ? b : a), 'ok');

/**
 * One card a namespace. Rates and requests add up; percentiles do not, so they are null here: a percentile of
 * percentiles is no percentile.
 */
export function collapse(view: MapView): MapView {
  const home = new Map(view.nodes.map((node) => [node.id, namespaceId(node)]));
  const nodes = [...Map.groupBy(view.nodes, namespaceId)].map(([id, members]): GraphNode => {
    const bad = members.filter((node) => node.state === 'failing' || node.state === 'degraded').length;
    const outside = members[0]?.kind === 'outside';
    return {
      id,
      kind: outside ? 'outside' : 'service',
      name: outside ? 'outside' : id,
      namespace: outside ? '' : id,
      state: worst(members.map((node) => node.state)),
      reason: outside
        ? 'no proxy'
        : bad > 0
          ? `${bad} bad of ${members.length}`
          : `${members.length} ${members.length === 1 ? 'service' : 'services'}`,
      inbound: sum(members.map((node) => node.inbound)),
      instancesReady: members.reduce((total, node) => total + node.instancesReady, 0),
      instancesTotal: members.reduce((total, node) => total + node.instancesTotal, 0),
    };
  });
  const crossing = view.edges.filter((edge) => home.get(edge.source) !== home.get(edge.target));
  const edges = [
    ...Map.groupBy(crossing, (edge) => `${home.get(edge.source)}->${home.get(edge.target)}`),
  ].flatMap(([id, group]): GraphEdge[] => {
    const first = group[0];
    const source = first && home.get(first.source);
    const target = first && home.get(first.target);
    if (first === undefined || source === undefined || target === undefined) return [];
    const signals = sum(group);
    const encrypted = group.reduce((total, edge) => total + edge.mtlsRatio * edge.n, 0);
    return [
      {
        ...first,
        ...signals,
        id,
        source,
        target,
        state: worst(group.map((edge) => edge.state)),
        mtlsRatio: signals.n === 0 ? 1 : encrypted / signals.n,
        lastRequestMs: Math.max(...group.map((edge) => edge.lastRequestMs)),
        versions: [],
      },
    ];
  });
  return { nodes, edges, collapsed: true };
}

function namespaceId(node: GraphNode): string {
  return node.kind === 'outside' ? 'outside' : node.namespace;
}

function sum(parts: readonly Signals[]): Signals {
  const n = parts.reduce((total, part) => total + part.n, 0);
  const errors = parts.reduce((total, part) => total + part.errors, 0);
  const rps = parts.reduce((total, part) => total + part.rps, 0);
  return { n, errors, rps, errorRatio: n === 0 ? 0 : errors / n, p50Ms: null, p95Ms: null, p99Ms: null };
}

/** A service with several versions opens into rows; its card then has room for all of them. */
export function versionRows(node: GraphNode): readonly string[] {
  const versions = node.versions ?? [];
  // What no instance answered has no version: it must not open a card that has one.
  const named = versions.map((version) => version.version).filter((version) => version !== '');
  return named.length > 1 ? named.toSorted() : [];
}

export function heightOf(node: GraphNode): number {
  const rows = versionRows(node).length;
  return rows === 0 ? cardHeight : rowsTop + rows * rowHeight + 6;
}

export function layoutNodes(view: MapView): LayoutNode[] {
  return view.nodes.map((node) => ({
    id: node.id,
    // Collapsed cards stand free: a hull around each would say the same twice.
    namespace: view.collapsed ? node.id : node.namespace,
    height: heightOf(node),
  }));
}

/** What routing needs to know; it changes with the topology and with versions that appear, never with a metric. */
export function routedEdges(view: MapView): RoutedEdge[] {
  const rows = new Map(view.nodes.map((node) => [node.id, versionRows(node)]));
  return view.edges.map((edge) => {
    const targetRows = rows.get(edge.target) ?? [];
    return {
      id: edge.id,
      source: edge.source,
      target: edge.target,
      strands: targetRows.map((key, index) => ({ key, y: rowsTop + index * rowHeight + rowHeight / 2 })),
    };
  });
}

/** Equal for two views that differ in metrics only. */
export function topologyKey(view: MapView): string {
  const nodes = view.nodes.map((node) => `${node.id}:${versionRows(node).join(',')}`).toSorted();
  const edges = view.edges.map((edge) => edge.id).toSorted();
  return `${nodes.join(' ')}|${edges.join(' ')}`;
}
