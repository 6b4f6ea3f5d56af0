/** What a shift starts from: the document, the versions one can send traffic to, and what stands in the way. */
import type { ServiceDetail, StoredResource } from '@heddle/schema';
import { apportion } from './weights.ts';
import { editWeights, type WeightEdit } from './weight-edit.ts';

export interface Choice {
  readonly subset: string | null;
  /** What telemetry calls it. */
  readonly version: string;
  readonly weight: number;
  /** null: not in the rule yet. */
  readonly weightPath: string | null;
}

export interface Draft {
  readonly kind: 'draft';
  readonly key: {
    readonly group: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  };
  /** null: the document is created by this shift. */
  readonly revision: number | null;
  readonly yaml: string;
  readonly rulePath: string;
  readonly match: string;
  readonly choices: readonly Choice[];
}

export type DraftResult =
  | Draft
  | { readonly kind: 'impossible'; readonly title: string; readonly reason: string };

export interface Subset {
  readonly name: string;
  readonly version: string;
}

/** The subsets that a DestinationRule defines for this service; labels.version names the version, else the subset does. */
export function subsetsOf(rules: readonly StoredResource[], namespace: string, name: string): Subset[] {
  const hosts = new Set([
    name,
    `${name}.${namespace}`,
    `${name}.${namespace}.svc`,
    `${name}.${namespace}.svc.cluster.local`,
  ]);
  return rules.flatMap((rule) => {
    const spec = record(rule.object['spec']);
    const host = spec['host'];
    if (typeof host !== 'string' || !hosts.has(host) || !Array.isArray(spec['subsets'])) return [];
    return spec['subsets'].map(record).flatMap((subset) => {
      const label = record(subset['labels'])['version'];
      const subsetName = subset['name'];
      return typeof subsetName === 'string'
        ? [{ name: subsetName, version: typeof label === 'string' ? label : subsetName }]
        : [];
    });
  });
}

export function draftOf(detail: ServiceDetail, ruleIndex: number, subsets: readonly Subset[]): DraftResult {
  const { joined, owner: first, rules } = detail.routing;
  if (first === null) return newDocument(detail, subsets);
  const rule = rules[ruleIndex];
  const owner = [first, ...joined][rule?.document ?? 0] ?? first;
  if (rule === undefined) {
    return {
      kind: 'impossible',
      title: 'There is no such rule',
      reason: `${owner.kind} ${owner.namespace}/${owner.name} has ${rules.length} rules.`,
    };
  }
  const present: Choice[] = rule.parts.map((part) => ({
    subset: part.subset,
    version: part.version ?? part.subset ?? part.host,
    weight: Math.round(part.weight),
    weightPath: part.weightPath === '' ? null : part.weightPath,
  }));
  const named = new Set(present.map((choice) => choice.subset));
  // Only a rule that goes to subsets of this service can take another one.
  const absent: Choice[] =
    owner.kind === 'VirtualService' && rule.parts.every((part) => part.service === null)
      ? subsets
          .filter((subset) => !named.has(subset.name))
          .map((subset) => ({ subset: subset.name, version: subset.version, weight: 0, weightPath: null }))
      : [];
  const choices = [...present, ...absent].toSorted((a, b) =>
    a.version.localeCompare(b.version, 'en', { numeric: true }),
  );
  if (choices.length < 2) {
    return {
      kind: 'impossible',
      title: 'There is nothing to shift to',
      reason:
        owner.kind !== 'VirtualService'
          ? `${rule.path} of ${owner.kind} ${owner.namespace}/${owner.name} has one destination. Name a second Service beside it: the weights are set here.`
          : subsets.length === 0
            ? `The rule has one destination and no DestinationRule defines subsets of ${detail.name}.`
            : `Only ${choices[0]?.version ?? 'one version'} is defined as a subset of ${detail.name}.`,
    };
  }
  return {
    kind: 'draft',
    key: { group: owner.group, kind: owner.kind, namespace: owner.namespace, name: owner.name },
    revision: owner.revision,
    yaml: owner.yaml,
    rulePath: rule.path,
    match: rule.match,
    choices,
  };
}

/** A service that no document routes yet: a VirtualService over its subsets, starting from what is observed. */
function newDocument(detail: ServiceDetail, subsets: readonly Subset[]): DraftResult {
  if (subsets.length < 2) {
    return {
      kind: 'impossible',
      title: 'No document routes this service',
      reason: `${detail.name} is a plain Service: requests go to any ready instance. To shift traffic between versions, first define them as subsets in a DestinationRule for ${detail.name}.`,
    };
  }
  const observed = subsets.map(
    (subset) => detail.versions.find((share) => share.version === subset.version)?.share ?? 0,
  );
  const weights = apportion(observed, 100);
  return {
    kind: 'draft',
    key: {
      group: 'networking.istio.io',
      kind: 'VirtualService',
      namespace: detail.namespace,
      name: detail.name,
    },
    revision: null,
    yaml: '',
    rulePath: 'spec.http[0]',
    match: 'everything',
    choices: subsets.map((subset, index) => ({
      subset: subset.name,
      version: subset.version,
      weight: weights[index] ?? 0,
      weightPath: null,
    })),
  };
}

/** The document with these weights: an edit of the stored text, or the new document in full. */
export function documentWith(draft: Draft, weights: readonly number[]): WeightEdit {
  if (draft.revision === null) return { kind: 'edited', yaml: newYaml(draft, weights) };
  return editWeights(
    draft.yaml,
    draft.rulePath,
    draft.choices.map((choice, index) => ({
      weightPath: choice.weightPath,
      subset: choice.subset,
      weight: weights[index] ?? 0,
    })),
  );
}

function newYaml(draft: Draft, weights: readonly number[]): string {
  const { namespace, name } = draft.key;
  const routes = draft.choices.flatMap((choice, index) => [
    '        - destination:',
    `            host: ${name}`,
    `            subset: ${choice.subset ?? ''}`,
    `          weight: ${weights[index] ?? 0}`,
  ]);
  return [
    'apiVersion: networking.istio.io/v1',
    'kind: VirtualService',
    'metadata:',
    `  name: ${name}`,
    `  namespace: ${namespace}`,
    'spec:',
    '  hosts:',
    `    - ${name}`,
    '  http:',
    '    - route:',
    ...routes,
    '',
  ].join('\n');
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
