/** `heddle proxy --standalone` as it is called: a process of its own, real sockets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePorts } from './up/ports.ts';

let directory = '';
let backend: Server;
let backendPort = 0;
let port = 0;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'heddle-standalone-'));
  backend = createServer((request, response) => response.end(`loom ${request.url}`));
  [backendPort = 0, port = 0] = await freePorts(2);
  backend.listen(backendPort, '127.0.0.1');
  await once(backend, 'listening');
});
afterEach(async () => {
  for (const child of running) if (child.exitCode === null) child.kill('SIGKILL');
  running.clear();
  backend.close();
  backend.closeAllConnections();
  rmSync(directory, { recursive: true, force: true });
});

const gateway = (name = 'edge') => `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: ${name}, namespace: fleet }
spec:
  selector: { istio: ${name} }
  servers: [{ port: { number: ${port}, name: http, protocol: HTTP }, hosts: ["*"] }]
---
`;
const service = () => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: loom, namespace: fleet }
spec:
  hosts: [loom.example]
  ports: [{ number: 80, name: http, protocol: HTTP, targetPort: ${backendPort} }]
  resolution: STATIC
  endpoints: [{ address: 127.0.0.1 }]
---
`;
const routes = (prefix: string) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: loom, namespace: fleet }
spec:
  hosts: ["*"]
  gateways: [edge]
  http: [{ match: [{ uri: { prefix: ${prefix} } }], route: [{ destination: { host: loom.example } }] }]
---
`;
const denial = (spec: string) => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: keep-out, namespace: fleet }
spec: ${spec}
---
`;

function write(text: string): string {
  const file = join(directory, 'edge.yaml');
  writeFileSync(file, text);
  return file;
}

function start(...args: string[]) {
  const main = join(import.meta.dirname, 'main.ts');
  const child = spawn(process.execPath, [main, 'proxy', '--admin-port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let said = '';
  const heard = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      for (const one of heard) one();
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code: Number(code), said }));
  const says = (words: string) =>
    Promise.race([
      new Promise<void>((resolve) => {
        const listen = () => {
          if (said.includes(words)) resolve();
        };
        heard.add(listen);
        listen();
      }),
      ended.then(() => Promise.reject(new Error(`ended: ${said}`))),
    ]);
  return { child, says, ended };
}

async function ask(path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return `${response.status} ${await response.text()}`;
}

it('serves what the documents say, policies too, and reads them again when asked', async () => {
  const file = write(
    gateway() +
      service() +
      routes('/api') +
      denial('{ action: DENY, rules: [{ to: [{ operation: { paths: ["/api/x"] } }] }] }'),
  );
  const { child, says, ended } = start('--standalone', file);
  await says('ready\n');
  expect(await ask('/api/y')).toBe('200 loom /api/y');
  expect(await ask('/api/x')).toBe('403 RBAC: access denied');
  expect(await ask('/new')).toMatch(/^404/);
  write(gateway() + service() + routes('/new'));
  child.kill('SIGHUP');
  await says('read again');
  expect(await ask('/new')).toBe('200 loom /new');
  write(gateway() + service() + routes('/never') + denial('{ action: DENY }'));
  child.kill('SIGHUP');
  await says('the documents of before stay: AuthorizationPolicy fleet/keep-out');
  expect(await ask('/new')).toBe('200 loom /new');
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 0 });
});

it('takes the Gateway of either API that is named', async () => {
  const other = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: front, namespace: fleet }
spec:
  gatewayClassName: heddle
  listeners: [{ name: http, port: ${port}, protocol: HTTP }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: front, namespace: fleet }
spec:
  parentRefs: [{ name: front }]
  rules: [{ filters: [{ type: RequestRedirect, requestRedirect: { hostname: else.example } }] }]
`;
  const file = write(gateway() + routes('/api') + other);
  const { says } = start('--standalone', file, '--gateway', 'fleet/front');
  await says('ready\n');
  const response = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' });
  expect(response.status).toBe(302);
});

it.each([
  ['several Gateways and no choice', () => gateway() + gateway('other'), [], 2, 'fleet/edge, fleet/other'],
  [
    'a Gateway that is not there',
    () => gateway(),
    ['--gateway', 'fleet/front'],
    2,
    'there are Gateways fleet/edge',
  ],
  ['no Gateway', () => service(), [], 2, 'there is no Gateway'],
  [
    'a policy that cannot be used',
    () => gateway() + denial('{ action: DENY }'),
    [],
    1,
    'fleet/keep-out is left out',
  ],
  ['a control plane beside it', () => gateway(), ['--token', 'x'], 2, '--token and --standalone'],
] as const)('does not start with %s', async (_what, text, args, code, words) => {
  const { ended } = start('--standalone', write(text()), ...args);
  expect(await ended).toEqual({ code, said: expect.stringContaining(words) });
});

it('names the port that is taken', async () => {
  const { ended } = start(
    '--standalone',
    write(gateway().replace(`number: ${port}`, `number: ${backendPort}`)),
  );
  expect(await ended).toEqual({
    code: 1,
    said: expect.stringContaining(`cannot listen on 127.0.0.1:${backendPort}`),
  });
});
