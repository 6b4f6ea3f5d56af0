import { selects } from '../world/instance.ts';
import { LabelIndex } from '../world/label-index.ts';
import type { MeshService } from '../world/world.ts';
import type { Rule } from './rule.ts';
import { workloadsByNamespace } from './workloads.ts';

/** The Services before a Gateway's proxies lead to its ports (IST0162). Proxies without a Service are reached without one. */
export const gatewayPorts: Rule = function* (world) {
  const services = Map.groupBy(world.services, ({ namespace }) => namespace);
  const workloads = new LabelIndex([...workloadsByNamespace(world).values()].flat(), ({ labels }) => labels);
  for (const document of world.documents.gateways) {
    const { selector = {}, servers } = document.object.spec;
    const proxies = Map.groupBy(workloads.having(selector), ({ namespace }) => namespace);
    const before = [...proxies].flatMap(([namespace, own]) =>
      (services.get(namespace) ?? []).filter((service) =>
        own.some(({ labels }) => selects(service.selector, labels)),
      ),
    );
    if (before.length === 0) continue;
    const exposed = new Set(before.flatMap(portsOf));
    for (const [i, { port }] of servers.entries()) {
      if (exposed.has(port.number)) continue;
      yield [
        document,
        {
          code: 'IST0162',
          severity: 'warning',
          path: `spec.servers[${i}].port.number`,
          message: `no Service before the proxies of this Gateway leads to port ${port.number}: it cannot be reached through them; add the port to a Service`,
        },
      ];
    }
  }
};

/** Those that it has, and those that it leads to. */
function portsOf({ ports }: MeshService): (number | string)[] {
  return ports
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .flatMap(({ port, targetPort = port }) => [port, targetPort]);
}
