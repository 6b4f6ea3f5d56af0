import { describe, expect, it } from 'vitest';
import { verdictOf } from './testing.ts';

describe('an AuthorizationPolicy', () => {
  it.each([
    '{}',
    '{ rules: [{}] }',
    '{ action: ALLOW, rules: [{ to: [{ operation: { paths: ["/a/{*}/c", "/b/{**}/d", "*.css"] } }] }] }',
    '{ rules: [{ from: [{ source: { serviceAccounts: [works/tug, clerk], ipBlocks: ["::1/64"] } }] }] }',
    '{ rules: [{ when: [{ key: "request.auth.claims[a][b]", values: [x] }] }] }',
    '{ action: CUSTOM, provider: { name: p }, rules: [{ to: [{ operation: { paths: [/x] } }] }] }',
    '{ targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: edge }] }',
    '{ action: DENY, rules: [{ from: [{ source: { namespaces: [works] } }] }] }',
  ])('is valid: %s', (spec) => {
    expect(verdictOf('AuthorizationPolicy', spec)).toEqual(['valid']);
  });

  it.each([
    ['{ action: DENY }', 'spec.rules'],
    ['{ action: CUSTOM, rules: [{}] }', 'spec.provider.name'],
    ['{ action: CUSTOM, provider: { name: p } }', 'spec.rules'],
    ['{ provider: { name: p } }', 'spec.provider'],
    [
      '{ action: CUSTOM, provider: { name: p }, rules: [{ from: [{ source: { namespaces: [a] } }] }] }',
      'spec.rules[0].from[0].source.namespaces',
    ],
    [
      '{ action: CUSTOM, provider: { name: p }, rules: [{ when: [{ key: source.principal, values: [a] }] }] }',
      'spec.rules[0].when[0].key',
    ],
    ['{ rules: [{ from: [{}] }] }', 'spec.rules[0].from[0].source'],
    ['{ rules: [{ from: [{ source: {} }] }] }', 'spec.rules[0].from[0].source'],
    ['{ rules: [{ to: [{ operation: {} }] }] }', 'spec.rules[0].to[0].operation'],
    [
      '{ rules: [{ from: [{ source: { principals: [""] } }] }] }',
      'spec.rules[0].from[0].source.principals[0]',
    ],
    ['{ rules: [{ from: [{ source: { ipBlocks: [a] } }] }] }', 'spec.rules[0].from[0].source.ipBlocks[0]'],
    [
      '{ rules: [{ from: [{ source: { serviceAccounts: [a/b/c] } }] }] }',
      'spec.rules[0].from[0].source.serviceAccounts[0]',
    ],
    [
      '{ rules: [{ from: [{ source: { serviceAccounts: [a], principals: [b] } }] }] }',
      'spec.rules[0].from[0].source.serviceAccounts',
    ],
    [
      '{ rules: [{ from: [{ source: { trustDomains: ["a*b"] } }] }] }',
      'spec.rules[0].from[0].source.trustDomains[0]',
    ],
    ['{ rules: [{ to: [{ operation: { ports: ["70000"] } }] }] }', 'spec.rules[0].to[0].operation.ports[0]'],
    ['{ rules: [{ to: [{ operation: { paths: ["/{a}"] } }] }] }', 'spec.rules[0].to[0].operation.paths[0]'],
    [
      '{ rules: [{ to: [{ operation: { paths: ["/{**}/{*}"] } }] }] }',
      'spec.rules[0].to[0].operation.paths[0]',
    ],
    ['{ rules: [{ when: [{ key: source.color, values: [a] }] }] }', 'spec.rules[0].when[0].key'],
    ['{ rules: [{ when: [{ key: "request.headers[]", values: [a] }] }] }', 'spec.rules[0].when[0].key'],
    ['{ rules: [{ when: [{ key: destination.user, values: [a] }] }] }', 'spec.rules[0].when[0].key'],
    ['{ rules: [{ when: [{ key: source.ip }] }] }', 'spec.rules[0].when[0]'],
    ['{ rules: [{ when: [{ key: "", values: [a] }] }] }', 'spec.rules[0].when[0].key'],
    [
      '{ selector: { matchLabels: { a: b } }, targetRef: { group: gateway.networking.k8s.io, kind: Gateway, name: g } }',
      'spec.targetRef',
    ],
    ['{ targetRefs: [{ kind: Pod, name: g }] }', 'spec.targetRefs[0]'],
    ['{ selector: { matchLabels: { a: "b*" } } }', 'spec.selector.matchLabels["a"]'],
    ['{ action: REFUSE }', 'spec.action'],
    ['{ rules: [{ form: [] }] }', 'spec.rules[0].form'],
  ])('is refused: %s', (spec, path) => {
    expect(verdictOf('AuthorizationPolicy', spec)).toEqual(['invalid', `IST0106 ${path}`]);
  });

  it.each([
    ['{ action: DENY, rules: [{ to: [{ operation: { paths: [/x] } }] }] }', 'IST0133 spec.rules[0]'],
    ['{ selector: {} }', 'IST0133 spec.selector'],
    [
      '{ rules: [{ to: [{ operation: { methods: [get] } }] }] }',
      'KIA0102 spec.rules[0].to[0].operation.methods[0]',
    ],
  ])('is warned of: %s', (spec, finding) => {
    expect(verdictOf('AuthorizationPolicy', spec)).toEqual(['warning', finding]);
  });
});

