import { describe, expect, it } from 'vitest';
import { startApp, startTestProxy, call, echo, identityOf, idOf, seen } from '../testing/mesh.ts';
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
} from '../testing/snapshots.ts';

const name = 'outbound|9080||reviews.default.svc.cluster.local';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly name: string;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly service: string;
}

/** A collector that keeps what it is sent. */
async function startCollector() {
  const spans: OtlpSpan[] = [];
  const waiting = new Set<() => void>();
  const app = await startApp((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += String(chunk)));
    request.on('end', () => {
      for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
        const service = resource.attributes.find(({ key }: { key: string }) => key === 'service.name');
        for (const scope of scopeSpans) {
          for (const span of scope.spans) spans.push({ ...span, service: service.value.stringValue });
        }
      }
      for (const check of waiting) check();
      response.end('{}');
    });
  });
  return {
    url: `http://127.0.0.1:${app.port}`,
    spans,
    until: (n: number) =>
      new Promise<readonly OtlpSpan[]>((resolve) => {
        const check = () => {
          if (spans.length >= n) resolve(spans);
        };
        waiting.add(check);
        check();
      }),
  };
}

function attributesOf(span: OtlpSpan | undefined): Record<string, unknown> {
  return Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));
}

async function startCaller(port: number, options: { share?: number; otlpEndpoint?: string } = {}) {
  const { share = 1_000_000, ...more } = options;
  return startTestProxy({
    workload: 'productpage-v1',
    snapshot: outboundSnapshot(
      [virtualHost('reviews', ['reviews'], [route(forward([weighted(name)]))])],
      [cluster(name)],
      { [name]: [endpoint(port)] },
      share,
    ),
    ...more,
  });
}

