import type { AuthorizationRule, Condition, ExtAuthz } from '@heddle/traffic';
import { describe, expect, it } from 'vitest';
import { encodeCustomFilters, encodeNetworkRbacFilters, encodeRbacFilters } from './rbac.ts';

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

it('says the same of connections that are passed on, where nobody is asked for CUSTOM rules', () => {
  const given = { custom: [{ ...rule(inNet), provider: 'gate' }], audit: [], deny: [], allow: [rule(port)] };
  const filters = encodeNetworkRbacFilters(given, 'tcp').map(({ name, typedConfig }) => [name, typedConfig]);
  expect(filters).toMatchObject([
    ['envoy.filters.network.rbac', { statPrefix: 'tcp', rules: { action: 'DENY' } }],
    ['envoy.filters.network.rbac', { statPrefix: 'tcp', rules: { action: 'ALLOW' } }],
  ]);
});

it('leaves no filter where no rule is', () => {
  expect(encodeRbacFilters({ custom: [], audit: [], deny: [], allow: [] })).toEqual([]);
});

describe('CUSTOM', () => {
  const gate: ExtAuthz = {
    name: 'gate',
    cluster: 'outbound|9000||gate.mill',
    service: { kind: 'grpc', authority: 'gate.mill' },
    timeoutMs: 1500,
    failOpen: true,
    statusOnError: 503,
    clearRouteCache: false,
    from: [],
  };
  const custom = (provider: string) => ({ ...rule(port), provider });
  const filtersOf = (rules: readonly AuthorizationRule[]) =>
    encodeCustomFilters({ custom: rules, audit: [], deny: [], allow: [] }, [gate]);

  it('leaves a mark on what its rules match, by which the provider is asked', () => {
    expect(filtersOf([custom('gate')])).toMatchObject([
      {
        name: 'envoy.filters.http.rbac',
        typedConfig: {
          shadowRulesStatPrefix: 'istio_ext_authz_',
          shadowRules: {
            action: 'DENY',
            policies: { 'istio-ext-authz-gate-ns[mill]-policy[p]-rule[2]': {} },
          },
        },
      },
      {
        name: 'envoy.filters.http.ext_authz',
        typedConfig: {
          grpcService: {
            envoyGrpc: { clusterName: 'outbound|9000||gate.mill', authority: 'gate.mill' },
            timeout: '1.500000000s',
          },
          failureModeAllow: true,
          statusOnError: { code: 503 },
          filterEnabledMetadata: {
            filter: 'envoy.filters.http.rbac',
            path: [{ key: 'istio_ext_authz_shadow_effective_policy_id' }],
            value: { stringMatch: { prefix: 'istio-ext-authz-gate' } },
          },
        },
      },
    ]);
  });

  it('denies where its provider cannot be asked, and where there are several', () => {
    for (const rules of [[custom('other')], [custom('gate'), custom('other')]]) {
      expect(filtersOf(rules)).toMatchObject([{ typedConfig: { rules: { action: 'DENY' } } }]);
    }
  });
});
