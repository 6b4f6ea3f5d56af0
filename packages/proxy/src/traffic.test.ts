import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Cluster, CorsPolicy, Endpoint, ForwardAction, HashPolicy, Route } from '@heddle/traffic';
import {
  call,
  connectTo,
  echo,
  fixedDice,
  scriptedDice,
  seen,
  startApp,
  startTestProxy,
  type App,
} from './testing/mesh.ts';
import {
  cluster,
  endpoint,
  forward,
  noRetry,
  outboundSnapshot,
  passthrough,
  route,
  virtualHost,
  weighted,
} from './testing/snapshots.ts';
import { type Runtime, systemRuntime } from './runtime.ts';

const name = 'outbound|9080||reviews.default.svc.cluster.local';
const v1 = 'outbound|9080|v1|reviews.default.svc.cluster.local';
const v2 = 'outbound|9080|v2|reviews.default.svc.cluster.local';
const retried = {
  ...noRetry,
  numRetries: 2,
  retryOn: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled'],
};

/** A sidecar whose caller reaches `reviews:9080` by these routes. */
function startWith(
  routes: readonly Route[],
  endpoints: Readonly<Record<string, readonly Endpoint[]>>,
  { runtime, ...more }: Partial<Cluster> & { readonly runtime?: Runtime } = {},
) {
  return startTestProxy({
    workload: 'productpage-v1',
    snapshot: outboundSnapshot(
      [virtualHost('reviews', ['reviews'], routes)],
      Object.keys(endpoints).map((one) => cluster(one, more)),
      endpoints,
    ),
    ...(runtime === undefined ? {} : { runtime }),
  });
}

function startForward(
  action: Partial<ForwardAction>,
  endpoints: readonly Endpoint[],
  more: Parameters<typeof startWith>[2] = {},
) {
  return startWith([route(forward([weighted(name)], action))], { [name]: endpoints }, more);
}

const named = (text: string): Promise<App> => startApp((_request, response) => response.end(text));
const reviews = 'http://reviews:9080/';

