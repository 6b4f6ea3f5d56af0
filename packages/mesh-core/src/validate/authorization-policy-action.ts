import type { Rule, RuleFinding } from './rule.ts';

/** Parts of a source that need the caller's identity, which an external authorizer's rules may not ask for. */
const identityFields = [
  'principals',
  'notPrincipals',
  'requestPrincipals',
  'notRequestPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
  'trustDomains',
  'notTrustDomains',
] as const;
const identityKeys: ReadonlySet<string> = new Set([
  'source.namespace',
  'source.serviceAccount',
  'source.trustDomain',
  'source.principal',
]);

/** What an action asks for: rules for DENY and CUSTOM, a provider for CUSTOM alone, no identities in its rules (IST0106). */
export const authorizationPolicyAction: Rule = function* (world) {
  for (const document of world.documents.authorizationPolicies) {
    const dryRun = document.object.metadata.annotations?.['istio.io/dry-run'];
    if (dryRun !== undefined && !/^(?:[01tTfF]|true|TRUE|True|false|FALSE|False)$/.test(dryRun)) {
      yield [
        document,
        error(
          'metadata.annotations["istio.io/dry-run"]',
          `"${dryRun}" is neither true nor false, and the policy would be enforced`,
        ),
      ];
    }
    const { action = 'ALLOW', provider, rules = [] } = document.object.spec ?? {};
    if (dryRun !== undefined && action !== 'ALLOW' && action !== 'DENY') {
      yield [
        document,
        error(
          'metadata.annotations["istio.io/dry-run"]',
          `a dry run is possible for ALLOW and DENY alone, and this is ${action}; remove the annotation`,
        ),
      ];
    }
    if ((action === 'DENY' || action === 'CUSTOM') && rules.length === 0) {
      yield [
        document,
        error('spec.rules', `a ${action} policy without rules never acts; add a rule, {} for every request`),
      ];
    }
    if (action !== 'CUSTOM') {
      if (provider !== undefined) {
        yield [document, error('spec.provider', `provider is for action CUSTOM only, and this is ${action}`)];
      }
      continue;
    }
    if (rules.length > 0 && (provider?.name ?? '') === '') {
      yield [document, error('spec.provider.name', 'a CUSTOM policy names its provider; add provider.name')];
    }
    for (const [r, { from = [], when = [] }] of rules.entries()) {
      for (const [i, { source }] of from.entries()) {
        for (const field of identityFields) {
          if ((source?.[field] ?? []).length === 0) continue;
          yield [document, unsupported(`spec.rules[${r}].from[${i}].source.${field}`, field)];
        }
      }
      for (const [i, { key }] of when.entries()) {
        if (!identityKeys.has(key) && !key.startsWith('request.auth.')) continue;
        yield [document, unsupported(`spec.rules[${r}].when[${i}].key`, key)];
      }
    }
  }
};

function unsupported(path: string, what: string): RuleFinding {
  return error(
    path,
    `${what} is not possible with action CUSTOM; ask for the identity in an ALLOW or DENY policy`,
  );
}

function error(path: string, message: string): RuleFinding {
  return { code: 'IST0106', severity: 'error', path, message };
}
