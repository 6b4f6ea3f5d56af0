import type { Exchange } from './exchange.ts';
import type { ResponseHead } from './filters/filter.ts';
import { HeaderFields } from './header-fields.ts';
import { pairsOf } from './upstream/request-body.ts';
import { grpcStatusOf } from './upstream/send.ts';
import type { TryResult } from './upstream/try.ts';

/** Node's timers overflow beyond this and fire at once. */
const maxTimerMs = 2_147_483_647;

/**
 * Passes a response downstream, streamed with back pressure, its trailers at the end.
 *
 * Where it breaks off, the client's connection is cut: a truncated body must never look like a whole one.
 *
 * @param leftMs until the route's timeout; Infinity is none
 * @returns when the response is over, one way or the other
 */
export function relayResponse(
  exchange: Exchange,
  { response: upstream, request }: Extract<TryResult, { kind: 'response' }>,
  runResponseFilters: (head: ResponseHead) => void,
  leftMs: number,
): Promise<void> {
  const { response: downstream } = exchange.downstream;
  const status = upstream.statusCode ?? 502;
  const headers = HeaderFields.fromRaw(upstream.rawHeaders);
  exchange.grpcStatus = grpcStatusOf(headers.get('grpc-status'));
  runResponseFilters({ status, headers, isLocal: false });
  exchange.status = status;
  return new Promise((resolve) => {
    let isOver = false;
    const over = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      exchange.ended.removeEventListener('abort', left);
      // An upload that the upstream did not wait for: its connection cannot be used again.
      if (!exchange.body.isComplete) request.destroy();
      resolve();
    };
    const cut = (flag: 'UC' | 'UT') => {
      if (isOver) return;
      exchange.flags.add(flag);
      request.destroy();
      over();
      downstream.destroy();
    };
    const left = () => {
      if (isOver) return;
      if (!downstream.writableFinished) {
        exchange.flags.add('DC');
        request.destroy();
      }
      over();
    };
    const timer =
      leftMs < maxTimerMs
        ? setTimeout(() => {
            cut('UT');
          }, leftMs)
        : undefined;
    exchange.ended.addEventListener('abort', left);
    if (exchange.ended.aborted) {
      left();
      return;
    }

    downstream.writeHead(status, upstream.statusMessage ?? '', headers.toFlat());
    // The head goes out now. `flushHeaders` would write it as UTF-8, and what is not ASCII in it would be another text.
    downstream.write('', 'latin1');
    downstream.on('drain', () => upstream.resume());
    downstream.on('finish', over);
    upstream.on('data', (chunk: Buffer) => {
      exchange.responseBytes += chunk.length;
      if (!downstream.write(chunk)) upstream.pause();
    });
    upstream.on('end', () => {
      const trailers = pairsOf(upstream.rawTrailers);
      exchange.grpcStatus ??= grpcStatusOf(upstream.trailers['grpc-status']);
      if (trailers.length > 0) downstream.addTrailers(trailers);
      downstream.end();
    });
    upstream.on('error', () => {
      cut('UC');
    });
  });
}
