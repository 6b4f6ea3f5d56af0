import type { AuthorizationPolicyDocument } from '@heddle/schema';
import type { Authorization, AuthorizationRule, ExtAuthz } from '@heddle/traffic';
import { originOf, type Typed, type World } from '../../world/world.ts';
import { type AuthorizationProtocol, ruleCondition } from './authorization-rule.ts';
import { chainExtAuthz, extAuthzProviders } from './ext-authz.ts';
import { type TargetWorkload, translateTrafficTargets } from '../smi/traffic-target.ts';
import { isAttached, type PolicyTarget } from './policy-attachment.ts';

type Policy = Typed<AuthorizationPolicyDocument>;

export type AuthorizationTarget = PolicyTarget & TargetWorkload;

/**
 * All policies that are for a workload: those of its namespace and of the root namespace, united by action. TrafficTargets for
 * its service account stand among the ALLOW rules.
 *
 * @param protocol of the port; a TCP connection has no HTTP attributes
 */
export function translateAuthorization(
  target: AuthorizationTarget,
  protocol: AuthorizationProtocol,
  world: World,
): Authorization {
  const policies = world.documents.authorizationPolicies
    .filter(({ key, object }) =>
      isAttached(object.spec ?? {}, key.namespace, target, world.settings.rootNamespace),
    )
    .toSorted(byName);
  const rulesOf = (action: string) =>
    policies
      .filter(({ object }) => (object.spec?.action ?? 'ALLOW') === action)
      .flatMap((policy) => translatePolicy(policy, protocol, world));
  return {
    custom: rulesOf('CUSTOM').filter(({ provider }) => protocol === 'http' || !asksByHttp(provider, world)),
    audit: rulesOf('AUDIT'),
    deny: rulesOf('DENY'),
    allow: [...rulesOf('ALLOW'), ...translateTrafficTargets(target, protocol, world)],
  };
}

/** A provider that is asked by HTTP knows nothing of connections: it is not for them, as in Istio. */
function asksByHttp(provider: string | undefined, world: World): boolean {
  return extAuthzProviders(world).some(
    ({ name, authorizer }) => name === provider && authorizer?.service.kind === 'http',
  );
}

/** For a filter chain, with whom it asks: nothing where no policy is for the workload. */
export function chainAuthorization(
  target: AuthorizationTarget,
  world: World,
): { authorization?: Authorization; extAuthz?: readonly ExtAuthz[] } {
  const authorization = translateAuthorization(target, 'http', world);
  return isEmpty(authorization) ? {} : { authorization, ...chainExtAuthz(authorization, world) };
}

/** For connections that are passed on as they are. */
export function tcpAuthorization(
  target: AuthorizationTarget,
  world: World,
): { authorization?: Authorization } {
  const authorization = translateAuthorization(target, 'tcp', world);
  return isEmpty(authorization) ? {} : { authorization };
}

function isEmpty(authorization: Authorization): boolean {
  return Object.values(authorization).every((rules) => rules.length === 0);
}

function translatePolicy(policy: Policy, protocol: AuthorizationProtocol, world: World): AuthorizationRule[] {
  const { key, object } = policy;
  const { action = 'ALLOW', provider, rules = [] } = object.spec ?? {};
  const context = {
    action,
    protocol,
    policyNamespace: key.namespace,
    trustDomains: world.trustDomains,
  };
  const shared = {
    policy: { namespace: key.namespace, name: key.name },
    dryRun: isDryRun(policy),
    ...(action === 'CUSTOM' ? { provider: provider?.name ?? '' } : {}),
  };
  if (rules.length === 0) {
    return [{ ...shared, rule: 0, condition: { kind: 'never' }, from: [originOf(policy, 'spec')] }];
  }
  return rules.map((rule, i) => ({
    ...shared,
    rule: i,
    condition: ruleCondition(rule, context),
    from: [originOf(policy, `spec.rules[${i}]`)],
  }));
}

/** The annotation's value is read as Go reads booleans; anything else is no. */
function isDryRun({ object }: Policy): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(
    object.metadata.annotations?.['istio.io/dry-run'] ?? '',
  );
}

function byName({ key: a }: Policy, { key: b }: Policy): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}
