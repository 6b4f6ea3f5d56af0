import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Change,
  DocumentKind,
  DocumentSchema,
  EdgeDetail,
  Graph,
  Plan,
  Problem,
  ProxyStatus,
  ResourceSummaryPage,
  ServiceDetail,
  StoredResource,
} from '@heddle/schema';
import { documents, eventually, split, startTestApi, type TestApi, type TestProxy } from './testing.ts';

let api: TestApi;
let productpage: TestProxy;
const reviews = '/api/v1/config/networking.istio.io/VirtualService/default/reviews';
const yaml = { 'content-type': 'application/yaml' };

beforeAll(async () => {
  api = await startTestApi();
  await call('POST', '/api/v1/config', documents, yaml);
  await call('PUT', reviews, split(90, 10), yaml);
  productpage = await api.connect('productpage-v1', 'productpage', 'v1');
  await api.connect('reviews-v1', 'reviews', 'v1');
  await api.connect('reviews-v2', 'reviews', 'v2');
});
afterAll(() => api.close());

async function call<T>(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const response = await fetch(api.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  // The test says which shape it expects of which answer.
  const value: T = text === '' ? undefined : JSON.parse(text);
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    headers: response.headers,
    value,
  };
}
const read = <T>(path: string) => call<T>('GET', path);
const current = async () => (await read<StoredResource>(reviews)).value;

