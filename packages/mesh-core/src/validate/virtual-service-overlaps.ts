import { keyWords } from '../documents/key.ts';
import type { World, WorldDocuments } from '../world/world.ts';
import type { Rule } from './rule.ts';

type VirtualService = WorldDocuments['virtualServices'][number];

/** One destination twice in a route (KIA1105), one host of a Gateway in several documents (KIA1106). */
export const virtualServiceOverlaps: Rule = function* (world) {
  const byPlace = new Map<string, VirtualService>();
  for (const document of world.documents.virtualServices) {
    yield* repeatedDestinations(document, world);
    const { hosts = [], gateways = [] } = document.object.spec;
    for (const gateway of gateways.filter((name) => name !== 'mesh')) {
      const full = gateway.includes('/') ? gateway : `${document.key.namespace}/${gateway}`;
      for (const [i, host] of hosts.entries()) {
        const place = `${full} ${world.resolve(host, document.key.namespace)}`;
        const first = byPlace.get(place);
        if (first === undefined) byPlace.set(place, document);
        else if (first !== document) {
          const message = `${keyWords(first.key)} has ${host} on Gateway ${full} too: their routes are joined, the oldest first; join them in one document to see the order`;
          yield [document, { code: 'KIA1106', severity: 'warning', path: `spec.hosts[${i}]`, message }];
        }
      }
    }
  }
};

function* repeatedDestinations(document: VirtualService, world: World): ReturnType<Rule> {
  const { http = [], tcp = [], tls = [] } = document.object.spec;
  for (const [kind, rules] of Object.entries({ http, tcp, tls })) {
    for (const [i, { route = [] }] of rules.entries()) {
      const seen = new Set<string>();
      for (const [r, { destination }] of route.entries()) {
        const { host, subset = '', port } = destination;
        const place = `${world.resolve(host, document.key.namespace)} ${subset} ${port?.number ?? ''}`;
        if (seen.has(place)) {
          const what = subset === '' ? host : `subset "${subset}" of ${host}`;
          const message = `${what} is in this route already; join their weights`;
          yield [
            document,
            {
              code: 'KIA1105',
              severity: 'warning',
              path: `spec.${kind}[${i}].route[${r}].destination`,
              message,
            },
          ];
        }
        seen.add(place);
      }
    }
  }
}
