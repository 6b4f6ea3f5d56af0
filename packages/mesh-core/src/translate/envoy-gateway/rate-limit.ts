/** rateLimit of a BackendTrafficPolicy: buckets of each proxy, and rules for a service that counts for all. */
import type { BackendTrafficPolicySpec } from '@heddle/schema';
import type {
  GlobalRateLimit,
  LocalRateLimit,
  RateLimitMatch,
  StringMatch,
  TokenBucket,
} from '@heddle/traffic';

import { type EffectivePolicy, originsOf } from './effective.ts';
import { pathMatchOf, quoteRegex } from './path-match.ts';
import type { EnvoyPolicyOf } from './targets.ts';

type RateLimit = NonNullable<BackendTrafficPolicySpec['rateLimit']>;
type Rule = NonNullable<NonNullable<RateLimit['local']>['rules']>[number];
type Selector = NonNullable<Rule['clientSelectors']>[number];
type Policy = EffectivePolicy<'envoyBackendPolicies'>;

const unitMs: Readonly<Record<Rule['limit']['unit'], number>> = {
  Second: 1000,
  Minute: 60_000,
  Hour: 3_600_000,
  Day: 86_400_000,
  Week: 7 * 86_400_000,
  Month: 30 * 86_400_000,
  Year: 365 * 86_400_000,
};

/** Rules with the policies that they stand in: those of joined policies are all kept where the merge is strategic. */
interface OwnedRule {
  readonly rule: Rule;
  readonly name: string;
}

export function localRateLimit(policy: Policy): LocalRateLimit | undefined {
  const rules = rulesOf(policy, 'local');
  if (rules === undefined) return undefined;
  const isDefault = ({ rule }: OwnedRule) => (rule.clientSelectors ?? []).length === 0;
  // Of two policies the route's own has the say for what no rule has.
  const fallback = rules.findLast(isDefault)?.rule;
  return {
    ...(fallback === undefined ? {} : { bucket: bucketOf(fallback) }),
    rules: rules
      .filter((one) => !isDefault(one))
      .flatMap(({ rule }) =>
        alternatives(rule).map((matches) => ({
          matches,
          bucket: bucketOf(rule),
          isShadow: rule.shadowMode ?? false,
        })),
      ),
    tellsLimits: fallback?.xRateLimitHeaders !== 'Off',
    from: originsOf(policy, 'rateLimit'),
  };
}

export function globalRateLimit(policy: Policy): GlobalRateLimit | undefined {
  const rules = rulesOf(policy, 'global');
  if (rules === undefined) return undefined;
  return {
    rules: rules.flatMap(({ rule, name }) =>
      alternatives(rule).map((matches) => ({
        name,
        matches,
        requests: rule.limit.requests,
        unit: rule.limit.unit,
        isShared: rule.shared ?? false,
        isShadow: rule.shadowMode ?? false,
      })),
    ),
    from: originsOf(policy, 'rateLimit'),
  };
}

/** The deprecated `type` chooses one of the two. */
function rulesOf({ documents, spec }: Policy, which: 'local' | 'global'): OwnedRule[] | undefined {
  const said = (document: EnvoyPolicyOf<'envoyBackendPolicies'>): OwnedRule[] | undefined => {
    const { type, ...limits } = document.object.spec.rateLimit ?? {};
    if (type !== undefined && type.toLowerCase() !== which) return undefined;
    return limits[which]?.rules?.map((rule, i) => ({
      rule,
      name: `${document.key.namespace}/${document.key.name}/rule/${i}`,
    }));
  };
  const [own, parent] = documents;
  const [ours, theirs] = [said(own), parent && said(parent)];
  if (ours === undefined || theirs === undefined || spec.mergeType !== 'StrategicMerge')
    return ours ?? theirs;
  const isFallback = ({ rule }: OwnedRule) => which === 'local' && (rule.clientSelectors ?? []).length === 0;
  return [...theirs.filter((one) => !isFallback(one)), ...ours];
}

function bucketOf({ limit: { requests, unit } }: Rule): TokenBucket {
  return { maxTokens: requests, tokensPerFill: requests, fillIntervalMs: unitMs[unit] };
}

/** All of a rule's selectors have to fit; of the methods one. */
function alternatives({ clientSelectors = [] }: Rule): RateLimitMatch[][] {
  const common = clientSelectors.flatMap(selectorMatches);
  const methods = clientSelectors.flatMap((one) => one.methods ?? []);
  const wanted = methods.filter(({ invert }) => invert !== true).map(({ value }) => value);
  const method = (match: StringMatch, invert: boolean): RateLimitMatch => ({
    kind: 'header',
    name: ':method',
    match,
    invert,
  });
  const exact = (value: string): StringMatch => ({ kind: 'exact', value, ignoreCase: false });
  const ofMethods = [
    ...(wanted.length === 0
      ? []
      : [
          method(
            wanted.length === 1 ? exact(wanted.join()) : { kind: 'regex', value: wanted.join('|') },
            false,
          ),
        ]),
    ...methods.filter(({ invert }) => invert === true).map(({ value }) => method(exact(value), true)),
  ];
  return ofMethods.length === 0 ? [common] : ofMethods.map((one) => [one, ...common]);
}

function selectorMatches({ headers = [], path, queryParams = [], sourceCIDR }: Selector): RateLimitMatch[] {
  return [
    ...headers.map((one) => namedMatch('header', one)),
    ...(path === undefined
      ? []
      : [
          {
            kind: 'header' as const,
            name: ':path',
            match: withQuery(pathMatchOf(path)),
            invert: path.invert ?? false,
          },
        ]),
    ...(sourceCIDR === undefined
      ? []
      : [{ kind: 'source-ip' as const, block: sourceCIDR.value, invert: sourceCIDR.invert ?? false }]),
    ...(sourceCIDR?.type === 'Distinct' ? [{ kind: 'each-source-ip' as const }] : []),
    ...queryParams.map((one) => namedMatch('query', one)),
  ];
}

function namedMatch(
  kind: 'header' | 'query',
  { name: written, type = 'Exact', value = '', invert = false }: NonNullable<Selector['headers']>[number],
): RateLimitMatch {
  const name = kind === 'header' ? written.toLowerCase() : written;
  switch (type) {
    case 'Distinct':
      return { kind: `each-${kind}`, name };
    case 'Exact':
      return { kind, name, match: { kind: 'exact', value, ignoreCase: false }, invert };
    case 'RegularExpression':
      return { kind, name, match: { kind: 'regex', value }, invert };
  }
}

/** `:path` is the path with its query, of which the policy does not speak. */
function withQuery(match: StringMatch): StringMatch {
  switch (match.kind) {
    case 'exact':
      return { kind: 'regex', value: `${quoteRegex(match.value)}(\\?.*)?` };
    case 'regex':
      return { kind: 'regex', value: `(?:${match.value})(\\?.*)?` };
    default:
      return match;
  }
}
