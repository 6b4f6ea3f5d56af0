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
  /** What says the same before and after, but for where it came from: it is compared once for all proxies. */
  readonly #alike = new WeakMap<object, object>();
  #count = 0;

  /** @returns whether the proxy is told something else */
  add(proxyId: string, before: ProxySnapshot, after: ProxySnapshot): boolean {
    let isChanged = false;
    for (const [type, nodesOf] of parts) {
      const gone = new Map(nodesOf(before));
      for (const [name, node] of nodesOf(after)) {
        if (this.#note(proxyId, type, name, gone.get(name), node)) isChanged = true;
        gone.delete(name);
      }
      for (const [name, node] of gone) {
        if (this.#note(proxyId, type, name, node, undefined)) isChanged = true;
      }
    }
    return isChanged;
  }

  /** @returns whether they differ */
  #note(
    proxyId: string,
    type: IrChange['type'],
    name: string,
    before: object | undefined,
    after: object | undefined,
  ): boolean {
    if (before === after) return false;
    const isPair = before !== undefined && after !== undefined;
    if (isPair && this.#alike.get(before) === after) return false;
    const key = `${type} ${name}`;
    const noted = this.#differences.get(key) ?? [];
    const known = noted.find((one) => one.before === before && one.after === after);
    if (known !== undefined) {
      known.proxies.push(proxyId);
    } else if (plain(before) === plain(after)) {
      if (isPair) this.#alike.set(before, after);
      return false;
    } else if (this.#count < maxNodes) {
      this.#count++;
      this.#differences.set(key, [...noted, { type, name, before, after, proxies: [proxyId] }]);
    }
    return true;
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
