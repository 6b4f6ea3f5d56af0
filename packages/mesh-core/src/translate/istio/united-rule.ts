/** DestinationRules as clients find them: those of one host in one namespace are one, and each client gets one per service. */
import type { Subset, TrafficPolicy } from '@heddle/schema';
import type { Origin } from '@heddle/traffic';
import { HostMap } from '../../world/host-pattern.ts';
import { isSubset } from '../../world/instance.ts';
import { originOf, type World, type WorldDocuments } from '../../world/world.ts';

type Rule = WorldDocuments['destinationRules'][number];

/** A subset with the rule that defines it. The first definition of a name wins. */
export interface DefinedSubset {
  readonly subset: Subset;
  readonly from: Origin;
}

export interface UnitedRule {
  /** Unique in its world. */
  readonly id: string;
  readonly namespace: string;
  readonly exportTo: ReadonlySet<string>;
  /** Labels of the clients that it is for; undefined for all. */
  readonly workloads: Readonly<Record<string, string>> | undefined;
  readonly trafficPolicy: { readonly policy: TrafficPolicy; readonly from: Origin } | undefined;
  readonly subsets: readonly DefinedSubset[];
}

export interface RuleClient {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

type ByHost = HostMap<UnitedRule[]>;

interface RuleIndex {
  /** What a namespace's own clients use: all its rules. */
  readonly local: ReadonlyMap<string, ByHost>;
  /** What others may use of it: rules that are not private. */
  readonly exported: ReadonlyMap<string, ByHost>;
  /** What is private to the root namespace: all that its own clients look at before the service's namespace. */
  readonly rootPrivate: ByHost;
}

/** By the surroundings of worlds. */
const indexes = new WeakMap<object, RuleIndex>();

/**
 * The rule for a service's clusters as one client gets them: of the client's namespace, else of the service's, else of the root
 * namespace; in each the most specific host. The first of these that has a rule for the host decides, even if that rule is for
 * other workloads.
 */
export function ruleFor(
  service: { readonly hostname: string; readonly namespace: string },
  client: RuleClient,
  world: World,
): UnitedRule | undefined {
  const candidates = candidatesFor(service, client.namespace, world);
  let general: UnitedRule | undefined;
  for (const rule of candidates) {
    if (rule.workloads === undefined) general = rule;
    else if (rule.namespace === client.namespace && isSubset(rule.workloads, client.labels)) return rule;
  }
  return general;
}

/** Whether clients of a namespace get different rules by their labels. */
export function rulesReadLabels(namespace: string, world: World): boolean {
  return world.documents.destinationRules.some(
    ({ key, object }) => key.namespace === namespace && object.spec.workloadSelector !== undefined,
  );
}

function candidatesFor(
  { hostname, namespace }: { readonly hostname: string; readonly namespace: string },
  client: string,
  world: World,
): readonly UnitedRule[] {
  const { local, exported, rootPrivate } = indexOf(world);
  const { rootNamespace } = world.settings;
  const own = client === rootNamespace ? rootPrivate : local.get(client);
  const ofClient = own?.mostSpecific(hostname);
  if (ofClient !== undefined) return ofClient;
  for (const owner of [namespace, rootNamespace]) {
    const visible = exported
      .get(owner)
      ?.mostSpecific(hostname)
      ?.filter(({ exportTo }) => exportTo.size === 0 || exportTo.has('*') || exportTo.has(client));
    if (visible !== undefined && visible.length > 0) return visible;
  }
  return [];
}

function indexOf(world: World): RuleIndex {
  const known = indexes.get(world.surroundings);
  if (known !== undefined) return known;
  const local = new Map<string, ByHost>();
  const exported = new Map<string, ByHost>();
  const rootPrivate: ByHost = new HostMap();
  const { rootNamespace, destinationRuleExportTo } = world.settings;
  // Rules for certain workloads come first: what is united with them is theirs too.
  const isForAll = ({ object }: Rule) => (object.spec.workloadSelector === undefined ? 1 : 0);
  for (const rule of world.documents.destinationRules.toSorted((a, b) => isForAll(a) - isForAll(b))) {
    const { namespace } = rule.key;
    const { workloadSelector, exportTo } = rule.object.spec;
    const names = new Set(workloadSelector === undefined ? exportTo : ['.']);
    if (names.size === 0 || ['*', '.', namespace].some((name) => names.has(name))) {
      add(local, rule, names, world);
    }
    const isPrivate =
      names.size === 0
        ? destinationRuleExportTo.includes('.')
        : names.size === 1 && (names.has('.') || names.has(namespace));
    if (!isPrivate) add(exported, rule, names, world);
    else if (namespace === rootNamespace) unite(rootPrivate, rule, names, world);
  }
  const index = { local, exported, rootPrivate };
  indexes.set(world.surroundings, index);
  return index;
}

function add(byNamespace: Map<string, ByHost>, rule: Rule, names: ReadonlySet<string>, world: World): void {
  const byHost = byNamespace.get(rule.key.namespace) ?? new HostMap<UnitedRule[]>();
  byNamespace.set(rule.key.namespace, byHost);
  unite(byHost, rule, names, world);
}

/**
 * Joins a rule to those before it for the same host that are for the same namespaces and workloads: their subsets are united, and
 * the first traffic policy holds. Otherwise it stands beside them.
 */
function unite(byHost: ByHost, rule: Rule, names: ReadonlySet<string>, world: World): void {
  const host = world.resolve(rule.object.spec.host, rule.key.namespace);
  const before = byHost.get(host) ?? [];
  byHost.set(host, before);
  const added = toUnited(rule, names);
  let standsAlone = true;
  for (const [i, other] of before.entries()) {
    const isWider = [...other.exportTo].every((name) => names.has(name));
    const isSame = isWider && other.exportTo.size === names.size;
    standsAlone = !isSame;
    if (!isSame && (other.exportTo.size === 0 || !isWider)) continue;
    const isForSame = areEqual(other.workloads, added.workloads);
    if (other.workloads !== undefined && added.workloads !== undefined && !isForSame) {
      standsAlone = true;
      continue;
    }
    if (isForSame) standsAlone = false;
    before[i] = join(other, added);
  }
  if (standsAlone) before.push(added);
}

function join(first: UnitedRule, second: UnitedRule): UnitedRule {
  const names = new Set(first.subsets.map(({ subset }) => subset.name));
  return {
    ...first,
    id: `${first.id} ${second.id}`,
    trafficPolicy: first.trafficPolicy ?? second.trafficPolicy,
    subsets: [...first.subsets, ...second.subsets.filter(({ subset }) => !names.has(subset.name))],
  };
}

function toUnited(rule: Rule, exportTo: ReadonlySet<string>): UnitedRule {
  const { namespace, name } = rule.key;
  const { trafficPolicy, subsets, workloadSelector } = rule.object.spec;
  return {
    id: `${namespace}/${name}`,
    namespace,
    exportTo,
    workloads: workloadSelector && (workloadSelector.matchLabels ?? {}),
    trafficPolicy: trafficPolicy && {
      policy: trafficPolicy,
      from: originOf(rule, 'spec.trafficPolicy'),
    },
    subsets: (subsets ?? [])
      .map((subset, i) => ({ subset, from: originOf(rule, `spec.subsets[${i}]`) }))
      .filter(({ subset }, i, all) => all.findIndex((one) => one.subset.name === subset.name) === i),
  };
}

function areEqual(
  a: Readonly<Record<string, string>> | undefined,
  b: Readonly<Record<string, string>> | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return isSubset(a, b) && isSubset(b, a);
}
