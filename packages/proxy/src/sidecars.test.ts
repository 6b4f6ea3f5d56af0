import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  ca,
  call,
  closeOf,
  connectTo,
  echo,
  exchangeBytes,
  idOf,
  identityOf,
  seen,
  startApp,
  startTestProxy,
} from './testing/mesh.ts';
import {
  cluster,
  endpoint,
  forward,
  inboundSnapshot,
  meshTls,
  outboundSnapshot,
  route,
  virtualHost,
  weighted,
} from './testing/snapshots.ts';
import { createTestCa } from './testing/test-ca.ts';

const reviews = 'outbound|9080||reviews.default.svc.cluster.local';
const sni = 'outbound_.9080_._.reviews.default.svc.cluster.local';

function callerSnapshot(port: number, expectedId = idOf('reviews')) {
  return outboundSnapshot(
    [virtualHost('reviews', ['reviews', 'reviews.default'], [route(forward([weighted(reviews)]))])],
    [cluster(reviews, { tls: meshTls(sni, expectedId) })],
    {
      [reviews]: [
        endpoint(port, {
          tlsMode: 'istio',
          workload: { namespace: 'default', name: 'reviews-v1', version: 'v1', spiffeId: expectedId },
        }),
      ],
    },
  );
}

/** An application behind its sidecar, and a caller's sidecar that knows it as `reviews:9080`. */
async function startPair(listener: Parameters<typeof startApp>[0] = echo) {
  const app = await startApp(listener);
  const server = await startTestProxy({
    workload: 'reviews-v1',
    appAddress: { host: '127.0.0.1', port: app.port },
    snapshot: inboundSnapshot(app.port),
    identity: identityOf('reviews'),
  });
  const client = await startTestProxy({
    workload: 'productpage-v1',
    snapshot: callerSnapshot(server.ports.inbound),
    identity: identityOf('productpage'),
  });
  return { app, server, client };
}

