import { selects } from '../world/instance.ts';
import type { MeshService } from '../world/world.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** Services that share a workload's port agree on its number and its transport (IST0137, IST0116). */
export const deploymentServices: Rule = function* (world) {
  const services = Map.groupBy(world.services, ({ namespace }) => namespace);
  for (const document of world.documents.deployments) {
    const labels = document.object.spec.template.metadata?.labels ?? {};
    const own = (services.get(document.key.namespace) ?? []).filter(({ selector }) =>
      selects(selector, labels),
    );
    if (own.length < 2) continue;
    for (const finding of conflictsOf(own)) yield [document, finding];
  }
};

function* conflictsOf(services: readonly MeshService[]): Iterable<RuleFinding> {
  const ports = services.flatMap(({ name, ports: all }) => all.map((port) => ({ name, port })));
  const words = (all: readonly { name: string }[]) => [...new Set(all.map(({ name }) => name))].join(', ');
  for (const [number, same] of Map.groupBy(ports, ({ port }) => port.port)) {
    const transports = new Set(same.map(({ port }) => port.protocol ?? 'TCP'));
    if (transports.size < 2) continue;
    const message = `Services ${words(same)} use port ${number} with ${[...transports].join(' and ')}; give them different ports`;
    yield { code: 'IST0116', severity: 'warning', path: 'spec.template.metadata.labels', message };
  }
  for (const [target, same] of Map.groupBy(ports, ({ port }) => String(port.targetPort ?? port.port))) {
    const numbers = new Set(same.map(({ port }) => port.port));
    if (numbers.size < 2) continue;
    const message = `Services ${words(same)} lead to port ${target} from ports ${[...numbers].join(', ')}; use one port for it`;
    yield { code: 'IST0137', severity: 'warning', path: 'spec.template.metadata.labels', message };
  }
}
