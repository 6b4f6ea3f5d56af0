import { stableStringify } from '@heddle/traffic';
import { keyWords } from '../documents/key.ts';
import { isSubset } from '../world/instance.ts';
import type { WorldDocuments } from '../world/world.ts';
import type { Rule } from './rule.ts';

type Gateway = WorldDocuments['gateways'][number];
type Server = Gateway['object']['spec']['servers'][number];

interface Place {
  readonly document: Gateway;
  readonly path: string;
  readonly selector: Readonly<Record<string, string>>;
}

/** Two Gateways on the same proxies have a host on the same port (IST0145) or show the same certificate (IST0138). */
export const gatewayConflicts: Rule = function* (world) {
  const hosts = new Map<string, Place[]>();
  const certificates = new Map<string, Place[]>();
  const add = (places: Map<string, Place[]>, at: string, place: Place) => {
    const known = places.get(at);
    if (known === undefined) places.set(at, [place]);
    else known.push(place);
  };
  for (const document of world.documents.gateways) {
    const selector = document.object.spec.selector ?? {};
    for (const [i, server] of document.object.spec.servers.entries()) {
      const place = { document, path: `spec.servers[${i}]`, selector };
      for (const host of server.hosts) {
        add(hosts, stableStringify([server.port.number, server.bind ?? '', host]), place);
      }
      const certificate = certificateOf(server);
      if (certificate !== undefined) add(certificates, stableStringify(certificate), place);
    }
  }
  const proxies = [...world.instances, ...world.deployments];
  const having = new Map<Selector, ReadonlySet<object>>();
  const selectedBy = (selector: Selector) => {
    const found = having.get(selector) ?? new Set(proxies.filter(({ labels }) => isSubset(selector, labels)));
    having.set(selector, found);
    return found;
  };
  const meet: Relation = (a, b) => {
    if (isSubset(a, b) || isSubset(b, a)) return true;
    const others = selectedBy(b);
    return [...selectedBy(a)].some((proxy) => others.has(proxy));
  };
  yield* conflicts(hosts, meet, (others, { path }) => ({
    code: 'IST0145',
    severity: 'error',
    path: `${path}.hosts`,
    message: `${others} has a host of this server on the same port of the same proxies; give each host to one Gateway`,
  }));
  // Told of the Gateway whose proxies are those of the other one, and maybe more.
  yield* conflicts(certificates, isSubset, (others, { path }) => ({
    code: 'IST0138',
    severity: 'warning',
    path: `${path}.tls`,
    message: `${others} shows the same certificate: clients that reuse connections of HTTP/2 may get 404; use one Gateway for it`,
  }));
};

function certificateOf({ tls }: Server): readonly string[] | undefined {
  const { credentialName = '', serverCertificate = '', privateKey = '' } = tls ?? {};
  if (credentialName !== '') return [credentialName];
  return serverCertificate === '' || privateKey === '' ? undefined : [serverCertificate, privateKey];
}

type Selector = Place['selector'];
type Relation = (a: Selector, b: Selector) => boolean;

type Tell = (
  others: string,
  place: Place,
) => ReturnType<Rule> extends Iterable<readonly [unknown, infer F]> ? F : never;

/** Once for each server of each Gateway that contends with another one. */
function* conflicts(
  places: ReadonlyMap<string, readonly Place[]>,
  isRelated: Relation,
  tell: Tell,
): ReturnType<Rule> {
  const told = new Set<string>();
  for (const contenders of places.values()) {
    const groups = [...Map.groupBy(contenders, ({ selector }) => stableStringify(selector))];
    for (const [, own] of groups) {
      const first = own[0];
      if (first === undefined) continue;
      const others = groups.flatMap(([, [one, ...more]]) => {
        if (one === undefined || !isRelated(first.selector, one.selector)) return [];
        // Two of each group are enough to find one that is somebody else's.
        return [one, more.find(({ document }) => document !== one.document) ?? one];
      });
      for (const place of own) {
        const other = others.find(({ document }) => document !== place.document);
        const server = `${keyWords(place.document.key)} ${place.path}`;
        if (other === undefined || told.has(server)) continue;
        told.add(server);
        yield [place.document, tell(keyWords(other.document.key), place)];
      }
    }
  }
}
