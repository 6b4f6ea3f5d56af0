import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { encodeNode } from '../node.ts';
import { typeUrl } from '../resource/resource-type.ts';
import { nodeNamed, reviewsMesh, reviewsSplit, TestMesh } from '../testing/mesh.ts';
import { RawStream, sotwRequest } from '../testing/raw-stream.ts';
import { writeDeltaRequest } from '../wire/delta-messages.ts';
import { delta, stateOfTheWorld } from './protocol.ts';

const envoy = nodeNamed('envoy');
const node = encodeNode(envoy);
const cds = typeUrl('CDS');
const rds = typeUrl('RDS');

let mesh: TestMesh;
beforeEach(() => {
  mesh = new TestMesh();
});
afterEach(() => mesh.stop());

function open(path: string): RawStream {
  const stream = new RawStream(mesh.server.port, path);
  mesh.onStop(() => stream.close());
  return stream;
}

const typeSync = (type: string) =>
  mesh.server.proxyStatus(envoy.id)?.types.find((sync) => sync.type === type);

describe('in state of the world', () => {
  it('clusters come all at once, routes as they change, and each ACK names what it accepts', async () => {
    const server = await mesh.serve();
    const stream = open(stateOfTheWorld.path);
    stream.send(sotwRequest({ node, typeUrl: cds }));
    await mesh.connected(envoy.id);
    server.publish(envoy.id, reviewsSplit(80, 20), 1);
    const clusters = await stream.response(0);
    expect(clusters).toMatchObject({ typeUrl: cds, resources: 2 });
    stream.send(sotwRequest({ typeUrl: cds, version: clusters.version, nonce: clusters.nonce }));
    stream.send(sotwRequest({ typeUrl: rds, names: ['9080'] }));
    const routes = await stream.response(1);
    expect(routes).toMatchObject({ typeUrl: rds, resources: 1 });
    expect(typeSync('CDS')?.state).toBe('acked');
    expect(typeSync('RDS')?.state).toBe('sent');
  });

  it('a request with an old nonce is overlooked, neither refusal nor acceptance', async () => {
    const server = await mesh.serve();
    const stream = open(stateOfTheWorld.path);
    stream.send(sotwRequest({ node, typeUrl: rds, names: ['9080'] }));
    await mesh.connected(envoy.id);
    server.publish(envoy.id, reviewsSplit(80, 20), 1);
    const first = await stream.response(0);
    stream.send(sotwRequest({ typeUrl: rds, names: ['9080'], version: first.version, nonce: first.nonce }));
    await mesh.syncWhere(envoy.id, () => typeSync('RDS')?.state === 'acked');
    server.publish(envoy.id, reviewsSplit(70, 30), 2);
    const second = await stream.response(1);
    const from = mesh.events.events.length;
    stream.send(sotwRequest({ typeUrl: rds, names: ['9080'], nonce: first.nonce, error: 'of the past' }));
    await mesh.syncWhere(envoy.id, () => true, from);
    expect(typeSync('RDS')).toMatchObject({ state: 'sent', nack: null });
    stream.send(sotwRequest({ typeUrl: rds, names: ['9080'], version: second.version, nonce: second.nonce }));
    await mesh.syncWhere(envoy.id, () => typeSync('RDS')?.state === 'acked', from);
  });

  it('a refused version is not taken for accepted when names change afterwards', async () => {
    const server = await mesh.serve();
    const stream = open(stateOfTheWorld.path);
    stream.send(sotwRequest({ node, typeUrl: rds, names: ['9080'] }));
    await mesh.connected(envoy.id);
    server.publish(envoy.id, reviewsSplit(80, 20), 1);
    const { nonce } = await stream.response(0);
    stream.send(sotwRequest({ typeUrl: rds, names: ['9080'], nonce, error: 'no' }));
    await mesh.syncWhere(envoy.id, () => typeSync('RDS')?.state === 'nacked');
    const from = mesh.events.events.length;
    stream.send(sotwRequest({ typeUrl: rds, names: ['9080', '9081'], nonce }));
    await mesh.syncWhere(envoy.id, () => true, from);
    expect(typeSync('RDS')).toMatchObject({ state: 'nacked', nack: 'no' });
  });

  it('a second subscription without a nonce, while a response is out, gets what is new in it', async () => {
    const server = await mesh.serve();
    const stream = open(stateOfTheWorld.path);
    const eds = typeUrl('EDS');
    const [first, second] = reviewsMesh.loadAssignments;
    stream.send(sotwRequest({ node, typeUrl: eds, names: [first.cluster] }));
    await mesh.connected(envoy.id);
    server.publish(envoy.id, reviewsSplit(80, 20), 1);
    const { nonce, version } = await stream.response(0);
    const names = [first.cluster, second.cluster];
    stream.send(sotwRequest({ typeUrl: eds, names }));
    stream.send(sotwRequest({ typeUrl: eds, names, nonce, version }));
    expect(await stream.response(1)).toMatchObject({ resources: 1 });
  });
});

