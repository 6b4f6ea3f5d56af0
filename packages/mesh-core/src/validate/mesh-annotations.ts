import type { WorldDocuments } from '../world/world.ts';
import { type Rule, schemaError } from './rule.ts';

const dryRun = 'istio.io/dry-run';
const reserved = [
  'internal.istio.io/webhook-always-reject',
  'internal.istio.io/parents',
  'internal.istio.io/parent-namespace',
];

/** Annotations that Istio refuses: those of its own, and a dry run of anything but ALLOW and DENY (IST0106). */
export const meshAnnotations: Rule = function* ({ documents }) {
  for (const document of meshDocuments(documents)) {
    const annotations = document.object.metadata.annotations ?? {};
    for (const name of reserved) {
      if (annotations[name] === undefined) continue;
      yield [
        document,
        schemaError(`metadata.annotations["${name}"]`, `${name} is the mesh's own; remove it`),
      ];
    }
    if (annotations[dryRun] !== undefined && document.key.kind !== 'AuthorizationPolicy') {
      const message = `only an AuthorizationPolicy can be tried without effect; remove ${dryRun}`;
      yield [document, schemaError(`metadata.annotations["${dryRun}"]`, message)];
    }
  }
};

function meshDocuments(documents: WorldDocuments) {
  return [
    ...documents.virtualServices,
    ...documents.destinationRules,
    ...documents.gateways,
    ...documents.serviceEntries,
    ...documents.workloadEntries,
    ...documents.workloadGroups,
    ...documents.sidecars,
    ...documents.peerAuthentications,
    ...documents.authorizationPolicies,
    ...documents.requestAuthentications,
    ...documents.telemetries,
    ...documents.envoyFilters,
    ...documents.proxyConfigs,
    ...documents.wasmPlugins,
    ...documents.trafficExtensions,
  ];
}
