import { TLSSocket } from 'node:tls';
import type { Direction, Downstream, Exchange } from './exchange.ts';
import { HeaderFields } from './header-fields.ts';
import type { Runtime } from './runtime.ts';
import type { CompiledChain, CompiledSnapshot } from './snapshot/compiled-snapshot.ts';
import { RequestBody } from './upstream/request-body.ts';

/** Where a request wants to go, from its target and its Host. */
export interface RequestTarget {
  readonly authority: string;
  /** Port that was named, else the scheme's. */
  readonly port: number;
  readonly path: string;
}

/**
 * Both forms that a proxy is sent: `GET http://reviews:9080/x` (absolute) and `GET /x` with a Host (origin).
 *
 * RFC 9112 §3.2.2: with the absolute form, Host is ignored.
 */
export function targetOf(url: string, host: string | undefined): RequestTarget {
  const [, authority, rest] = /^http:\/\/([^/?#]*)(.*)$/is.exec(url) ?? [];
  if (authority === undefined || rest === undefined) {
    return { authority: host ?? '', port: portOf(host ?? ''), path: url };
  }
  return { authority, port: portOf(authority), path: rest.startsWith('/') ? rest : `/${rest}` };
}

function portOf(authority: string): number {
  return Number(/:(\d{1,5})$/.exec(authority)?.[1] ?? 80);
}

/** An exchange at its start: nothing is decided yet. */
export function newExchange(
  downstream: Downstream,
  where: {
    readonly direction: Direction;
    readonly snapshot: CompiledSnapshot;
    readonly chain: CompiledChain | undefined;
    readonly target: RequestTarget;
  },
  runtime: Runtime,
): Exchange {
  const { request, response, upgrade } = downstream;
  const { authority, port, path } = where.target;
  const over = new AbortController();
  response.once('close', () => {
    over.abort();
  });
  upgrade?.socket.once('close', () => {
    over.abort();
  });
  const isEmpty =
    upgrade !== undefined ||
    (request.headers['transfer-encoding'] === undefined &&
      Number(request.headers['content-length'] ?? 0) === 0);
  const exchange: Exchange = {
    direction: where.direction,
    snapshot: where.snapshot,
    chain: where.chain,
    downstream,
    method: request.method ?? 'GET',
    startedAtMs: runtime.now(),
    startedAt: runtime.monotonic(),
    requestHeaders: HeaderFields.fromRaw(request.rawHeaders),
    body: new RequestBody(request, isEmpty, (n) => {
      exchange.requestBytes += n;
    }),
    authority,
    upstreamAuthority: authority,
    port,
    path,
    originalPath: path,
    scheme: where.direction === 'GATEWAY' && request.socket instanceof TLSSocket ? 'https' : 'http',
    clientAddress: downstream.remoteAddress,
    trace: undefined,
    claims: undefined,
    custom: undefined,
    asRouted: undefined,
    authorizerHeaders: [],
    route: undefined,
    action: undefined,
    corsHeaders: [],
    weighted: undefined,
    cluster: undefined,
    hash: undefined,
    stickyCookie: undefined,
    sessionCookies: [],
    endpoint: undefined,
    upstreamId: undefined,
    attempts: 0,
    flags: new Set(),
    status: 0,
    grpcStatus: undefined,
    requestBytes: 0,
    responseBytes: 0,
    ended: over.signal,
  };
  return exchange;
}
