import { extAuthzProviders } from '../translate/istio/ext-authz.ts';
import { isAttached } from '../translate/istio/policy-attachment.ts';
import { meshConfigMap } from '../world/mesh-config.ts';
import { defaultSettings, type World } from '../world/world.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { workloadsByNamespace } from './workloads.ts';

/**
 * External authorizers that cannot be asked, told where they are configured (IST0133, HDL0023) and where a policy names them
 * (HDL0023), and several on one workload (HDL0024). All of them deny what their rules match.
 */
export const extensionProviders: Rule = function* (world) {
  yield* configured(world);
  const policies = world.documents.authorizationPolicies.filter(
    ({ object }) => object.spec?.action === 'CUSTOM',
  );
  const providers = extAuthzProviders(world);
  for (const document of policies) {
    const name = document.object.spec?.provider?.name ?? '';
    if (name === '') continue;
    const provider = providers.find((one) => one.name === name);
    if (provider?.authorizer !== undefined) continue;
    const why =
      provider === undefined ? `the mesh has no provider "${name}"` : `provider "${name}" cannot be asked`;
    const message = `${why}, and requests that match are denied; see extensionProviders in the ConfigMap istio`;
    yield [document, { code: 'HDL0023', severity: 'warning', path: 'spec.provider.name', message }];
  }
  const told = new Set<object>();
  for (const [namespace, workloads] of workloadsByNamespace(world)) {
    for (const { name, labels } of workloads) {
      const own = policies.filter(({ key, object }) =>
        isAttached(object.spec ?? {}, key.namespace, { namespace, labels }, world.settings.rootNamespace),
      );
      const names = new Set(own.map(({ object }) => object.spec?.provider?.name ?? ''));
      if (names.size < 2) continue;
      const message = `several providers (${[...names].join(', ')}) are for workload ${namespace}/${name}, and what their rules match is denied; keep one of them`;
      for (const document of own) {
        if (told.has(document)) continue;
        told.add(document);
        yield [document, { code: 'HDL0024', severity: 'warning', path: 'spec.provider.name', message }];
      }
    }
  }
};

function* configured(world: World): ReturnType<Rule> {
  const document = meshConfigMap(world.documents.configMaps, defaultSettings.rootNamespace);
  if (document === undefined) return;
  for (const { name, problems } of extAuthzProviders(world)) {
    for (const { isReference, message } of problems) {
      const finding: RuleFinding = {
        code: isReference ? 'HDL0023' : 'IST0133',
        severity: 'warning',
        path: 'data.mesh',
        message: `extension provider "${name}": ${message}; what asks it is denied until then`,
      };
      yield [document, finding];
    }
  }
}
