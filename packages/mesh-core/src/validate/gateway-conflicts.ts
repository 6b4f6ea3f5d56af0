import type { GatewayServerTls } from '@heddle/schema';
import { stableStringify } from '@heddle/traffic';
import { keyWords } from '../documents/key.ts';
import type { WorldDocuments } from '../world/world.ts';
import type { Rule } from './rule.ts';

type Gateway = WorldDocuments['gateways'][number];
type Server = Gateway['object']['spec']['servers'][number];

interface Place {
  readonly document: Gateway;
  readonly path: string;
  readonly tls: GatewayServerTls | undefined;
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
    const selector = stableStringify(document.object.spec.selector ?? {});
    for (const [i, server] of document.object.spec.servers.entries()) {
      const place = { document, path: `spec.servers[${i}]`, tls: server.tls };
      for (const host of server.hosts) {
        add(hosts, stableStringify([selector, server.port.number, server.bind ?? '', host]), place);
      }
      const certificate = certificateOf(server);
      if (certificate !== undefined) add(certificates, stableStringify([selector, certificate]), place);
    }
  }
  yield* conflicts(hosts, (others, { path }) => ({
    code: 'IST0145',
    severity: 'error',
    path: `${path}.hosts`,
    message: `${others} has a host of this server on the same port of the same proxies; give each host to one Gateway`,
  }));
  yield* conflicts(certificates, (others, { path }) => ({
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

type Tell = (
  others: string,
  place: Place,
) => ReturnType<Rule> extends Iterable<readonly [unknown, infer F]> ? F : never;

/** Once for each server of each Gateway but the first of which a place is the same. */
function* conflicts(places: ReadonlyMap<string, readonly Place[]>, tell: Tell): ReturnType<Rule> {
  const told = new Set<string>();
  for (const contenders of places.values()) {
    const first = contenders[0];
    const second = contenders.find(({ document }) => document !== first?.document);
    if (first === undefined || second === undefined) continue;
    for (const place of contenders) {
      const id = `${keyWords(place.document.key)} ${place.path}`;
      if (told.has(id)) continue;
      told.add(id);
      const other = place.document === first.document ? second : first;
      yield [place.document, tell(keyWords(other.document.key), place)];
    }
  }
}
