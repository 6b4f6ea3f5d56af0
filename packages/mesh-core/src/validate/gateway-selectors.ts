import { LabelIndex } from '../world/label-index.ts';
import type { Rule } from './rule.ts';
import { workloadsByNamespace } from './workloads.ts';

const gatewayNameLabel = 'gateway.networking.k8s.io/gateway-name';

/** A policy for a Gateway of the Gateway API names it; a selector is no sure hold on its proxies (IST0166). */
export const gatewaySelectors: Rule = function* (world) {
  const { authorizationPolicies, requestAuthentications, telemetries, wasmPlugins } = world.documents;
  const proxies = new Map(
    [...workloadsByNamespace(world)].map(([namespace, workloads]) => [
      namespace,
      new LabelIndex(
        workloads.filter(({ labels }) => gatewayNameLabel in labels),
        ({ labels }) => labels,
      ),
    ]),
  );
  for (const document of [
    ...authorizationPolicies,
    ...requestAuthentications,
    ...telemetries,
    ...wasmPlugins,
  ]) {
    const { selector, targetRef, targetRefs = [] } = document.object.spec ?? {};
    if (selector === undefined || targetRef !== undefined || targetRefs.length > 0) continue;
    const [gateway] = proxies.get(document.key.namespace)?.having(selector.matchLabels ?? {}) ?? [];
    if (gateway === undefined) continue;
    const name = gateway.labels[gatewayNameLabel];
    yield [
      document,
      {
        code: 'IST0166',
        severity: 'warning',
        path: 'spec.selector',
        message: `the selector is for proxies of Gateway ${name}, for which selectors need not be heard; name the Gateway in targetRefs`,
      },
    ];
  }
};
