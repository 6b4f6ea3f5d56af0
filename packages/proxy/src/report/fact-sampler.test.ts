import { expect, it } from 'vitest';
import { call, echo, startApp, startTestProxy } from '../testing/mesh.ts';
import {
  cluster,
  endpoint,
  forward,
  outboundSnapshot,
  route,
  virtualHost,
  weighted,
} from '../testing/snapshots.ts';

it('tells of single requests as they came in, and cuts out what may be secret', async () => {
  const app = await startApp(echo);
  const name = 'outbound|9080||reviews.default.svc.cluster.local';
  const proxy = await startTestProxy({
    workload: 'productpage-v1',
    snapshot: outboundSnapshot(
      [
        virtualHost(
          'reviews',
          ['reviews'],
          [
            {
              ...route(forward([weighted(name)], { pathRewrite: { kind: 'full', value: '/rewritten' } })),
              requestHeaders: { set: [{ name: 'end-user', value: 'somebody' }], add: [], remove: [] },
            },
          ],
        ),
      ],
      [cluster(name)],
      { [name]: [endpoint(app.port)] },
    ),
  });
  await call(proxy.ports.outbound, 'http://reviews:9080/reviews/1?page=2&access_token=abc', {
    headers: { host: 'reviews:9080', 'End-User': 'jason', authorization: 'Bearer abc', 'x-request-id': '1' },
  });
  await proxy.cellsUntil((cells) => cells.length > 0);
  await expect
    .poll(() => proxy.factFrames())
    .toMatchObject([
      {
        seen: 1,
        facts: [
          {
            status: 200,
            shape: {
              direction: 'outbound',
              authority: 'reviews:9080',
              port: 9080,
              method: 'GET',
              path: '/reviews/1?page=2&access_token=',
              headers: { 'end-user': 'jason' },
              hidden: ['authorization'],
              peer: '',
            },
          },
        ],
      },
    ]);
  expect(JSON.stringify(proxy.factFrames())).not.toMatch(/abc|x-request-id/);
});
