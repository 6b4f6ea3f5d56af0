/** External authorizers, asked about single requests: by HTTP, or by gRPC (envoy.service.auth.v3.Authorization). */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { compileStringMatch, type ExtAuthz, type ExtAuthzGrpc, type ExtAuthzHttp } from '@heddle/traffic';
import { type CheckHeader, checkMethod, decodeCheckAnswer, encodeCheckRequest } from '@heddle/xds';
import type { Exchange } from '../exchange.ts';
import { HeaderFields, removeHopByHop } from '../header-fields.ts';
import type { LocalReply } from '../local-reply.ts';
import { type CompiledCluster, isClientsChoice } from '../snapshot/compiled-snapshot.ts';
import { GrpcSessions } from './grpc-sessions.ts';
import { tlsFor } from './pools.ts';
import type { UpstreamContext } from './send.ts';

const maxAnswerBytes = 1024 * 1024;
/** Node's timers overflow beyond this and fire at once. */
const maxTimerMs = 2_147_483_647;

export type Verdict =
  | { readonly kind: 'allow'; readonly changes: RequestChanges }
  /** What the client is told. */
  | { readonly kind: 'deny'; readonly reply: LocalReply }
  | { readonly kind: 'error'; readonly why: string }
  /** The body is longer than the authorizer takes. */
  | { readonly kind: 'too-large' };

/** What an authorizer makes of a request that passes. */
export interface RequestChanges {
  readonly headers: readonly CheckHeader[];
  readonly removedHeaders: readonly string[];
  readonly setQuery: readonly { readonly key: string; readonly value: string }[];
  readonly removedQuery: readonly string[];
  /** On the response to it. */
  readonly responseHeaders: readonly CheckHeader[];
}

/** The part of the body that goes along. */
interface SentBody {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/** Asks over connections that are kept. */
export class Authorizers {
  readonly #context: UpstreamContext;
  readonly #sessions = new GrpcSessions();

  constructor(context: UpstreamContext) {
    this.#context = context;
  }

  /** Never rejects: whatever goes wrong is an `error`. */
  async ask(exchange: Exchange, authorizer: ExtAuthz): Promise<Verdict> {
    try {
      const body = await bodyFor(exchange, authorizer);
      if (body?.isWhole === false && authorizer.requestBody?.allowPartial !== true) {
        return { kind: 'too-large' };
      }
      const { service } = authorizer;
      return service.kind === 'http'
        ? await this.#askByHttp(exchange, authorizer, service, body)
        : await this.#askByGrpc(exchange, authorizer, service, body);
    } catch (error) {
      return { kind: 'error', why: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): void {
    this.#sessions.close();
  }

  async #askByHttp(
    exchange: Exchange,
    { cluster, timeoutMs }: ExtAuthz,
    service: ExtAuthzHttp,
    body: SentBody | undefined,
  ): Promise<Verdict> {
    const found = clusterOf(exchange, cluster);
    const { endpoint, load } = this.#pick(found);
    const { pools } = this.#context;
    const ask = () =>
      askOnce(
        {
          agent: pools.poolFor(found.cluster, endpoint, service.host, this.#context),
          method: exchange.method,
          path: service.pathPrefix + exchange.path,
          headers: askedHeaders(exchange, service, body).toFlat(),
          setHost: false,
        },
        body?.bytes,
        AbortSignal.any([exchange.ended, AbortSignal.timeout(Math.min(timeoutMs, maxTimerMs))]),
      );
    load.inFlight++;
    try {
      // A kept connection that the peer has closed meanwhile says nothing about the peer.
      const first = await ask();
      const answer = first === 'stale' ? await ask() : first;
      if (answer === 'stale') throw new Error('the authorizer closes its connections');
      return verdictOf(answer, service);
    } finally {
      load.inFlight--;
    }
  }

  async #askByGrpc(
    exchange: Exchange,
    { cluster, timeoutMs, requestBody }: ExtAuthz,
    { authority }: ExtAuthzGrpc,
    body: SentBody | undefined,
  ): Promise<Verdict> {
    const found = clusterOf(exchange, cluster);
    const { endpoint, load } = this.#pick(found);
    const { identity, secrets } = this.#context;
    const target = {
      address: endpoint.address,
      port: endpoint.port,
      tls: tlsFor(found.cluster, endpoint, authority, identity(), secrets),
      connectTimeoutMs: found.cluster.connectTimeoutMs,
    };
    load.inFlight++;
    try {
      const message = encodeCheckRequest(
        checkOf(exchange, body, requestBody?.packAsBytes ?? false, identity()?.spiffeId ?? ''),
      );
      const answer = decodeCheckAnswer(
        await this.#sessions.call(target, {
          authority,
          path: checkMethod,
          message,
          timeoutMs: Math.min(timeoutMs, maxTimerMs),
          signal: exchange.ended,
        }),
      );
      if (answer.isAllowed) return { kind: 'allow', changes: answer };
      const headers = answer.headers
        .filter(({ name }) => mayBeSet(name))
        .map(({ name, value }) => [name, value] as const);
      return {
        kind: 'deny',
        reply: { status: answer.status, flag: 'UAEX', body: answer.body, headers },
      };
    } finally {
      load.inFlight--;
    }
  }