describe('trace context', () => {
  it('is joined from traceparent, and told on in W3C and B3, tracestate untouched', async () => {
    const app = await startApp(echo);
    const proxy = await startCaller(app.port);
    const answer = await call(proxy.ports.outbound, 'http://reviews:9080/', {
      headers: { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'vendor=1' },
    });
    const { headers } = seen(answer);
    expect(headers['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(headers['traceparent']).not.toContain(spanId);
    expect(headers).toMatchObject({
      tracestate: 'vendor=1',
      'x-b3-traceid': traceId,
      'x-b3-spanid': headers['traceparent']?.split('-')[2],
      'x-b3-parentspanid': spanId,
      'x-b3-sampled': '1',
    });
    expect(headers).not.toHaveProperty('b3');
  });

  it.each([
    ['B3 single', { b3: `${traceId}-${spanId}-0` }, traceId, '00'],
    ['B3 multi', { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '1' }, traceId, '01'],
    ['64-bit B3', { b3: `8448eb211c80319c-${spanId}-1` }, '00000000000000008448eb211c80319c', '01'],
    [
      'traceparent before B3',
      { traceparent: `00-${traceId}-${spanId}-00`, b3: `${'1'.repeat(32)}-${spanId}-1` },
      traceId,
      '00',
    ],
  ])('is read from %s', async (_what, sent, id, flags) => {
    const app = await startApp(echo);
    const proxy = await startCaller(app.port);
    const { headers } = seen(await call(proxy.ports.outbound, 'http://reviews:9080/', { headers: sent }));
    expect(headers['traceparent']).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-${flags}$`));
    expect(headers['b3'] ?? '').toMatch(
      'b3' in sent ? new RegExp(`^${id}-[0-9a-f]{16}-${Number(flags)}$`) : /^$/,
    );
  });

  it.each([
    ['zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['version ff', `ff-${traceId}-${spanId}-01`],
  ])('starts anew where traceparent is invalid: %s', async (_what, traceparent) => {
    const app = await startApp(echo);
    const proxy = await startCaller(app.port);
    const { headers } = seen(
      await call(proxy.ports.outbound, 'http://reviews:9080/', { headers: { traceparent } }),
    );
    expect(headers['traceparent']).not.toContain(traceId);
    expect(headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('is sampled by the configured share where the caller left it open', async () => {
    const app = await startApp(echo);
    const never = await startCaller(app.port, { share: 0 });
    const { headers } = seen(await call(never.ports.outbound, 'http://reviews:9080/'));
    expect(headers['traceparent']).toMatch(/-00$/);
    expect(headers['x-b3-sampled']).toBe('0');
  });
});

describe('spans', () => {
  it("chain from the caller's CLIENT span to the callee's SERVER span", async () => {
    const collector = await startCollector();
    const app = await startApp(echo);
    const server = await startTestProxy({
      workload: 'reviews-v1',
      appAddress: { host: '127.0.0.1', port: app.port },
      snapshot: inboundSnapshot(app.port),
      identity: identityOf('reviews'),
      otlpEndpoint: collector.url,
    });
    const client = await startTestProxy({
      workload: 'productpage-v1',
      identity: identityOf('productpage'),
      otlpEndpoint: collector.url,
      snapshot: outboundSnapshot(
        [virtualHost('reviews', ['reviews'], [route(forward([weighted(name)]))])],
        [cluster(name, { tls: meshTls('reviews', idOf('reviews')) })],
        { [name]: [endpoint(server.ports.inbound, { tlsMode: 'istio' })] },
      ),
    });
    const answer = await call(client.ports.outbound, 'http://reviews:9080/reviews/7', {
      headers: { traceparent: `00-${traceId}-${spanId}-01` },
    });
    const spans = await collector.until(2);
    const caller = spans.find(({ kind }) => kind === 3);
    const callee = spans.find(({ kind }) => kind === 2);
    expect([caller?.service, callee?.service]).toEqual(['productpage', 'reviews']);
    expect(caller?.name).toBe('GET /reviews/{id}');
    expect([caller?.traceId, caller?.parentSpanId]).toEqual([traceId, spanId]);
    expect([callee?.traceId, callee?.parentSpanId]).toEqual([traceId, caller?.spanId]);
    // What the application forwards makes its own calls children of the SERVER span.
    expect(seen(answer).headers['traceparent']).toBe(`00-${traceId}-${callee?.spanId}-01`);
    expect(attributesOf(caller)).toMatchObject({
      'http.request.method': 'GET',
      'url.path': '/reviews/7',
      'http.response.status_code': '200',
      'server.address': 'reviews:9080',
      'network.protocol.version': '1.1',
      'heddle.route': 'default/reviews http[0]',
      'heddle.cluster': name,
      'heddle.mtls': true,
      'heddle.peer.spiffe_id': idOf('reviews'),
      'heddle.scope': 'proxy',
    });
    expect(attributesOf(callee)).toMatchObject({
      'heddle.peer.spiffe_id': idOf('productpage'),
      'heddle.mtls': true,
    });
  });

  it('of an unsampled request are kept when it failed, and only then', async () => {
    const collector = await startCollector();
    const app = await startApp((request, response) => {
      response.writeHead(request.url === '/bad' ? 500 : 200);
      response.end();
    });
    const proxy = await startCaller(app.port, { share: 0, otlpEndpoint: collector.url });
    await call(proxy.ports.outbound, 'http://reviews:9080/good');
    await call(proxy.ports.outbound, 'http://reviews:9080/bad');
    const spans = await collector.until(1);
    expect(spans.map((span) => [attributesOf(span)['url.path'], span.status.code])).toEqual([['/bad', 2]]);
  });

  it('that the collector does not take are dropped and counted, and no request waits', async () => {
    const app = await startApp(echo);
    const proxy = await startCaller(app.port, { otlpEndpoint: 'http://127.0.0.1:1' });
    expect((await call(proxy.ports.outbound, 'http://reviews:9080/')).status).toBe(200);
    for (;;) {
      const { text } = await call(proxy.ports.admin, '/stats');
      if (text.includes('\nheddle_spans_dropped_total 1\n')) break;
    }
  });
});
