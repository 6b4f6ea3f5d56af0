/** Istio's own Bookinfo manifests load unchanged. They are not part of this repository: without them the tests are skipped. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocuments } from './documents/parse.ts';
import { instance, meta, testMesh } from './testing.ts';

const samples = resolve(import.meta.dirname, '../../../../shared/samples/istio');

describe.skipIf(!existsSync(samples))("Istio's samples", () => {
  it.each(existsSync(samples) ? globSync('**/*.yaml', { cwd: samples }) : [])(
    '%s loads unchanged',
    (file) => {
      const { documents, findings } = parseDocuments(readFileSync(join(samples, file), 'utf8'));
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(documents.length).toBeGreaterThan(0);
    },
  );

  it('make a mesh in which 90 % of reviews goes to v1', () => {
    const { plane, published } = testMesh();
    const read = (file: string) => readFileSync(join(samples, 'bookinfo', file), 'utf8');
    for (const file of [
      'platform/kube/bookinfo.yaml',
      'networking/destination-rule-all.yaml',
      'networking/virtual-service-reviews-90-10.yaml',
      'networking/bookinfo-gateway.yaml',
    ]) {
      expect(plane.apply(read(file), meta)).toMatchObject({ kind: 'written' });
    }
    plane.connected(instance('productpage-v1', 'productpage', 'v1'));
    const hosts = published
      .at(-1)
      ?.snapshot.routeConfigurations.find(({ name }) => name === '9080')?.virtualHosts;
    const reviews = hosts?.find(({ domains }) => domains.includes('reviews'));
    expect(reviews?.routes[0]?.action).toMatchObject({
      clusters: [
        { cluster: 'outbound|9080|v1|reviews.default.svc.cluster.local', weight: 90 },
        { cluster: 'outbound|9080|v2|reviews.default.svc.cluster.local', weight: 10 },
      ],
    });
    plane.close();
  });
});
