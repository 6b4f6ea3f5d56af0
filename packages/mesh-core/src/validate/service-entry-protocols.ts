import type { WorldDocuments } from '../world/world.ts';
import type { Rule } from './rule.ts';

export type ServiceEntry = WorldDocuments['serviceEntries'][number];

/** ServiceEntries of one host and port agree on its protocol (IST0177): of several the oldest is heard. */
export const serviceEntryProtocols: Rule = function* (world) {
  const told = new Set<ServiceEntry>();
  for (const entries of entriesByHostAndPort(world.documents.serviceEntries).values()) {
    for (const contenders of contendersOf(entries)) {
      const protocols = new Set(contenders.map(({ protocol }) => protocol));
      if (protocols.size < 2) continue;
      for (const { document, port, host } of contenders) {
        if (told.has(document)) continue;
        told.add(document);
        const message = `ServiceEntries for ${host} and this port differ in its protocol (${[...protocols].map((one) => one || 'none').join(', ')}); write the same in each`;
        yield [document, { code: 'IST0177', severity: 'warning', path: `${port}.protocol`, message }];
      }
    }
  }
};

/** Those that one namespace hears of, for each that some are for alone, and for all others. */
export function contendersOf(entries: readonly Entry[]): (readonly Entry[])[] {
  const everywhere = entries.filter(({ scope }) => scope === '*');
  return [...Map.groupBy(entries, ({ scope }) => scope)].map(([scope, own]) =>
    scope === '*' ? own : [...own, ...everywhere],
  );
}

export interface Entry {
  readonly document: ServiceEntry;
  readonly host: string;
  /** Its path. */
  readonly port: string;
  readonly protocol: string;
  readonly scope: string;
}

/** By `host:port`. */
export function entriesByHostAndPort(
  documents: readonly ServiceEntry[],
): ReadonlyMap<string, readonly Entry[]> {
  const byPlace = new Map<string, Entry[]>();
  for (const document of documents) {
    const { hosts, ports = [], exportTo = [] } = document.object.spec;
    const everywhere = exportTo.length === 0 || exportTo.includes('*');
    const scopes = everywhere ? ['*'] : exportTo.map((one) => (one === '.' ? document.key.namespace : one));
    for (const host of hosts) {
      for (const [i, { number, protocol = '' }] of ports.entries()) {
        const place = `${host}:${number}`;
        const entries = byPlace.get(place) ?? [];
        byPlace.set(place, entries);
        for (const scope of scopes) {
          entries.push({
            document,
            host,
            port: `spec.ports[${i}]`,
            protocol: protocol.toUpperCase(),
            scope,
          });
        }
      }
    }
  }
  return byPlace;
}
