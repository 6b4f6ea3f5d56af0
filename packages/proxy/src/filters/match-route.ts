import {
  decideRoute,
  noHeaderMutation,
  pickWeighted,
  redirectLocation,
  type ForwardAction,
  type RetryPolicy,
  type RouteRequest,
} from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import { replies, type LocalReply } from '../local-reply.ts';
import { passthroughCluster } from '../snapshot/compiled-snapshot.ts';
import type { Filter, FilterContext } from './filter.ts';

/** Decides the route and the cluster, or answers where the route says so. */
export const matchRoute: Filter = { name: 'match-route', onRequest: decide };

function decide(exchange: Exchange, context: FilterContext): LocalReply | undefined {
  const { chain, direction, authority } = exchange;
  if (chain === undefined) {
    return direction === 'OUTBOUND' ? passThrough(exchange, context) : replies.noRoute(authority);
  }
  const decision = decideRoute(chain.routes, routeRequestOf(exchange));
  if (decision.kind === 'no-route') return replies.noRoute(authority);
  if (decision.kind === 'no-host') {
    return direction === 'OUTBOUND' ? passThrough(exchange, context) : replies.noRoute(authority);
  }
  const { route } = decision;
  exchange.route = route;
  switch (route.action.kind) {
    case 'forward':
      return chooseCluster(exchange, route.action, context);
    case 'redirect':
      return {
        status: route.action.status,
        flag: undefined,
        body: '',
        headers: [['location', redirectLocation(route.action, route.match, exchange)]],
      };
    case 'direct':
      return { status: route.action.status, flag: undefined, body: route.action.body };
  }
}

function chooseCluster(
  exchange: Exchange,
  action: ForwardAction,
  { runtime, isOwnAddress }: FilterContext,
): LocalReply | undefined {
  exchange.action = action;
  const weighted = pickWeighted(action.clusters, runtime.random());
  if (weighted === undefined) return replies.noCluster(`for route "${exchange.route?.name}"`);
  exchange.weighted = weighted;
  exchange.cluster = exchange.snapshot.clusters.get(weighted.cluster);
  if (weighted.invalidStatus !== undefined) {
    return replies.noCluster(weighted.cluster, weighted.invalidStatus);
  }
  if (exchange.cluster === undefined) return replies.noCluster(weighted.cluster);
  if (exchange.cluster.cluster.discovery !== 'ORIGINAL_DST') return undefined;
  const { hostname } = new URL(`http://${exchange.authority}`);
  return isOwnAddress(hostname, exchange.port) ? replies.ownAddress(exchange.authority) : undefined;
}

/** Outside the mesh, to the address that was called, if the mesh lets requests out (ALLOW_ANY). */
function passThrough(exchange: Exchange, context: FilterContext): LocalReply | undefined {
  return exchange.snapshot.clusters.has(passthroughCluster)
    ? chooseCluster(exchange, passthroughAction, context)
    : replies.unknownDestination(exchange.authority);
}

function routeRequestOf(exchange: Exchange): RouteRequest {
  return {
    authority: exchange.authority,
    method: exchange.method,
    path: exchange.path,
    scheme: exchange.scheme,
    header: (name) => exchange.requestHeaders.get(name),
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
