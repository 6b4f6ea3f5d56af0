import type { AuthorizationOperation, AuthorizationSource } from '@heddle/schema';
import type { Rule } from './rule.ts';

const connectionFields = [
  'principals',
  'notPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
  'ipBlocks',
  'notIpBlocks',
  'remoteIpBlocks',
  'notRemoteIpBlocks',
] as const satisfies readonly (keyof AuthorizationSource)[];
const portFields = ['ports', 'notPorts'] as const satisfies readonly (keyof AuthorizationOperation)[];

/** A DENY rule of HTTP attributes alone denies everything on TCP ports, where those are left out (IST0133). */
export const authorizationPolicyTcp: Rule = function* (world) {
  for (const document of world.documents.authorizationPolicies) {
    const { action, rules = [] } = document.object.spec ?? {};
    if (action !== 'DENY') continue;
    for (const [i, { from = [], to = [] }] of rules.entries()) {
      const hasConnection = from.some(({ source }) =>
        connectionFields.some((field) => (source?.[field] ?? []).length > 0),
      );
      const hasPort = to.some(({ operation }) =>
        portFields.some((field) => (operation?.[field] ?? []).length > 0),
      );
      if (to.length > 0 ? hasPort : from.length === 0 || hasConnection) continue;
      yield [
        document,
        {
          code: 'IST0133',
          severity: 'warning',
          path: `spec.rules[${i}]`,
          message:
            'on TCP ports the HTTP attributes of this rule are left out, and it may deny every connection; name the ports that it is for',
        },
      ];
    }
  }
};