  #pick({ cluster, pick }: CompiledCluster) {
    const candidate = isClientsChoice(cluster)
      ? undefined
      : pick(() => this.#context.runtime.random(), new Set());
    if (candidate === undefined) throw new Error(`no healthy endpoint in cluster ${cluster.name}`);
    return candidate;
  }
}

function clusterOf({ snapshot }: Exchange, name: string): CompiledCluster {
  const cluster = snapshot.clusters.get(name);
  if (cluster === undefined) throw new Error(`cluster ${name} does not exist`);
  return cluster;
}

/** None of a request without a body, and of one that becomes a tunnel. */
async function bodyFor(
  { body, downstream }: Exchange,
  { requestBody }: ExtAuthz,
): Promise<SentBody | undefined> {
  if (requestBody === undefined || body.isEmpty || downstream.upgrade !== undefined) return undefined;
  if (downstream.expectsContinue) downstream.response.writeContinue();
  return body.peek(requestBody.maxBytes);
}

const partialBody = 'x-envoy-auth-partial-body';

function askedHeaders(exchange: Exchange, service: ExtAuthzHttp, body: SentBody | undefined): HeaderFields {
  const wanted = service.requestHeaders.map(compileStringMatch);
  const headers = exchange.requestHeaders.clone();
  removeHopByHop(headers);
  headers.removeWhere(
    (name) => !mayBeSet(name) || (name !== 'authorization' && !wanted.some((matches) => matches(name))),
  );
  if (body !== undefined) headers.set(partialBody, String(!body.isWhole));
  for (const { name, value } of service.addedHeaders) if (mayBeSet(name)) headers.set(name, value);
  headers.set('host', exchange.authority);
  headers.set('content-length', String(body?.bytes.length ?? 0));
  return headers;
}

/** Fields that frame or address a message are the proxy's own. */
function mayBeSet(name: string): boolean {
  return !name.startsWith(':') && !framing.has(name);
}

const framing = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  'trailer',
]);

interface Answer {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: Buffer;
}

function askOnce(
  options: RequestOptions,
  body: Buffer | undefined,
  signal: AbortSignal,
): Promise<Answer | 'stale'> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...options, signal });
    let response: IncomingMessage | undefined;
    const fail = (error: Error) => {
      if (request.reusedSocket && response === undefined && !signal.aborted) resolve('stale');
      else reject(error);
    };
    request.on('error', fail);
    request.on('response', (head) => {
      response = head;
      const chunks: Buffer[] = [];
      let bytes = 0;
      head.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) head.destroy(new Error(`an answer of more than ${maxAnswerBytes} bytes`));
        else chunks.push(chunk);
      });
      head.on('error', reject);
      head.on('end', () => {
        const headers = HeaderFields.fromRaw(head.rawHeaders);
        removeHopByHop(headers);
        resolve({ status: head.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
      });
    });
    request.end(body);
  });
}

