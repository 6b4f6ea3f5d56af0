import type { Rule } from './rule.ts';

/** A ReferenceGrant trusts namespaces that are there (KIA1601). Asked only where namespaces are described at all. */
export const referenceGrantNamespaces: Rule = function* (world) {
  const { namespaces, referenceGrants } = world.documents;
  if (namespaces.length === 0) return;
  const known = new Set(namespaces.map(({ key }) => key.name));
  for (const document of referenceGrants) {
    for (const [i, { namespace }] of document.object.spec.from.entries()) {
      if (known.has(namespace)) continue;
      yield [
        document,
        {
          code: 'KIA1601',
          severity: 'warning',
          path: `spec.from[${i}].namespace`,
          message: `no namespace "${namespace}" is known: nobody there can use this grant`,
        },
      ];
    }
  }
};
