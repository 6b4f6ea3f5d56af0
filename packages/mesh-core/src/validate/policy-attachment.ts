import type { PolicyAttachment, PolicyTargetReference } from '@heddle/schema';
import { selectorFindings } from './label-values.ts';
import { exclusive, type Rule, type RuleFinding, schemaError } from './rule.ts';

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
    ...world.documents.telemetries,
    ...world.documents.wasmPlugins,
    ...world.documents.trafficExtensions,
  ]) {
    for (const finding of findingsOf(document.object.spec ?? {})) yield [document, finding];
  }
};

function* findingsOf(attachment: PolicyAttachment): Iterable<RuleFinding> {
  yield* exclusive('spec', attachment, ['selector', 'targetRef', 'targetRefs']);
  const { selector, targetRef, targetRefs = [] } = attachment;
  if (selector !== undefined) yield* selectorFindings('spec.selector', 'matchLabels', selector.matchLabels);
  if (targetRef !== undefined) yield* referenceFindings(targetRef, 'spec.targetRef');
  for (const [i, reference] of targetRefs.entries()) {
    yield* referenceFindings(reference, `spec.targetRefs[${i}]`);
  }
}

export function elsewhere(namespace: string): string {
  return `a target is in the policy's own namespace; remove "${namespace}"`;
}

function* referenceFindings(
  { group = '', kind, namespace = '' }: PolicyTargetReference,
  path: string,
): Iterable<RuleFinding> {
  if (namespace !== '') {
    yield schemaError(`${path}.namespace`, elsewhere(namespace));
  }
  if (!targetKinds.has(`${group === '' ? 'core' : group}/${kind}`)) {
    yield schemaError(
      path,
      `${group === '' ? '' : `${group}/`}${kind} cannot be a target; name a Gateway, GatewayClass, Service or ServiceEntry with its group`,
    );
  }
}
