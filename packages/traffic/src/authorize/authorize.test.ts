import { describe, expect, it } from 'vitest';
import { authorize, authorizerOf, compileAuthorization } from './authorize.ts';
import {
  type Authorization,
  type AuthorizationRule,
  type Condition,
  type ExtAuthz,
  noAuthorization,
} from '../ir/index.ts';
import { type AuthorizationRequest, normalizeClaims } from './request.ts';

const any: Condition = { kind: 'any' };
const never: Condition = { kind: 'never' };
const rule = (name: string, condition: Condition, over: Partial<AuthorizationRule> = {}) => ({
  policy: { namespace: 'mill', name },
  rule: 0,
  dryRun: false,
  condition,
  from: [],
  ...over,
});
const request: AuthorizationRequest = {
  destinationPort: 8080,
  method: 'GET',
  authority: 'Loom.mill:8080',
  path: '/api?x=1',
  header: (name) => ({ 'x-empty': '', 'x-tier': 'gold,silver' })[name],
  headerValues: (name) => ({ 'x-empty': [''], 'x-tier': ['gold', 'silver'] })[name] ?? [],
  provider: () => undefined,
};
const decide = (given: Partial<Authorization>, over: Partial<AuthorizationRequest> = {}) =>
  authorize(compileAuthorization({ ...noAuthorization, ...given }), { ...request, ...over });

describe('the actions', () => {
  it('let everything pass where there is no policy', () => {
    expect(decide({})).toMatchObject({ decision: 'allow', audited: false });
  });

  it('deny by DENY before ALLOW is asked', () => {
    const decision = decide({ deny: [rule('no', any)], allow: [rule('yes', any)] });
    expect([decision.decision, decision.rule?.policy.name]).toEqual(['deny', 'no']);
  });

  it('deny what no ALLOW rule matches, and name the policy that allows nothing', () => {
    const one = decide({ allow: [rule('nothing', never)] });
    expect([one.decision, one.rule?.policy.name]).toEqual(['deny', 'nothing']);
    const several = decide({ allow: [rule('nothing', never), rule('post', never)] });
    expect([several.decision, several.rule, several.why]).toEqual([
      'deny',
      undefined,
      'no rule of the ALLOW policies matches: AuthorizationPolicy mill/nothing, AuthorizationPolicy mill/post',
    ]);
  });

  it('record by AUDIT without deciding, and not what the external authorizer refused', () => {
    const audit = [rule('record', any)];
    expect(decide({ audit, deny: [rule('no', any)] })).toMatchObject({ decision: 'deny', audited: true });
    expect(decide({ audit, custom: [rule('ask', any, { provider: 'p' })] })).toMatchObject({
      decision: 'deny',
      audited: false,
    });
  });

  it.each([
    ['allow', 'allow'],
    ['deny', 'deny'],
    ['error', 'deny'],
    [undefined, 'deny'],
  ] as const)('CUSTOM, where the provider says %s: %s', (answer, decision) => {
    const custom = [rule('ask', any, { provider: 'p' })];
    expect(decide({ custom }, { provider: () => answer }).decision).toBe(decision);
    expect(
      decide({ custom: [rule('ask', never, { provider: 'p' })] }, { provider: () => answer }).decision,
    ).toBe('allow');
  });

  it('ask DENY and ALLOW also after CUSTOM has let a request pass', () => {
    const custom = [rule('ask', any, { provider: 'p' })];
    const provider = () => 'allow' as const;
    expect(decide({ custom, deny: [rule('no', any)] }, { provider }).decision).toBe('deny');
    expect(decide({ custom, allow: [rule('nothing', never)] }, { provider }).decision).toBe('deny');
  });

  it('deny what CUSTOM rules of two providers match', () => {
    const custom = [rule('a', any, { provider: 'p' }), rule('b', never, { provider: 'q' })];
    expect(decide({ custom }, { provider: () => 'allow' }).decision).toBe('deny');
  });
});

describe('dry-run rules', () => {
  const dryRun = { dryRun: true };

  it('never change the decision, and say what they would have decided', () => {
    const decision = decide({ deny: [rule('rehearsal', any, dryRun)], allow: [rule('yes', any)] });
    expect(decision).toMatchObject({ decision: 'allow', rule: { policy: { name: 'yes' } } });
    expect(decision.shadow).toMatchObject({ decision: 'deny', rule: { policy: { name: 'rehearsal' } } });
  });

  it('do not count as ALLOW policies that deny the rest', () => {
    expect(decide({ allow: [rule('rehearsal', never, dryRun)] })).toMatchObject({
      decision: 'allow',
      shadow: { decision: 'deny' },
    });
  });

  it('are not mentioned where there are none', () => {
    expect(decide({ allow: [rule('yes', any)] })).not.toHaveProperty('shadow');
  });
});