/** 200 lets the request pass, 5xx is a failure of the authorizer, anything else goes to the client. */
function verdictOf({ status, headers, body }: Answer, service: ExtAuthzHttp): Verdict {
  if (status >= 500) return { kind: 'error', why: `it answered ${status}` };
  const named = (names: ExtAuthzHttp['requestHeaders'], more: readonly string[] = []) => {
    const wanted = names.map(compileStringMatch);
    return Array.from(headers).filter(
      ([name]) => mayBeSet(name) && (more.includes(name) || wanted.some((matches) => matches(name))),
    );
  };
  if (status !== 200) {
    const all = service.downstreamHeadersOnDeny.length === 0;
    const told = all
      ? Array.from(headers).filter(([name]) => mayBeSet(name))
      : named(service.downstreamHeadersOnDeny, ['www-authenticate', 'location']);
    return { kind: 'deny', reply: { status, flag: 'UAEX', body, headers: told } };
  }
  const toRemove = headers.get('x-envoy-auth-headers-to-remove') ?? '';
  return {
    kind: 'allow',
    changes: {
      headers: named(service.upstreamHeadersOnAllow).map(([name, value]) => ({ name, value, does: 'set' })),
      removedHeaders: toRemove.split(',').map((name) => name.trim().toLowerCase()),
      responseHeaders: named(service.downstreamHeadersOnAllow).map(([name, value]) => ({
        name,
        value,
        does: 'set',
      })),
      setQuery: [],
      removedQuery: [],
    },
  };
}

function checkOf(
  { downstream, chain, method, authority, path, scheme, requestHeaders, startedAtMs, trace }: Exchange,
  body: SentBody | undefined,
  asBytes: boolean,
  ownId: string,
): Parameters<typeof encodeCheckRequest>[0] {
  const { request, peer, remoteAddress } = downstream;
  const headers = new Map<string, string>([
    [':authority', authority],
    [':method', method],
    [':path', path],
    [':scheme', scheme],
  ]);
  for (const [name, value] of requestHeaders) {
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  if (body !== undefined) headers.set(partialBody, String(!body.isWhole));
  const length = request.headers['content-length'];
  return {
    source: {
      address: remoteAddress,
      port: request.socket.remotePort ?? 0,
      principal: peer?.spiffeId ?? '',
    },
    destination: {
      address: chain?.listener.address ?? '',
      port: chain?.chain.destinationPort ?? chain?.listener.port ?? 0,
      principal: ownId,
    },
    startedAtMs,
    id: requestHeaders.get('x-request-id') ?? trace?.traceId ?? '',
    method,
    path,
    host: authority,
    scheme,
    protocol: `HTTP/${request.httpVersion}`,
    size: length === undefined ? -1 : Number(length),
    headers: Object.fromEntries(headers),
    ...(body === undefined ? {} : { body: asBytes ? body.bytes : body.bytes.toString('utf8') }),
  };
}

/** Of the request, and for the response. What frames the message stays as it is. */
export function applyChanges(exchange: Exchange, changes: RequestChanges): void {
  for (const name of changes.removedHeaders) {
    if (mayBeSet(name)) exchange.requestHeaders.remove(name);
  }
  changeHeaders(exchange.requestHeaders, changes.headers);
  exchange.path = withQuery(exchange.path, changes);
  exchange.authorizerHeaders = changes.responseHeaders;
}

/** A name that is set several times in one go keeps all its values. */
export function changeHeaders(headers: HeaderFields, changes: readonly CheckHeader[]): void {
  const replaced = new Set<string>();
  for (const { name, value, does } of changes) {
    if (!mayBeSet(name)) continue;
    const isThere = headers.count(name) > 0 && !replaced.has(name);
    if (does === 'add-if-absent' && isThere) continue;
    if (does === 'set-if-present' && !isThere) continue;
    if (does !== 'add' && !replaced.has(name)) {
      headers.remove(name);
      replaced.add(name);
    }
    headers.add(name, value);
  }
}

function withQuery(path: string, { setQuery, removedQuery }: RequestChanges): string {
  if (setQuery.length + removedQuery.length === 0) return path;
  const [bare = '', query = ''] = path.split('?', 2);
  const parameters = new URLSearchParams(query);
  for (const name of removedQuery) parameters.delete(name);
  for (const { key, value } of setQuery) parameters.set(key, value);
  return parameters.size === 0 ? bare : `${bare}?${parameters.toString()}`;
}
