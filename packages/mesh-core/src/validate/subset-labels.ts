import { selects } from '../world/instance.ts';
import { knownPorts } from './known-hosts.ts';
import type { Rule } from './rule.ts';

/** A subset that selects no workload has nobody to serve it (KIA0203). */
export const subsetLabels: Rule = function* (world) {
  for (const document of world.documents.destinationRules) {
    const host = world.resolve(document.object.spec.host, document.key.namespace);
    const service = world.service(host);
    if (service === undefined) {
      if (!host.includes('*') && knownPorts(world, host) === undefined) {
        yield [
          document,
          {
            code: 'KIA0202',
            severity: 'warning',
            path: 'spec.host',
            message: `no Service "${host}" is known: the rule has no effect until there is one; check the name and the namespace`,
          },
        ];
      }
      continue;
    }
    const workloads = [...world.deploymentsOf(service), ...world.instancesOf(service)];
    for (const [i, subset] of (document.object.spec.subsets ?? []).entries()) {
      const labels = subset.labels ?? {};
      if (Object.keys(labels).length === 0 || workloads.some((one) => selects(labels, one.labels))) continue;
      const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      yield [
        document,
        {
          code: 'KIA0203',
          severity: 'warning',
          path: `spec.subsets[${i}].labels`,
          message: `no workload of ${host} has the labels ${words.join(', ')}: requests to subset "${subset.name}" fail with 503 (UH)`,
        },
      ];
    }
  }
};
