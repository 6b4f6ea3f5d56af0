import type { Rule } from './rule.ts';

/** What is exported goes to namespaces that are there (KIA0005). Asked only where namespaces are described at all. */
export const exportToNamespaces: Rule = function* ({ documents, services, deployments, instances }) {
  if (documents.namespaces.length === 0) return;
  const known = new Set([
    ...documents.namespaces.map(({ key }) => key.name),
    ...[...services, ...deployments, ...instances].map(({ namespace }) => namespace),
  ]);
  for (const document of [
    ...documents.virtualServices,
    ...documents.destinationRules,
    ...documents.serviceEntries,
  ]) {
    for (const [i, namespace] of (document.object.spec.exportTo ?? []).entries()) {
      if (['.', '*', '~'].includes(namespace) || known.has(namespace)) continue;
      yield [
        document,
        {
          code: 'KIA0005',
          severity: 'warning',
          path: `spec.exportTo[${i}]`,
          message: `no namespace "${namespace}" is known: nobody there hears of this; check the name`,
        },
      ];
    }
  }
};
