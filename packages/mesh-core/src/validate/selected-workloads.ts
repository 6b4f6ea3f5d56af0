import { isSubset } from '../world/instance.ts';
import type { Rule } from './rule.ts';
import { workloadsByNamespace } from './workloads.ts';

/** A selector that no workload has (IST0127 for an AuthorizationPolicy, KIA0004 for the others). */
export const selectedWorkloads: Rule = function* (world) {
  const workloads = workloadsByNamespace(world);
  const { documents } = world;
  const selectors = [
    ...documents.authorizationPolicies.map(
      (one) => [one, 'spec.selector', one.object.spec?.selector?.matchLabels] as const,
    ),
    ...documents.requestAuthentications.map(
      (one) => [one, 'spec.selector', one.object.spec?.selector?.matchLabels] as const,
    ),
    ...documents.peerAuthentications.map(
      (one) => [one, 'spec.selector', one.object.spec?.selector?.matchLabels] as const,
    ),
    ...documents.telemetries.map(
      (one) => [one, 'spec.selector', one.object.spec?.selector?.matchLabels] as const,
    ),
    ...documents.sidecars.map(
      (one) => [one, 'spec.workloadSelector', one.object.spec?.workloadSelector?.labels] as const,
    ),
  ];
  for (const [document, path, labels] of selectors) {
    if (labels === undefined || Object.keys(labels).length === 0) continue;
    const { namespace, kind } = document.key;
    // A policy of the root namespace is for all namespaces.
    const within =
      namespace === world.settings.rootNamespace ? [...workloads.values()].flat() : workloads.get(namespace);
    if (within?.some((workload) => isSubset(labels, workload.labels)) === true) continue;
    const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    yield [
      document,
      {
        code: kind === 'AuthorizationPolicy' ? 'IST0127' : 'KIA0004',
        severity: 'warning',
        path,
        message: `no workload of namespace ${namespace} has the labels ${words.join(', ')}: this is for nobody; check the labels`,
      },
    ];
  }
};
