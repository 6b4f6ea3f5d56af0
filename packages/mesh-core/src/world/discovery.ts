/** Which namespaces the mesh looks at (MeshConfig.discoverySelectors). */
import type { WorldDocument, WorldDocuments } from './documents.ts';
import { selectsLabels } from './label-selector.ts';
import type { ConfiguredSettings } from './mesh-config.ts';

type Selector = NonNullable<ConfiguredSettings['discoverySelectors']>[number];

/** The documents of namespaces that a selector takes, and those of none. ConfigMaps stay: the mesh's own is one of them. */
export function discoveredDocuments(
  documents: readonly WorldDocument[],
  { namespaces }: Pick<WorldDocuments, 'namespaces'>,
  selectors: readonly Selector[],
): readonly WorldDocument[] {
  const labelsOf = new Map(namespaces.map(({ key, object }) => [key.name, object.metadata.labels ?? {}]));
  const isDiscovered = (namespace: string) => {
    // Kubernetes gives every namespace this label.
    const labels = { 'kubernetes.io/metadata.name': namespace, ...labelsOf.get(namespace) };
    return selectors.some((selector) => selectsLabels(selector, labels));
  };
  const known = new Map<string, boolean>();
  return documents.filter(({ key: { kind, namespace } }) => {
    if (namespace === '' || kind === 'ConfigMap') return true;
    let answer = known.get(namespace);
    if (answer === undefined) known.set(namespace, (answer = isDiscovered(namespace)));
    return answer;
  });
}
