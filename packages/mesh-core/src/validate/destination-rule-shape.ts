import { isDnsLabel, wildcardHostError } from './host-names.ts';
import { labelFindings, selectorFindings } from './label-values.ts';
import { errorIf, documentRule, schemaError } from './rule.ts';
import { trafficPolicyFindings } from './traffic-policy.ts';

/** What one DestinationRule must have by itself: a host, subsets by unique names, policies that say something (IST0106). */
export const destinationRuleShape = documentRule('destinationRules', function* ({ key, object: { spec } }) {
  yield* errorIf('spec.host', wildcardHostError(spec.host));
  yield* trafficPolicyFindings('spec.trafficPolicy', spec.trafficPolicy, key.namespace);
  const names = new Set<string>();
  for (const [i, { name, labels, trafficPolicy }] of (spec.subsets ?? []).entries()) {
    const path = `spec.subsets[${i}]`;
    if (names.has(name))
      yield schemaError(`${path}.name`, `there is a subset "${name}" already; rename one of them`);
    names.add(name);
    if (!isDnsLabel(name)) {
      yield schemaError(
        `${path}.name`,
        `"${name}" cannot be the name of a subset; use letters, digits and -`,
      );
    }
    yield* labelFindings(`${path}.labels`, labels);
    yield* trafficPolicyFindings(`${path}.trafficPolicy`, trafficPolicy, key.namespace);
  }
  if (spec.workloadSelector !== undefined) {
    yield* selectorFindings('spec.workloadSelector', 'matchLabels', spec.workloadSelector.matchLabels);
  }
});
