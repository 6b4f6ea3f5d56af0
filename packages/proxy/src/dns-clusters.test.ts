import { expect, it } from 'vitest';
import { call, echo, startApp, startTestProxy } from './testing/mesh.ts';
import {
  cluster,
  endpoint,
  forward,
  outboundSnapshot,
  route,
  virtualHost,
  weighted,
} from './testing/snapshots.ts';

it('requests go to the addresses of a host name, also after the same name came with another push', async () => {
  const app = await startApp(echo);
  const name = 'outbound|9080||app.example';
  const snapshot = outboundSnapshot(
    [virtualHost('app', ['app.example'], [route(forward([weighted(name)]))])],
    [
      cluster(name, {
        discovery: 'STRICT_DNS',
        endpoints: [endpoint(app.port, { address: 'localhost' })],
      }),
    ],
    {},
  );
  const proxy = await startTestProxy({ workload: 'client', snapshot });
  const ask = async () => (await call(proxy.ports.outbound, 'http://app.example:9080/')).status;
  expect(await ask()).toBe(200);
  for (let i = 0; i < 3; i++) expect(await ask()).toBe(200);
  expect(app.hits).toBe(4);
  await proxy.applySnapshot(structuredClone(snapshot));
  expect(await ask()).toBe(200);
});
