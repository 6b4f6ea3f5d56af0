import { meshConfigMap, readMeshConfig } from '../world/mesh-config.ts';
import type { World } from '../world/world.ts';
import type { Rule } from './rule.ts';

/** Access logs go to a provider that the Telemetry names, or that the mesh has for all (IST0157). */
export const telemetryProviders: Rule = function* (world) {
  if (hasDefaultProvider(world)) return;
  for (const document of world.documents.telemetries) {
    for (const [i, { disabled = false, providers = [] }] of (
      document.object.spec?.accessLogging ?? []
    ).entries()) {
      if (disabled || providers.length > 0) continue;
      const path = `spec.accessLogging[${i}].providers`;
      const message =
        'no provider is named and the mesh has none for all, so this is ignored; name one, such as envoy';
      yield [document, { code: 'IST0157', severity: 'warning', path, message }];
    }
  }
};

function hasDefaultProvider({ documents, settings }: World): boolean {
  const map = meshConfigMap(documents.configMaps, settings.rootNamespace);
  const defaults = map === undefined ? undefined : readMeshConfig(map)?.['defaultProviders'];
  if (typeof defaults !== 'object' || defaults === null || !('accessLogging' in defaults)) return false;
  return Array.isArray(defaults.accessLogging) && defaults.accessLogging.length > 0;
}