describe('two sidecars', () => {
  it('carry a request over mTLS and record it at both ends', async () => {
    const { server, client } = await startPair();
    const answer = await call(client.ports.outbound, 'http://reviews:9080/reviews/7?x=1');
    expect(answer.status).toBe(200);
    expect(seen(answer)).toMatchObject({ url: '/reviews/7?x=1', headers: { host: 'reviews:9080' } });

    const [source] = await client.cellsUntil((cells) => cells.length > 0);
    expect(source?.key).toEqual({
      reporter: 'source',
      sourceNamespace: 'default',
      sourceWorkload: 'productpage-v1',
      sourceVersion: 'v1',
      sourceId: idOf('productpage'),
      destinationNamespace: 'default',
      destinationService: 'reviews',
      destinationWorkload: 'reviews-v1',
      destinationVersion: 'v1',
      destinationId: idOf('reviews'),
      route: 'default/reviews http[0]',
      method: 'GET',
      path: '/reviews/{id}',
      protocol: 'http',
      status: 200,
      flags: '',
      mtls: true,
    });
    const [destination] = await server.cellsUntil((cells) => cells.length > 0);
    expect(destination?.key).toMatchObject({
      reporter: 'destination',
      sourceNamespace: 'default',
      sourceId: idOf('productpage'),
      destinationService: 'reviews',
      destinationWorkload: 'reviews-v1',
      status: 200,
      mtls: true,
    });
  });

  it('pass the bytes of header fields on as they are, both ways', async () => {
    const bytes = Buffer.from('é漢').toString('latin1');
    let got: unknown;
    const { client } = await startPair((request, response) => {
      got = request.headers['x-name'];
      response.writeHead(200, { 'x-name': bytes }).end();
    });
    const answer = await call(client.ports.outbound, 'http://reviews:9080/', {
      headers: { 'x-name': bytes },
    });
    expect([got, answer.headers['x-name']]).toEqual([bytes, bytes]);
  });

  it('take the origin form with a Host as well as the absolute form', async () => {
    const { client } = await startPair();
    const answer = await call(client.ports.outbound, '/reviews/0', { headers: { host: 'reviews:9080' } });
    expect(answer.status).toBe(200);
    expect(seen(answer).url).toBe('/reviews/0');
  });

  it('keep one connection for requests that follow each other', async () => {
    const ports = new Set<number>();
    const { client } = await startPair((request, response) => {
      ports.add(request.socket.remotePort ?? 0);
      response.end('ok');
    });
    for (let i = 0; i < 5; i++) await call(client.ports.outbound, 'http://reviews:9080/');
    expect(ports.size).toBe(1);
  });

  it('echo a POST of 8 MiB byte by byte', async () => {
    const { client } = await startPair();
    const body = randomBytes(8 * 1024 * 1024);
    const answer = await call(client.ports.outbound, 'http://reviews:9080/echo', { method: 'POST', body });
    expect(digest(answer.body)).toBe(digest(body));
    const [cell] = await client.cellsUntil((cells) => cells.length > 0);
    expect(cell?.counts).toMatchObject({ requestBytes: body.length, responseBytes: body.length });
  });

  it('give each of several slow readers exactly its own large body', async () => {
    const bodies = Array.from({ length: 12 }, () => randomBytes(3 * 1024 * 1024));
    const { client } = await startPair((request, response) => {
      response.end(bodies[Number(request.url?.slice(1))]);
    });
    const read = await Promise.all(
      bodies.map((_, i) => readSlowly(client.ports.outbound, `http://reviews:9080/${i}`)),
    );
    expect(read).toEqual(bodies.map(digest));
  });

  it('serve 50 keep-alive clients at once', async () => {
    const { client, app } = await startPair((request, response) => response.end(request.url));
    const clients = Array.from({ length: 50 }, async (_, i) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let n = 0; n < 10; n++) {
        const answer = await call(client.ports.outbound, `http://reviews:9080/${i}/${n}`, { agent });
        expect(answer.text).toBe(`/${i}/${n}`);
      }
      agent.destroy();
    });
    await Promise.all(clients);
    expect(app.hits).toBe(500);
  });

  it('pass trailers on, both ways', async () => {
    const { client } = await startPair((request, response) => {
      request.resume();
      request.on('end', () => {
        response.writeHead(200, { trailer: 'x-sum' });
        response.write('body');
        response.addTrailers({ 'x-sum': `got ${request.trailers['x-checksum']}` });
        response.end();
      });
    });
    const answer = await call(client.ports.outbound, 'http://reviews:9080/', {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
      body: 'data',
      trailers: { 'x-checksum': 'abc' },
    });
    expect(answer.trailers).toEqual({ 'x-sum': 'got abc' });
  });

  it('answer a client that ended its side after the request', async () => {
    const { client } = await startPair((_request, response) => {
      setImmediate(() => response.end('still here'));
    });
    const socket = await connectTo(client.ports.outbound);
    socket.end('GET http://reviews:9080/ HTTP/1.1\r\nHost: reviews:9080\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toContain('HTTP/1.1 200 OK');
    expect(text).toContain('still here');
  });

  it('relay 100-continue before the body is sent', async () => {
    const { client } = await startPair();
    const request = httpRequest({
      host: '127.0.0.1',
      port: client.ports.outbound,
      path: 'http://reviews:9080/',
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': '5' },
      agent: false,
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('hello');
    const [response]: IncomingMessage[] = await once(request, 'response');
    let text = '';
    for await (const chunk of response ?? []) text += String(chunk);
    expect(text).toBe('hello');
  });

  it.each([
    ['HEAD', 200, '5'],
    ['GET', 304, '5'],
    ['GET', 204, undefined],
  ])('send no body with %s %i whatever content-length says', async (method, status, length) => {
    const { client } = await startPair((_request, response) => {
      response.writeHead(status, { 'content-length': '5' });
      response.end(status === 200 ? 'hello' : undefined);
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 2; i++) {
      const answer = await call(client.ports.outbound, 'http://reviews:9080/', { method, agent });
      expect([answer.status, answer.headers['content-length'], answer.text]).toEqual([status, length, '']);
    }
    agent.destroy();
  });

  it('cut the connection when the application breaks off in the middle of a body', async () => {
    const { client } = await startPair((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    await expect(call(client.ports.outbound, 'http://reviews:9080/')).rejects.toThrow('aborted');
    const [cell] = await client.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key.flags).toBe('UC');
  });

  it('tunnel a WebSocket: bytes both ways, recorded as 101 when it ends', async () => {
    const { client, app } = await startPair();
    app.server.on('upgrade', (_request, socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi ',
      );
      socket.pipe(socket);
    });
    const socket = await connectTo(client.ports.outbound);
    socket.write(
      'GET http://reviews:9080/ws HTTP/1.1\r\nHost: reviews:9080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst ',
    );
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.endsWith('first ')) socket.write('second');
      if (text.endsWith('second')) socket.end();
    }
    expect(text).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\nhi first second$/);
    const [cell] = await client.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key.status).toBe(101);
    expect(cell?.counts).toMatchObject({ requestBytes: 12, responseBytes: 15 });
  });

  it('pass on the answer of an application that does not want the WebSocket', async () => {
    const { client } = await startPair((_request, response) => {
      response.writeHead(403);
      response.end('no');
    });
    const text = await exchangeBytes(
      client.ports.outbound,
      'GET http://reviews:9080/ws HTTP/1.1\r\nHost: reviews:9080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 403 [^]*no/);
  });
});

