import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CheckHeader } from '@heddle/xds';
import type {
  AuthorizationVerdict,
  CorsHeader,
  Endpoint,
  ForwardAction,
  Route,
  WeightedCluster,
} from '@heddle/traffic';
import type { CompiledChain, CompiledCluster, CompiledSnapshot } from './snapshot/compiled-snapshot.ts';
import type { HeaderFields } from './header-fields.ts';
import type { PeerIdentity } from './identity/peer.ts';
import type { RequestBody } from './upstream/request-body.ts';
import type { TraceContext } from './tracing/trace-context.ts';

export type Direction = 'INBOUND' | 'OUTBOUND' | 'GATEWAY';

/** Envoy's response flags, as far as this proxy sets them. */
export type ResponseFlag =
  | 'NR'
  | 'NC'
  | 'UH'
  | 'UF'
  | 'UC'
  | 'UPE'
  | 'UT'
  | 'URX'
  | 'DC'
  | 'DI'
  | 'FI'
  | 'DPE'
  | 'UAEX';

/** A switch of protocols (WebSocket): the socket that becomes a tunnel, and the bytes that were read too far. */
export interface UpgradeRequest {
  readonly protocol: string;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** The part of the downstream side that the engine supplies. */
export interface Downstream {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly peer: PeerIdentity | undefined;
  /** SNI of the connection, "" without. */
  readonly serverName: string;
  readonly remoteAddress: string;
  readonly upgrade: UpgradeRequest | undefined;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/**
 * One request on its way down and its response on the way back.
 *
 * It keeps the snapshot it started with: a swap in the middle of a request changes nothing for it.
 */
export interface Exchange {
  readonly direction: Direction;
  readonly snapshot: CompiledSnapshot;
  /** undefined: nothing listens for the port that was called (passthrough). */
  readonly chain: CompiledChain | undefined;
  readonly downstream: Downstream;
  readonly method: string;
  readonly startedAtMs: number;
  /** On the monotonic clock. */
  readonly startedAt: number;
  readonly requestHeaders: HeaderFields;
  readonly body: RequestBody;

  /** Host that was called, with the port if one was sent. */
  authority: string;
  /** Host as the upstream is told; differs from `authority` after a rewrite. */
  upstreamAuthority: string;
  /** Port that was called. */
  port: number;
  /** As received, then as rewritten. */
  path: string;
  /** As received and normalised; telemetry and spans tell it. */
  originalPath: string;
  scheme: string;

  /** Of the client, as the listener finds it behind other proxies. */
  clientAddress: string;

  trace: TraceContext | undefined;
  /** Of a verified token. */
  claims: Readonly<Record<string, unknown>> | undefined;
  /** What CUSTOM policies have said; undefined: nothing. */
  custom: AuthorizationVerdict | undefined;
  /** What routes are chosen by, where an external authorizer has changed the request and that is not to count. */
  asRouted: { readonly path: string; readonly headers: HeaderFields } | undefined;
  /** What an external authorizer gives the response along. */
  authorizerHeaders: readonly CheckHeader[];
  route: Route | undefined;
  action: ForwardAction | undefined;
  /** What CORS permits, for the response. */
  corsHeaders: readonly CorsHeader[];
  weighted: WeightedCluster | undefined;
  cluster: CompiledCluster | undefined;
  /** Of what the route says that endpoints are chosen by; undefined where it says nothing. */
  hash: number | undefined;
  /** A cookie that the proxy made for the client to come back to the same endpoint. */
  stickyCookie: string | undefined;
  /** Cookies of a session that was renewed on the way. */
  sessionCookies: readonly string[];
  /** The endpoint of the last try. */
  endpoint: Endpoint | undefined;
  /** SPIFFE ID that the upstream proved, undefined in plaintext or before a handshake. */
  upstreamId: string | undefined;
  /** Tries made, the first included. */
  attempts: number;

  readonly flags: Set<ResponseFlag>;
  /** 0 until response headers went downstream. */
  status: number;
  grpcStatus: number | undefined;
  requestBytes: number;
  responseBytes: number;
  /** Aborted when the client is gone or the exchange is over: whoever waits, stops. */
  readonly ended: AbortSignal;
}
