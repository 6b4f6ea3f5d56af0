import { isSubset, selects } from '../world/instance.ts';
import type { World, WorldDocuments } from '../world/world.ts';
import { ruleFor } from './rule.ts';
import { isClaimMatch } from './virtual-service-match.ts';
import { type Workload, workloadsByNamespace } from './workloads.ts';

type Spec = WorldDocuments['virtualServices'][number]['object']['spec'];

/** Routes by claims of a token where no RequestAuthentication verifies tokens match nothing (IST0149). */
export const claimRoutes = ruleFor('virtualServices', function* ({ key, object: { spec } }, world) {
  const path = claimPath(spec);
  if (path === undefined) return;
  const names = new Set(
    (spec.gateways ?? []).map((name) => (name.includes('/') ? name : `${key.namespace}/${name}`)),
  );
  const selectors = world.documents.gateways
    .filter((gateway) => names.has(`${gateway.key.namespace}/${gateway.key.name}`))
    .map(({ object }) => object.spec.selector);
  for (const workload of [...workloadsByNamespace(world).values()].flat()) {
    if (!selectors.some((selector) => selects(selector, workload.labels)) || verifiesTokens(workload, world))
      continue;
    yield {
      code: 'IST0149',
      severity: 'error',
      path,
      message: `gateway ${workload.namespace}/${workload.name} verifies no tokens, so no request has claims; add a RequestAuthentication for it`,
    };
    return;
  }
});

function claimPath({ http = [] }: Spec): string | undefined {
  for (const [r, { match = [] }] of http.entries()) {
    for (const [m, one] of match.entries()) {
      for (const field of ['headers', 'withoutHeaders'] as const) {
        const name = Object.keys(one[field] ?? {}).find(isClaimMatch);
        if (name !== undefined) return `spec.http[${r}].match[${m}].${field}[${JSON.stringify(name)}]`;
      }
    }
  }
  return undefined;
}

function verifiesTokens({ namespace, labels }: Workload, { documents, settings }: World): boolean {
  return documents.requestAuthentications.some(
    ({ key, object }) =>
      (key.namespace === namespace || key.namespace === settings.rootNamespace) &&
      isSubset(object.spec?.selector?.matchLabels ?? {}, labels),
  );
}
