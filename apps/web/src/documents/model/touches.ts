/** The services that a document is about: named as hosts or backends, or running the workloads that it selects. */
import type { ServiceSummary, StoredResource, WorkloadSummary } from '@heddle/schema';

export interface Touched {
  readonly namespace: string;
  readonly name: string;
}

interface Known {
  readonly services: readonly ServiceSummary[];
  readonly workloads: readonly WorkloadSummary[];
}

type Document = Pick<StoredResource, 'kind' | 'namespace' | 'name' | 'object'>;

/** @returns by namespace and name; empty for what is about the mesh as a whole, or about what the mesh does not know */
export function touchedBy(document: Document, known: Known): Touched[] {
  const named = namesIn(document);
  const selected = selectedBy(document, known.workloads);
  return known.services
    .filter(({ namespace, name, hostname }) => {
      const isNamed = named.some(
        (one) =>
          one.host === hostname ||
          one.host === `${name}.${namespace}` ||
          (one.host === name && one.namespace === namespace),
      );
      return isNamed || selected.some((one) => one.namespace === namespace && one.services.includes(name));
    })
    .map(({ namespace, name }) => ({ namespace, name }))
    .toSorted((a, b) => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name));
}

interface Named {
  readonly host: string;
  readonly namespace: string;
}

/** Keys under which Istio, Gateway API and SMI name a service. */
const hostKeys = new Set(['host', 'hosts', 'service']);
const referenceKeys = new Set(['backendRef', 'backendRefs', 'parentRefs', 'targetRef', 'targetRefs']);

function namesIn({ kind, namespace, name, object }: Document): Named[] {
  if (kind === 'Service') return [{ host: name, namespace }];
  const found: Named[] = [];
  const visit = (value: unknown, key: string) => {
    if (typeof value === 'string') {
      if (hostKeys.has(key)) found.push({ host: value, namespace });
      return;
    }
    if (Array.isArray(value)) {
      for (const item of value) visit(item, key);
      return;
    }
    const members = membersOf(value);
    if (referenceKeys.has(key) && typeof members['name'] === 'string') {
      const of =
        typeof members['kind'] === 'string' ? members['kind'] : key.startsWith('backend') ? 'Service' : '';
      const at = typeof members['namespace'] === 'string' ? members['namespace'] : namespace;
      if (of === 'Service') found.push({ host: members['name'], namespace: at });
    }
    for (const [inner, item] of Object.entries(members)) visit(item, inner);
  };
  visit(object['spec'], 'spec');
  return found;
}

function selectedBy(
  { kind, namespace, object }: Document,
  workloads: readonly WorkloadSummary[],
): readonly WorkloadSummary[] {
  const spec = membersOf(object['spec']);
  const selector = membersOf(spec['selector'] ?? spec['workloadSelector']);
  const labels = Object.entries(membersOf(selector['matchLabels'] ?? selector['labels'] ?? selector)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  if (labels.length === 0 || kind === 'Service' || kind === 'ServiceEntry') return [];
  return workloads.filter(
    (one) =>
      // A Gateway of Istio may select gateways of every namespace.
      (kind === 'Gateway' || one.namespace === namespace) &&
      labels.every(([label, value]) => one.labels[label] === value),
  );
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
