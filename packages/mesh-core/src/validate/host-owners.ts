import { keyWords } from '../documents/key.ts';
import type { World, WorldDocuments } from '../world/world.ts';
import type { Rule } from './rule.ts';

type VirtualService = WorldDocuments['virtualServices'][number];

/** Two VirtualServices say where one host goes for the same sidecars: the oldest is heard, and both are told (IST0109). */
export const hostOwners: Rule = function* (world) {
  // The lists of the world are oldest first.
  const ages = new Map(world.documents.virtualServices.map((document, age) => [document, age]));
  for (const [host, entries] of hostsOnMesh(world)) {
    const everywhere = entries.filter(({ scope }) => scope === '*');
    const byScope = Map.groupBy(entries, ({ scope }) => scope);
    const told = new Set<VirtualService>();
    for (const [scope, own] of byScope) {
      const contenders = scope === '*' ? own : [...own, ...everywhere];
      const documents = new Set(contenders.map(({ document }) => document));
      if (documents.size < 2) continue;
      const owner = [...documents].reduce((a, b) => ((ages.get(a) ?? 0) < (ages.get(b) ?? 0) ? a : b));
      for (const { document, path } of contenders) {
        if (told.has(document)) continue;
        told.add(document);
        yield [
          document,
          { code: 'IST0109', severity: 'error', path, message: message(host, document, owner) },
        ];
      }
    }
  }
};

function message(host: string, document: VirtualService, owner: VirtualService): string {
  return document === owner
    ? `other VirtualServices route ${host} too, and are not heard because they are younger; join their rules in one document`
    : `${keyWords(owner.key)} already routes ${host} and is older: this one is ignored for it; join their rules in one document`;
}

interface Entry {
  readonly document: VirtualService;
  readonly path: string;
  /** A namespace that hears of it; `*` is all. */
  readonly scope: string;
}

function hostsOnMesh(world: World): ReadonlyMap<string, readonly Entry[]> {
  const byHost = new Map<string, Entry[]>();
  for (const document of world.documents.virtualServices) {
    const { gateways = [], hosts = [], exportTo = [] } = document.object.spec;
    if (gateways.length > 0 && !gateways.includes('mesh')) continue;
    const { namespace } = document.key;
    const written = exportTo.length === 0 ? world.settings.virtualServiceExportTo : exportTo;
    const scopes = written.includes('*') ? ['*'] : written.map((one) => (one === '.' ? namespace : one));
    for (const [i, host] of hosts.entries()) {
      const name = world.resolve(host, namespace);
      const entries = byHost.get(name) ?? [];
      byHost.set(name, entries);
      for (const scope of new Set(scopes)) entries.push({ document, path: `spec.hosts[${i}]`, scope });
    }
  }
  return byHost;
}
