import { describe, expect, it } from 'vitest';
import { parseDocuments, segmentsOf } from './parse.ts';

const service = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec: {}\n';
const virtualService = (spec: string) =>
  `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: reviews\nspec:\n${spec}`;
const findings = (text: string) =>
  parseDocuments(text).findings.map(({ code, path, line, message }) => ({ code, path, line, message }));

describe('reading documents', () => {
  it('keeps the text of each document as it was written, comments included', () => {
    const first = `# about a\n${service}`;
    const { documents } = parseDocuments(`${first}---\n${service.replace('name: a', 'name: b # b')}`);
    expect(documents.map(({ key, yaml }) => [key.name, yaml])).toEqual([
      ['a', first],
      ['b', service.replace('name: a', 'name: b # b')],
    ]);
  });

  it('passes over documents that hold only comments', () => {
    expect(parseDocuments(`# nothing\n---\n---\n${service}...\n`).documents).toHaveLength(1);
  });

  it('reads JSON, and the items of a List', () => {
    const item = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'x', namespace: 'n' } };
    const list = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [item, { ...item, metadata: { name: 'y' } }],
    });
    expect(parseDocuments(list).documents.map(({ key }) => `${key.namespace}/${key.name}`)).toEqual([
      'n/x',
      'default/y',
    ]);
  });

  it('reads the list of one kind', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'ServiceAccountList',
      items: [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'x' } }],
    };
    expect(parseDocuments(JSON.stringify(list)).documents.map(({ key }) => key.name)).toEqual(['x']);
  });

  it('reads objects of JSON one after another', () => {
    const account = (name: string) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
    const text = `${account('x')}\n\n${account('y')} ${account('z}{')}\n`;
    expect(findings(text)).toMatchObject([{ code: 'IST0106', path: 'metadata.name', line: 3 }]);
    expect(parseDocuments(text).documents.map(({ key }) => key.name)).toEqual(['x', 'y']);
    // Braces in text of YAML are text.
    expect(
      parseDocuments(
        "{ apiVersion: v1, kind: ServiceAccount, metadata: { name: x, annotations: { a: '} {' } } }",
      ).documents,
    ).toHaveLength(1);
  });

  it('stores all versions of a kind under one key', () => {
    const old = virtualService('  hosts: [reviews]\n').replace('/v1\n', '/v1alpha3\n');
    expect(parseDocuments(old).documents[0]?.key).toEqual({
      group: 'networking.istio.io',
      kind: 'VirtualService',
      namespace: 'default',
      name: 'reviews',
    });
  });
});

