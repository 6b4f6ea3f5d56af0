/** authorization of a SecurityPolicy: rules in order, of which the first that matches decides. */
import type { SecurityPolicySpec } from '@heddle/schema';
import type { Authorization, AuthorizationRule, Condition, Origin, StringMatch } from '@heddle/traffic';
import type { EffectivePolicy } from './effective.ts';
import { pathMatchOf } from './path-match.ts';

type Policy = EffectivePolicy<'securityPolicies'>;
type Rules = NonNullable<SecurityPolicySpec['authorization']>;
type Rule = NonNullable<Rules['rules']>[number];
type Providers = NonNullable<SecurityPolicySpec['jwt']>['providers'];

/**
 * The same as rules that know no order: where all is denied that no rule allows, an ALLOW rule holds unless an earlier rule
 * denies; where all is allowed, a DENY rule holds unless an earlier one allows.
 */
export function translateAuthorization(policy: Policy, from: readonly Origin[]): Authorization | undefined {
  const { authorization, jwt } = policy.spec;
  if (authorization === undefined) return undefined;
  const { rules = [], defaultAction = 'Deny' } = authorization;
  const [{ key }] = policy.documents;
  const decides = defaultAction === 'Deny' ? 'Allow' : 'Deny';
  const toRule = (condition: Condition, rule: number): AuthorizationRule => ({
    policy: { namespace: key.namespace, name: key.name },
    rule,
    dryRun: false,
    condition,
    from: from.map((origin) => ({ ...origin, path: `${origin.path}.rules[${rule}]` })),
  });
  const earlier: Condition[] = [];
  const deciding: AuthorizationRule[] = [];
  for (const [i, rule] of rules.entries()) {
    const condition = conditionOf(rule, jwt?.providers ?? []);
    if (rule.action === decides) deciding.push(toRule(unless(condition, earlier), i));
    else earlier.push(condition);
  }
  const none = { custom: [], audit: [], deny: [], allow: [] };
  if (decides === 'Deny') return { ...none, deny: deciding };
  return {
    ...none,
    allow: deciding.length > 0 ? deciding : [{ ...toRule({ kind: 'never' }, 0), from }],
  };
}

function unless(condition: Condition, earlier: readonly Condition[]): Condition {
  if (earlier.length === 0) return condition;
  const parts = condition.kind === 'all' ? condition.of : [condition];
  return { kind: 'all', of: [...parts, ...earlier.map((of): Condition => ({ kind: 'not', of }))] };
}

/**
 * All of a rule's parts. A part that nobody here can tell holds for a rule that denies, and not for one that allows: in doubt less is
 * allowed.
 */
function conditionOf({ action, operation, principal, cel }: Rule, providers: Providers): Condition {
  const inDoubt: Condition = action === 'Deny' ? { kind: 'any' } : { kind: 'never' };
  const { clientCIDRs, headers = [], jwt, clientIPGeoLocations } = principal ?? {};
  return {
    kind: 'all',
    of: [
      ...(operation?.methods === undefined
        ? []
        : [some(operation.methods.map((one) => header(':method', exact(one, true))))]),
      ...(operation?.path === undefined ? [] : [pathCondition(operation.path)]),
      ...(clientCIDRs === undefined
        ? []
        : [some(clientCIDRs.map((block): Condition => ({ kind: 'remote-ip', block })))]),
      ...headers.map(({ name, values }) => some(values.map((one) => header(name.toLowerCase(), exact(one))))),
      ...(jwt === undefined ? [] : claimConditions(jwt, providers, inDoubt)),
      ...(clientIPGeoLocations === undefined ? [] : [inDoubt]),
      ...(cel === undefined ? [] : [inDoubt]),
    ],
  };
}

/** A pattern is for the path with its query, as Envoy Gateway has it; the other forms are for the path alone. */
function pathCondition(path: NonNullable<NonNullable<Rule['operation']>['path']>): Condition {
  const match = pathMatchOf(path);
  const condition: Condition =
    path.type === 'RegularExpression' ? header(':path', match) : { kind: 'path', match };
  return path.invert === true ? { kind: 'not', of: condition } : condition;
}

/** Of the token of one provider, which is told by its issuer; all scopes and all claims, of each claim one of its values. */
function claimConditions(
  { provider: name, claims = [], scopes = [] }: NonNullable<NonNullable<Rule['principal']>['jwt']>,
  providers: Providers,
  inDoubt: Condition,
): Condition[] {
  const provider = providers.find((one) => one.name === name);
  if (provider === undefined) return [{ kind: 'never' }];
  const issuer = provider.issuer ?? '';
  const isTold = issuer !== '' || providers.length === 1;
  const claim = (path: readonly string[], value: string, lists: boolean): Condition => ({
    kind: 'claim',
    path,
    match: exact(value),
    lists,
  });
  return [
    ...(isTold ? [] : [inDoubt]),
    ...(issuer === '' ? [] : [claim(['iss'], issuer, false)]),
    ...scopes.map((one) => some([claim(['scope'], one, true), claim(['scp'], one, true)])),
    ...claims.map(({ name: path, values, valueType }) =>
      some(values.map((one) => claim(path.split('.'), one, valueType === 'StringArray'))),
    ),
  ];
}

function header(name: string, match: StringMatch): Condition {
  return { kind: 'header', name, match };
}

function exact(value: string, ignoreCase = false): StringMatch {
  return { kind: 'exact', value, ignoreCase };
}

function some(conditions: readonly Condition[]): Condition {
  const [only] = conditions;
  return only !== undefined && conditions.length === 1 ? only : { kind: 'some', of: conditions };
}
