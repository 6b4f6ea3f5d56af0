/**
 * Authorization <-> metadata of the filter chain. It travels whole and in the IR's own form, because Envoy's RBAC filter has no
 * room for provenance and for dry runs of CUSTOM. Only our proxies read it.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Authorization, AuthorizationRule, Condition } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';
import { decodeStringMatch, encodeStringMatch } from './string-match.ts';

export function encodeAuthorization({ custom, audit, deny, allow }: Authorization): JsonObject {
  return {
    custom: custom.map(encodeRule),
    audit: audit.map(encodeRule),
    deny: deny.map(encodeRule),
    allow: allow.map(encodeRule),
  };
}

export function decodeAuthorization(metadata: FieldReader): Authorization {
  return {
    custom: metadata.list('custom').map(decodeRule),
    audit: metadata.list('audit').map(decodeRule),
    deny: metadata.list('deny').map(decodeRule),
    allow: metadata.list('allow').map(decodeRule),
  };
}

function encodeRule({ policy, rule, dryRun, provider, condition, from }: AuthorizationRule): JsonObject {
  return definedFields({
    policy: { namespace: policy.namespace, name: policy.name },
    rule,
    dryRun,
    provider,
    condition: encodeCondition(condition),
    from: encodeOrigins(from),
  });
}

function decodeRule(rule: FieldReader): AuthorizationRule {
  const policy = rule.field('policy');
  return {
    policy: { namespace: policy.string('namespace'), name: policy.string('name') },
    rule: rule.number('rule'),
    dryRun: rule.boolean('dryRun'),
    ...(rule.has('provider') ? { provider: rule.string('provider') } : {}),
    condition: decodeCondition(rule.field('condition')),
    from: decodeOrigins(rule),
  };
}

function encodeCondition(condition: Condition): JsonObject {
  const { kind } = condition;
  switch (kind) {
    case 'any':
    case 'never':
      return { kind };
    case 'all':
    case 'some':
      return { kind, of: condition.of.map(encodeCondition) };
    case 'not':
      return { kind, of: [encodeCondition(condition.of)] };
    case 'principal':
    case 'sni':
    case 'path':
      return { kind, match: encodeStringMatch(condition.match) };
    case 'source-ip':
    case 'remote-ip':
    case 'destination-ip':
      return { kind, block: condition.block };
    case 'destination-port':
      return { kind, port: condition.port };
    case 'header':
      return definedFields({
        kind,
        name: condition.name,
        match: condition.match && encodeStringMatch(condition.match),
      });
    case 'path-template':
      return { kind, template: condition.template };
    case 'claim': {
      const { path, match, lists } = condition;
      return { kind, path: [...path], match: encodeStringMatch(match), lists };
    }
    case 'metadata': {
      const { filter, key, match, list } = condition;
      return { kind, filter, key, match: encodeStringMatch(match), list };
    }
  }
}

const kinds = [
  'any',
  'never',
  'all',
  'some',
  'not',
  'principal',
  'sni',
  'path',
  'source-ip',
  'remote-ip',
  'destination-ip',
  'destination-port',
  'header',
  'path-template',
  'claim',
  'metadata',
] as const satisfies readonly Condition['kind'][];

function decodeCondition(condition: FieldReader): Condition {
  // A condition that cannot be read must not become one that always holds.
  if (!condition.has('kind')) return condition.fail('expected a kind');
  const kind = condition.oneOf('kind', kinds, 'never');
  switch (kind) {
    case 'any':
    case 'never':
      return { kind };
    case 'all':
    case 'some':
      return { kind, of: condition.list('of').map(decodeCondition) };
    case 'not': {
      const [negated] = condition.list('of');
      return negated === undefined
        ? condition.fail('expected a condition')
        : { kind, of: decodeCondition(negated) };
    }
    case 'principal':
    case 'sni':
    case 'path':
      return { kind, match: decodeStringMatch(condition.field('match')) };
    case 'source-ip':
    case 'remote-ip':
    case 'destination-ip':
      return { kind, block: condition.string('block') };
    case 'destination-port':
      return { kind, port: condition.number('port') };
    case 'header':
      return {
        kind,
        name: condition.string('name'),
        ...(condition.has('match') ? { match: decodeStringMatch(condition.field('match')) } : {}),
      };
    case 'path-template':
      return { kind, template: condition.string('template') };
    case 'claim':
      return {
        kind,
        path: condition.strings('path'),
        match: decodeStringMatch(condition.field('match')),
        lists: condition.boolean('lists'),
      };
    case 'metadata':
      return {
        kind,
        filter: condition.string('filter'),
        key: condition.string('key'),
        match: decodeStringMatch(condition.field('match')),
        list: condition.boolean('list'),
      };
  }
}
