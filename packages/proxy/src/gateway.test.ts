import { createServer as createTcpServer } from 'node:net';
import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  call,
  connectTo,
  echo,
  exchangeBytes,
  idOf,
  identityOf,
  readAll,
  seen,
  startApp,
  startTestProxy,
} from './testing/mesh.ts';
import {
  cluster,
  endpoint,
  forward,
  gatewaySnapshot,
  inboundSnapshot,
  meshTls,
  route,
  virtualHost,
  weighted,
} from './testing/snapshots.ts';

const page = 'outbound|9080||productpage.default.svc.cluster.local';
const toPage = virtualHost(
  'edge',
  ['*'],
  [route(forward([weighted(page)]), { name: 'default/edge http[0]' })],
);

async function startEdge(listener: Parameters<typeof startApp>[0] = echo) {
  const app = await startApp(listener);
  const snapshot = gatewaySnapshot([toPage], [cluster(page)], { [page]: [endpoint(app.port)] });
  const gateway = await startTestProxy({
    kind: 'gateway',
    workload: 'edge',
    labels: { app: 'edge' },
    snapshot,
  });
  return { app, snapshot, gateway, port: gateway.ports.gateway.get('0.0.0.0_8080') ?? 0 };
}

describe('a gateway', () => {
  it('calls the mesh over mTLS and records the plaintext hop towards itself, too', async () => {
    const app = await startApp(echo);
    const server = await startTestProxy({
      workload: 'productpage-v1',
      appAddress: { host: '127.0.0.1', port: app.port },
      snapshot: inboundSnapshot(app.port),
      identity: identityOf('productpage'),
    });
    const gateway = await startTestProxy({
      kind: 'gateway',
      workload: 'edge',
      labels: { app: 'edge' },
      identity: identityOf('edge'),
      snapshot: gatewaySnapshot(
        [toPage],
        [
          cluster(page, {
            tls: meshTls('outbound_.9080_._.productpage.default.svc.cluster.local', idOf('productpage')),
          }),
        ],
        { [page]: [endpoint(server.ports.inbound, { tlsMode: 'istio' })] },
      ),
    });
    const port = gateway.ports.gateway.get('0.0.0.0_8080') ?? 0;
    expect((await call(port, '/', { headers: { host: 'shop.example' } })).status).toBe(200);
    const cells = await gateway.cellsUntil((all) => all.length === 2);
    expect(cells.map(({ key }) => key)).toEqual([
      expect.objectContaining({
        reporter: 'source',
        sourceWorkload: 'edge',
        sourceId: idOf('edge'),
        destinationService: 'productpage',
        destinationId: idOf('productpage'),
        mtls: true,
      }),
      expect.objectContaining({
        reporter: 'destination',
        sourceWorkload: '',
        sourceId: '',
        destinationService: '',
        destinationWorkload: 'edge',
        mtls: false,
      }),
    ]);
  });

  it('tells the application who called and how, and takes nothing over that concerned its own hop', async () => {
    const { port } = await startEdge();
    const answer = await call(port, '/x', {
      headers: {
        host: 'shop.example',
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-proto': 'https',
        connection: 'x-private, keep-alive',
        'x-private': 'secret',
        'keep-alive': 'timeout=5',
        'proxy-authorization': 'Basic eA==',
        te: 'trailers, deflate',
      },
    });
    const { headers } = seen(answer);
    expect(headers).toMatchObject({
      host: 'shop.example',
      'x-forwarded-for': '203.0.113.7, 127.0.0.1',
      'x-forwarded-proto': 'http',
      te: 'trailers',
    });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    for (const name of ['x-private', 'keep-alive', 'proxy-authorization'])
      expect(headers).not.toHaveProperty(name);
  });

  it('believes X-Forwarded-For as far as the proxies before it are ours', async () => {
    const app = await startApp(echo);
    const plain = gatewaySnapshot([toPage], [cluster(page)], { [page]: [endpoint(app.port)] });
    const allow = {
      policy: { namespace: 'default', name: 'office' },
      rule: 0,
      dryRun: false,
      condition: { kind: 'remote-ip', block: '203.0.113.0/24' },
      from: [],
    } as const;
    const clientBehind = (hops: number | undefined) =>
      hops === undefined ? {} : { client: { address: { kind: 'forwarded-for', hops } as const, from: [] } };
    const statusWith = async (hops: number | undefined, forwarded: string) => {
      const listeners = plain.listeners.map((listener) => ({
        ...listener,
        filterChains: listener.filterChains.map((chain) => ({
          ...chain,
          authorization: { custom: [], audit: [], deny: [], allow: [allow] },
          http: { ...chain.http, ...clientBehind(hops) },
        })),
      }));
      const gateway = await startTestProxy({
        kind: 'gateway',
        workload: 'edge',
        snapshot: { ...plain, listeners },
        identity: identityOf('edge'),
      });
      const port = gateway.ports.gateway.get('0.0.0.0_8080') ?? 0;
      const headers = { host: 'shop.example', 'x-forwarded-for': forwarded };
      return (await call(port, '/', { headers })).status;
    };
    expect(await statusWith(undefined, '203.0.113.7')).toBe(403);
    expect(await statusWith(1, '203.0.113.7')).toBe(200);
    expect(await statusWith(1, '203.0.113.7, 198.51.100.1')).toBe(403);
    expect(await statusWith(2, '203.0.113.7, 198.51.100.1')).toBe(200);
    expect(await statusWith(2, '203.0.113.7')).toBe(403);
  });

  it('takes nothing back that concerned the upstream hop, and keeps repeated fields apart', async () => {
    const { port } = await startEdge((_request, response) => {
      response.writeHead(
        200,
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT'],
          ['Connection', 'x-hop'],
          ['X-Hop', '1'],
        ].flat(),
      );
      response.end();
    });
    const { headers } = await call(port, '/', { headers: { host: 'x' } });
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT']);
    expect(headers).not.toHaveProperty('x-hop');
  });

  it('opens and closes ports as the snapshot says', async () => {
    const { gateway, snapshot, port } = await startEdge();
    await gateway.applySnapshot({ ...snapshot, listeners: [] });
    const refused = connect({ host: '127.0.0.1', port });
    const [error]: NodeJS.ErrnoException[] = await once(refused, 'error');
    expect(error?.code).toBe('ECONNREFUSED');
    await gateway.applySnapshot(snapshot);
    const again = gateway.ports.gateway.get('0.0.0.0_8080') ?? 0;
    expect((await call(again, '/', { headers: { host: 'x' } })).status).toBe(200);
  });

  it('opens the other listeners where a port is taken, and names the one', async () => {
    const { gateway, snapshot, port } = await startEdge();
    const other = createTcpServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const taken = typeof address === 'object' && address !== null ? address.port : 0;
    const [first] = snapshot.listeners;
    const more =
      first === undefined
        ? []
        : [
            { ...first, name: 'second', port: taken },
            { ...first, name: 'third' },
          ];
    await expect(
      gateway.applySnapshot({ ...snapshot, listeners: [...snapshot.listeners, ...more] }),
    ).rejects.toThrow(`listener "second": cannot listen on 127.0.0.1:${taken}`);
    const third = gateway.ports.gateway.get('third') ?? 0;
    expect((await call(third, '/', { headers: { host: 'x' } })).status).toBe(200);
    expect((await call(port, '/', { headers: { host: 'x' } })).status).toBe(200);
    const closed = once(other, 'close');
    other.close();
    await closed;
    await gateway.applySnapshot({ ...snapshot, listeners: [...snapshot.listeners, ...more] });
    expect((await call(taken, '/', { headers: { host: 'x' } })).status).toBe(200);
  });
});