describe('configuration', () => {
  it('is given back verbatim, comments included, with the revision to write on', async () => {
    const { value, headers } = await read<StoredResource>(reviews);
    expect(value).toMatchObject({
      yaml: split(90, 10),
      generation: 1,
      apiVersion: 'networking.istio.io/v1',
      findings: [],
    });
    expect(headers.get('etag')).toBe(`"${value.revision}"`);
  });

  it('takes a write on its revision and refuses the next one on the same', async () => {
    const { revision } = await current();
    const first = await call('PUT', reviews, split(80, 20), { ...yaml, 'if-match': String(revision) });
    expect(first).toMatchObject({ status: 200, value: { findings: [], changed: true } });
    const second = await call<Problem>('PUT', reviews, split(70, 30), {
      ...yaml,
      'if-match': `"${revision}"`,
    });
    expect(second.status).toBe(409);
    expect(second.type).toContain('application/problem+json');
    expect(second.value).toMatchObject({ code: 'HDL_STALE_BASE', currentRevision: revision + 1 });
    expect((await current()).yaml).toBe(split(80, 20));
  });

  it('shows the status of a route of the Gateway API, as a controller writes it', async () => {
    const path = '/api/v1/config/gateway.networking.k8s.io/HTTPRoute/default/details';
    const route = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: details }
spec: { parentRefs: [{ name: nowhere }] }
`;
    expect((await call('PUT', path, route, yaml)).status).toBe(200);
    expect((await read<StoredResource>(path)).value.status).toMatchObject({
      parents: [
        {
          parentRef: { name: 'nowhere' },
          controllerName: 'heddle.dev/mesh-controller',
          conditions: [
            { type: 'Accepted', status: 'False', reason: 'NoMatchingParent' },
            { type: 'ResolvedRefs', status: 'True' },
          ],
        },
      ],
    });
    expect((await call('DELETE', path)).status).toBe(200);
  });

  it('takes JSON as well, and keeps it as it was sent', async () => {
    const body = '{"apiVersion":"v1","kind":"ServiceAccount",  "metadata":{"name":"json"}}';
    const path = '/api/v1/config/core/ServiceAccount/default/json';
    expect((await call('PUT', path, body, { 'content-type': 'application/json' })).status).toBe(200);
    expect((await read<StoredResource>(path)).value.yaml.trim()).toBe(body);
    expect((await call('DELETE', path)).status).toBe(200);
    expect((await read(path)).status).toBe(404);
  });

  it.each([
    [
      'a subset that does not exist',
      split(1, 1).replace('subset: v2', 'subset: v9'),
      'KIA1107',
      'spec.http[0].route[1].destination.subset',
    ],
    ['a negative weight', split(1, -1), 'IST0106', 'spec.http[0].route[1].weight'],
    ['weights that are all 0', split(0, 0), 'IST0106', 'spec.http[0].route'],
    ['an unknown field', split(1, 1).replace('hosts:', 'hots: [a]\n  hosts:'), 'IST0106', 'spec.hots'],
    ['malformed YAML', 'a: [', 'HDL0010', ''],
    ['an unknown kind', 'apiVersion: v1\nkind: Wombat\nmetadata: {name: reviews}\n', 'HDL0011', 'kind'],
    ['no document at all', '# nothing\n', 'HDL0010', ''],
  ])('refuses %s with its path', async (_what, body, code, path) => {
    const before = (await current()).revision;
    const { status, value } = await call<Problem>('PUT', reviews, body, yaml);
    expect(status).toBe(422);
    expect(value).toMatchObject({ code: 'HDL_INVALID', errors: [{ code, path, severity: 'error' }] });
    expect(value.detail).not.toBe('');
    expect((await current()).revision).toBe(before);
  });

  it('refuses a body of 50 MB', async () => {
    const { status, value } = await call<Problem>('PUT', reviews, 'x'.repeat(50_000_000), yaml);
    expect([status, value.status, value.code]).toEqual([413, 413, 'HDL_TOO_LARGE']);
    expect(value.detail).toContain('larger than 4194304 bytes');
    const plan = await call('POST', '/api/v1/config/plan', JSON.stringify({ yaml: 'x'.repeat(50_000_000) }), {
      'content-type': 'application/json',
    });
    expect(plan.status).toBe(413);
  });

  it('refuses an If-Match that is no revision, and media types it cannot read', async () => {
    expect((await call<Problem>('PUT', reviews, split(1, 1), { ...yaml, 'if-match': 'x' })).status).toBe(400);
    expect((await call<Problem>('PUT', reviews, split(1, 1), { 'content-type': 'image/png' })).status).toBe(
      415,
    );
  });

  it('plans without writing', async () => {
    const { revision } = await current();
    const body = JSON.stringify({ yaml: split(50, 50) });
    const { value } = await call<Plan>('POST', '/api/v1/config/plan', body, {
      'content-type': 'application/json',
    });
    expect(value).toMatchObject({ valid: true, totalProxies: 3, diff: [{ change: 'update' }] });
    expect(value.affectedProxies).toHaveLength(3);
    expect((await current()).revision).toBe(revision);
  });

  it('tries a plan on requests that were made, and says what it rests on', async () => {
    const plan = (text: string) =>
      call<Plan>('POST', '/api/v1/config/plan', JSON.stringify({ yaml: text }), {
        'content-type': 'application/json',
      });
    productpage.sendFacts([{}, {}, { path: '/other' }]);
    await eventually(
      async () => (await plan(split(50, 50))).value.forecast.replayed,
      (replayed) => replayed === 3,
    );
    const { forecast } = (await plan(split(0, 100))).value;
    expect(forecast.changed).toEqual([
      {
        from: 'reviews.default:9080 v1 80 % · reviews.default:9080 v2 20 %',
        to: 'reviews.default:9080 v2 100 %',
        count: 3,
        examples: [
          'GET http://reviews:9080/reviews/1 from productpage-v1.default with end-user: jason; was 200 in 12 ms',
          'GET http://reviews:9080/other from productpage-v1.default with end-user: jason; was 200 in 12 ms',
        ],
        decidedBy: 'VirtualService default/reviews spec.http[0]',
      },
    ]);
    expect(forecast.coverage).toMatch(
      /^3 recorded requests of the last \d+ s from 1 of 3 proxies; a sample of 50 % of what they saw; values of cookie /,
    );
    const same = (await plan((await current()).yaml)).value.forecast;
    expect(same).toMatchObject({ replayed: 3, changed: [] });
  });

  it('plans documents that are objects, and refuses a body with neither', async () => {
    const send = (body: object) =>
      call<Plan>('POST', '/api/v1/config/plan', JSON.stringify(body), { 'content-type': 'application/json' });
    const bad = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'x' },
      spec: { ports: [{ port: 0 }] },
    };
    expect((await send({ documents: [bad] })).value).toMatchObject({
      valid: false,
      findings: [{ path: 'spec.ports[0].port' }],
    });
    expect((await send({})).status).toBe(400);
  });
});

describe('the summary of documents', () => {
  const summary = async (query: string) =>
    (await read<ResourceSummaryPage>(`/api/v1/config/summary?${query}`)).value;

  it('has no texts, counts all there is, and pages what matches', async () => {
    const first = await summary('limit=2');
    expect(first.items).toHaveLength(2);
    expect(first.items[0]).not.toHaveProperty('yaml');
    expect(first.matched).toBe(first.stored);
    expect(first.groups.reduce((sum, one) => sum + one.documents, 0)).toBe(first.stored);
    const second = await summary(`limit=2&cursor=${first.nextCursor}`);
    expect(second.items.map(({ name }) => name)).not.toEqual(first.items.map(({ name }) => name));
  });

  it('finds by kind, name, group and finding, and puts trouble first', async () => {
    expect((await summary('q=virtualservice%20reviews')).items).toMatchObject([
      { kind: 'VirtualService', name: 'reviews' },
    ]);
    const { items } = await summary('group=core,networking.istio.io');
    expect(new Set(items.map(({ group }) => group))).toEqual(new Set(['core', 'networking.istio.io']));
    const filter = `apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: zz-last, namespace: default }
spec: { configPatches: [] }
`;
    await call('POST', '/api/v1/config', filter, yaml);
    const all = await summary('');
    const clean = all.items.findIndex(({ findings }) => findings.length === 0);
    expect(all.items.findIndex(({ name }) => name === 'zz-last')).toBeLessThan(clean);
    expect((await summary('q=envoy%20only')).items.map(({ name }) => name)).toEqual(['zz-last']);
    expect(all.codes).toContainEqual({ code: 'HDL0022', severity: expect.any(String), documents: 1 });
    await call('DELETE', '/api/v1/config/networking.istio.io/EnvoyFilter/default/zz-last');
    expect((await summary('q=zz-last')).matched).toBe(0);
  });
});

describe('the kinds of documents', () => {
  it('are listed with what the mesh does with each', async () => {
    const { value } = await read<{ items: DocumentKind[] }>('/api/v1/config/kinds');
    expect(value.items.find(({ kind }) => kind === 'VirtualService')).toEqual({
      group: 'networking.istio.io',
      kind: 'VirtualService',
      versions: ['v1', 'v1beta1', 'v1alpha3'],
      namespaced: true,
      support: 'compiled',
    });
    expect(value.items.find(({ kind }) => kind === 'EnvoyFilter')?.support).toBe('envoy');
    expect(value.items.find(({ kind }) => kind === 'Service')?.group).toBe('core');
  });

  it('have a JSON Schema each, with the descriptions of its fields', async () => {
    const { value } = await read<DocumentSchema>(
      '/api/v1/config/schema?group=networking.istio.io&kind=VirtualService',
    );
    expect(value.schema).toMatchObject({
      type: 'object',
      properties: {
        spec: { properties: { http: { items: { properties: { timeout: { type: 'string' } } } } } },
      },
    });
    expect((await read('/api/v1/config/schema?kind=Service')).status).toBe(200);
    expect((await read('/api/v1/config/schema?group=core&kind=Service')).status).toBe(200);
    const unknown = await read<Problem>('/api/v1/config/schema?group=networking.istio.io&kind=Wombat');
    expect(unknown).toMatchObject({ status: 404, value: { code: 'HDL_NOT_FOUND' } });
  });
});

describe('explaining', () => {
  const from = { sidecar: { namespace: 'default', workload: 'productpage-v1' } };
  const route = { from, host: 'reviews', port: 9080, path: '/reviews/0' };
  const explain = (body: object) =>
    call<{ items: object[]; leftOut: string[] }>('POST', '/api/v1/config/explain', JSON.stringify(body), {
      'content-type': 'application/json',
    });

  it('says where requests go in the stored mesh, and by which rule', async () => {
    const { value } = await explain({ requests: [route, { from }] });
    expect(value.items).toMatchObject([
      {
        action: 'route',
        upstreams: [{ service: 'reviews', subset: 'v1' }, { subset: 'v2' }],
        why: [{ kind: 'VirtualService', name: 'reviews', path: 'spec.http[0]' }],
      },
      { error: { code: 'HDL0031' } },
    ]);
  });

  it('says it for documents that are only given', async () => {
    const deny = {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'nobody' },
      spec: {},
    };
    const { value } = await explain({
      documents: [deny, { kind: 'Wombat' }],
      requests: [{ authz: { workload: { namespace: 'default' } } }],
    });
    expect(value.items).toMatchObject([{ decision: 'deny', status: 403, policy: { name: 'nobody' } }]);
    expect(value.leftOut).toHaveLength(1);
    expect((await explain({ requests: 'x' })).status).toBe(400);
  });
});

describe('changes', () => {
  it('are listed newest first, pushed, acknowledged and rolled back', async () => {
    const before = (await current()).yaml;
    const write = await call<{ revision: number }>('PUT', `${reviews}?reason=next%20step`, split(60, 40), {
      ...yaml,
      'x-heddle-client': 'ui',
    });
    const { revision } = write.value;
    const change = await eventually(
      async () => (await read<Change>(`/api/v1/changes/${revision}`)).value,
      ({ push }) => push?.ackedMs !== null,
    );
    expect(change).toMatchObject({
      reason: 'next step',
      via: 'ui',
      push: { affected: 3, acked: 3, nacked: 0, pending: 0 },
    });
    const rollback = await call('POST', `/api/v1/changes/${revision}/rollback`, '{"reason":"worse"}', {
      'content-type': 'application/json',
    });
    expect(rollback.status).toBe(200);
    expect((await current()).yaml).toBe(before);
    const { items, nextCursor } = (
      await read<{ items: Change[]; nextCursor: string }>('/api/v1/changes?limit=2')
    ).value;
    expect(items.map((one) => [one.revision, one.rollbackOf, one.rolledBackBy])).toEqual([
      [revision + 1, revision, null],
      [revision, null, revision + 1],
    ]);
    const next = (await read<{ items: Change[] }>(`/api/v1/changes?limit=1&cursor=${nextCursor}`)).value;
    expect(next.items[0]?.revision).toBe(revision - 1);
  });

  it('that a proxy refuses show its words, and the proxy keeps what it had', async () => {
    const kept = productpage.snapshots.length;
    productpage.refuse = 'no room for this route';
    const { value } = await call<{ revision: number }>('PUT', reviews, split(55, 45), yaml);
    const proxy = await eventually(
      async () =>
        (await read<{ items: ProxyStatus[] }>('/api/v1/proxies')).value.items.find(
          ({ id }) => id === productpage.id,
        ),
      (one) => one?.types.some(({ state }) => state === 'nacked') === true,
    );
    expect(proxy?.types.find(({ state }) => state === 'nacked')?.nack).toContain('no room for this route');
    expect(productpage.snapshots).toHaveLength(kept);
    expect((await read<Change>(`/api/v1/changes/${value.revision}`)).value.push).toMatchObject({
      nacked: 1,
      acked: 2,
    });
    productpage.refuse = undefined;
    await call('POST', `/api/v1/changes/${value.revision}/rollback`);
    await eventually(
      async () => (await read<{ items: ProxyStatus[] }>('/api/v1/proxies')).value.items,
      (items) => items.every(({ types }) => types.every(({ state }) => state === 'acked')),
    );
  });

  it('of a revision that never was are not found', async () => {
    expect((await read('/api/v1/changes/9999')).status).toBe(404);
    expect((await call('POST', '/api/v1/changes/9999/rollback')).status).toBe(404);
  });
});

describe('what the proxies report', () => {
  it('is in the graph, on the edge, on the service and in the split', async () => {
    productpage.send({}, 30);
    productpage.send(
      { destinationWorkload: 'reviews-v2', destinationVersion: 'v2', status: 503, flags: 'UF' },
      10,
    );
    const graph = await eventually(
      async () => (await read<Graph>('/api/v1/graph?level=service&window=60s')).value,
      ({ edges }) => edges[0]?.n === 40,
    );
    expect(graph.edges[0]).toMatchObject({
      id: 'productpage.default->reviews.default',
      errorRatio: 0.25,
      mtlsRatio: 1,
    });
    const { value: byVersion } = await read<Graph>('/api/v1/graph');
    expect(byVersion.edges.map(({ target }) => target)).toEqual(['reviews.default:v1', 'reviews.default:v2']);
    const { value: edge } = await read<EdgeDetail>('/api/v1/edges/productpage.default/reviews.default');
    expect(edge).toMatchObject({
      failures: [{ flag: 'UF', words: 'v2 refused the connection', n: 10 }],
      routes: [{ path: '/reviews/{id}', n: 40, errors: 10 }],
      sourceCertificate: { spiffeId: 'spiffe://cluster.local/ns/default/sa/bookinfo-productpage' },
    });
    expect(edge.sentence).toMatch(/^Failing since .*: 25 % of requests fail; v2 refused the connection\.$/);
    expect(
      (await read<EdgeDetail>('/api/v1/edges/productpage.default:v1/reviews.default:v2')).value.edge.n,
    ).toBe(10);
    expect((await read('/api/v1/edges/a/b')).status).toBe(404);
    const { value: service } = await read<ServiceDetail>('/api/v1/services/default/reviews');
    expect(service).toMatchObject({
      sentence: 'reviews v2 fails 100 % of its requests',
      routing: {
        owner: { name: 'reviews' },
        rules: [{ match: 'everything else', parts: [{ subset: 'v1' }, { subset: 'v2' }] }],
      },
      callers: [{ source: 'productpage.default' }],
    });
    expect(service.versionDetails.map(({ version, n }) => [version, n])).toEqual([
      ['v1', 30],
      ['v2', 10],
    ]);
    const { value: observed } = await read<{ n: number }>('/api/v1/services/default/reviews/split');
    expect(observed).toMatchObject({
      n: 40,
      parts: [
        { version: 'v1', share: 0.75 },
        { version: 'v2', share: 0.25 },
      ],
    });
    expect((await read('/api/v1/services/default/nobody')).status).toBe(404);
  });

  it('streams as a snapshot and then only what changes, and resumes where it was cut', async () => {
    const stream = await openStream('/api/v1/stream?level=service&window=60s');
    const snapshot = await stream.next((event) => event.name === 'snapshot');
    expect(JSON.parse(snapshot.data).graph.nodes.length).toBeGreaterThan(1);
    productpage.send({ destinationService: 'ratings', destinationWorkload: 'ratings-v1' }, 5);
    const delta = await stream.next(
      (event) => event.name === 'delta' && event.data.includes('ratings.default'),
    );
    expect(JSON.parse(delta.data).edges).toContainEqual(
      expect.objectContaining({ target: 'ratings.default', n: 5 }),
    );
    await call('PUT', reviews, split(65, 35), yaml);
    const change = await stream.next((event) => event.name === 'change');
    expect(JSON.parse(change.data)).toMatchObject({ title: expect.stringContaining('reviews: v1') });
    const watcher = await openStream('/api/v1/stream?level=service&window=60s');
    stream.close();
    const resumed = await openStream('/api/v1/stream?level=service&window=60s', delta.id);
    const first = await resumed.next(({ name }) => name !== '');
    expect(first.name).toBe('delta');
    resumed.close();
    watcher.close();
    const stranger = await openStream('/api/v1/stream?level=service&window=60s', 'another-run-7');
    expect((await stranger.next(({ name }) => name !== '')).name).toBe('snapshot');
    stranger.close();
  });

  it('refuses windows that the live data does not hold', async () => {
    expect((await read<Problem>('/api/v1/graph?window=1h')).status).toBe(400);
    expect((await read<Problem>('/api/v1/graph?window=20m')).value.code).toBe('HDL_BAD_WINDOW');
    expect((await read<Problem>('/api/v1/graph?at=2001-01-01T00:00:00Z')).value.code).toBe('HDL_BAD_TIME');
    expect((await read<Problem>('/api/v1/graph?level=galaxy')).value.errors?.[0]?.path).toBe(
      'querystring.level',
    );
  });
});

describe('OTLP', () => {
  const traceId = '5b8efff798038103d269b633813fc60c';
  const body = (over = {}) =>
    JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'reviews' } }] },
          scopeSpans: [
            {
              spans: [
                {
                  traceId,
                  spanId: 'eee19b7ec3c1b174',
                  name: 'GET /x',
                  kind: 2,
                  startTimeUnixNano: '1000000',
                  endTimeUnixNano: '3000000',
                  ...over,
                },
              ],
            },
          ],
        },
      ],
    });
  const json = { 'content-type': 'application/json' };

  it('takes spans, gzip too, and shows the trace', async () => {
    const gzip = new Blob([new Uint8Array(gzipSync(body()))]);
    const response = await fetch(`${api.url}/v1/traces`, {
      method: 'POST',
      headers: { ...json, 'content-encoding': 'gzip' },
      body: gzip,
    });
    expect([response.status, await response.text()]).toEqual([200, '{}']);
    const { value } = await read(`/api/v1/traces/${traceId.toUpperCase()}`);
    expect(value).toMatchObject({ traceId, durationMs: 2, spans: [{ service: 'reviews', kind: 'server' }] });
    const list = await eventually(
      async () => (await read<{ items: object[] }>('/api/v1/traces?service=reviews')).value,
      ({ items }) => items.length > 0,
    );
    expect(list).toMatchObject({ items: [{ traceId }], nextCursor: null });
    expect((await read(`/api/v1/traces/${'0'.repeat(32)}`)).status).toBe(404);
  });

  it('says how many spans it could not take', async () => {
    const { value } = await call('POST', '/v1/traces', body({ spanId: '00' }), json);
    expect(value).toMatchObject({ partialSuccess: { rejectedSpans: '1' } });
  });

  it('names the field that is off, and refuses what inflates too far', async () => {
    const { status, value } = await call<Problem>('POST', '/v1/traces', body({ kind: 'x' }), json);
    expect([status, value.code]).toEqual([400, 'OTLP_DECODE']);
    const bomb = new Blob([new Uint8Array(gzipSync(Buffer.alloc(20_000_000)))]);
    const response = await fetch(`${api.url}/v1/traces`, {
      method: 'POST',
      headers: { ...json, 'content-encoding': 'gzip' },
      body: bomb,
    });
    expect(response.status).toBe(413);
    const protobuf = await call<Problem>('POST', '/v1/traces', 'not protobuf', {
      'content-type': 'application/x-protobuf',
    });
    expect(protobuf.status).toBe(400);
  });
});

describe('the guards', () => {
  it('refuse a foreign Host, and writes of a foreign page', async () => {
    const rebound = await api.app.inject({
      method: 'GET',
      url: '/api/v1/graph',
      headers: { host: 'evil.example' },
    });
    expect([rebound.statusCode, rebound.json().code]).toEqual([403, 'HDL_FOREIGN_HOST']);
    const { status } = await call('PUT', reviews, split(1, 1), { ...yaml, origin: 'http://evil.example' });
    expect(status).toBe(403);
    expect((await call('PUT', reviews, split(65, 35), { ...yaml, origin: api.url })).status).toBe(200);
  });

  it('send a content security policy that lets a page reach nobody else', async () => {
    expect((await fetch(`${api.url}/healthz`)).headers.get('content-security-policy')).toContain(
      "default-src 'self'",
    );
  });

  it('answer unknown paths of the API with a problem', async () => {
    const { status, value, type } = await read<Problem>('/api/v1/wombats');
    expect([status, value.code]).toEqual([404, 'HDL_NOT_FOUND']);
    expect(type).toContain('application/problem+json');
  });
});

it('describes itself in OpenAPI 3.1', async () => {
  const { value } = await read<{ openapi: string; paths: object }>('/api/v1/openapi.json');
  expect(value.openapi).toBe('3.1.0');
  expect(Object.keys(value.paths)).toEqual(
    expect.arrayContaining([
      '/api/v1/graph',
      '/api/v1/config/{group}/{kind}/{namespace}/{name}',
      '/v1/traces',
    ]),
  );
});

it('compresses large answers for those who take it', async () => {
  const { headers } = await fetch(`${api.url}/api/v1/openapi.json`, {
    headers: { 'accept-encoding': 'gzip' },
  });
  expect(headers.get('content-encoding')).toBe('gzip');
});

it('has metrics for Prometheus', async () => {
  const text = await (await fetch(`${api.url}/metrics`)).text();
  expect(text).toMatch(/^heddle_proxies_online 3$/m);
  expect(text).toMatch(/^heddle_telemetry_frames_total [1-9]/m);
  expect(text).toMatch(/^heddle_push_seconds_count [1-9]/m);
});

interface StreamEvent {
  readonly id: string;
  readonly name: string;
  readonly data: string;
}

async function openStream(path: string, lastEventId?: string) {
  const abort = new AbortController();
  const response = await fetch(api.url + path, {
    signal: abort.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
  if (response.body === null) throw new Error('a stream has a body');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffered = '';
  return {
    close: () => abort.abort(),
    async next(fits: (event: StreamEvent) => boolean): Promise<StreamEvent> {
      for (;;) {
        const end = buffered.indexOf('\n\n');
        if (end === -1) {
          const { value, done } = await reader.read();
          if (done) throw new Error('the stream has ended');
          buffered += value;
          continue;
        }
        const event = parseEvent(buffered.slice(0, end));
        buffered = buffered.slice(end + 2);
        if (fits(event)) return event;
      }
    },
  };
}

function parseEvent(text: string): StreamEvent {
  const field = (name: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? '';
  return { id: field('id'), name: field('event'), data: field('data') };
}
