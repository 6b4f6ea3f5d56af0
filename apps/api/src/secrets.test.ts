import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents, eventually, startTestApi, type TestApi, type TestProxy } from './testing.ts';

let api: TestApi;
let edge: TestProxy;
let productpage: TestProxy;

const address = '/api/v1/config/core/Secret/default/shop';
const yaml = { 'content-type': 'application/yaml' };
/** As they stand in the document, and as they are. */
const values = [
  'c2VjcmV0LWNoYWlu',
  'secret-chain',
  'c2VjcmV0LWtleQ==',
  'secret-key',
  'secret-note',
  'c2Vjb25k',
  'second',
];

const secret = (chain: string) => `# secret-note
apiVersion: v1
kind: Secret
metadata:
  name: shop
  annotations: { kubectl.kubernetes.io/last-applied-configuration: '{"tls.key":"c2VjcmV0LWtleQ=="}' }
type: kubernetes.io/tls
data: { tls.crt: ${chain}, tls.key: c2VjcmV0LWtleQ== }
`;
const gateway = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge }
spec:
  selector: { app: edge }
  servers:
    - port: { number: 8443, name: https, protocol: HTTPS }
      hosts: [shop.example]
      tls: { mode: SIMPLE, credentialName: shop }
`;

async function call(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const response = await fetch(api.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, text: await response.text() };
}

const put = (text: string) => call('PUT', address, text, yaml);

beforeAll(async () => {
  api = await startTestApi();
  await call('POST', '/api/v1/config', documents, yaml);
  await put(secret('c2VjcmV0LWNoYWlu'));
  // Its Secret holds no certificate in PEM: the mesh stores it all the same, and tells.
  await call('POST', '/api/v1/config', gateway, yaml);
  edge = await api.connect('edge', 'edge', 'v1', 'gateway');
  productpage = await api.connect('productpage-v1', 'productpage', 'v1');
});
afterAll(() => api.close());

const hiddenValue = /^\(hidden, [0-9a-f]{16}\)$/;

describe('the values of a Secret', () => {
  it('are sent to the proxy whose snapshot names it, and to no other', async () => {
    await eventually(
      () => edge.secrets.length,
      (n) => n > 0,
    );
    expect(edge.secrets).toEqual([
      {
        kind: 'certificate',
        name: 'kubernetes://shop',
        chainPem: 'secret-chain',
        privateKeyPem: 'secret-key',
      },
    ]);
    expect(JSON.stringify(edge.snapshots)).toContain('kubernetes://shop');
    expect(JSON.stringify(edge.snapshots)).not.toContain('secret-key');
    expect(productpage.secrets).toEqual([]);
  });

  it.each([
    ['the document', address],
    ['the list of documents', '/api/v1/config?kind=Secret'],
    ['the change log', '/api/v1/changes'],
    ['one change', '/api/v1/changes/2'],
    ['the proxies', '/api/v1/proxies'],
  ])('are not in %s', async (_what, path) => {
    const { status, text } = await call('GET', path);
    expect(status).toBe(200);
    for (const value of values) expect(text).not.toContain(value);
  });

  it('are placeholders with a fingerprint, beside what may be seen', async () => {
    const { object } = JSON.parse((await call('GET', address)).text);
    expect(object).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'shop',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': expect.stringMatching(hiddenValue),
        },
      },
      type: 'kubernetes.io/tls',
      data: {
        'tls.crt': expect.stringMatching(hiddenValue),
        'tls.key': expect.stringMatching(hiddenValue),
      },
    });
  });

  it('cannot be guessed from their fingerprint', async () => {
    const { object } = JSON.parse((await call('GET', address)).text);
    const digest = createHash('sha256').update('c2VjcmV0LWtleQ==').digest('hex');
    expect(object.data['tls.key']).not.toContain(digest.slice(0, 8));
  });

  it('are not in the diff of a plan, which still tells what has changed', async () => {
    const { text } = await call('POST', '/api/v1/config/plan', JSON.stringify({ yaml: secret('c2Vjb25k') }), {
      'content-type': 'application/json',
    });
    for (const value of values) expect(text).not.toContain(value);
    const [{ change, lines }] = JSON.parse(text).diff;
    expect(change).toBe('update');
    const changed = lines.filter(({ op }: { op: string }) => op !== ' ');
    expect(changed.map(({ text: line }: { text: string }) => line.trim().split(':')[0])).toEqual([
      'tls.crt',
      'tls.crt',
    ]);
  });

  it.each([
    ['not YAML', 'apiVersion: v1\nkind: Secret\nmetadata: { name: shop }\ndata: { tls.key: *secret-key }\n'],
    [
      'a wrong type',
      'apiVersion: v1\nkind: Secret\nmetadata: { name: shop }\ndata: { tls.key: [secret-key] }\n',
    ],
  ])('are not repeated by the refusal of %s', async (_what, text) => {
    const answer = await put(text);
    expect(answer.status).toBe(422);
    expect(answer.text).not.toContain('secret-key');
  });

  it('stay as they are when the document comes back with placeholders', async () => {
    const shown = JSON.parse((await call('GET', address)).text);
    expect(JSON.parse((await put(shown.yaml)).text)).toMatchObject({ changed: false });
    const labelled = shown.yaml.replace('name: shop', 'name: shop\n  labels: { team: a }');
    expect(JSON.parse((await put(labelled)).text)).toMatchObject({ changed: true });
    const key = { group: 'core', kind: 'Secret', namespace: 'default', name: 'shop' };
    expect(api.mesh.controlPlane.store.get(key)?.object).toMatchObject({
      metadata: { labels: { team: 'a' } },
      data: { 'tls.crt': 'c2VjcmV0LWNoYWlu', 'tls.key': 'c2VjcmV0LWtleQ==' },
    });
  });

  it('are never a placeholder: one of something else is refused', async () => {
    const shown = JSON.parse((await call('GET', address)).text);
    const { status, text } = await put(
      shown.yaml.replace(/tls\.crt: .*/, 'tls.crt: (hidden, 0000000000000000)'),
    );
    expect(status).toBe(422);
    expect(JSON.parse(text).errors).toMatchObject([{ code: 'HDL0017', path: 'data["tls.crt"]' }]);
  });

  it('are replaced at the proxy when they change, and rolled back', async () => {
    const { revision } = JSON.parse((await put(secret('c2Vjb25k'))).text);
    await eventually(
      () => edge.secrets.at(-1),
      (one) => one?.kind === 'certificate' && one.chainPem === 'second',
    );
    await call('POST', `/api/v1/changes/${revision}/rollback`);
    await eventually(
      () => edge.secrets.at(-1),
      (one) => one?.kind === 'certificate' && one.chainPem === 'secret-chain',
    );
    const { text } = await call('GET', '/api/v1/changes');
    for (const value of values) expect(text).not.toContain(value);
    expect(productpage.secrets).toEqual([]);
  });
});
