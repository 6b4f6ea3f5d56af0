import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestMesh } from '../testing/mesh.ts';

let mesh: TestMesh;
beforeEach(() => {
  mesh = new TestMesh();
});
afterEach(() => mesh.stop());

/** A wire between client and server that can go dead without either end being told. */
async function relayTo(port: number): Promise<{ readonly port: number; cut(): void }> {
  const sockets: Socket[] = [];
  const relay = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    sockets.push(client, server);
    for (const socket of [client, server]) socket.on('error', () => undefined);
    client.pipe(server);
    server.pipe(client);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  mesh.onStop(() => {
    for (const socket of sockets) socket.destroy();
    relay.close();
  });
  const address = relay.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  return {
    port: address.port,
    cut() {
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
}

describe('a wire that goes dead without a word', () => {
  it('is noticed at both ends by unanswered pings', async () => {
    const server = await mesh.serve({ keepaliveMs: 200 });
    const wire = await relayTo(server.port);
    const proxy = mesh.connect('reviews', { url: `http://127.0.0.1:${wire.port}`, keepaliveMs: 200 });
    await proxy.events.waitFor((event) => event.kind === 'state' && event.state === 'connected');
    wire.cut();
    await Promise.all([
      proxy.events.waitFor((event) => event.kind === 'state' && event.state === 'disconnected'),
      mesh.events.waitFor((event) => event.kind === 'disconnected' && event.id === proxy.id),
    ]);
    expect(server.proxyStatus(proxy.id)?.online).toBe(false);
  });
});
