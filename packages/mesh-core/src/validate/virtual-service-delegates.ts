import { keyText } from '../documents/key.ts';
import type { World, WorldDocuments } from '../world/world.ts';
import { reach } from '../world/visibility.ts';
import type { Rule } from './rule.ts';

type VirtualService = WorldDocuments['virtualServices'][number];

/** What a rule delegates to is a VirtualService without hosts that the rule's namespace hears of: else the rule is dropped (IST0101). */
export const virtualServiceDelegates: Rule = function* (world) {
  const known = new Map(world.documents.virtualServices.map((document) => [keyText(document.key), document]));
  for (const document of world.documents.virtualServices) {
    const { hosts = [], http = [] } = document.object.spec;
    if (hosts.length === 0) continue;
    for (const [i, { delegate }] of http.entries()) {
      if (delegate === undefined) continue;
      const namespace = delegate.namespace || document.key.namespace;
      const key = { ...document.key, namespace, name: delegate.name ?? '' };
      const wrong = problemOf(known.get(keyText(key)), document, world);
      if (wrong === undefined) continue;
      const message = `VirtualService ${namespace}/${key.name} ${wrong}; until then this rule is dropped`;
      yield [document, { code: 'IST0101', severity: 'warning', path: `spec.http[${i}].delegate`, message }];
    }
  }
};

function problemOf(
  delegate: VirtualService | undefined,
  root: VirtualService,
  world: World,
): string | undefined {
  if (delegate === undefined) return 'is not known: check the name and the namespace';
  const { hosts = [], exportTo } = delegate.object.spec;
  if (hosts.length > 0) return 'has hosts and is no delegate: remove its hosts';
  const from = delegate.key.namespace;
  return reach(exportTo, from, root.key.namespace, world.settings.virtualServiceExportTo)
    ? undefined
    : `is not exported to ${root.key.namespace}: add that to its exportTo`;
}