describe('a request that two recipients could read in two ways', () => {
  const head = 'POST / HTTP/1.1\r\nHost: shop\r\n';
  it.each([
    [
      'Content-Length beside Transfer-Encoding',
      `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['two Content-Lengths', `${head}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`, 400],
    ['a list in Content-Length', `${head}Content-Length: 4, 4\r\n\r\nabcd`, 400],
    ['a signed Content-Length', `${head}Content-Length: +4\r\n\r\nabcd`, 400],
    ['a folded field', `${head}X-Folded: a\r\n b\r\n\r\n`, 400],
    ['a space before the colon', `${head}X-Space : a\r\n\r\n`, 400],
    ['a bare LF', `${head}X-Lf: a\nX-Next: b\r\n\r\n`, 400],
    ['a NUL in a value', `${head}X-Nul: a\0b\r\n\r\n`, 400],
    ['chunked twice', `${head}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, 400],
    ['an unknown coding before chunked', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
    ['chunked that is not last', `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a Host with user information', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n', 400],
    ['an escaped slash', 'GET /a%2fb HTTP/1.1\r\nHost: shop\r\n\r\n', 400],
    ['a path above the root', 'GET /../etc HTTP/1.1\r\nHost: shop\r\n\r\n', 400],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: shop\r\n\r\n', 405],
    ['101 fields', `GET / HTTP/1.1\r\nHost: shop\r\n${'X: y\r\n'.repeat(100)}\r\n`, 431],
    ['a head over 32 KiB', `GET / HTTP/1.1\r\nHost: shop\r\nX: ${'y'.repeat(33 * 1024)}\r\n\r\n`, 431],
  ])('is refused: %s', async (_what, bytes, status) => {
    const { app, port } = await startEdge();
    const answer = await exchangeBytes(port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(app.hits).toBe(0);
  });

  it('is not made of a Connection field that names the framing', async () => {
    const { app, port } = await startEdge();
    const bytes = `${head}Connection: content-length, host, close\r\nContent-Length: 38\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: inner\r\n\r\n`;
    expect(await exchangeBytes(port, bytes)).toMatch(/^HTTP\/1\.1 200 /);
    expect(app.hits).toBe(1);
  });

  it('is not made of dot segments: routing and the upstream see the same path', async () => {
    const { port } = await startEdge();
    const answer = await call(port, '/public/%2e%2E/./admin/?x=/../y', { headers: { host: 'x' } });
    expect(seen(answer).url).toBe('/admin/?x=/../y');
  });

  it('serves requests that are pipelined, in order', async () => {
    const { port } = await startEdge((request, response) => response.end(`<${request.url}>`));
    const socket = await connectTo(port);
    socket.write('GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect((await readAll(socket)).match(/<\/\d>/g)).toEqual(['</1>', '</2>']);
  });
});
