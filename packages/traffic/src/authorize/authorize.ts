import { compileCondition, type RequestPredicate } from './condition.ts';
import type { Authorization, AuthorizationRule, ExtAuthz } from '../ir/index.ts';
import type { AuthorizationRequest } from './request.ts';

export interface AuthorizationDecision {
  readonly decision: 'allow' | 'deny';
  /** The rule that decided; absent when no rule did. */
  readonly rule?: AuthorizationRule;
  /** An AUDIT rule matched. */
  readonly audited: boolean;
  /** What the dry-run rules say by themselves; absent where there are none. */
  readonly shadow?: { readonly decision: 'allow' | 'deny'; readonly rule?: AuthorizationRule };
  /** Of a refusal that is no 403. */
  readonly status?: number;
  /** One sentence. */
  readonly why: string;
}

interface CompiledRule {
  readonly rule: AuthorizationRule;
  readonly holds: RequestPredicate;
}

/** An authorization with its patterns compiled, enforced rules apart from dry-run ones. Immutable. */
export interface CompiledAuthorization {
  readonly enforced: CompiledActions;
  readonly dryRun: CompiledActions;
  /** Of all CUSTOM rules, dry-run ones included. */
  readonly providers: readonly string[];
  /** Those that can be asked, by name. */
  readonly authorizers: ReadonlyMap<string, ExtAuthz>;
}

type CompiledActions = Readonly<Record<keyof Authorization, readonly CompiledRule[]>>;
/** What one action says. */
export type AuthorizationVerdict = Pick<AuthorizationDecision, 'decision' | 'rule' | 'status' | 'why'>;

/** @param authorizers those of its providers that can be asked */
export function compileAuthorization(
  authorization: Authorization,
  authorizers: readonly ExtAuthz[] = [],
): CompiledAuthorization {
  const part = (dryRun: boolean): CompiledActions => {
    const compiled = (rules: readonly AuthorizationRule[]) =>
      rules
        .filter((rule) => rule.dryRun === dryRun)
        .map((rule) => ({ rule, holds: compileCondition(rule.condition) }));
    return {
      custom: compiled(authorization.custom),
      audit: compiled(authorization.audit),
      deny: compiled(authorization.deny),
      allow: compiled(authorization.allow),
    };
  };
  return {
    enforced: part(false),
    dryRun: part(true),
    providers: [...new Set(authorization.custom.map(({ provider }) => provider ?? ''))],
    authorizers: new Map(authorizers.map((one) => [one.name, one])),
  };
}

/** Who has to be asked about a request before `authorize` decides; undefined: nobody. */
export function authorizerOf(
  { enforced, providers, authorizers }: CompiledAuthorization,
  request: AuthorizationRequest,
): ExtAuthz | undefined {
  if (providers.length !== 1) return undefined;
  return firstHit(enforced.custom, request) && authorizers.get(providers[0] ?? '');
}

/**
 * Whether a request may pass: CUSTOM, then DENY, then ALLOW; AUDIT only records.
 *
 * CUSTOM fails closed: a provider that is unknown denies what its rules match, so does one that fails unless it says otherwise,
 * and so do several providers on one workload, as Istio has it. Dry-run rules never change the decision.
 */
export function authorize(
  compiled: CompiledAuthorization,
  request: AuthorizationRequest,
): AuthorizationDecision {
  return authorizeRest(compiled, request, authorizeCustom(compiled, request));
}

/**
 * What comes after CUSTOM: a proxy asks for it apart, because the token is verified between the two, and the authorizer may have
 * changed the request.
 *
 * @param custom what CUSTOM has said
 */
export function authorizeRest(
  compiled: CompiledAuthorization,
  request: AuthorizationRequest,
  custom: AuthorizationVerdict | undefined,
): AuthorizationDecision {
  const { enforced } = compiled;
  const shadow = shadowOf(compiled, request);
  const withShadow = shadow === undefined ? {} : { shadow };
  // The external authorizer stands before the audit log: what it refuses is not recorded there.
  if (custom?.decision === 'deny') return { ...custom, audited: false, ...withShadow };
  const audited = firstHit(enforced.audit, request) !== undefined;
  const verdict = decideDeny(enforced.deny, request) ?? decideAllow(enforced.allow, request);
  return { ...(verdict ?? custom ?? nothingApplies), audited, ...withShadow };
}

