import { keysInConfigMap } from '../translate/envoy-gateway/jwt.ts';
import { resolveBackend } from '../translate/gateway-api/backend.ts';
import { secretValues } from '../world/secret-values.ts';
import { ruleFor } from './rule.ts';

/** What a SecurityPolicy asks of others: keys in a ConfigMap, users and clients in Secrets (IST0101), and who is asked about requests (KIA1402). */
export const securityPolicyReferences = ruleFor(
  'securityPolicies',
  function* ({ key, object: { spec } }, world) {
    for (const [i, { localJWKS }] of (spec.jwt?.providers ?? []).entries()) {
      const name = localJWKS?.valueRef?.name;
      if (name === undefined || keysInConfigMap(key.namespace, name, world) !== undefined) continue;
      yield {
        code: 'IST0101',
        severity: 'warning',
        path: `spec.jwt.providers[${i}].localJWKS.valueRef.name`,
        message: `no ConfigMap "${key.namespace}/${name}" with keys is known: every token of this provider is refused`,
      };
    }
    const lists = [
      ...(spec.basicAuth === undefined ? [] : [[spec.basicAuth.users, 'spec.basicAuth.users'] as const]),
      ...(spec.apiKeyAuth?.credentialRefs ?? []).map(
        (ref, i) => [ref, `spec.apiKeyAuth.credentialRefs[${i}]`] as const,
      ),
    ];
    for (const [{ name, namespace = key.namespace }, path] of lists) {
      const isKnown = world.documents.secrets.some(
        (one) => one.key.namespace === namespace && one.key.name === name,
      );
      if (isKnown) continue;
      yield {
        code: 'IST0101',
        severity: 'warning',
        path: `${path}.name`,
        message: `no Secret "${namespace}/${name}" is known: nobody that it lists is let in`,
      };
    }
    const { clientSecret, clientIDRef } = spec.oidc ?? {};
    for (const [ref, field, entry] of [
      [clientSecret, 'clientSecret', 'client-secret'],
      [clientIDRef, 'clientIDRef', 'client-id'],
    ] as const) {
      if (ref === undefined) continue;
      const { name, namespace = key.namespace } = ref;
      if ((secretValues({ namespace, name }, world)?.get(entry) ?? '') !== '') continue;
      yield {
        code: 'IST0101',
        severity: 'warning',
        path: `spec.oidc.${field}.name`,
        message: `no Secret "${namespace}/${name}" with ${entry} is known: all requests that the policy is for are answered 403`,
      };
    }
    const { grpc, http } = spec.extAuth ?? {};
    const service = grpc ?? http;
    const ref = service?.backendRefs?.[0] ?? service?.backendRef;
    if (ref === undefined) return;
    const { problem } = resolveBackend(ref, { world, route: key, needsGrant: true });
    if (problem === undefined) return;
    const field = service?.backendRefs === undefined ? 'backendRef' : 'backendRefs[0]';
    yield {
      code: 'KIA1402',
      severity: 'warning',
      path: `spec.extAuth.${grpc === undefined ? 'http' : 'grpc'}.${field}`,
      message: `${ref.kind ?? 'Service'} "${ref.namespace ?? key.namespace}/${ref.name}" cannot be asked (${problem}): all requests that the policy is for are answered 403`,
    };
  },
);
