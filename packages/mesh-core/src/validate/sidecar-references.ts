import { isCovered, isWildcard } from '../world/host-pattern.ts';
import type { World } from '../world/world.ts';
import { knownPorts } from './known-hosts.ts';
import { ruleFor } from './rule.ts';

/** What a Sidecar hears of exists (KIA1004), and the mesh's default has no selector (KIA1006). */
export const sidecarReferences = ruleFor('sidecars', function* ({ key, object: { spec = {} } }, world) {
  if (key.namespace === world.settings.rootNamespace && spec.workloadSelector !== undefined) {
    yield {
      code: 'KIA1006',
      severity: 'warning',
      path: 'spec.workloadSelector',
      message: `a Sidecar of ${key.namespace} is the default of the whole mesh and has no selector; remove it, or move the Sidecar`,
    };
  }
  for (const [i, { hosts }] of (spec.egress ?? []).entries()) {
    for (const [h, host] of hosts.entries()) {
      const name = host.slice(host.indexOf('/') + 1);
      if (name === '*' || isKnown(world, name)) continue;
      yield {
        code: 'KIA1004',
        severity: 'warning',
        path: `spec.egress[${i}].hosts[${h}]`,
        message: `no Service or ServiceEntry "${name}" is known: nothing is heard of it until there is one; check the name`,
      };
    }
  }
});

function isKnown(world: World, host: string): boolean {
  if (!isWildcard(host)) return knownPorts(world, host) !== undefined;
  return (
    world.services.some(({ hostname }) => isCovered(hostname, host)) ||
    world.documents.serviceEntries.some(({ object }) => object.spec.hosts.some((one) => isCovered(one, host)))
  );
}