const exactly = (value: string) =>
  ({ match: { path: { kind: 'exact', value, caseSensitive: true }, headers: [], queryParams: [] } }) as const;

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('routing', () => {
  it('splits by weight as the dice fall', async () => {
    const [one, two] = [await named('v1'), await named('v2')];
    // Per request: trace id share, then the split. 0.79 is within 80 %, 0.8 is not.
    const proxy = await startWith(
      [route(forward([weighted(v1, 80), weighted(v2, 20)]))],
      { [v1]: [endpoint(one.port)], [v2]: [endpoint(two.port)] },
      { runtime: scriptedDice([0, 0, 0, 0.79, 0, 0.8, 0, 0.99]) },
    );
    const answers: string[] = [];
    for (let i = 0; i < 4; i++) answers.push((await call(proxy.ports.outbound, reviews)).text);
    expect(answers).toEqual(['v1', 'v1', 'v2', 'v2']);
  });

  it('sends a header match one way and the rest another', async () => {
    const [one, two] = [await named('v1'), await named('v2')];
    const jason = {
      path: { kind: 'prefix', value: '/', caseSensitive: true },
      headers: [
        {
          name: 'end-user',
          match: { kind: 'exact', value: 'jason', ignoreCase: false },
          invert: false,
          treatMissingAsEmpty: false,
        },
      ],
      queryParams: [],
    } as const;
    const proxy = await startWith(
      [route(forward([weighted(v2)]), { match: jason }), route(forward([weighted(v1)]))],
      { [v1]: [endpoint(one.port)], [v2]: [endpoint(two.port)] },
    );
    const asJason = await call(proxy.ports.outbound, reviews, { headers: { 'End-User': 'jason' } });
    expect([asJason.text, (await call(proxy.ports.outbound, reviews)).text]).toEqual(['v2', 'v1']);
  });

  it('rewrites prefix and host, and changes fields both ways', async () => {
    const app = await startApp(echo);
    const proxy = await startWith(
      [
        route(
          forward(
            [
              weighted(name, 100, {
                requestHeaders: { set: [{ name: 'x-cluster', value: 'c' }], add: [], remove: [] },
                responseHeaders: { set: [], add: [{ name: 'x-back', value: 'cluster' }], remove: [] },
              }),
            ],
            { pathRewrite: { kind: 'prefix', value: '/v2/' }, hostRewrite: 'inner.example' },
          ),
          {
            match: {
              path: { kind: 'prefix', value: '/api/', caseSensitive: true },
              headers: [],
              queryParams: [],
            },
            requestHeaders: { set: [{ name: 'X-Set', value: '1' }], add: [], remove: ['x-secret'] },
            responseHeaders: { set: [{ name: 'x-route', value: 'r' }], add: [], remove: ['content-type'] },
          },
        ),
      ],
      { [name]: [endpoint(app.port)] },
    );
    const answer = await call(proxy.ports.outbound, 'http://reviews:9080/api/x?q=1', {
      headers: { 'X-Secret': 's' },
    });
    const { url, headers } = seen(answer);
    expect(url).toBe('/v2/x?q=1');
    expect(headers).toMatchObject({ host: 'inner.example', 'x-set': '1', 'x-cluster': 'c' });
    expect(headers).not.toHaveProperty('x-secret');
    expect(answer.headers).toMatchObject({ 'x-route': 'r', 'x-back': 'cluster' });
    expect(answer.headers).not.toHaveProperty('content-type');
  });

  it('answers a redirect and a direct response itself', async () => {
    const proxy = await startWith(
      [
        route({ kind: 'redirect', status: 301, path: '/new' }, exactly('/old')),
        route({ kind: 'direct', status: 418, body: 'teapot' }, exactly('/tea')),
      ],
      {},
    );
    const moved = await call(proxy.ports.outbound, 'http://reviews:9080/old?a=b');
    expect([moved.status, moved.headers.location]).toEqual([301, 'http://reviews:9080/new?a=b']);
    const tea = await call(proxy.ports.outbound, 'http://reviews:9080/tea');
    expect([tea.status, tea.text, tea.headers.server]).toEqual([418, 'teapot', 'heddle']);
    expect((await call(proxy.ports.outbound, 'http://reviews:9080/other')).status).toBe(404);
  });

  it('copies requests to a mirror without waiting for it', async () => {
    const shadowed = Promise.withResolvers<string>();
    const main = await named('main');
    const mirror = await startApp((request) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += String(chunk)));
      request.on('end', () => {
        shadowed.resolve(`${request.method} ${request.url} ${request.headers.host} ${body}`); // and never answers
      });
    });
    const proxy = await startWith(
      [route(forward([weighted(v1)], { mirrors: [{ cluster: v2, share: 1_000_000 }] }))],
      { [v1]: [endpoint(main.port)], [v2]: [endpoint(mirror.port)] },
    );
    const answer = await call(proxy.ports.outbound, 'http://reviews:9080/x', {
      method: 'POST',
      body: 'data',
    });
    expect(answer.text).toBe('main');
    expect(await shadowed.promise).toBe('POST /x reviews-shadow:9080 data');
  });
});

