import { describe, expect, it } from 'vitest';
import { explainDocuments } from './explain-documents.ts';

const policy = (name: string, spec: string, meta = '') => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: fleet${meta} }
spec: ${spec}
---
`;
const workload = { namespace: 'fleet', serviceAccount: 'pump', labels: { app: 'pump' } };
const ask = (yaml: string, authz: object) =>
  explainDocuments([yaml]).explainer.explain({ authz: { workload, protocol: 'http', port: 8080, ...authz } });

describe('explaining authorization', () => {
  it('answers in the form of the contract', () => {
    const yaml = policy(
      'no-delete',
      '{ action: DENY, rules: [{}, { to: [{ operation: { methods: [DELETE] } }] }] }',
      ', annotations: { istio.io/dry-run: "true" }',
    ).concat(policy('nothing', '{}'));
    expect(ask(yaml, { method: 'DELETE', path: '/' })).toEqual({
      decision: 'deny',
      status: 403,
      policy: { namespace: 'fleet', name: 'nothing', rule: 0 },
      decidedBy: {
        group: 'security.istio.io',
        kind: 'AuthorizationPolicy',
        namespace: 'fleet',
        name: 'nothing',
        path: 'spec',
      },
      audited: false,
      shadow: { decision: 'deny', policy: { namespace: 'fleet', name: 'no-delete', rule: 0 } },
      why: 'AuthorizationPolicy fleet/nothing allows nothing',
    });
  });

  it('closes a TCP connection without a status; HTTP fields void an ALLOW rule and widen a DENY rule', () => {
    const allow = policy('a', '{ rules: [{ to: [{ operation: { methods: [GET], ports: ["8080"] } }] }] }');
    expect(ask(allow, { protocol: 'tcp', method: 'GET' })).toMatchObject({ decision: 'deny' });
    expect(ask(allow, { protocol: 'tcp' })).not.toHaveProperty('status');
    const deny = policy(
      'd',
      '{ action: DENY, rules: [{ to: [{ operation: { methods: [PUT], ports: ["8080"] } }] }] }',
    );
    expect(ask(deny, { protocol: 'tcp' })).toMatchObject({ decision: 'deny' });
    expect(ask(deny, { protocol: 'tcp', port: 9090 })).toMatchObject({ decision: 'allow' });
    expect(ask(deny, { method: 'GET' })).toMatchObject({ decision: 'allow' });
  });

  it('normalises the path before it is compared', () => {
    const deny = policy('d', '{ action: DENY, rules: [{ to: [{ operation: { paths: ["/admin*"] } }] }] }');
    expect(ask(deny, { path: '/public/%2e%2e/admin' })).toMatchObject({ decision: 'deny' });
    expect(ask(deny, { path: '/admin/../public' })).toMatchObject({ decision: 'allow' });
  });

  it('compares each value of a header that came several times, and reads a server name in lower case', () => {
    const deny = policy(
      'd',
      '{ action: DENY, rules: [{ when: [{ key: "request.headers[X-Tier]", values: [gold] }] }, { when: [{ key: connection.sni, values: [a.example] }] }] }',
    );
    expect(ask(deny, { headers: { 'x-tier': ['silver', 'gold'] } })).toMatchObject({ decision: 'deny' });
    expect(ask(deny, { headers: { 'x-tier': 'silver,gold' } })).toMatchObject({ decision: 'allow' });
    expect(ask(deny, { sni: 'A.Example' })).toMatchObject({ decision: 'deny' });
  });

  it('splits the claims that a RequestAuthentication calls space-delimited, and scope always', () => {
    const yaml = policy(
      'scoped',
      '{ rules: [{ when: [{ key: "request.auth.claims[roles]", values: [admin] }, { key: "request.auth.claims[scope]", values: [read] }] }] }',
    ).concat(`
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: j, namespace: fleet }
spec: { jwtRules: [{ issuer: a, jwks: '{"keys":[]}', spaceDelimitedClaims: [roles] }] }
`);
    const jwt = { iss: 'a', roles: 'viewer admin', scope: 'write read' };
    expect(ask(yaml, { jwt })).toMatchObject({ decision: 'allow' });
    expect(ask(yaml, { jwt: { ...jwt, iss: 'b' } })).toMatchObject({ decision: 'deny' });
  });

  it('asks the provider that the request speaks for', () => {
    const yaml = policy('ask', '{ action: CUSTOM, provider: { name: gate }, rules: [{}] }');
    expect(ask(yaml, { provider: { gate: 'allow' } })).toMatchObject({ decision: 'allow' });
    expect(ask(yaml, { provider: { gate: 'error' } })).toMatchObject({ decision: 'deny', status: 403 });
    expect(ask(yaml, { provider: { other: 'allow' } })).toMatchObject({ decision: 'deny' });
    expect(ask(yaml, {})).toMatchObject({ decision: 'deny' });
  });

  it('takes the Host header from the headers where they name one', () => {
    const yaml = policy('h', '{ rules: [{ to: [{ operation: { hosts: ["pump.fleet*"] } }] }] }');
    expect(ask(yaml, { host: 'PUMP.fleet:8080' })).toMatchObject({ decision: 'allow' });
    expect(ask(yaml, { host: 'pump.fleet', headers: { Host: 'other' } })).toMatchObject({ decision: 'deny' });
  });

  it('leaves an invalid document out and answers with the rest', () => {
    const { explainer, leftOut } = explainDocuments([
      policy('bad', '{ action: DENY }').concat(policy('nothing', '{}')),
    ]);
    expect(leftOut).toEqual([expect.stringContaining('AuthorizationPolicy fleet/bad is left out: IST0106')]);
    expect(explainer.explain({ authz: { workload } })).toMatchObject({ decision: 'deny' });
  });

  it.each([
    [null, 'HDL0031'],
    [{ authz: {} }, 'HDL0031'],
    [{ authz: { workload, port: 'http' } }, 'HDL0031'],
    [{ from: { gateway: 'a/b' } }, 'HDL0031'],
  ])('says what is wrong with the request %j', (request, code) => {
    expect(explainDocuments([]).explainer.explain(request)).toMatchObject({ error: { code } });
  });
});

it('takes null, wherever a field of a request may stand, for a field that is left out', () => {
  const { explainer } = explainDocuments([]);
  const asked = { host: 'example.org', port: 80, method: null, headers: { 'x-a': null } };
  for (const from of [
    { sidecar: { namespace: 'default', workload: null, labels: null }, gateway: null },
    { sidecar: { namespace: 'default' } },
  ]) {
    expect(explainer.explain({ ...asked, from })).toMatchObject({ action: 'route' });
  }
  expect(explainer.explain({ ...asked, from: { sidecar: null, gateway: 'edge' } })).toMatchObject({
    action: 'none',
  });
});
