/**
 * Authorization as Envoy's RBAC filters, so that an Envoy in the place of our proxy enforces it too. Printed only: our own proxies
 * read it from the metadata of the filter chain.
 *
 * Envoy parts a rule into permissions (what is asked) and principals (who asks). A rule that cannot be parted so allows nothing
 * and denies everything. CUSTOM rules only leave a mark on the request, by which the filter after them knows that its provider
 * is to be asked; where nobody can be asked they deny.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Authorization, AuthorizationRule, Condition, ExtAuthz } from '@heddle/traffic';
import { encodeExtAuthzFilter, matchedPrefix, shadowPrefix } from './ext-authz.ts';
import { definedFields } from './metadata.ts';
import { encodeStringMatch } from './string-match.ts';
import { jwtFilter } from './jwt-authn.ts';

const filterName = 'envoy.filters.http.rbac';
const filterType = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC';
const networkName = 'envoy.filters.network.rbac';
const networkType = 'type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC';
const perRouteType = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute';
const templateType = 'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig';

/** HTTP filters in the order in which they decide, after those of CUSTOM; none for a list without rules. */
export function encodeRbacFilters({ audit, deny, allow }: Authorization): JsonObject[] {
  return [...encodeFilter('LOG', audit), ...encodeFilter('DENY', deny), ...encodeFilter('ALLOW', allow)];
}

/** The same for connections that are passed on as they are. */
export function encodeNetworkRbacFilters(
  { custom, audit, deny, allow }: Authorization,
  statPrefix: string,
): JsonObject[] {
  const ofAction = (action: Action, rules: readonly AuthorizationRule[]) => {
    const encoded = encodeRules(action, rules);
    if (encoded === undefined) return [];
    return [{ name: networkName, typedConfig: { '@type': networkType, statPrefix, ...encoded } }];
  };
  return [
    ...ofAction('DENY', custom),
    ...ofAction('LOG', audit),
    ...ofAction('DENY', deny),
    ...ofAction('ALLOW', allow),
  ];
}

/** One provider is asked for all rules; of several nobody can say which. Dry runs of CUSTOM are for our own proxies alone. */
export function encodeCustomFilters(
  { custom: rules }: Authorization,
  authorizers: readonly ExtAuthz[],
): JsonObject[] {
  const enforced = rules.filter(({ dryRun }) => !dryRun);
  if (enforced.length === 0) return [];
  const names = new Set(rules.map(({ provider }) => provider ?? ''));
  const authorizer = names.size === 1 ? authorizers.find(({ name }) => names.has(name)) : undefined;
  if (authorizer === undefined) return encodeFilter('DENY', enforced);
  const policies = enforced.map((rule) => [
    `${matchedPrefix(authorizer.name)}-${nameOf(rule)}`,
    encodePolicy(rule, 'DENY'),
  ]);
  return [
    {
      name: filterName,
      typedConfig: {
        '@type': filterType,
        shadowRules: { action: 'DENY', policies: Object.fromEntries(policies) },
        shadowRulesStatPrefix: shadowPrefix,
      },
    },
    encodeExtAuthzFilter(authorizer, filterName),
  ];
}

/** By list of an authorization, in the order in which they decide: the filters that routes speak to. */
const routeFilters = [
  ['custom', 'DENY'],
  ['audit', 'LOG'],
  ['deny', 'DENY'],
  ['allow', 'ALLOW'],
] as const satisfies readonly (readonly [keyof Authorization, Action])[];

function routeFilterName(list: keyof Authorization): string {
  return `heddle.route.rbac.${list}`;
}

/** They stand in the chain and decide nothing by themselves. */
export function emptyRouteRbacFilters(): JsonObject[] {
  return routeFilters.map(([list]) => ({
    name: routeFilterName(list),
    typedConfig: { '@type': filterType },
  }));
}

/** The route's `typed_per_filter_config`. */
export function encodeRouteRbac(authorization: Authorization): JsonObject {
  return Object.fromEntries(
    routeFilters.flatMap(([list, action]) => {
      const rbac = encodeRules(action, authorization[list]);
      return rbac === undefined ? [] : [[routeFilterName(list), { '@type': perRouteType, rbac }]];
    }),
  );
}

type Action = 'ALLOW' | 'DENY' | 'LOG';

function encodeFilter(action: Action, rules: readonly AuthorizationRule[]): JsonObject[] {
  const encoded = encodeRules(action, rules);
  return encoded === undefined
    ? []
    : [{ name: filterName, typedConfig: { '@type': filterType, ...encoded } }];
}

/** @returns undefined for a list without rules */
function encodeRules(action: Action, rules: readonly AuthorizationRule[]): JsonObject | undefined {
  if (rules.length === 0) return undefined;
  const part = (dryRun: boolean) => {
    const own = rules.filter((rule) => rule.dryRun === dryRun);
    if (own.length === 0) return undefined;
    return {
      action,
      policies: Object.fromEntries(own.map((rule) => [nameOf(rule), encodePolicy(rule, action)])),
    };
  };
  return definedFields({ rules: part(false), shadowRules: part(true) });
}

