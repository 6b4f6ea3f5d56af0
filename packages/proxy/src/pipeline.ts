import type { Exchange } from './exchange.ts';
import { admitByRoute } from './filters/admit-by-route.ts';
import { applyCors } from './filters/apply-cors.ts';
import { askAuthorizer } from './filters/ask-authorizer.ts';
import { authorizeRequest } from './filters/authorize-request.ts';
import type { Filter, FilterContext } from './filters/filter.ts';
import { followRoute } from './filters/follow-route.ts';
import { forwardedHeaders } from './filters/forwarded-headers.ts';
import { hashRequest } from './filters/hash-request.ts';
import { injectFault } from './filters/inject-fault.ts';
import { matchRoute } from './filters/match-route.ts';
import { mutateHeaders } from './filters/mutate-headers.ts';
import { readClient } from './filters/read-client.ts';
import { requestGate } from './filters/request-gate.ts';
import { traceRequest } from './filters/trace-request.ts';
import { verifyToken } from './filters/verify-token.ts';
import { isLocalReply, type LocalReply } from './local-reply.ts';
import { relayResponse } from './relay-response.ts';
import { tunnelUpgrade } from './tunnel.ts';
import { Mirrors } from './upstream/mirror.ts';
import { sendUpstream, type UpstreamAnswer, type UpstreamContext } from './upstream/send.ts';
import { writeLocalReply } from './write-local-reply.ts';

/**
 * The way of every request, in this order; the response passes the same filters from the last to the first.
 * Before it: the listener accepted, and the peer's identity was verified. After it: the upstream, then one record.
 */
const filters: readonly Filter[] = [
  requestGate,
  readClient,
  forwardedHeaders,
  traceRequest,
  askAuthorizer,
  verifyToken,
  authorizeRequest,
  matchRoute,
  injectFault,
  applyCors,
  admitByRoute,
  followRoute,
  hashRequest,
  mutateHeaders,
];

const filtersBack = filters.toReversed();

export interface PipelineContext extends FilterContext, UpstreamContext {
  readonly mirrors: Mirrors;
  /** While it answers no, inbound requests are refused at once instead of waiting for a dead application. */
  isAppHealthy(): boolean;
  /** The application refused a connection: known at once, not at the next probe. */
  onAppRefused(): void;
  /** Called once for every exchange, when it is over. */
  record(exchange: Exchange): void;
}

/** Serves one request from its head to its record. Never rejects. */
export async function serveExchange(exchange: Exchange, context: PipelineContext): Promise<void> {
  try {
    const deadline = { at: Infinity };
    const answer = await goDown(exchange, deadline, context);
    await goBack(exchange, answer, deadline.at, context);
  } catch (error) {
    await rescue(exchange, error, context);
  } finally {
    exchange.body.discard();
    context.record(exchange);
  }
}

async function goDown(
  exchange: Exchange,
  deadline: { at: number },
  context: PipelineContext,
): Promise<UpstreamAnswer | LocalReply> {
  for (const filter of filters) {
    const step = filter.onRequest?.(exchange, context);
    const reply = step instanceof Promise ? await step : step;
    if (reply !== undefined) return reply;
  }
  if (exchange.ended.aborted) return { kind: 'downstream-gone' };
  const { action, cluster } = exchange;
  if (action === undefined || cluster === undefined) {
    throw new Error('the filters let a request through without a cluster');
  }
  if (exchange.direction === 'INBOUND' && !context.isAppHealthy()) {
    return {
      status: 503,
      flag: 'UF',
      body: 'upstream connect error: the application does not accept connections',
    };
  }
  context.mirrors.start(exchange, action);
  if (action.timeoutMs > 0) deadline.at = context.runtime.monotonic() + action.timeoutMs;
  const answer = await sendUpstream(exchange, cluster, action.retry, deadline.at, context);
  if (exchange.direction === 'INBOUND' && isLocalReply(answer) && answer.flag === 'UF') {
    context.onAppRefused();
  }
  return answer;
}

async function goBack(
  exchange: Exchange,
  answer: UpstreamAnswer | LocalReply,
  deadline: number,
  context: PipelineContext,
): Promise<void> {
  const runResponseFilters: Parameters<typeof writeLocalReply>[2] = (head) => {
    for (const filter of filtersBack) filter.onResponse?.(exchange, head);
  };
  if (isLocalReply(answer)) return writeLocalReply(exchange, answer, runResponseFilters);
  switch (answer.kind) {
    case 'response':
      return relayResponse(exchange, answer, runResponseFilters, deadline - context.runtime.monotonic());
    case 'upgraded':
      return tunnelUpgrade(exchange, answer, runResponseFilters);
    case 'downstream-gone':
      exchange.flags.add('DC');
      return undefined;
  }
}

/** The last resort: a mistake of ours, told as such and never as the upstream's. */
async function rescue(exchange: Exchange, error: unknown, { runtime }: PipelineContext): Promise<void> {
  runtime.log('error', 'request failed inside the proxy', {
    error: error instanceof Error ? error.stack : String(error),
  });
  const { response } = exchange.downstream;
  if (response.headersSent) response.destroy();
  else {
    const reply = { status: 500, flag: undefined, body: 'the proxy failed' };
    await writeLocalReply(exchange, reply, () => {});
  }
}