describe('identity', () => {
  it('refuses a client without a certificate on an mTLS port', async () => {
    const { server, app } = await startPair();
    const socket = connectTls({ host: '127.0.0.1', port: server.ports.inbound, rejectUnauthorized: false });
    socket.write('GET / HTTP/1.1\r\nHost: reviews\r\n\r\n');
    await closeOf(socket);
    expect(app.hits).toBe(0);
  });

  it('refuses plaintext on an mTLS port', async () => {
    const { server, app } = await startPair();
    await exchangeBytes(server.ports.inbound, 'GET / HTTP/1.1\r\nHost: reviews\r\n\r\n');
    expect(app.hits).toBe(0);
  });

  it('takes plaintext and mTLS on one port when it is PERMISSIVE, and records which it was', async () => {
    const { server, client, app } = await startPair();
    await server.applySnapshot(inboundSnapshot(app.port, 'PERMISSIVE'));
    expect((await call(server.ports.inbound, '/', { headers: { host: 'reviews:9080' } })).status).toBe(200);
    expect((await call(client.ports.outbound, 'http://reviews:9080/')).status).toBe(200);
    const cells = await server.cellsUntil((all) => all.length === 2);
    expect(cells.map(({ key }) => [key.mtls, key.sourceId])).toEqual(
      expect.arrayContaining([
        [false, ''],
        [true, idOf('productpage')],
      ]),
    );
  });

  it('takes plaintext when mTLS is DISABLEd', async () => {
    const { server, app } = await startPair();
    await server.applySnapshot(inboundSnapshot(app.port, 'DISABLE'));
    expect((await call(server.ports.inbound, '/', { headers: { host: 'reviews' } })).status).toBe(200);
  });

  it('refuses an upstream that proves another SPIFFE ID than the one expected: UF, not mTLS', async () => {
    const { server, client, app } = await startPair();
    await client.applySnapshot(callerSnapshot(server.ports.inbound, idOf('ratings')));
    const answer = await call(client.ports.outbound, 'http://reviews:9080/');
    expect(answer.status).toBe(503);
    expect(answer.text).toContain(`upstream proved ${idOf('reviews')}, expected ${idOf('ratings')}`);
    expect(app.hits).toBe(0);
    const [cell] = await client.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key).toMatchObject({ flags: 'UF', mtls: false, destinationId: '' });
  });

  it.each([
    ['of another authority', () => createTestCa('stranger').issue([idOf('productpage')])],
    ['without a SPIFFE ID', () => ca.issue(['https://example.org/'])],
    ['with two SPIFFE IDs', () => ca.issue([idOf('productpage'), idOf('reviews')])],
    ['of another trust domain', () => ca.issue(['spiffe://elsewhere/ns/default/sa/productpage'])],
    [
      'that has expired',
      () =>
        ca.issue([idOf('productpage')], {
          notBeforeMs: Date.now() - 7_200_000,
          notAfterMs: Date.now() - 3_600_000,
        }),
    ],
  ])('refuses a client certificate %s, and never as "mTLS ok"', async (_what, issue) => {
    const { server, app } = await startPair();
    const { privateKeyPem, certificateChainPem } = issue();
    const socket = connectTls({
      host: '127.0.0.1',
      port: server.ports.inbound,
      key: privateKeyPem,
      cert: certificateChainPem,
      ca: ca.rootPem,
      checkServerIdentity: () => undefined,
    });
    socket.write('GET / HTTP/1.1\r\nHost: reviews\r\n\r\n');
    await closeOf(socket);
    expect(app.hits).toBe(0);
  });

  it('calls a handshake that the server refuses late (TLS 1.3) a connect failure', async () => {
    const { server, client, app } = await startPair();
    // The client trusts the mesh, the mesh does not trust the client.
    client.applyIdentity({
      ...createTestCa('stranger').issue([idOf('productpage')]),
      rootsPem: ca.rootPem,
    });
    await client.applySnapshot(callerSnapshot(server.ports.inbound));
    const answer = await call(client.ports.outbound, 'http://reviews:9080/');
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('TLS handshake refused by the peer');
    expect(app.hits).toBe(0);
    const [cell] = await client.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key).toMatchObject({ status: 503, flags: 'UF' });
  });

  it('speaks TLS 1.2 with AEAD suites only, and nothing older; TLS 1.3 alone where the mesh wants it', async () => {
    const { app, server } = await startPair();
    const { privateKeyPem, certificateChainPem } = identityOf('productpage');
    const shake = (options: object) =>
      new Promise<string>((resolve) => {
        const socket = connectTls({
          host: '127.0.0.1',
          port: server.ports.inbound,
          key: privateKeyPem,
          cert: certificateChainPem,
          ca: ca.rootPem,
          checkServerIdentity: () => undefined,
          ...options,
        });
        socket.on('secureConnect', () => {
          resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
          socket.destroy();
        });
        socket.on('error', () => {
          resolve('refused');
        });
      });
    expect(await shake({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' })).toBe('refused');
    expect(await shake({ maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1\.2 ECDHE-ECDSA-(?:AES\d+-GCM|CHACHA20)/);
    expect(await shake({})).toMatch(/^TLSv1\.3 TLS_AES/);
    const snapshot = inboundSnapshot(app.port);
    const newest = { mode: 'STRICT', minVersion: 'TLSv1_3', from: [] } as const;
    await server.applySnapshot({
      ...snapshot,
      listeners: snapshot.listeners.map((listener) => ({
        ...listener,
        filterChains: listener.filterChains.map((chain) => ({ ...chain, tls: newest })),
      })),
    });
    expect(await shake({ maxVersion: 'TLSv1.2' })).toBe('refused');
    expect(await shake({})).toMatch(/^TLSv1\.3 TLS_AES/);
  });

  it('is rotated on both sides under load without a failed request', async () => {
    const { server, client } = await startPair((request, response) => {
      setImmediate(() => response.end(request.url));
    });
    const load = { isOver: false, served: 0 };
    const callers = Array.from({ length: 8 }, async (_, i) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!load.isOver) {
        const answer = await call(client.ports.outbound, `http://reviews:9080/${i}`, { agent });
        expect([answer.status, answer.text]).toEqual([200, `/${i}`]);
        load.served++;
      }
      agent.destroy();
    });
    for (let n = 1; n <= 10; n++) {
      client.applyIdentity(identityOf('productpage'));
      server.applyIdentity(identityOf('reviews'));
      while (load.served < n * 40) await new Promise(setImmediate);
    }
    load.isOver = true;
    await Promise.all(callers);
    // Connections of the ten earlier certificates are gone: at most one per caller is left.
    const stats = (await call(client.ports.admin, '/stats')).text;
    expect(Number(/\nheddle_upstream_connections (\d+)\n/.exec(stats)?.[1])).toBeLessThanOrEqual(8);
    const cells = await client.cellsUntil(
      (all) => all.reduce((n, { counts }) => n + counts.n, 0) >= load.served,
    );
    expect(new Set(cells.map(({ key }) => `${key.status} ${key.flags} ${key.mtls}`))).toEqual(
      new Set(['200  true']),
    );
  });
});

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

/** Reads in small sips with pauses, so that the back pressure reaches the application. */
function readSlowly(port: number, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path: url, agent: false });
    request.on('error', reject);
    request.on('response', (response) => {
      const hash = createHash('sha256');
      response.on('data', (chunk: Buffer) => {
        hash.update(chunk);
        response.pause();
        setImmediate(() => response.resume());
      });
      response.on('end', () => {
        resolve(hash.digest('hex'));
      });
      response.on('error', reject);
    });
    request.end();
  });
}