describe('conditions', () => {
  const holds = (condition: Condition, over: Partial<AuthorizationRequest> = {}) =>
    decide({ deny: [rule('x', condition)] }, over).decision === 'deny';
  const exact = (value: string) => ({ kind: 'exact', value, ignoreCase: false }) as const;

  it.each<readonly [string, Condition, Partial<AuthorizationRequest>, boolean]>([
    ['a path is compared without its query', { kind: 'path', match: exact('/api') }, {}, true],
    [
      'a host is compared with its port',
      { kind: 'header', name: ':authority', match: exact('Loom.mill') },
      {},
      false,
    ],
    [
      'the header host is the authority',
      { kind: 'header', name: 'host', match: exact('Loom.mill:8080') },
      {},
      true,
    ],
    ['an empty header is present', { kind: 'header', name: 'x-empty' }, {}, true],
    [
      'each value of a header that came several times is looked at',
      { kind: 'header', name: 'x-tier', match: exact('silver') },
      {},
      true,
    ],
    [
      'and not all of them as one text',
      { kind: 'header', name: 'x-tier', match: exact('gold,silver') },
      {},
      false,
    ],
    [
      'so that no value hides behind another',
      { kind: 'not', of: { kind: 'header', name: 'x-tier', match: exact('gold') } },
      {},
      false,
    ],
    [
      'the scheme is a header, too',
      { kind: 'header', name: ':scheme', match: exact('https') },
      { scheme: 'https' },
      true,
    ],
    ['an absent header is not', { kind: 'header', name: 'x-gone' }, {}, false],
    [
      'not holds for what is absent',
      { kind: 'not', of: { kind: 'principal', match: exact('spiffe://a') } },
      {},
      true,
    ],
    [
      'a caller in plaintext has no principal',
      { kind: 'principal', match: { kind: 'regex', value: '.*' } },
      {},
      false,
    ],
    [
      'a block that is none holds nothing',
      { kind: 'source-ip', block: 'x' },
      { sourceIp: '10.0.0.1' },
      false,
    ],
    ['the port is the workload’s', { kind: 'destination-port', port: 8080 }, {}, true],
    [
      'a claim may be a list',
      { kind: 'claim', path: ['groups'], match: exact('dev'), lists: true },
      { claims: { groups: ['ops', 'dev'] } },
      true,
    ],
    [
      'the issuer may not',
      { kind: 'claim', path: ['iss'], match: exact('a'), lists: false },
      { claims: { iss: ['a'] } },
      false,
    ],
    [
      'a claim may be in a claim',
      { kind: 'claim', path: ['nested', 'k'], match: exact('v1'), lists: true },
      { claims: { nested: { k: 'v1' } } },
      true,
    ],
    [
      'a number is no text',
      { kind: 'claim', path: ['n'], match: exact('1'), lists: true },
      { claims: { n: 1 } },
      false,
    ],
    [
      'names of objects’ own machinery are no claims',
      { kind: 'claim', path: ['constructor', 'name'], match: exact('Object'), lists: true },
      { claims: {} },
      false,
    ],
    [
      'metadata of a filter',
      { kind: 'metadata', filter: 'f', key: 'k', match: exact('v'), list: true },
      { metadata: { f: { k: ['v'] } } },
      true,
    ],
  ])('%s', (_what, condition, over, expected) => {
    expect(holds(condition, over)).toBe(expected);
  });
});

it('claims written with spaces are lists, the others stay', () => {
  expect(normalizeClaims({ scope: 'read write', sub: 'a b' }, ['scope'])).toEqual({
    scope: ['read', 'write'],
    sub: 'a b',
  });
});

describe('a provider that is configured', () => {
  const custom = [rule('ask', any, { provider: 'p' })];
  const authorizer = (over: Partial<ExtAuthz> = {}): ExtAuthz => ({
    name: 'p',
    cluster: 'outbound|80||p.mill',
    service: { kind: 'grpc', authority: 'p.mill' },
    timeoutMs: 1000,
    failOpen: false,
    statusOnError: 403,
    clearRouteCache: false,
    from: [],
    ...over,
  });
  const ask = (over: Partial<ExtAuthz>, given: Partial<Authorization> = { custom }) => {
    const compiled = compileAuthorization({ ...noAuthorization, ...given }, [authorizer(over)]);
    const answers = { ...request, provider: () => 'error' as const };
    return { asked: authorizerOf(compiled, request)?.name, ...authorize(compiled, answers) };
  };

  it('is asked about what its rules match, unless another provider is on the workload, too', () => {
    expect(ask({}).asked).toBe('p');
    expect(ask({}, { custom: [rule('ask', never, { provider: 'p' })] }).asked).toBeUndefined();
    const other = rule('other', never, { provider: 'q' });
    expect(ask({}, { custom: [...custom, other] })).toMatchObject({ asked: undefined, decision: 'deny' });
  });

  it('refuses with its own status when it fails, or lets the request pass', () => {
    expect(ask({ statusOnError: 503 })).toMatchObject({ decision: 'deny', status: 503 });
    expect(ask({ failOpen: true })).toMatchObject({ decision: 'allow' });
    expect(ask({ failOpen: true }, { custom, deny: [rule('no', any)] }).decision).toBe('deny');
  });

  it('lets nothing pass as long as nobody says what it answers', () => {
    const compiled = compileAuthorization({ ...noAuthorization, custom }, [authorizer()]);
    expect(authorize(compiled, request)).toMatchObject({
      decision: 'deny',
      why: 'AuthorizationPolicy mill/ask rule 0: provider p is asked, and nobody says what it answers',
    });
  });
});