describe('while a response is unanswered', () => {
  it('newer states of its type wait, and only the newest is sent', async () => {
    const server = await mesh.serve();
    const stream = open(delta.path);
    const message = { subscribe: [], unsubscribe: [], initialVersions: new Map(), nonce: '' };
    stream.send(writeDeltaRequest({ ...message, node, typeUrl: rds, subscribe: ['9080'] }));
    await mesh.connected(envoy.id);
    for (let weight = 1; weight <= 50; weight += 1)
      server.publish(envoy.id, reviewsSplit(weight, 100 - weight), weight);
    const first = await stream.response(0);
    stream.send(writeDeltaRequest({ ...message, typeUrl: rds, nonce: first.nonce }));
    const second = await stream.response(1);
    expect([first.version, second.version]).toEqual(['1.1', '50.2']);
    stream.send(writeDeltaRequest({ ...message, typeUrl: rds, nonce: second.nonce }));
    await mesh.syncWhere(envoy.id, () => typeSync('RDS')?.state === 'acked');
    expect(stream.events.events).toHaveLength(2);
  });

  it('the proxy is stale after 5 s', async () => {
    let nowMs = 1_000_000;
    const server = await mesh.serve({ clock: { ...systemClock, now: () => nowMs } });
    const stream = open(stateOfTheWorld.path);
    stream.send(sotwRequest({ node, typeUrl: cds }));
    await mesh.connected(envoy.id);
    server.publish(envoy.id, reviewsSplit(80, 20), 1);
    nowMs += 5000;
    expect(typeSync('CDS')?.state).toBe('sent');
    nowMs += 1;
    expect(typeSync('CDS')?.state).toBe('stale');
  });
});

describe('what is taken away', () => {
  it('stays with a proxy that does not answer for 10 s, then goes', async () => {
    let fire: (() => void) | undefined;
    const clock = {
      now: () => 0,
      schedule(delayMs: number, task: () => void) {
        expect(delayMs).toBe(10_000);
        fire = task;
        return () => undefined;
      },
    };
    const server = await mesh.serve({ clock });
    const stream = open(delta.path);
    const message = { subscribe: [], unsubscribe: [], initialVersions: new Map(), nonce: '' };
    stream.send(writeDeltaRequest({ ...message, node, typeUrl: cds }));
    await mesh.connected(envoy.id);
    server.publish(envoy.id, reviewsSplit(80, 20), 1);
    const clusters = await stream.response(0);
    stream.send(writeDeltaRequest({ ...message, typeUrl: cds, nonce: clusters.nonce }));
    stream.send(writeDeltaRequest({ ...message, typeUrl: rds, subscribe: ['9080'] }));
    await stream.response(1);

    server.publish(envoy.id, { ...reviewsSplit(80, 20), clusters: [reviewsMesh.clusters[0]] }, 2);
    expect(typeSync('CDS')?.state).toBe('pending');
    fire?.();
    expect(await stream.response(2)).toMatchObject({ typeUrl: cds, resources: 0, version: '2.3' });
  });
});

describe('a server that gets nonsense', () => {
  it.each([
    [
      'bytes that are no message',
      Buffer.from('ff'.repeat(64), 'hex'),
      /^INVALID_ARGUMENT: malformed request/,
    ],
    [
      'a first request without a node',
      sotwRequest({ typeUrl: cds }),
      /^INVALID_ARGUMENT: the first request has no node$/,
    ],
    [
      'a node of another shape',
      sotwRequest({ node: Buffer.from('0a0161', 'hex'), typeUrl: cds }),
      /^INVALID_ARGUMENT: malformed request: id: expected sidecar~ADDRESS~NAME/,
    ],
    [
      'a node whose namespace could be part of a path',
      sotwRequest({ node: encodeNode({ ...envoy, namespace: 'a/sa/b' }), typeUrl: cds }),
      /^INVALID_ARGUMENT: malformed request: metadata.NAMESPACE: expected a name/,
    ],
    [
      'more names than any proxy has',
      sotwRequest({ node, typeUrl: rds, names: Array.from({ length: 10_001 }, (_, index) => `r${index}`) }),
      /more than 10000 names/,
    ],
  ])('says so, for %s, and lives', async (_, bytes, expected) => {
    await mesh.serve();
    const stream = open(stateOfTheWorld.path);
    stream.send(bytes);
    expect(await stream.events.waitFor((event) => typeof event === 'string')).toMatch(expected);
    const proxy = mesh.connect('after');
    await mesh.connected(proxy.id);
    expect(mesh.server.proxyStatus(proxy.id)?.online).toBe(true);
  });

  it('closes a connection that does not even speak HTTP/2, and lives', async () => {
    const server = await mesh.serve();
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n\0\0\0garbage'.repeat(100));
    socket.resume();
    await once(socket, 'close');
    const proxy = mesh.connect('after');
    await mesh.connected(proxy.id);
    expect(server.proxyStatus(proxy.id)?.online).toBe(true);
  });

  it('overlooks types that it does not serve', async () => {
    await mesh.serve();
    const stream = open(stateOfTheWorld.path);
    stream.send(sotwRequest({ node, typeUrl: 'type.googleapis.com/envoy.service.runtime.v3.Runtime' }));
    await mesh.connected(envoy.id);
    expect(mesh.server.proxyStatus(envoy.id)).toMatchObject({ online: true, types: [] });
  });
});
