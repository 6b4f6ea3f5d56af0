import { LabelIndex } from '../world/label-index.ts';
import type { Rule } from './rule.ts';

/** A Service leads to a port that its Deployments say they have (KIA0701). One that names no ports says nothing of them. */
export const serviceContainerPorts: Rule = function* ({ documents, settings }) {
  const deployments = new Map(
    [...Map.groupBy(documents.deployments, ({ key }) => key.namespace)].map(([namespace, own]) => [
      namespace,
      new LabelIndex(own, ({ object }) => object.spec.template.metadata?.labels ?? {}),
    ]),
  );
  for (const document of documents.services) {
    const { selector = {}, ports = [] } = document.object.spec;
    if (Object.keys(selector).length === 0) continue;
    // Gateways open the ports that listeners name, and the control plane has some for itself.
    const isGateway =
      document.object.metadata.labels?.['gateway.networking.k8s.io/gateway-name'] !== undefined;
    if (isGateway || document.key.namespace === settings.rootNamespace) continue;
    const selected = deployments.get(document.key.namespace)?.having(selector) ?? [];
    const known = new Set(
      selected
        .flatMap(({ object }) => object.spec.template.spec.containers ?? [])
        .flatMap((container) => container.ports ?? [])
        .flatMap(({ name, containerPort }) => [name, containerPort]),
    );
    if (known.size === 0) continue;
    for (const [i, { port, targetPort = port }] of ports.entries()) {
      if (known.has(targetPort)) continue;
      yield [
        document,
        {
          code: 'KIA0701',
          severity: 'warning',
          path: `spec.ports[${i}]`,
          message: `no container of ${selected.map(({ key }) => key.name).join(', ')} has port ${targetPort}; check targetPort`,
        },
      ];
    }
  }
};
