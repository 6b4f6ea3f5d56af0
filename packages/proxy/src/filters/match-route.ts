import {
  decideRoute,
  type ForwardAction,
  noHeaderMutation,
  type RetryPolicy,
  type RouteRequest,
} from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import { replies, type LocalReply } from '../local-reply.ts';
import { passthroughCluster } from '../snapshot/compiled-snapshot.ts';
import type { Filter } from './filter.ts';

/** Decides the route. What it says is done later, after the filters that a route may speak to. */
export const matchRoute: Filter = { name: 'match-route', onRequest: decide };

/** Also for a request whose headers a token has changed. */
export function decide(exchange: Exchange): LocalReply | undefined {
  const { chain, direction, authority } = exchange;
  if (chain === undefined) {
    return direction === 'OUTBOUND' ? passThrough(exchange) : replies.noRoute(authority);
  }
  const decision = decideRoute(chain.routes, routeRequestOf(exchange));
  if (decision.kind === 'no-route') return replies.noRoute(authority);
  if (decision.kind === 'no-host') {
    return direction === 'OUTBOUND' ? passThrough(exchange) : replies.noRoute(authority);
  }
  const { route } = decision;
  exchange.route = route;
  exchange.action = route.action.kind === 'forward' ? route.action : undefined;
  return undefined;
}

/** Outside the mesh, to the address that was called, if the mesh lets requests out (ALLOW_ANY). */
function passThrough(exchange: Exchange): LocalReply | undefined {
  if (!exchange.snapshot.clusters.has(passthroughCluster)) {
    return replies.unknownDestination(exchange.authority);
  }
  exchange.action = passthroughAction;
  return undefined;
}

function routeRequestOf(exchange: Exchange): RouteRequest {
  const { path, headers } = exchange.asRouted ?? { path: exchange.path, headers: exchange.requestHeaders };
  return {
    authority: exchange.authority,
    method: exchange.method,
    path,
    scheme: exchange.scheme,
    header: (name) => headers.get(name),
    ...(exchange.claims === undefined ? {} : { claims: exchange.claims }),
  };
}

const noRetry: RetryPolicy = {
  retryOn: [],
  statusCodes: [],
  numRetries: 0,
  perTryTimeoutMs: 0,
  backoffBaseMs: 25,
  backoffMaxMs: 250,
  from: [],
};

const passthroughAction: ForwardAction = {
  kind: 'forward',
  clusters: [
    {
      cluster: passthroughCluster,
      weight: 1,
      requestHeaders: noHeaderMutation,
      responseHeaders: noHeaderMutation,
      from: [],
    },
  ],
  timeoutMs: 0,
  retry: noRetry,
  mirrors: [],
};
