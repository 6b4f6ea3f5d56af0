import type { Rule } from './rule.ts';

/** One VirtualService owns a host in the mesh: the oldest; the others are ignored for it (IST0109). */
export const hostOwners: Rule = function* (world) {
  const owners = new Map<string, string>();
  for (const document of world.documents.virtualServices) {
    const { spec } = document.object;
    if (!(spec.gateways ?? ['mesh']).includes('mesh') || (spec.http ?? []).length === 0) continue;
    const name = `${document.key.namespace}/${document.key.name}`;
    for (const [i, written] of (spec.hosts ?? []).entries()) {
      const host = world.resolve(written, document.key.namespace);
      const owner = owners.get(host);
      if (owner === undefined) {
        owners.set(host, name);
      } else if (owner !== name) {
        yield [
          document,
          {
            code: 'IST0109',
            severity: 'warning',
            path: `spec.hosts[${i}]`,
            message: `VirtualService ${owner} already routes ${host} and is older: this one is ignored for it; join their rules in one document`,
          },
        ];
      }
    }
  }
};
