import { setTimeout as wait } from 'node:timers/promises';
import { isRetryable, type RetryPolicy, type TryOutcome } from '@heddle/traffic';
import { endpointKey, type EndpointLoads } from '../cluster/endpoint-loads.ts';
import type { Candidate } from '../cluster/endpoint-loads.ts';
import { type CompiledCluster, isClientsChoice } from '../snapshot/compiled-snapshot.ts';
import type { Exchange } from '../exchange.ts';
import { replies, type LocalReply } from '../local-reply.ts';
import type { Runtime } from '../runtime.ts';
import { UpstreamConnectError } from './connect-error.ts';
import type { ConnectionPools, TlsMeans } from './pools.ts';
import { sendOnce, type TryResult } from './try.ts';

export interface UpstreamContext extends TlsMeans {
  readonly runtime: Runtime;
  readonly pools: ConnectionPools;
  readonly loads: EndpointLoads;
}

export type UpstreamAnswer = Extract<TryResult, { kind: 'response' | 'upgraded' | 'downstream-gone' }>;

/** Methods that a server must cope with twice. @see RFC 9110 §9.2.2 */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/**
 * Sends the request to an endpoint of the exchange's cluster, with its retries, within the route's timeout.
 *
 * @param deadline on the monotonic clock; Infinity is none. The caller goes on to watch it while the body comes.
 */
export async function sendUpstream(
  exchange: Exchange,
  cluster: CompiledCluster,
  policy: RetryPolicy,
  deadline: number,
  context: UpstreamContext,
): Promise<UpstreamAnswer | LocalReply> {
  const { runtime } = context;
  const tried = new Set<string>();
  let retries = 0;
  let didResend = false;
  for (;;) {
    const candidate = pickEndpoint(exchange, cluster, tried, context);
    if (candidate === undefined) return replies.noHealthyUpstream(cluster.cluster.name);
    exchange.endpoint = candidate.endpoint;
    exchange.attempts++;
    const result = await tryEndpoint(exchange, cluster, candidate, policy, deadline, context);
    if (result.kind === 'upgraded' || result.kind === 'downstream-gone') return result;
    if (result.kind === 'timeout' && runtime.monotonic() >= deadline - 1) return timeoutReply(exchange);

    // A kept connection that died under us says nothing about the endpoint, and nobody has seen the request.
    if (result.kind === 'reset' && result.isStale && !didResend && mayResend(exchange)) {
      didResend = true;
      poolOf(exchange, cluster, candidate, context).closeIdle();
      continue;
    }
    if (policy.avoidPreviousHosts !== false) tried.add(endpointKey(candidate.endpoint));
    const outcome = outcomeOf(result);
    const isWanted = outcome !== undefined && isRetryable(policy, outcome) && exchange.body.isReplayable;
    if (isWanted && retries < policy.numRetries) {
      const backoffMs = fullJitter(policy, retries, runtime.random());
      if (runtime.monotonic() + backoffMs >= deadline) return lastWord(exchange, result);
      if (result.kind === 'response') result.request.destroy();
      retries++;
      await wait(backoffMs, undefined, { signal: exchange.ended }).catch(() => {});
      if (exchange.ended.aborted) return { kind: 'downstream-gone' };
      continue;
    }
    if (isWanted && policy.numRetries > 0) exchange.flags.add('URX');
    return lastWord(exchange, result);
  }
}

function tryEndpoint(
  exchange: Exchange,
  cluster: CompiledCluster,
  candidate: Candidate,
  policy: RetryPolicy,
  deadline: number,
  context: UpstreamContext,
): Promise<TryResult> {
  exchange.upstreamId = undefined;
  let pool;
  try {
    pool = poolOf(exchange, cluster, candidate, context);
  } catch (error) {
    if (!(error instanceof UpstreamConnectError)) throw error;
    return Promise.resolve({ kind: 'connect-failure', why: error.message });
  }
  const perTryMs = policy.perTryTimeoutMs === 0 ? Infinity : policy.perTryTimeoutMs;
  const leftMs = Math.max(deadline - context.runtime.monotonic(), 0);
  candidate.load.inFlight++;
  return sendOnce(exchange, pool, upstreamHeaders(exchange), Math.min(perTryMs, leftMs), () => {
    candidate.load.inFlight--;
  });
}

