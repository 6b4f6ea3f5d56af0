/** Nothing that is written makes the control plane throw or hang. More seeds: `HEDDLE_FUZZ_SEEDS=5000-9000`. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { parseDocuments } from './documents/parse.ts';
import { explainDocuments } from './explain/explain-documents.ts';
import { type Json, RandomDocuments } from './testing/random-documents.ts';
import { instance, meta, testMesh } from './testing.ts';
import { validateDocuments } from './validate/validate-documents.ts';

const [from = 1, to = 80] = (process.env['HEDDLE_FUZZ_SEEDS'] ?? '').split('-').filter(Boolean).map(Number);
/** Those of the golden pairs: between them they have most fields of most kinds. */
const examples = globSync('**/testdata/**/*.in.yaml', { cwd: import.meta.dirname })
  .toSorted()
  .flatMap((file) => parseDocuments(readFileSync(join(import.meta.dirname, file), 'utf8')).documents)
  .map(({ object }): Json => JSON.parse(JSON.stringify(object)));
/** Of one text in all that follows, on a machine that is busy with other things too. */
const limitMs = 30_000;

const proxies = [
  instance('reviews-v1', 'reviews', 'v1'),
  instance('edge', 'edge', 'v1', {
    kind: 'gateway',
    labels: { istio: 'ingressgateway', app: 'edge' },
    appPort: 0,
  }),
];
const requests = [
  {
    from: { sidecar: { namespace: 'default', workload: 'reviews-v1', labels: { app: 'reviews' } } },
    host: 'reviews',
    port: 9080,
    path: '/a?b=c',
    headers: { x: 'y' },
  },
  {
    authz: {
      workload: { labels: { app: 'reviews' } },
      path: '/a?b',
      headers: { x: ['y', 'z'] },
      jwt: { a: { b: [1] } },
    },
  },
  {
    authz: {
      workload: { namespace: 'mill' },
      protocol: 'tcp',
      port: 80,
      peer: 'spiffe://cluster.local/ns/a/sa/b',
    },
  },
  { from: { gateway: 'default/edge' }, host: 'api.example.com', port: 80, method: 'POST', path: '/' },
  {
    from: { sidecar: { namespace: 'mill', workload: 'a' } },
    protocol: 'tls',
    host: 'api.example.com',
    port: 443,
    sni: 'api.example.com',
  },
  {
    from: { sidecar: { namespace: 'default', workload: 'a' } },
    protocol: 'tcp',
    host: '10.0.0.1',
    port: 9080,
  },
];

it(`no document, however mangled, makes anything throw or hang (seeds ${from} to ${to})`, () => {
  for (let seed = from; seed <= to; seed++) {
    const text = new RandomDocuments(seed, examples).text();
    const startedAt = performance.now();
    try {
      validateDocuments([text]);
      const { explainer } = explainDocuments([text]);
      for (const request of requests)
        expect(explainer.explain(request)).not.toHaveProperty('error.code', 'HDL0031');
      const { plane, timers } = testMesh();
      for (const proxy of proxies) plane.connected(proxy);
      plane.plan(text);
      for (const document of text.split('\n---\n')) plane.apply(document, meta);
      timers.advance(10_000);
      plane.plan(text);
      plane.close();
    } catch (cause) {
      throw new Error(`seed ${seed}:\n${text}`, { cause });
    }
    expect(performance.now() - startedAt, `milliseconds of seed ${seed}`).toBeLessThan(limitMs);
  }
}, 600_000);