function nameOf({ policy, rule }: AuthorizationRule): string {
  return `ns[${policy.namespace}]-policy[${policy.name}]-rule[${rule}]`;
}

function encodePolicy({ condition }: AuthorizationRule, action: Action): JsonObject {
  const parts = condition.kind === 'all' ? condition.of : [condition];
  const permissions: JsonObject[] = [];
  const principals: JsonObject[] = [];
  for (const part of parts) {
    const principal = encodeTree(part, principalWords);
    if (principal !== undefined) principals.push(principal);
    else {
      // In doubt less is allowed and more is denied.
      const inDoubt: JsonObject = action === 'ALLOW' ? { notRule: { any: true } } : { any: true };
      permissions.push(encodeTree(part, permissionWords) ?? inDoubt);
    }
  }
  return {
    permissions: [permissions.length === 0 ? { any: true } : { andRules: { rules: permissions } }],
    principals: [principals.length === 0 ? { any: true } : { andIds: { ids: principals } }],
  };
}

/** What the two halves of a policy call the same things, and the leaves that each can tell. */
interface Words {
  readonly and: (parts: JsonObject[]) => JsonObject;
  readonly or: (parts: JsonObject[]) => JsonObject;
  readonly not: (part: JsonObject) => JsonObject;
  readonly leaf: (condition: Condition) => JsonObject | undefined;
}

const principalWords: Words = {
  and: (ids) => ({ andIds: { ids } }),
  or: (ids) => ({ orIds: { ids } }),
  not: (notId) => ({ notId }),
  leaf: (condition) => {
    switch (condition.kind) {
      case 'principal':
        return { authenticated: { principalName: encodeStringMatch(condition.match) } };
      case 'source-ip':
        return { directRemoteIp: encodeBlock(condition.block) };
      case 'remote-ip':
        return { remoteIp: encodeBlock(condition.block) };
      default:
        return sharedLeaf(condition);
    }
  },
};

const permissionWords: Words = {
  and: (rules) => ({ andRules: { rules } }),
  or: (rules) => ({ orRules: { rules } }),
  not: (notRule) => ({ notRule }),
  leaf: (condition) => {
    switch (condition.kind) {
      case 'destination-ip':
        return { destinationIp: encodeBlock(condition.block) };
      case 'destination-port':
        return { destinationPort: condition.port };
      case 'sni':
        return { requestedServerName: encodeStringMatch(condition.match) };
      case 'path-template': {
        const pathTemplate = condition.template.replaceAll('{**}', '**').replaceAll('{*}', '*');
        return {
          uriTemplate: { name: 'uri-template', typedConfig: { '@type': templateType, pathTemplate } },
        };
      }
      default:
        return sharedLeaf(condition);
    }
  },
};

/** @returns undefined when these words cannot tell it */
function encodeTree(condition: Condition, words: Words): JsonObject | undefined {
  switch (condition.kind) {
    case 'any':
      return { any: true };
    case 'never':
      return words.not({ any: true });
    case 'not': {
      const negated = encodeTree(condition.of, words);
      return negated && words.not(negated);
    }
    case 'all':
    case 'some': {
      const parts = condition.of.map((part) => encodeTree(part, words)).filter((part) => part !== undefined);
      if (parts.length < condition.of.length) return undefined;
      if (parts.length === 0) return condition.kind === 'all' ? { any: true } : words.not({ any: true });
      return condition.kind === 'all' ? words.and(parts) : words.or(parts);
    }
    default:
      return words.leaf(condition);
  }
}

function sharedLeaf(condition: Condition): JsonObject | undefined {
  switch (condition.kind) {
    case 'header':
      return {
        header: definedFields({
          name: condition.name,
          presentMatch: condition.match === undefined ? true : undefined,
          stringMatch: condition.match && encodeStringMatch(condition.match),
        }),
      };
    case 'path':
      return { urlPath: { path: encodeStringMatch(condition.match) } };
    case 'claim': {
      const value = { stringMatch: encodeStringMatch(condition.match) };
      const path = ['payload', ...condition.path].map((key) => ({ key }));
      const either = { orMatch: { valueMatchers: [{ listMatch: { oneOf: value } }, value] } };
      return { metadata: { filter: jwtFilter, path, value: condition.lists ? either : value } };
    }
    case 'metadata': {
      const value = { stringMatch: encodeStringMatch(condition.match) };
      return {
        metadata: {
          filter: condition.filter,
          path: [{ key: condition.key }],
          value: condition.list ? { listMatch: { oneOf: value } } : value,
        },
      };
    }
    default:
      return undefined;
  }
}

function encodeBlock(block: string): JsonObject {
  const [addressPrefix = '', length] = block.split('/');
  return { addressPrefix, prefixLen: Number(length ?? (addressPrefix.includes(':') ? 128 : 32)) };
}
