/** What the palette offers for what was typed: pages, services, edges, a trace by its id. Trouble first. */
import type { HealthState } from '@heddle/schema';
import type { GraphState } from '../api/graph-reducer.ts';
import { inline, percent, rate } from '../format/number.ts';
import { shortName } from '../format/name.ts';
import { stateRank } from '../ui/state.tsx';
import type { IconName } from '../ui/icon.tsx';

export type Destination =
  | { readonly kind: 'page'; readonly to: '/map' | '/services' | '/traces' | '/documents' | '/changes' }
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string; readonly shift: boolean }
  | { readonly kind: 'edge'; readonly id: string }
  | { readonly kind: 'traces'; readonly service: string }
  | { readonly kind: 'trace'; readonly id: string };

export interface PaletteItem {
  readonly id: string;
  readonly group: 'Go to' | 'Do' | 'Search';
  readonly icon: IconName;
  readonly text: string;
  readonly note: string;
  readonly value: string;
  readonly state: HealthState;
  readonly destination: Destination;
}

const pages = [
  { to: '/map', text: 'Map', icon: 'map' },
  { to: '/services', text: 'Services', icon: 'services' },
  { to: '/traces', text: 'Traces', icon: 'traces' },
  { to: '/documents', text: 'Documents', icon: 'document' },
  { to: '/changes', text: 'Changes', icon: 'changes' },
] as const;

const groupRank = { 'Go to': 0, Do: 1, Search: 2 };
const mostPerGroup = { 'Go to': 8, Do: 4, Search: 3 };

export function paletteItems(typed: string, graph: GraphState | null): PaletteItem[] {
  const words = typed
    .toLowerCase()
    .split(/[\s→>-]+/)
    .filter((word) => word !== '');
  const traceId = /^[0-9a-f]{16,32}$/i.exec(typed.trim())?.[0];
  const items = [
    ...(traceId === undefined ? [] : [traceItem(traceId.toLowerCase())]),
    ...pageItems(),
    ...serviceItems(graph),
    ...edgeItems(graph),
  ];
  const matching = items.filter(
    (item) =>
      item.destination.kind === 'trace' ||
      words.every((word) => `${item.text} ${item.note}`.toLowerCase().includes(word)),
  );
  const sorted = matching.toSorted(
    (a, b) =>
      groupRank[a.group] - groupRank[b.group] ||
      (words.length === 0 ? 0 : stateRank[a.state] - stateRank[b.state]),
  );
  return [...Map.groupBy(sorted, (item) => item.group)].flatMap(([group, members]) =>
    members.slice(0, mostPerGroup[group]),
  );
}

function traceItem(id: string): PaletteItem {
  return {
    id: `trace ${id}`,
    group: 'Go to',
    icon: 'traces',
    text: `Trace ${id}`,
    note: '',
    value: '',
    state: 'ok',
    destination: { kind: 'trace', id },
  };
}

function pageItems(): PaletteItem[] {
  return pages.map(({ to, text, icon }) => ({
    id: to,
    group: 'Go to',
    icon,
    text,
    note: 'page',
    value: '',
    state: 'ok',
    destination: { kind: 'page', to },
  }));
}

function serviceItems(graph: GraphState | null): PaletteItem[] {
  return [...(graph?.nodes.values() ?? [])].flatMap((node): PaletteItem[] => {
    if (node.kind === 'outside' || node.version !== undefined) return [];
    const { namespace, name } = node;
    const common = { state: node.state, note: `in ${namespace}` };
    const items: PaletteItem[] = [
      {
        ...common,
        id: `service ${node.id}`,
        group: 'Go to',
        icon: node.kind === 'gateway' ? 'gateway' : 'service',
        text: name,
        value: inline(rate(node.inbound.rps)),
        destination: { kind: 'service', namespace, name, shift: false },
      },
      {
        ...common,
        id: `traces ${node.id}`,
        group: 'Search',
        icon: 'traces',
        text: `Traces that touch ${name}`,
        value: '',
        destination: { kind: 'traces', service: `${name}.${namespace}` },
      },
    ];
    if ((node.versions ?? []).length > 1) {
      items.push({
        ...common,
        id: `shift ${node.id}`,
        group: 'Do',
        icon: 'shift',
        text: `Shift traffic on ${name}`,
        value: '',
        destination: { kind: 'service', namespace, name, shift: true },
      });
    }
    return items;
  });
}

function edgeItems(graph: GraphState | null): PaletteItem[] {
  return [...(graph?.edges.values() ?? [])].map((edge) => ({
    id: `edge ${edge.id}`,
    group: 'Go to',
    icon: 'arrow',
    text: `${shortName(edge.source)} → ${shortName(edge.target)}`,
    note: 'edge',
    value: edge.errors > 0 ? inline(percent(edge.errorRatio)) : inline(rate(edge.rps)),
    state: edge.state,
    destination: { kind: 'edge', id: edge.id },
  }));
}
