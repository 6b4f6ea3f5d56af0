import { HostMap } from '../world/host-pattern.ts';
import type { World } from '../world/world.ts';

const indexes = new WeakMap<World, HostMap<readonly number[]>>();

/** Ports of a host that a Service or a ServiceEntry describes, wildcards among them; undefined when none does. */
export function knownPorts(world: World, hostname: string): readonly number[] | undefined {
  const service = world.service(hostname);
  if (service !== undefined) return service.ports.map(({ port }) => port);
  const index = indexes.get(world) ?? serviceEntryPorts(world);
  indexes.set(world, index);
  return index.mostSpecific(hostname);
}

function serviceEntryPorts(world: World): HostMap<readonly number[]> {
  const hosts = new HostMap<readonly number[]>();
  for (const { key, object } of world.documents.serviceEntries) {
    const ports = (object.spec.ports ?? []).map(({ number }) => number);
    for (const host of object.spec.hosts) {
      const name = world.resolve(host, key.namespace);
      hosts.set(name, [...new Set([...(hosts.get(name) ?? []), ...ports])]);
    }
  }
  return hosts;
}
