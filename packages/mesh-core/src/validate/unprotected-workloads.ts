import { isAttached } from '../translate/istio/policy-attachment.ts';
import { ruleFor } from './rule.ts';

/** A workload that no AuthorizationPolicy is for takes requests from everybody (KIA1301). */
export const unprotectedWorkloads = ruleFor('deployments', function* ({ key, object }, world) {
  const { authorizationPolicies } = world.documents;
  const labels = object.spec.template.metadata?.labels ?? {};
  const target = { namespace: key.namespace, labels };
  const { rootNamespace } = world.settings;
  const isProtected = authorizationPolicies.some((policy) =>
    isAttached(policy.object.spec ?? {}, policy.key.namespace, target, rootNamespace),
  );
  if (isProtected) return;
  yield {
    code: 'KIA1301',
    severity: 'info',
    path: 'metadata.name',
    message:
      'no AuthorizationPolicy is for this workload: it takes requests from everybody; add one that names who may call',
  };
});
