import { joinTrace, writeTrace } from '../tracing/trace-context.ts';
import type { Filter } from './filter.ts';

/** Without a listener (passthrough) there is no configured share: what the caller did not sample stays unsampled. */
const shareWithoutListener = 0;

/** Joins or starts the trace and tells the next hop. */
export const traceRequest: Filter = {
  name: 'trace-request',

  onRequest(exchange, { runtime }) {
    exchange.trace = joinTrace(
      exchange.requestHeaders,
      { server: exchange.direction !== 'OUTBOUND', client: exchange.direction !== 'INBOUND' },
      exchange.chain?.chain.http.tracingShare ?? shareWithoutListener,
      () => runtime.random(),
    );
    writeTrace(exchange.requestHeaders, exchange.trace);
    return undefined;
  },
};
