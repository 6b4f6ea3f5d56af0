import type { PolicyAttachment, PolicyTargetReference } from '@heddle/schema';
import type { Rule, RuleFinding } from './rule.ts';

const targetKinds: ReadonlySet<string> = new Set([
  'core/Service',
  'networking.istio.io/ServiceEntry',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
]);

/** Whom a security policy is for: a selector or target references, not both, and without wildcards (IST0106). */
export const policyAttachment: Rule = function* (world) {
  for (const document of [
    ...world.documents.authorizationPolicies,
    ...world.documents.requestAuthentications,
  ]) {
    for (const finding of findingsOf(document.object.spec ?? {})) yield [document, finding];
  }
};

function* findingsOf({ selector, targetRef, targetRefs = [] }: PolicyAttachment): Iterable<RuleFinding> {
  const given = [
    ...(selector === undefined ? [] : ['selector']),
    ...(targetRef === undefined ? [] : ['targetRef']),
    ...(targetRefs.length === 0 ? [] : ['targetRefs']),
  ];
  if (given.length > 1) {
    yield error(`spec.${given[1]}`, `${given.join(' and ')} exclude each other; keep one of them`);
  }
  const labels = Object.entries(selector?.matchLabels ?? {});
  for (const [name, value] of labels) {
    const path = `spec.selector.matchLabels[${JSON.stringify(name)}]`;
    if (name === '') yield error(path, 'a label has an empty name; remove it or name the label');
    if (`${name}${value}`.includes('*')) {
      yield error(path, `${name}=${value}: a selector takes no wildcards; name the labels as they are`);
    }
  }
  if (selector !== undefined && labels.length === 0) {
    yield {
      code: 'IST0133',
      severity: 'warning',
      path: 'spec.selector',
      message: 'the selector has no labels and selects every workload; name labels, or remove it',
    };
  }
  if (targetRef !== undefined) yield* referenceFindings(targetRef, 'spec.targetRef');
  for (const [i, reference] of targetRefs.entries()) {
    yield* referenceFindings(reference, `spec.targetRefs[${i}]`);
  }
}

function* referenceFindings(
  { group = '', kind, name, namespace = '' }: PolicyTargetReference,
  path: string,
): Iterable<RuleFinding> {
  if (name === '') yield error(`${path}.name`, 'name is empty; name the target');
  if (namespace !== '') {
    yield error(`${path}.namespace`, `a target is in the policy's own namespace; remove "${namespace}"`);
  }
  if (!targetKinds.has(`${group === '' ? 'core' : group}/${kind}`)) {
    yield error(
      path,
      `${group === '' ? '' : `${group}/`}${kind} cannot be a target; name a Gateway, GatewayClass, Service or ServiceEntry with its group`,
    );
  }
}

function error(path: string, message: string): RuleFinding {
  return { code: 'IST0106', severity: 'error', path, message };
}