describe('destinations that cannot be reached', () => {
  it('NR: no virtual host and no way out is 502, no route in a known host 404', async () => {
    const proxy = await startWith([], {});
    const unknown = await call(proxy.ports.outbound, 'http://elsewhere:9080/');
    expect([unknown.status, unknown.headers['x-heddle-flags']]).toEqual([502, 'NR']);
    expect((await call(proxy.ports.outbound, 'http://127.0.0.1:1/')).status).toBe(502);
    const noRoute = await call(proxy.ports.outbound, reviews);
    expect([noRoute.status, noRoute.headers['x-heddle-flags']]).toEqual([404, 'NR']);
  });

  it('answers a gRPC call with a gRPC status: UNIMPLEMENTED where no route matches', async () => {
    const proxy = await startWith([], {});
    const { status, headers, body } = await call(proxy.ports.outbound, reviews, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc' },
    });
    expect([status, headers['grpc-status'], headers['content-type'], String(body)]).toEqual([
      200,
      '12',
      'application/grpc',
      '',
    ]);
  });

  it('NC: a cluster that is not there is 503, an invalid destination its own status', async () => {
    const proxy = await startWith([route(forward([weighted(name)]))], {});
    const missing = await call(proxy.ports.outbound, reviews);
    expect([missing.status, missing.headers['x-heddle-flags']]).toEqual([503, 'NC']);
    const invalid = await startWith([route(forward([weighted(v2, 1, { invalidStatus: 500 })]))], {});
    expect((await call(invalid.ports.outbound, reviews)).status).toBe(500);
    const [cell] = await invalid.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key).toMatchObject({
      destinationService: 'reviews',
      destinationNamespace: 'default',
      flags: 'NC',
    });
  });

  it('UH: no healthy endpoint is 503, and the service is still named', async () => {
    const proxy = await startForward({}, [
      endpoint(1, { health: 'UNHEALTHY' }),
      endpoint(2, { health: 'DRAINING' }),
    ]);
    const answer = await call(proxy.ports.outbound, reviews);
    expect([answer.status, answer.headers['x-heddle-flags']]).toEqual([503, 'UH']);
    const [cell] = await proxy.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key).toMatchObject({ destinationService: 'reviews', status: 503, flags: 'UH', mtls: false });
  });

  it('UF: a refused connection is 503', async () => {
    const proxy = await startForward({}, [endpoint(await closedPort())]);
    const answer = await call(proxy.ports.outbound, reviews);
    expect([answer.status, answer.headers['x-heddle-flags']]).toEqual([503, 'UF']);
  });

  it('UC: a connection that ends before the response is 503', async () => {
    const app = await startApp((request) => request.socket.destroy());
    const proxy = await startForward({}, [endpoint(app.port)]);
    const answer = await call(proxy.ports.outbound, reviews);
    expect([answer.status, answer.headers['x-heddle-flags']]).toEqual([503, 'UC']);
  });

  it('UPE: a malformed response is 502', async () => {
    const server = createServer((socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx');
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.close();
    });
    await once(server, 'listening');
    const proxy = await startForward({}, [endpoint((server.address() as AddressInfo).port)]);
    const answer = await call(proxy.ports.outbound, reviews);
    expect([answer.status, answer.headers['x-heddle-flags']]).toEqual([502, 'UPE']);
  });

  it('DC: a caller that leaves is status 0, and the upstream is told', async () => {
    const upstreamClosed = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const app = await startApp((request) => {
      request.socket.on('close', () => {
        upstreamClosed.resolve();
      });
      arrived.resolve();
    });
    const proxy = await startForward({}, [endpoint(app.port)]);
    const socket = await connectTo(proxy.ports.outbound);
    socket.write('GET http://reviews:9080/ HTTP/1.1\r\nHost: reviews:9080\r\n\r\n');
    await arrived.promise;
    socket.resetAndDestroy();
    await upstreamClosed.promise;
    const [cell] = await proxy.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key).toMatchObject({ status: 0, flags: 'DC' });
  });

  it('lets requests out to the address that was called where the mesh allows it, never to itself', async () => {
    const outside = await startApp(echo);
    const proxy = await startTestProxy({
      workload: 'productpage-v1',
      snapshot: outboundSnapshot([], [passthrough], {}),
    });
    const answer = await call(proxy.ports.outbound, `http://127.0.0.1:${outside.port}/x`);
    expect([answer.status, seen(answer).headers.host]).toEqual([200, `127.0.0.1:${outside.port}`]);
    const loop = await call(proxy.ports.outbound, `http://localhost:${proxy.ports.outbound}/`);
    expect([loop.status, loop.text]).toEqual([502, `localhost:${proxy.ports.outbound} is this proxy itself`]);
    const [cell] = await proxy.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key).toMatchObject({ destinationService: 'PassthroughCluster', destinationNamespace: '' });
  });

  it('CONNECT: a tunnel outside the mesh, 405 to a service of the mesh', async () => {
    const outside = await startApp((_request, response) => response.end('through'));
    const proxy = await startTestProxy({
      workload: 'productpage-v1',
      snapshot: outboundSnapshot([virtualHost('reviews', ['reviews'], [])], [passthrough], {}),
    });
    const socket = await connectTo(proxy.ports.outbound);
    socket.write(`CONNECT 127.0.0.1:${outside.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [established]: Buffer[] = await once(socket, 'data');
    expect(String(established)).toContain('200 Connection Established');
    socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toContain('through');
    const mesh = await connectTo(proxy.ports.outbound);
    mesh.end('CONNECT reviews:9080 HTTP/1.1\r\nHost: x\r\n\r\n');
    let refusal = '';
    for await (const chunk of mesh) refusal += String(chunk);
    expect(refusal).toContain('405 Method Not Allowed');
  });
});

describe('load balancing', () => {
  it('takes the endpoint with fewer requests in flight', async () => {
    const release = Promise.withResolvers<void>();
    const slow = await startApp((_request, response) => {
      release.promise.then(() => response.end('slow')).catch(() => {});
    });
    const quick = await named('quick');
    // 0 draws the slow one first, every time.
    const proxy = await startForward({}, [endpoint(slow.port), endpoint(quick.port)], {
      runtime: fixedDice(0),
    });
    const held = call(proxy.ports.outbound, reviews);
    while (slow.hits === 0) await new Promise(setImmediate);
    for (let i = 0; i < 3; i++) expect((await call(proxy.ports.outbound, reviews)).text).toBe('quick');
    release.resolve();
    expect((await held).text).toBe('slow');
  });

  it('goes around by ROUND_ROBIN, by weight', async () => {
    const [one, two] = [await named('a'), await named('b')];
    const proxy = await startForward({}, [endpoint(one.port, { weight: 2 }), endpoint(two.port)], {
      lb: 'ROUND_ROBIN',
    });
    let order = '';
    for (let i = 0; i < 6; i++) order += (await call(proxy.ports.outbound, reviews)).text;
    expect(order).toBe('abaaba');
  });
});

describe('timeout, retry and fault', () => {
  it('answers 504 UT at the timeout, and drops the upstream', async () => {
    const dropped = Promise.withResolvers<void>();
    const app = await startApp((request) => {
      request.socket.on('close', () => {
        dropped.resolve();
      });
    });
    const proxy = await startForward({ timeoutMs: 500 }, [endpoint(app.port)]);
    const answer = await call(proxy.ports.outbound, reviews);
    expect([answer.status, answer.headers['x-heddle-flags'], answer.text]).toEqual([
      504,
      'UT',
      'no response within 500 ms',
    ]);
    await dropped.promise;
  });

  it('cuts a response that is still coming at the timeout', async () => {
    const app = await startApp((_request, response) => {
      response.writeHead(200);
      response.write('some');
    });
    // Long enough for the headers to come first on a busy machine.
    const proxy = await startForward({ timeoutMs: 1_500 }, [endpoint(app.port)]);
    await expect(call(proxy.ports.outbound, reviews)).rejects.toThrow('aborted');
    const [cell] = await proxy.cellsUntil((cells) => cells.length > 0);
    expect(cell?.key).toMatchObject({ status: 200, flags: 'UT' });
  });

  it('tries another endpoint after a connect failure', async () => {
    const app = await named('up');
    const proxy = await startForward({ retry: retried }, [endpoint(await closedPort()), endpoint(app.port)], {
      lb: 'ROUND_ROBIN',
    });
    for (let i = 0; i < 4; i++) expect((await call(proxy.ports.outbound, reviews)).text).toBe('up');
  });

  it('gives up after numRetries: UF and URX', async () => {
    const proxy = await startForward({ retry: retried }, [endpoint(await closedPort())], {
      runtime: fixedDice(0),
    });
    const answer = await call(proxy.ports.outbound, reviews);
    expect([answer.status, answer.headers['x-heddle-flags']]).toEqual([503, 'URX,UF']);
  });

  it('does not retry what the policy does not name', async () => {
    const app = await startApp((_request, response) => {
      response.writeHead(500);
      response.end();
    });
    const proxy = await startForward({ retry: retried }, [endpoint(app.port)]);
    expect((await call(proxy.ports.outbound, reviews)).status).toBe(500);
    expect(app.hits).toBe(1);
  });

  it('retries a status that the policy names, and sends the body again', async () => {
    let first = true;
    const app = await startApp((request, response) => {
      if (first) {
        first = false;
        request.resume();
        response.writeHead(503);
        response.end();
      } else echo(request, response);
    });
    const retry = { ...noRetry, numRetries: 1, retryOn: ['retriable-status-codes'], statusCodes: [503] };
    const proxy = await startForward({ retry }, [endpoint(app.port)], { runtime: fixedDice(0) });
    const answer = await call(proxy.ports.outbound, reviews, { method: 'POST', body: 'again' });
    expect([answer.status, answer.text, app.hits]).toEqual([200, 'again', 2]);
  });

  it('does not retry a POST whose body was larger than 64 KiB and partly sent', async () => {
    const app = await startApp((request, response) => {
      request.resume();
      request.on('end', () => {
        response.writeHead(503);
        response.end();
      });
    });
    const retry = { ...noRetry, numRetries: 1, retryOn: ['5xx'] };
    const proxy = await startForward({ retry }, [endpoint(app.port)], { runtime: fixedDice(0) });
    const answer = await call(proxy.ports.outbound, reviews, { method: 'POST', body: Buffer.alloc(100_000) });
    expect([answer.status, app.hits]).toEqual([503, 1]);
  });

  it('retries after perTryTimeout within the timeout of the whole', async () => {
    const app = await startApp((_request, response) => {
      if (app.hits > 1) response.end('second');
    });
    const retry = { ...noRetry, numRetries: 1, retryOn: ['5xx'], perTryTimeoutMs: 500 };
    const proxy = await startForward({ retry, timeoutMs: 20_000 }, [endpoint(app.port)]);
    expect((await call(proxy.ports.outbound, reviews)).text).toBe('second');
  });

  it('resends a GET once when a kept connection had died meanwhile', async () => {
    let sockets = 0;
    const server = createServer((socket) => {
      const nth = ++sockets;
      let served = 0;
      socket.on('error', () => {});
      socket.on('data', () => {
        if (nth === 1 && served++ === 1) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.close();
    });
    await once(server, 'listening');
    const proxy = await startForward({}, [endpoint((server.address() as AddressInfo).port)]);
    expect((await call(proxy.ports.outbound, reviews)).text).toBe('ok');
    expect((await call(proxy.ports.outbound, reviews)).text).toBe('ok');
    expect(sockets).toBe(2);
  });

  it('delays first, then aborts: DI, FI', async () => {
    const app = await named('up');
    const all = 1_000_000;
    const fault = { delay: { ms: 60, share: all }, abort: { status: 555, share: all }, from: [] };
    const proxy = await startForward({ fault }, [endpoint(app.port)]);
    const started = performance.now();
    const answer = await call(proxy.ports.outbound, reviews);
    expect(performance.now() - started).toBeGreaterThanOrEqual(58);
    expect([answer.status, answer.headers['x-heddle-flags'], app.hits]).toEqual([555, 'DI,FI', 0]);
  });

  it('injects a fault into its share only', async () => {
    const app = await named('up');
    const fault = { abort: { status: 500, share: 250_000 }, from: [] };
    // Per request: trace share, abort, and unless it is aborted, split and endpoint.
    const proxy = await startForward({ fault }, [endpoint(app.port)], {
      runtime: scriptedDice([0, 0.249, 0, 0.25]),
    });
    expect((await call(proxy.ports.outbound, reviews)).status).toBe(500);
    expect((await call(proxy.ports.outbound, reviews)).status).toBe(200);
  });
});

describe('requests of other origins', () => {
  const cors: CorsPolicy = {
    allowOrigins: [{ kind: 'exact', value: 'https://shop.example', ignoreCase: false }],
    allowMethods: ['GET', 'PUT'],
    allowHeaders: ['x-user'],
    exposeHeaders: ['x-total'],
    maxAgeSeconds: 90,
    allowCredentials: true,
    forwardUnmatchedPreflights: true,
    from: [],
  };
  const start = (app: App, more: Partial<CorsPolicy> = {}) =>
    startForward({ cors: { ...cors, ...more } }, [endpoint(app.port)]);
  const preflight = (origin: string) => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'PUT' },
  });

  it('are preflighted at the proxy, which tells what is permitted', async () => {
    const app = await named('up');
    const proxy = await start(app);
    const answer = await call(proxy.ports.outbound, reviews, preflight('https://shop.example'));
    expect([answer.status, answer.text, app.hits]).toEqual([200, '', 0]);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-allow-headers': 'x-user',
      'access-control-max-age': '90',
    });
  });

  it('get the permission on the response', async () => {
    const app = await named('up');
    const proxy = await start(app);
    const headers = { origin: 'https://shop.example' };
    const answer = await call(proxy.ports.outbound, reviews, { headers });
    expect([answer.text, answer.headers['access-control-allow-methods']]).toEqual(['up', undefined]);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-expose-headers': 'x-total',
    });
  });

  it('get none for another origin, whose preflight is for the application unless the policy ignores it', async () => {
    const app = await named('up');
    const proxy = await start(app);
    const foreign = await call(proxy.ports.outbound, reviews, preflight('https://evil.example'));
    expect([foreign.text, foreign.headers['access-control-allow-origin']]).toEqual(['up', undefined]);
    const ignoring = await start(app, { forwardUnmatchedPreflights: false });
    const ignored = await call(ignoring.ports.outbound, reviews, preflight('https://evil.example'));
    expect([ignored.status, ignored.text, ignored.headers['access-control-allow-origin']]).toEqual([
      200,
      '',
      undefined,
    ]);
  });
});

describe('headers that a route writes', () => {
  it('may quote the request, and are left out where there is nothing to quote', async () => {
    const app = await startApp(echo);
    const set = [
      { name: 'x-copy', value: 'for %REQ(x-user)% at 100%%' },
      { name: 'x-none', value: '%REQ(x-nobody)%' },
      { name: 'x-either', value: '%REQ(x-nobody?x-user)%' },
      { name: 'x-was', value: '%REQ(x-gone)%' },
    ];
    const proxy = await startWith(
      [route(forward([weighted(name)]), { requestHeaders: { set, add: [], remove: ['x-gone'] } })],
      { [name]: [endpoint(app.port)] },
    );
    const sent = { headers: { 'x-user': 'ada', 'x-gone': '1' } };
    const { headers } = seen(await call(proxy.ports.outbound, reviews, sent));
    expect(headers).toMatchObject({ 'x-copy': 'for ada at 100%', 'x-either': 'ada' });
    expect(headers).not.toHaveProperty('x-none');
    expect(headers).not.toHaveProperty('x-was');
  });

  it('may quote the request as it was sent upstream in the response', async () => {
    const app = await startApp(echo);
    const set = [{ name: 'x-sent', value: '%REQ(:authority)%%REQ(:path)%' }];
    const action = forward([weighted(name)], {
      hostRewrite: 'inner.example',
      pathRewrite: { kind: 'full', value: '/new' },
    });
    const proxy = await startWith([route(action, { responseHeaders: { set, add: [], remove: [] } })], {
      [name]: [endpoint(app.port)],
    });
    expect((await call(proxy.ports.outbound, reviews)).headers['x-sent']).toBe('inner.example/new');
  });
});

it('aborts a gRPC call with its gRPC status, any other request with the same status in HTTP', async () => {
  const app = await named('up');
  const fault = { abort: { status: 200, grpcStatus: 14, share: 1_000_000 }, from: [] };
  const proxy = await startForward({ fault }, [endpoint(app.port)]);
  const headers = { 'content-type': 'application/grpc' };
  const grpc = await call(proxy.ports.outbound, reviews, { method: 'POST', headers });
  expect([grpc.status, grpc.headers['grpc-status'], grpc.headers['content-type']]).toEqual([
    200,
    '14',
    'application/grpc',
  ]);
  expect(await call(proxy.ports.outbound, reviews)).toMatchObject({
    status: 200,
    text: 'fault filter abort',
  });
});

describe('a push', () => {
  it('changes the next request and leaves the running one alone', async () => {
    const release = Promise.withResolvers<void>();
    const old = await startApp((_request, response) => {
      release.promise.then(() => response.end('old')).catch(() => {});
    });
    const fresh = await named('new');
    const proxy = await startForward({}, [endpoint(old.port)]);
    const running = call(proxy.ports.outbound, reviews);
    while (old.hits === 0) await new Promise(setImmediate);
    await proxy.applySnapshot(
      outboundSnapshot(
        [virtualHost('reviews', ['reviews'], [route(forward([weighted(name)]))])],
        [cluster(name)],
        { [name]: [endpoint(fresh.port)] },
      ),
    );
    expect((await call(proxy.ports.outbound, reviews)).text).toBe('new');
    release.resolve();
    expect((await running).text).toBe('old');
  });

  it('that does not compile is refused with the reason, and the old one stays', async () => {
    const app = await named('up');
    const proxy = await startForward({}, [endpoint(app.port)]);
    const broken = { ...outboundSnapshot([], [], {}), routeConfigurations: [] };
    await expect(proxy.applySnapshot(broken)).rejects.toThrow(
      'names route configuration "9080", which is not there',
    );
    expect((await call(proxy.ports.outbound, reviews)).text).toBe('up');
  });
});

describe('a cluster that hashes', () => {
  const stickyBy = async (hashPolicy: HashPolicy) => {
    const apps = await Promise.all([1, 2, 3].map((i) => startApp((_, response) => response.end(`app ${i}`))));
    const proxy = await startForward(
      { hashPolicies: [hashPolicy] },
      apps.map(({ port }) => endpoint(port)),
      { lb: 'RING_HASH', hashTableSize: 1024, hashPolicy, runtime: systemRuntime },
    );
    return (headers: Record<string, string>, path = '/') =>
      call(proxy.ports.outbound, `http://reviews:9080${path}`, { headers });
  };

  it('sends what hashes alike to one endpoint, and the rest to all of them', async () => {
    const ask = await stickyBy({ kind: 'header', name: 'x-user' });
    const users = Array.from({ length: 24 }, (_, i) => `user-${i}`);
    const first = await Promise.all(users.map(async (user) => (await ask({ 'x-user': user })).text));
    const again = await Promise.all(users.map(async (user) => (await ask({ 'x-user': user })).text));
    expect(again).toEqual(first);
    expect(new Set(first).size).toBe(3);
  });

  it('makes a cookie for a client that has none, and finds the endpoint by it again', async () => {
    const ask = await stickyBy({
      kind: 'cookie',
      name: 'who',
      path: '/',
      ttlMs: 60_000,
      attributes: [{ name: 'SameSite', value: 'Lax' }],
    });
    for (let client = 0; client < 6; client++) {
      const first = await ask({ cookie: 'other=1' });
      const [cookie = ''] = first.headers['set-cookie'] ?? [];
      expect(cookie).toMatch(/^who="[0-9a-f]{16}"; Max-Age=60; Path=\/; SameSite=Lax; HttpOnly$/);
      const second = await ask({ cookie: `other=1; ${cookie.split(';')[0]}` });
      expect(second.text).toBe(first.text);
      expect(second.headers['set-cookie']).toBeUndefined();
    }
  });

  it('finds the endpoint of a query parameter', async () => {
    const ask = await stickyBy({ kind: 'query', name: 'cart' });
    const texts = await Promise.all(Array.from({ length: 8 }, async () => (await ask({}, '/x?cart=7')).text));
    expect(new Set(texts).size).toBe(1);
  });
});