/** @returns undefined where no CUSTOM rule matches */
export function authorizeCustom(
  compiled: CompiledAuthorization,
  request: AuthorizationRequest,
): AuthorizationVerdict | undefined {
  return decideCustom(compiled.enforced.custom, compiled, request);
}

const nothingApplies: AuthorizationVerdict = {
  decision: 'allow',
  why: 'no ALLOW policy applies and no DENY rule matches',
};

function decideCustom(
  rules: readonly CompiledRule[],
  { providers, authorizers }: CompiledAuthorization,
  request: AuthorizationRequest,
): AuthorizationVerdict | undefined {
  const hit = firstHit(rules, request);
  if (hit === undefined) return undefined;
  const deny = (why: string): AuthorizationVerdict => ({
    decision: 'deny',
    rule: hit,
    why: `${wordsOf(hit)}: ${why}`,
  });
  if (providers.length > 1) return deny(`several providers on one workload (${providers.join(', ')})`);
  const name = hit.provider ?? '';
  switch (request.provider(name)) {
    case 'allow':
      return { decision: 'allow', rule: hit, why: `${wordsOf(hit)}: provider ${name} allows it` };
    case 'deny':
      return deny(`provider ${name} denies it`);
    case 'error': {
      const { failOpen = false, statusOnError = 403 } = authorizers.get(name) ?? {};
      if (!failOpen)
        return { ...deny(`provider ${name} failed, and it fails closed`), status: statusOnError };
      return {
        decision: 'allow',
        rule: hit,
        why: `${wordsOf(hit)}: provider ${name} failed, and it fails open`,
      };
    }
    case undefined:
      return authorizers.has(name)
        ? deny(`provider ${name} is asked, and nobody says what it answers`)
        : deny(`there is no provider "${name}"`);
  }
}

function decideDeny(
  rules: readonly CompiledRule[],
  request: AuthorizationRequest,
): AuthorizationVerdict | undefined {
  const hit = firstHit(rules, request);
  return hit === undefined
    ? undefined
    : { decision: 'deny', rule: hit, why: `${wordsOf(hit)} matches, and its action is DENY` };
}

function decideAllow(
  rules: readonly CompiledRule[],
  request: AuthorizationRequest,
): AuthorizationVerdict | undefined {
  if (rules.length === 0) return undefined;
  const hit = firstHit(rules, request);
  if (hit !== undefined) {
    return { decision: 'allow', rule: hit, why: `${wordsOf(hit)} matches, and its action is ALLOW` };
  }
  const [only, ...others] = rules;
  // A lone rule that cannot hold is the reason itself: the policy that allows nothing.
  if (only !== undefined && others.length === 0 && only.rule.condition.kind === 'never') {
    return { decision: 'deny', rule: only.rule, why: `${policyWords(only.rule)} allows nothing` };
  }
  const policies = [...new Set(rules.map(({ rule }) => policyWords(rule)))];
  return { decision: 'deny', why: `no rule of the ALLOW policies matches: ${policies.join(', ')}` };
}

/**
 * Dry-run rules are weighed by themselves, DENY apart from ALLOW, as Envoy's shadow rules are: enforced ALLOW policies do not
 * make a dry-run ALLOW policy pass.
 */
function shadowOf(
  compiled: CompiledAuthorization,
  request: AuthorizationRequest,
): AuthorizationDecision['shadow'] {
  const { dryRun } = compiled;
  if (dryRun.custom.length + dryRun.deny.length + dryRun.allow.length === 0) return undefined;
  const custom = decideCustom(dryRun.custom, compiled, request);
  const verdict =
    custom?.decision === 'deny'
      ? custom
      : (decideDeny(dryRun.deny, request) ?? decideAllow(dryRun.allow, request) ?? custom ?? nothingApplies);
  return { decision: verdict.decision, ...(verdict.rule === undefined ? {} : { rule: verdict.rule }) };
}

function firstHit(
  rules: readonly CompiledRule[],
  request: AuthorizationRequest,
): AuthorizationRule | undefined {
  return rules.find(({ holds }) => holds(request))?.rule;
}

function policyWords({ policy, from }: AuthorizationRule): string {
  return `${from[0]?.kind ?? 'AuthorizationPolicy'} ${policy.namespace}/${policy.name}`;
}

function wordsOf(rule: AuthorizationRule): string {
  return `${policyWords(rule)} rule ${rule.rule}`;
}
