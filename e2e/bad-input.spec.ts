import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Plan, Problem } from '@heddle/schema';
import { heddle } from './heddle-up.ts';
import { type Mesh, reviewsDocument } from './mesh.ts';
import { expect, test } from './test.ts';

/** VirtualService reviews with these routes. */
const reviewsWith = (...routes: readonly string[]) =>
  `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http:
    - route:
${routes.map((route) => `        - ${route}`).join('\n')}
`;

const refusedDocuments = [
  {
    what: 'a subset that does not exist',
    yaml: reviewsWith('destination: { host: reviews, subset: v9 }'),
    path: 'spec.http[0].route[0].destination.subset',
    message: /subset "v9".*v1, v2, v3/,
  },
  {
    what: 'a negative weight',
    yaml: reviewsWith('{ destination: { host: reviews, subset: v1 }, weight: -5 }'),
    path: 'spec.http[0].route[0].weight',
    message: /-5.*>= 0/,
  },
  {
    what: 'weights that are all zero',
    yaml: reviewsWith(
      '{ destination: { host: reviews, subset: v1 }, weight: 0 }',
      '{ destination: { host: reviews, subset: v2 }, weight: 0 }',
    ),
    path: 'spec.http[0].route',
    message: /sum to 0.*above 0/,
  },
  {
    what: 'an unknown field',
    yaml: reviewsWith('{ destination: { host: reviews, subset: v1 }, wieght: 10 }'),
    path: 'spec.http[0].route[0].wieght',
    message: /unknown field "wieght"/,
  },
  {
    what: 'an unknown kind',
    yaml: reviewsWith('destination: { host: reviews }').replace('VirtualService', 'VirtualServices'),
    path: 'kind',
    message: /unknown kind "VirtualServices"/,
  },
  { what: 'malformed YAML', yaml: 'spec: [unclosed', path: '', message: /not YAML.*line 2/ },
] as const;

test.describe('the API', () => {
  for (const { what, yaml, path, message } of refusedDocuments) {
    test(`refuses ${what} with 422, a path and how to fix it`, async ({ mesh }) => {
      const { status, body } = await mesh.putReviews(yaml);
      expect(status).toBe(422);
      expect(body.errors?.[0]).toMatchObject({ severity: 'error', path });
      expect(body.detail).toMatch(message);
    });
  }

  test('refuses a stale base with 409 and says which revision is current', async ({ mesh }) => {
    const { yaml, revision } = await mesh.reviews();
    const { status, body } = await mesh.putReviews(`${yaml}# late\n`, { 'if-match': String(revision - 1) });
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'HDL_STALE_BASE', currentRevision: revision });
  });

  for (const [method, path] of [
    ['POST', '/api/v1/config/plan'],
    ['PUT', reviewsDocument],
  ] as const) {
    test(`refuses a JSON body of 50 MB at ${method} ${path} with 413`, async ({ mesh }) => {
      const tooLarge = JSON.stringify({ yaml: 'a'.repeat(50_000_000) });
      // Every time: a server that closes while the body is still coming breaks a third of the connections instead.
      for (let i = 0; i < 8; i++) {
        const { status, body } = await mesh.api<Problem>(path, {
          method,
          headers: { 'content-type': 'application/json' },
          body: tooLarge,
        });
        expect(status).toBe(413);
        expect(body).toMatchObject({ status: 413, code: 'HDL_TOO_LARGE' });
      }
    });
  }

  test('refuses a Host that is not a loopback name with 403', async ({ mesh }) => {
    const { status, body } = await mesh.get(new URL('/api/v1/graph', mesh.consoleUrl), {
      headers: { host: 'evil.example' },
    });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ code: 'HDL_FOREIGN_HOST' });
  });

  test("refuses a write from another origin's page with 403", async ({ mesh }) => {
    const { yaml } = await mesh.reviews();
    const { status, body } = await mesh.putReviews(yaml, { origin: 'http://evil.example' });
    expect(status).toBe(403);
    expect(body.code).toBe('HDL_FOREIGN_ORIGIN');
  });

  test('plans a change without writing it', async ({ mesh }) => {
    const { yaml, revision } = await mesh.reviews();
    const { status, body } = await mesh.api<Plan>('/api/v1/config/plan', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ yaml: yaml.replace('weight: 70', 'weight: 60') }),
    });
    expect(status).toBe(200);
    expect(body.valid).toBe(true);
    expect(body.affectedProxies.length).toBeGreaterThan(0);
    expect((await mesh.reviews()).revision).toBe(revision);
  });
});

test.describe('the mesh', () => {
  test('refuses a proxy with a wrong token, tells it why, and goes on', async ({ mesh }) => {
    const args = ['--service', 'stranger', '--app', '127.0.0.1:9', '--inbound-port', '0'];
    const stranger = heddle(
      [
        ...['proxy', '--control-plane', mesh.processes().ads, '--ca-file', `${mesh.dataDir}/root.pem`],
        ...[...args, '--outbound-port', '0', '--admin-port', '0'],
      ],
      { HEDDLE_TOKEN: 'guessed' },
    );
    await expect.poll(() => stranger.said(), { timeout: 20_000 }).toContain('UNAUTHENTICATED');
    expect(stranger.said()).toMatch(/the token is unknown/);
    const workloads = (await mesh.proxies()).map(({ workload }) => workload);
    expect(workloads).not.toContain('stranger');
    expect(workloads).toHaveLength(7);
    stranger.child.kill('SIGTERM');
    expect((await stranger.ended).code).toBe(0);
  });

  test('refuses a TLS client without a certificate on an inbound port', async ({ mesh }) => {
    const port = inboundPort(mesh);
    const heard = await exchange((request) => {
      // The client does not judge the server: that it gets no further is the server's decision.
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
      socket.once('secureConnect', () => socket.write(request));
      return socket;
    });
    expect(heard.bytes).toBe('');
    expect(heard.error).toMatch(/certificate required/);
  });

  test('refuses plain HTTP on an inbound port', async ({ mesh }) => {
    const port = inboundPort(mesh);
    const heard = await exchange((request) => {
      const socket = connectPlain({ host: '127.0.0.1', port });
      socket.once('connect', () => socket.write(request));
      return socket;
    });
    expect(heard.bytes).toBe('');
  });

  test('still has its last good configuration in effect after all of it', async ({ mesh }) => {
    const spread = await mesh.spreadOf(100);
    for (const version of ['v1', 'v2', 'v3']) expect(spread[version]).toBeGreaterThan(0);
    for (const { workload, online, types } of await mesh.proxies()) {
      expect({ workload, online }).toEqual({ workload, online: true });
      expect(types.filter(({ state }) => state === 'nacked')).toEqual([]);
    }
    expect((await mesh.api('/readyz')).status).toBe(200);
  });
});

function inboundPort(mesh: Mesh): number {
  const port = mesh.process('reviews-v1-proxy').inboundPort;
  if (port === undefined) throw new Error('reviews-v1-proxy has no inbound port');
  return port;
}

/** What comes back until the other side closes. */
function exchange(
  open: (request: string) => ReturnType<typeof connectPlain>,
): Promise<{ bytes: string; error: string }> {
  const socket = open('GET /reviews/0 HTTP/1.1\r\nhost: reviews:9080\r\n\r\n');
  let bytes = '';
  let error = '';
  return new Promise((resolve) => {
    socket.setEncoding('utf8').on('data', (text: string) => (bytes += text));
    socket.once('error', ({ message }) => (error = message));
    socket.once('close', () => resolve({ bytes, error }));
  });
}
