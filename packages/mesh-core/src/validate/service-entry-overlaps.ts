import { keyWords } from '../documents/key.ts';
import type { Rule } from './rule.ts';
import { contendersOf, entriesByHostAndPort, type ServiceEntry } from './service-entry-protocols.ts';

/** One host and port in several ServiceEntries that agree on its protocol: their endpoints are joined (KIA1211). */
export const serviceEntryOverlaps: Rule = function* (world) {
  const told = new Set<ServiceEntry>();
  for (const entries of entriesByHostAndPort(world.documents.serviceEntries).values()) {
    for (const contenders of contendersOf(entries)) {
      const [first, second] = new Set(contenders.map(({ document }) => document));
      const protocols = new Set(contenders.map(({ protocol }) => protocol));
      if (first === undefined || second === undefined || protocols.size > 1) continue;
      for (const { document, host, port } of contenders) {
        if (told.has(document)) continue;
        told.add(document);
        const other = keyWords((document === first ? second : first).key);
        yield [
          document,
          {
            code: 'KIA1211',
            severity: 'warning',
            path: port,
            message: `${other} has ${host} and this port too; join them in one ServiceEntry`,
          },
        ];
      }
    }
  }
};
