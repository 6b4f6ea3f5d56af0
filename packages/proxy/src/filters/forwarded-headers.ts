import { randomUUID } from 'node:crypto';
import { removeHopByHop } from '../header-fields.ts';
import type { Filter } from './filter.ts';

const server = 'heddle';

/** Ends what concerns one hop only, both ways, and tells the application where a request came from. */
export const forwardedHeaders: Filter = {
  name: 'forwarded-headers',

  onRequest(exchange) {
    const { requestHeaders: headers, direction, downstream } = exchange;
    removeHopByHop(headers);
    // Policies and routes may ask for it; upstream it is written anew.
    if (downstream.upgrade !== undefined) headers.set('upgrade', downstream.upgrade.protocol);
    // The engine writes them anew, from what was decided rather than from what was sent.
    headers.removeWhere((name) => name === 'host' || name === 'expect');
    if (direction === 'GATEWAY') {
      const earlier = headers.get('x-forwarded-for');
      const own = downstream.remoteAddress;
      headers.set('x-forwarded-for', earlier === undefined ? own : `${earlier}, ${own}`);
      // What a client from outside says of its certificate proves nothing (Envoy: SANITIZE).
      headers.remove('x-forwarded-client-cert');
    }
    // Only the gateway knows what the world outside called; a caller there could have made it up.
    if (direction === 'GATEWAY' || headers.get('x-forwarded-proto') === undefined) {
      headers.set('x-forwarded-proto', exchange.scheme);
    }
    if (headers.get('x-request-id') === undefined) headers.set('x-request-id', randomUUID());
    return undefined;
  },

  onResponse(_exchange, { status, headers, isLocal }) {
    removeHopByHop(headers);
    headers.remove('te');
    // RFC 9110 §8.6: a 1xx or 204 has no Content-Length.
    if (status < 200 || status === 204) headers.remove('content-length');
    if (isLocal || headers.get('server') === undefined) headers.set('server', server);
  },
};