it('a dry run is on or off', () => {
  expect(verdictOf('AuthorizationPolicy', '{}', { annotations: { 'istio.io/dry-run': 'T' } })).toEqual([
    'valid',
  ]);
  expect(verdictOf('AuthorizationPolicy', '{}', { annotations: { 'istio.io/dry-run': 'maybe' } })).toEqual([
    'invalid',
    'IST0106 metadata.annotations["istio.io/dry-run"]',
  ]);
});

describe('a RequestAuthentication', () => {
  it.each([
    ['{ jwtRules: [{ audiences: [a] }] }', 'spec.jwtRules[0].issuer'],
    ['{ jwtRules: [{ issuer: a, jwksUri: "ftp://x" }] }', 'spec.jwtRules[0].jwksUri'],
    ['{ jwtRules: [{ issuer: a, jwks: "{" }] }', 'spec.jwtRules[0].jwks'],
    ['{ jwtRules: [{ issuer: a, jwks: "{}" }] }', 'spec.jwtRules[0].jwks'],
    [`{ jwtRules: [{ issuer: a, jwks: '{"keys":[{"kty":"RSA","n":"AQAB"}]}' }] }`, 'spec.jwtRules[0].jwks'],
    ['{ jwtRules: [{ issuer: a, jwksUri: "https://a.b", jwks: \'{"keys":[]}\' }] }', 'spec.jwtRules[0].jwks'],
    ['{ jwtRules: [{ issuer: a, fromHeaders: [{ name: "" }] }] }', 'spec.jwtRules[0].fromHeaders[0].name'],
    ['{ jwtRules: [{ issuer: a, timeout: soon }] }', 'spec.jwtRules[0].timeout'],
    [
      '{ jwtRules: [{ issuer: a, outputClaimToHeaders: [{ header: "x y", claim: c }] }] }',
      'spec.jwtRules[0].outputClaimToHeaders[0].header',
    ],
  ])('is refused: %s', (spec, path) => {
    expect(verdictOf('RequestAuthentication', spec)).toEqual(['invalid', `IST0106 ${path}`]);
  });

  it('is warned of a private key among the inline ones', () => {
    const jwks = JSON.stringify({ keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', d: 'AQAB' }] });
    const spec = JSON.stringify({ jwtRules: [{ issuer: 'a', jwks }] });
    expect(verdictOf('RequestAuthentication', spec)).toEqual(['warning', 'IST0133 spec.jwtRules[0].jwks']);
  });
});
