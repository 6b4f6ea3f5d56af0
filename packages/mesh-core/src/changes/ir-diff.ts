/** What a change means for what proxies are told: nodes of the IR that differ, each once for all proxies that it concerns. */
import type { DiffLine, IrChange } from '@heddle/schema';
import { type ProxySnapshot, stableStringify } from '@heddle/traffic';
import { stringify } from 'yaml';
import { diffTexts } from './diff.ts';

/** Beyond this many nodes only the names are told: a person reads no more, and each diff takes time. */
const maxWithLines = 50;
const maxNodes = 1000;
/** Unchanged lines around a change. */
const contextLines = 3;

interface Difference {
  readonly type: IrChange['type'];
  readonly name: string;
  readonly before: object | undefined;
  readonly after: object | undefined;
  readonly proxies: string[];
}

type Nodes = readonly (readonly [name: string, node: object])[];

/** Collects the differences of many proxies. Where a node came from is no difference. */
export class IrDiff {
  /** By type and name; proxies with the same two nodes share one. */
  readonly #differences = new Map<string, Difference[]>();
  #count = 0;

  add(proxyId: string, before: ProxySnapshot, after: ProxySnapshot): void {
    for (const [type, nodesOf] of parts) this.#compare(proxyId, type, nodesOf(before), nodesOf(after));
  }

  #compare(proxyId: string, type: IrChange['type'], before: Nodes, after: Nodes): void {
    const gone = new Map(before);
    for (const [name, node] of after) {
      const was = gone.get(name);
      gone.delete(name);
      if (was !== node) this.#note(proxyId, type, name, was, node);
    }
    for (const [name, node] of gone) this.#note(proxyId, type, name, node, undefined);
  }

  #note(
    proxyId: string,
    type: IrChange['type'],
    name: string,
    before: object | undefined,
    after: object | undefined,
  ): void {
    const key = `${type} ${name}`;
    const alike = this.#differences.get(key) ?? [];
    const known = alike.find((one) => one.before === before && one.after === after);
    if (known !== undefined) {
      known.proxies.push(proxyId);
      return;
    }
    if (this.#count >= maxNodes || plain(before) === plain(after)) return;
    this.#count++;
    this.#differences.set(key, [...alike, { type, name, before, after, proxies: [proxyId] }]);
  }

  result(): IrChange[] {
    return [...this.#differences.values()].flat().map(({ type, name, before, after, proxies }, i) => ({
      type,
      name,
      change: before === undefined ? 'create' : after === undefined ? 'delete' : 'update',
      proxies,
      lines: i < maxWithLines ? nearChanges(diffTexts(textOf(before), textOf(after))) : [],
    }));
  }
}

const parts: readonly (readonly [IrChange['type'], (snapshot: ProxySnapshot) => Nodes])[] = [
  ['listener', ({ listeners }) => listeners.map((one) => [one.name, one])],
  [
    'virtual-host',
    ({ routeConfigurations }) =>
      routeConfigurations.flatMap(({ name, virtualHosts }) =>
        virtualHosts.map((host) => [`${name} ${host.name}`, host] as const),
      ),
  ],
  ['cluster', ({ clusters }) => clusters.map((one) => [one.name, one])],
  ['endpoints', ({ loadAssignments }) => loadAssignments.map((one) => [one.cluster, one])],
];

/** A node without provenance, with its keys in order. */
function plain(node: object | undefined): string {
  return node === undefined ? '' : stableStringify(withoutOrigins(node));
}

function withoutOrigins(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOrigins);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'from')
      .map(([name, member]) => [name, withoutOrigins(member)]),
  );
}

function textOf(node: object | undefined): string {
  return node === undefined ? '' : stringify(JSON.parse(plain(node)));
}

/** Lines that did not change are left out, but for a few around those that did. */
function nearChanges(lines: readonly DiffLine[]): DiffLine[] {
  return lines.filter((_, i) =>
    lines.slice(Math.max(i - contextLines, 0), i + contextLines + 1).some(({ op }) => op !== ' '),
  );
}
