import type {
  AuthorizationAction,
  AuthorizationOperation,
  AuthorizationRuleSpec,
  AuthorizationSource,
} from '@heddle/schema';
import type { Condition } from '@heddle/traffic';
import {
  type Attribute,
  type AttributeContext,
  attributeOf,
  operationAttributes,
} from './authorization-attribute.ts';

export type AuthorizationProtocol = 'http' | 'tcp';

export interface RuleContext extends AttributeContext {
  readonly action: AuthorizationAction;
  readonly protocol: AuthorizationProtocol;
}

const sourceFields = [
  ['principals', 'notPrincipals', 'source.principal'],
  ['requestPrincipals', 'notRequestPrincipals', 'request.auth.principal'],
  ['serviceAccounts', 'notServiceAccounts', 'source.serviceAccount'],
  ['trustDomains', 'notTrustDomains', 'source.trustDomain'],
  ['namespaces', 'notNamespaces', 'source.namespace'],
  ['remoteIpBlocks', 'notRemoteIpBlocks', 'remote.ip'],
  ['ipBlocks', 'notIpBlocks', 'source.ip'],
] as const satisfies readonly (readonly [keyof AuthorizationSource, keyof AuthorizationSource, string])[];

const operationFields = [
  ['hosts', 'notHosts', operationAttributes.hosts],
  ['methods', 'notMethods', operationAttributes.methods],
  ['paths', 'notPaths', operationAttributes.paths],
  ['ports', 'notPorts', attributeOf('destination.port')],
] as const satisfies readonly (readonly [
  keyof AuthorizationOperation,
  keyof AuthorizationOperation,
  Attribute | undefined,
])[];

/** Thrown within this file alone: a part of an ALLOW rule cannot be told, so the rule allows nothing. */
class RuleIsVoid extends Error {}

/**
 * One rule as a condition: any source, any operation and all of `when`.
 *
 * A part that cannot be told for this protocol, such as a path on a TCP connection, makes an ALLOW rule void and is left out of
 * any other rule: in doubt less is allowed and more is denied. A key that nobody knows makes every rule void.
 */
export function ruleCondition(rule: AuthorizationRuleSpec, context: RuleContext): Condition {
  try {
    const when = (rule.when ?? []).flatMap(({ key, values, notValues }) => {
      const attribute = attributeOf(key);
      if (attribute === undefined) throw new RuleIsVoid();
      return bothWays(attribute, values, notValues, context);
    });
    const from = (rule.from ?? []).map(({ source }) =>
      all(
        sourceFields.flatMap(([is, not, key]) =>
          bothWays(attributeOf(key), source?.[is], source?.[not], context),
        ),
      ),
    );
    const to = (rule.to ?? []).map(({ operation }) =>
      all(
        operationFields.flatMap(([is, not, attribute]) =>
          bothWays(attribute, operation?.[is], operation?.[not], context),
        ),
      ),
    );
    return all([...(from.length === 0 ? [] : [some(from)]), ...(to.length === 0 ? [] : [some(to)]), ...when]);
  } catch (error) {
    if (error instanceof RuleIsVoid) return { kind: 'never' };
    throw error;
  }
}

function bothWays(
  attribute: Attribute | undefined,
  values: readonly string[] | undefined,
  notValues: readonly string[] | undefined,
  context: RuleContext,
): Condition[] {
  if (attribute === undefined) return [];
  const is = anyOf(attribute, values ?? [], context);
  const not = anyOf(attribute, notValues ?? [], context);
  return [
    ...(is === undefined ? [] : [is]),
    ...(not === undefined ? [] : [{ kind: 'not', of: not } as const]),
  ];
}

function anyOf(attribute: Attribute, values: readonly string[], context: RuleContext): Condition | undefined {
  const conditions = values.map((value) =>
    attribute.isHttpOnly && context.protocol === 'tcp' ? undefined : attribute.condition(value, context),
  );
  const told = conditions.filter((condition) => condition !== undefined);
  if (told.length < conditions.length) {
    if (context.action === 'ALLOW') throw new RuleIsVoid();
    if (attribute.isWhole) return undefined;
  }
  return told.length === 0 ? undefined : some(told);
}

function all(conditions: readonly Condition[]): Condition {
  const [only] = conditions;
  if (only === undefined) return { kind: 'any' };
  return conditions.length === 1 ? only : { kind: 'all', of: conditions };
}

function some(conditions: readonly Condition[]): Condition {
  const [only] = conditions;
  return only !== undefined && conditions.length === 1 ? only : { kind: 'some', of: conditions };
}
