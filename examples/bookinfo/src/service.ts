/** What the services have in common: a small HTTP server, calls through the sidecar, headers passed on. */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createTracing } from './tracing.ts';

export type Headers = Readonly<Record<string, string>>;

/** The environment of a service: set by whoever starts it. */
export interface ServiceEnvironment {
  readonly port: number;
  readonly version: string;
  /** The sidecar's outbound listener, as an HTTP proxy. */
  readonly proxy: URL | undefined;
  readonly otlpEndpoint: string | undefined;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): ServiceEnvironment {
  const port = Number(env['PORT'] ?? 9080);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error(`PORT=${env['PORT']}: expected 0 to 65535`);
  return {
    port,
    version: env['SERVICE_VERSION'] ?? 'v1',
    proxy: env['HTTP_PROXY'] === undefined ? undefined : new URL(env['HTTP_PROXY']),
    otlpEndpoint: env['OTEL_EXPORTER_OTLP_ENDPOINT'],
  };
}

/** Headers that belong to the whole request, not to one hop: tracing and who is signed in. */
const passedOn = [
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-sampled',
  'x-request-id',
  'end-user',
];

export interface Call {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly headers: Headers;
}

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (call: Call) => Promise<Reply> | Reply;

export interface Service {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves until it is closed. `GET /health` answers 200; `GET /counts` tells how many requests were served and how many are yet
 * to be answered: what the callers really sent here, independent of any telemetry.
 */
export async function serve(
  name: string,
  handler: Handler,
  environment = readEnvironment(),
): Promise<Service> {
  const tracing = createTracing(name, environment.version, environment.otlpEndpoint);
  let served = 0;
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://service');
    if (url.pathname === '/health') return send(response, json(200, { status: `${name} is healthy` }));
    if (url.pathname === '/counts') {
      return send(response, json(200, { service: name, version: environment.version, requests: served }));
    }
    served++;
    const headers = pick(incoming);
    void tracing
      .inSpan(`${incoming.method ?? ''} ${templateOf(url.pathname)}`, headers, async (inner) =>
        handler({ request: incoming, url, headers: inner }),
      )
      .catch((error: unknown) => {
        console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        return json(500, { error: `${name} failed` });
      })
      .then((reply) => send(response, reply));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(environment.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : environment.port;
  console.log(`${name} ${environment.version} listens on ${port}`);
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  process.once('SIGTERM', () => void close().then(() => process.exit(0)));
  return { port, close };
}

/** `/reviews/0` is one operation with `/reviews/1`. */
function templateOf(path: string): string {
  return path.replaceAll(/\/\d+(?=\/|$)/g, '/{id}');
}

function pick(incoming: IncomingMessage): Headers {
  const picked: Record<string, string> = {};
  for (const name of passedOn) {
    const value = incoming.headers[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}

export function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { 'content-type': reply.type, ...reply.headers });
  response.end(reply.body);
}

const agent = new Agent({ keepAlive: true, maxSockets: 50 });

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * GET of another service by its name, such as `http://reviews:9080/reviews/0`, through the sidecar.
 * @throws when no whole answer came within `timeoutMs`
 */
export function get(
  url: string,
  headers: Headers,
  timeoutMs: number,
  environment = readEnvironment(),
): Promise<Answer> {
  const target = new URL(url);
  const via = environment.proxy ?? target;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: via.hostname,
        port: via.port,
        path: environment.proxy === undefined ? target.pathname + target.search : url,
        headers: { ...headers, host: target.host },
        timeout: timeoutMs,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${url} did not answer in ${timeoutMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