function pickEndpoint(
  exchange: Exchange,
  { cluster, pick }: CompiledCluster,
  tried: ReadonlySet<string>,
  { runtime, loads }: UpstreamContext,
): Candidate | undefined {
  if (!isClientsChoice(cluster)) return pick(() => runtime.random(), tried, exchange.hash);
  const { hostname } = new URL(`http://${exchange.authority}`);
  const endpoint = {
    address: hostname.replaceAll(/^\[|\]$/g, ''),
    port: cluster.portOverride ?? exchange.port,
    weight: 1,
    health: 'HEALTHY',
    tlsMode: 'disabled',
  } as const;
  return { endpoint, load: loads.of(endpoint) };
}

function poolOf(
  exchange: Exchange,
  { cluster }: CompiledCluster,
  { endpoint }: Candidate,
  context: UpstreamContext,
) {
  return context.pools.poolFor(cluster, endpoint, exchange.upstreamAuthority, context);
}

/** The fields as they go out: the host first, the framing as the body needs it. */
function upstreamHeaders(exchange: Exchange): string[] {
  const { request, upgrade } = exchange.downstream;
  const headers = exchange.requestHeaders.toFlat();
  headers.unshift('host', exchange.upstreamAuthority);
  if (upgrade !== undefined) headers.push('connection', 'upgrade');
  if (request.headers['transfer-encoding'] !== undefined) headers.push('transfer-encoding', 'chunked');
  // Without either, Node would frame an empty POST as chunked.
  else if (request.headers['content-length'] === undefined && !idempotent.has(exchange.method)) {
    headers.push('content-length', '0');
  }
  if (exchange.downstream.expectsContinue) headers.push('expect', '100-continue');
  return headers;
}

function mayResend(exchange: Exchange): boolean {
  return idempotent.has(exchange.method) && exchange.body.isReplayable;
}

function outcomeOf(result: TryResult): TryOutcome | undefined {
  switch (result.kind) {
    case 'response':
      return {
        kind: 'response',
        status: result.response.statusCode ?? 0,
        grpcStatus: grpcStatusOf(result.response.headers['grpc-status']),
      };
    case 'connect-failure':
    case 'reset':
      return { kind: result.kind };
    case 'timeout':
      return { kind: 'per-try-timeout' };
    case 'protocol-error':
    case 'upgraded':
    case 'downstream-gone':
      return undefined;
  }
}

export function grpcStatusOf(value: string | readonly string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,2}$/.test(value) ? Number(value) : undefined;
}

/** Up to min(base * 2^n, max), all of it dice: proxies that failed together do not come back together. */
function fullJitter(policy: RetryPolicy, retry: number, random: number): number {
  return random * Math.min(policy.backoffBaseMs * 2 ** retry, policy.backoffMaxMs);
}

/** What the client gets when there is no further try. */
function lastWord(
  exchange: Exchange,
  result: Exclude<TryResult, { kind: 'upgraded' | 'downstream-gone' }>,
): UpstreamAnswer | LocalReply {
  switch (result.kind) {
    case 'response':
      return result;
    case 'connect-failure':
      return replies.connectFailure(result.why);
    case 'reset':
      return replies.upstreamReset(result.why);
    case 'protocol-error':
      return replies.upstreamProtocolError(result.why);
    case 'timeout':
      return timeoutReply(exchange);
  }
}

function timeoutReply(exchange: Exchange): LocalReply {
  return replies.timeout(exchange.action?.timeoutMs ?? 0);
}
