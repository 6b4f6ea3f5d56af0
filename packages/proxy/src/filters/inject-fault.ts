import { setTimeout as wait } from 'node:timers/promises';
import { isInShare, type FaultInjection } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import type { LocalReply } from '../local-reply.ts';
import { isGrpc } from '../report/cells-of.ts';
import type { Filter, FilterContext } from './filter.ts';

/** The delay comes first, then the abort; both are drawn on their own. */
export const injectFault: Filter = {
  name: 'inject-fault',
  onRequest(exchange, context) {
    const fault = exchange.action?.fault;
    return fault === undefined ? undefined : inject(exchange, fault, context);
  },
};

async function inject(
  exchange: Exchange,
  { delay, abort }: FaultInjection,
  { runtime }: FilterContext,
): Promise<LocalReply | undefined> {
  if (delay !== undefined && isInShare(delay.share, runtime.random())) {
    exchange.flags.add('DI');
    // A client that leaves ends the delay; the rejection says nothing more than that.
    await wait(delay.ms, undefined, { signal: exchange.ended }).catch(() => {});
  }
  if (abort === undefined || !isInShare(abort.share, runtime.random())) return undefined;
  const body = 'fault filter abort';
  if (abort.grpcStatus === undefined || !isGrpc(exchange)) return { status: abort.status, flag: 'FI', body };
  // A response without a body ends with its head: the status that is otherwise a trailer stands there.
  const headers = [
    ['content-type', 'application/grpc'],
    ['grpc-status', String(abort.grpcStatus)],
    ['grpc-message', body],
  ] as const;
  return { status: abort.status, flag: 'FI', body: '', headers };
}
