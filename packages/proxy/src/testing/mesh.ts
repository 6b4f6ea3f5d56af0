import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type Agent,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { decodeFrame, isFactFrame, readFacts, type Cell } from '@heddle/telemetry';
import { onTestFinished } from 'vitest';
import type { ProxyOptions, RunningProxy, StaticSource } from '../options.ts';
import { runProxy } from '../run-proxy.ts';
import { systemRuntime, type Runtime } from '../runtime.ts';
import { createTestCa } from './test-ca.ts';

/** Real proxies, applications and clients on the loopback; each ends with the test that started it. */

export const ca = createTestCa('mesh root');
export const idOf = (account: string) => `spiffe://cluster.local/ns/default/sa/${account}`;
export const identityOf = (account: string) => ca.issue([idOf(account)]);

export interface App {
  readonly server: Server;
  readonly port: number;
  /** Requests served. */
  hits: number;
  close(): Promise<void>;
}

export async function startApp(listener: RequestListener): Promise<App> {
  const server = createServer((request, response) => {
    app.hits++;
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const app: App = {
    server,
    port,
    hits: 0,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  onTestFinished(() => app.close());
  return app;
}

/** Answers with what it received. */
export function echo(request: IncomingMessage, response: Parameters<RequestListener>[1]): void {
  response.writeHead(200, {
    'content-type': request.headers['content-type'] ?? 'application/octet-stream',
    'x-saw': JSON.stringify({ url: request.url, method: request.method, headers: request.headers }),
  });
  request.pipe(response);
}

/** The system's clock, dice that always fall on `value`, and a log that nobody reads. */
export function fixedDice(value: number): Runtime {
  return { ...systemRuntime, random: () => value, log: () => {} };
}

/** Dice that fall as listed, then start over. */
export function scriptedDice(values: readonly number[]): Runtime {
  let next = 0;
  return { ...systemRuntime, random: () => values[next++ % values.length] ?? 0, log: () => {} };
}

export interface TestProxy extends RunningProxy {
  /** All cells recorded so far. */
  cells(): readonly Cell[];
  /** What was told of single requests, frame by frame. */
  factFrames(): readonly unknown[];
  /** Resolves when the cells fulfil this. */
  cellsUntil(isEnough: (cells: readonly Cell[]) => boolean): Promise<readonly Cell[]>;
}

export async function startTestProxy(
  options: StaticSource & Partial<ProxyOptions> & { readonly workload: string },
): Promise<TestProxy> {
  const cells: Cell[] = [];
  const factFrames: unknown[] = [];
  const waiting = new Set<() => void>();
  const proxy = await runProxy({
    kind: 'sidecar',
    namespace: 'default',
    serviceAccount: options.workload,
    labels: { app: options.workload.replace(/-v\d+$/, ''), version: 'v1' },
    trustDomain: 'cluster.local',
    inboundPort: 0,
    outboundPort: 0,
    adminPort: 0,
    runtime: fixedDice(0.5),
    onTelemetry: (frame) => {
      if (isFactFrame(frame)) factFrames.push(readFacts(frame));
      else cells.push(...decodeFrame(frame));
      for (const check of waiting) check();
      return true;
    },
    ...options,
  });
  onTestFinished(() => proxy.close());
  return Object.assign(proxy, {
    cells: () => cells,
    factFrames: () => factFrames,
    cellsUntil: (isEnough: (cells: readonly Cell[]) => boolean) =>
      new Promise<readonly Cell[]>((resolve) => {
        const check = () => {
          if (!isEnough(cells)) return;
          waiting.delete(check);
          resolve(cells);
        };
        waiting.add(check);
        check();
      }),
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly trailers: NodeJS.Dict<string>;
  readonly body: Buffer;
  readonly text: string;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer | string;
  readonly trailers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

/** One request through a proxy's port; an absolute `url` is sent in absolute form, as with `http_proxy`. */
export function call(
  port: number,
  url: string,
  { method = 'GET', headers, body, trailers, agent }: Call = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path: url,
      headers: {
        ...headers,
        ...(trailers === undefined ? {} : { trailer: Object.keys(trailers).join(', ') }),
      },
      agent: agent ?? false,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const whole = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          trailers: response.trailers,
          body: whole,
          text: whole.toString(),
        });
      });
    });
    if (trailers !== undefined) request.addTrailers(trailers);
    request.end(body);
  });
}

/** What the echoing application saw. */
export function seen(answer: Answer): {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
} {
  return JSON.parse(String(answer.headers['x-saw']));
}

export async function connectTo(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  await once(socket, 'connect');
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

/** Sends bytes as they are and returns all that comes back until the other side closes. */
export async function exchangeBytes(port: number, bytes: string): Promise<string> {
  const socket = await connectTo(port);
  socket.write(bytes, 'latin1');
  return readAll(socket);
}

export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('end', () => socket.end());
  await closeOf(socket);
  return text;
}

/** Resolves when the connection is gone, however it went. */
export function closeOf(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else
      socket.on('close', () => {
        resolve();
      });
  });
}
