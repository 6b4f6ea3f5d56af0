import type { AuthorizationRule, Condition } from '@heddle/traffic';
import { expect, it } from 'vitest';
import { encodeRbacFilters } from './rbac.ts';

const rule = (condition: Condition): AuthorizationRule => ({
  policy: { namespace: 'mill', name: 'p' },
  rule: 2,
  dryRun: false,
  condition,
  from: [],
});
const port: Condition = { kind: 'destination-port', port: 80 };
const inNet: Condition = { kind: 'source-ip', block: '10.0.0.0/8' };
const policyOf = (action: 'allow' | 'deny', condition: Condition) => {
  const none = { custom: [], audit: [], deny: [], allow: [] };
  return encodeRbacFilters({ ...none, [action]: [rule(condition)] });
};
const filter = (action: string, permission: object, principal: object) => [
  {
    name: 'envoy.filters.http.rbac',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC',
      rules: {
        action,
        policies: {
          'ns[mill]-policy[p]-rule[2]': { permissions: [permission], principals: [principal] },
        },
      },
    },
  },
];

it('parts a rule into what is asked and who asks', () => {
  expect(policyOf('allow', { kind: 'all', of: [port, inNet] })).toEqual(
    filter(
      'ALLOW',
      { andRules: { rules: [{ destinationPort: 80 }] } },
      { andIds: { ids: [{ directRemoteIp: { addressPrefix: '10.0.0.0', prefixLen: 8 } }] } },
    ),
  );
});

it('lets a rule that cannot be parted allow nothing and deny everything', () => {
  const mixed: Condition = { kind: 'some', of: [port, inNet] };
  expect(policyOf('allow', mixed)).toEqual(
    filter('ALLOW', { andRules: { rules: [{ notRule: { any: true } }] } }, { any: true }),
  );
  expect(policyOf('deny', mixed)).toEqual(
    filter('DENY', { andRules: { rules: [{ any: true }] } }, { any: true }),
  );
});

it('leaves no filter where no rule is', () => {
  expect(encodeRbacFilters({ custom: [], audit: [], deny: [], allow: [] })).toEqual([]);
});