describe('what is wrong with a text', () => {
  it('is told with the line of the file', () => {
    expect(findings(`${service}---\nkind: [\n`)).toMatchObject([{ code: 'HDL0010', line: 8 }]);
  });

  it.each([
    ['\u0000', 'U+0000 is a control character'],
    ['\u009b', 'U+009B is a control character'],
    [Buffer.from([0xff]).toString('utf8'), 'its bytes are not UTF-8'],
  ])('is told of signs that no text has: %j', (sign, why) => {
    const [found] = findings(`# about\n${service.replace('name: a', `name: "a${sign}"`)}`);
    expect(found).toMatchObject({ code: 'HDL0010', line: 5 });
    expect(found?.message).toContain(why);
  });

  it.each([
    ['virtualservice', 'write VirtualService of networking.istio.io'],
    ['DestinationRules', 'write DestinationRule of networking.istio.io'],
    ['ServiceEntries', 'write ServiceEntry of networking.istio.io'],
    ['Wombat', 'the mesh takes Kubernetes, Istio and Gateway API kinds'],
  ])('says which kind was meant: %s', (kind, help) => {
    const [found] = findings(`apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: { name: a }\n`);
    expect(found).toMatchObject({ code: 'HDL0011', message: `unknown kind "${kind}"; ${help}` });
  });

  it('tells the keys of a mapping from the places of a list', () => {
    const text = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: p }
spec:
  selector: { matchLabels: { a: b } }
  portLevelMtls:
    8080:
      mode: OPEN
`;
    expect(findings(text)).toMatchObject([{ path: 'spec.portLevelMtls["8080"].mode', line: 8 }]);
  });

  it('names unknown fields with their path and line', () => {
    expect(findings(virtualService('  hosts: [reviews]\n  http:\n    - rout: []\n'))).toEqual([
      {
        code: 'IST0106',
        path: 'spec.http[0].rout',
        line: 8,
        message: 'unknown field "rout"; check its spelling and indentation, or remove it',
      },
    ]);
  });

  it('names the value that has the wrong type, and what was expected', () => {
    const [finding] = findings(
      virtualService(
        '  hosts: [r]\n  http:\n    - route:\n        - destination: { host: r }\n          weight: -5\n',
      ),
    );
    expect(finding).toMatchObject({ code: 'IST0106', path: 'spec.http[0].route[0].weight', line: 10 });
    expect(finding?.message).toBe('spec.http[0].route[0].weight is -5: it must be >= 0');
  });

  it.each([
    ['a kind that nobody knows', 'apiVersion: v1\nkind: Wombat\nmetadata: {name: a}\n', 'HDL0011', 'kind'],
    [
      'a kind in the wrong group',
      'apiVersion: apps/v1\nkind: Service\nmetadata: {name: a}\n',
      'HDL0012',
      'apiVersion',
    ],
    [
      'a version that a kind does not have',
      'apiVersion: networking.istio.io/v7\nkind: Gateway\nmetadata: {name: a}\n',
      'HDL0012',
      'apiVersion',
    ],
    ['a missing name', 'apiVersion: v1\nkind: Service\nmetadata: {}\n', 'HDL0013', 'metadata.name'],
    ['a text that is no mapping', 'just words\n', 'HDL0010', ''],
    ['a duplicate key', `${service}spec: {}\n`, 'HDL0010', ''],
    [
      'a name with HTML in it',
      'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: "<b>"}\n',
      'IST0106',
      'metadata.name',
    ],
  ])('%s', (_what, text, code, path) => {
    expect(findings(text)).toMatchObject([{ code, path }]);
  });

  it.each([
    ['name', 'no', 'metadata.name is the boolean false'],
    ['name', '12', 'metadata.name is the number 12'],
    ['namespace', 'on', 'metadata.namespace is the boolean true'],
  ])('says that the %s %s is no text to YAML', (field, value, words) => {
    const metadata = field === 'name' ? `{ name: ${value} }` : `{ name: a, namespace: ${value} }`;
    expect(findings(`apiVersion: v1\nkind: Service\nmetadata: ${metadata}\n`)).toMatchObject([
      { code: 'HDL0013', path: `metadata.${field}`, message: expect.stringContaining(words) },
    ]);
  });

  it('names unknown fields however many there are', () => {
    const unknown = Array.from({ length: 300 }, (_, i) => `  u${i}: 1\n`).join('');
    const found = findings(virtualService(`  hosts: [reviews]\n${unknown}`));
    expect(found).toHaveLength(100);
    expect(found[0]).toMatchObject({ code: 'IST0106', path: 'spec.u0' });
  });

  it.each([
    ['deep nesting', `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`],
    ['deep nesting of JSON', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}\n`],
    ['tabs', `${service}\tspec: {}\n`],
  ])('refuses %s', (_what, text) => {
    expect(findings(text)).toMatchObject([{ code: 'HDL0010' }]);
  });

  it('reads a mapping of many keys in no time, and finds the one that is there twice', () => {
    const labels = Array.from({ length: 50_000 }, (_, i) => `k${i}: v`).join(', ');
    const document = `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a, labels: { ${labels} } }\n`;
    expect(findings(document)).toEqual([]);
    expect(findings(document.replace('k49999', 'k1'))).toMatchObject([{ code: 'HDL0010', line: 3 }]);
  });

  it.each([
    ['a byte order mark', `\uFEFF${service}`],
    ['line ends of Windows', service.replaceAll('\n', '\r\n')],
    ['a field that is null', service.replace('spec: {}', 'spec: { ports: null }')],
  ])('takes %s', (_what, text) => {
    expect(findings(text)).toEqual([]);
  });

  it.each(['__proto__', 'constructor'])('takes %s for a field like any other', (name) => {
    expect(findings(virtualService(`  hosts: [r]\n  ${name}: 1\n`))).toMatchObject([
      { path: `spec.${name}` },
    ]);
  });

  const configMap = (value: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a: ${value} }\n`;

  it('takes a document of 3 MiB, and says of a larger one what the bound is', () => {
    expect(findings(configMap('x'.repeat(3_000_000)))).toEqual([]);
    expect(findings(configMap('x'.repeat(3_200_000)))).toMatchObject([
      { code: 'HDL0010', message: expect.stringContaining('at most 3145728 are taken') },
    ]);
  });

  it('takes a List that is larger, and not of an item', () => {
    const item = (value: string) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: value } });
    const list = (...items: string[]) =>
      `{"apiVersion": "v1",\n"kind": "List",\n"items": [${items.join(',\n')}]}\n`;
    const fits = item('x'.repeat(2_000_000));
    expect(findings(list(fits, fits))).toEqual([]);
    expect(findings(list(fits, item('x'.repeat(3_200_000))))).toMatchObject([
      { code: 'HDL0010', path: 'items[1]', line: 4 },
    ]);
  });

  it.each([
    ['more words than can be read in time', `${configMap('b')}c: [${'a,'.repeat(1_000_000)}a]\n`],
    [
      'aliases that stand for too much',
      `${configMap('b')}c: &c [${'a,'.repeat(20_000)}a]\nd: [${'*c,'.repeat(90)}a]\n`,
    ],
    [
      'merges of too many fields',
      `${configMap('b')}c: &c { ${Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join(', ')} }\nd:\n${'  - <<: *c\n'.repeat(90)}`,
    ],
    ['an alias within what it names', `${configMap('b')}c: &c [*c]\n`],
  ])('refuses %s', (_what, text) => {
    expect(findings(text)).toMatchObject([{ code: 'HDL0010' }]);
  });

  it.each([
    ['brackets that open', '['.repeat(500_000), 'nested too deeply'],
    ['brackets that close', `${configMap('b')}c: ${'}'.repeat(500_000)}`, 'more than there are brackets'],
    ['items within items', '- '.repeat(250_000), 'nested too deeply'],
    ['keys within keys', '? '.repeat(250_000), 'nested too deeply'],
    ['aliases', `a: &a 1\nb: [${'*a,'.repeat(160_000)}]\n`, 'more than 10000 anchors, aliases'],
    ['tags', `a: ${'!a '.repeat(160_000)}1\n`, 'more than 10000 anchors, aliases'],
    ['directives', `${'%YAML 1.2\n'.repeat(50_000)}---\na: 1\n`, 'more than 10000 anchors, aliases'],
  ])('says what is too much of %s before it reads them', (_what, text, words) => {
    const [first] = findings(text);
    expect(first).toMatchObject({ code: 'HDL0010', message: expect.stringContaining(words) });
  });

  it.each([
    ['a mapping', '{a: b}: c\n'],
    ['a list', '? [a]\n: c\n'],
  ])('takes no key that is %s', (_what, text) => {
    expect(findings(text)).toMatchObject([
      { code: 'HDL0010', line: 1, message: expect.stringContaining('a key is a word') },
    ]);
  });

  it('shows no more of a wrong value than its beginning', () => {
    const deep = `${'['.repeat(200)}1${']'.repeat(200)}`;
    const [list, text] = findings(
      virtualService(`  hosts: ${deep}\n  gateways: { a: [1, 2], b: "${'x'.repeat(100)}" }\n`),
    );
    expect(list?.message).toContain(`is ${'['.repeat(60)}…: it must be string`);
    expect(text?.message).toContain('is {"a":[1,2],"b":"xxxx');
    expect(text?.message.length).toBeLessThan(120);
  });

  it('merges mappings as Kubernetes does', () => {
    const merged = virtualService(
      '  hosts: [r]\n  http:\n    - route:\n        - &a { destination: { host: r } }\n        - { <<: *a, weight: 5 }\n',
    );
    const [document] = parseDocuments(merged).documents;
    expect(document?.object['spec']).toMatchObject({
      http: [{ route: [{ destination: { host: 'r' } }, { destination: { host: 'r' }, weight: 5 }] }],
    });
  });

  it('tells numbers that are too large for their field', () => {
    const big = virtualService('  hosts: [r]\n  http:\n    - retries: { attempts: 9007199254740993 }\n');
    expect(findings(big)).toMatchObject([{ path: 'spec.http[0].retries.attempts' }]);
  });

  it('refuses an alias bomb in no time', () => {
    const bomb = Array.from({ length: 30 }, (_, i) =>
      i === 0
        ? 'a0: &a0 [x,x,x,x,x,x,x,x,x,x]'
        : `a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(',')}]`,
    ).join('\n');
    expect(findings(`${bomb}\n`)).toMatchObject([{ code: 'HDL0010' }]);
  });

  it('refuses more documents than it takes', () => {
    expect(findings('---\na: 1\n'.repeat(10_001))).toMatchObject([{ code: 'HDL0010' }]);
  });

  it('keeps the good documents apart from the bad ones', () => {
    const result = parseDocuments(`${service}---\nkind: Wombat\n`);
    expect([result.documents.length, result.findings.length]).toEqual([1, 1]);
  });
});

it('reads paths back into segments', () => {
  expect(segmentsOf('spec.http[0].match[1].headers["x.y"]')).toEqual([
    'spec',
    'http',
    0,
    'match',
    1,
    'headers',
    'x.y',
  ]);
});

it.each([
  ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ['apps/v1', 'StatefulSet'],
  ['v1', 'PersistentVolumeClaim'],
  ['monitoring.coreos.com/v1', 'ServiceMonitor'],
])('passes a document over that is not for the mesh, and says so: %s %s', (apiVersion, kind) => {
  const parsed = parseDocuments(
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: a }\n---\napiVersion: v1\nkind: Namespace\nmetadata: { name: a }\n`,
  );
  expect(parsed.documents.map(({ key }) => key.kind)).toEqual(['Namespace']);
  expect(parsed.findings).toMatchObject([{ code: 'HDL0016', severity: 'info', path: 'kind' }]);
});

it('takes the policies of Envoy Gateway, and refuses fields that they do not have', () => {
  const policy = (spec: string) =>
    parseDocuments(
      `apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: { name: a }\nspec: ${spec}\n`,
    );
  const target = 'targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: a }]';
  const limit = 'rateLimit: { type: Local, local: { rules: [{ limit: { requests: 3, unit: Second } }] } }';
  expect(policy(`{ ${target}, ${limit} }`).findings).toEqual([]);
  expect(policy(`{ ${target}, rateLimits: {} }`).findings).toMatchObject([
    { code: 'IST0106', path: 'spec.rateLimits' },
  ]);
});
