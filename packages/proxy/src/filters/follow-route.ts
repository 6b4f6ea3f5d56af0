import { type ForwardAction, pickWeighted, redirectLocation } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import { replies, type LocalReply } from '../local-reply.ts';
import { isClientsChoice } from '../snapshot/compiled-snapshot.ts';
import type { Filter, FilterContext } from './filter.ts';

/** Does what the route says: answers where it redirects or answers itself, else chooses one of its clusters. */
export const followRoute: Filter = {
  name: 'follow-route',
  onRequest(exchange, context) {
    const { action, route } = exchange;
    if (action !== undefined) return chooseCluster(exchange, action, context);
    switch (route?.action.kind) {
      case 'redirect':
        return {
          status: route.action.status,
          flag: undefined,
          body: '',
          headers: [['location', redirectLocation(route.action, route.match, exchange)]],
        };
      case 'direct':
        return { status: route.action.status, flag: undefined, body: route.action.body };
      default:
        return undefined;
    }
  },
};

function chooseCluster(
  exchange: Exchange,
  action: ForwardAction,
  { runtime, isOwnAddress }: FilterContext,
): LocalReply | undefined {
  const weighted = pickWeighted(action.clusters, runtime.random());
  if (weighted === undefined) return replies.noCluster(`for route "${exchange.route?.name}"`);
  exchange.weighted = weighted;
  exchange.cluster = exchange.snapshot.clusters.get(weighted.cluster);
  if (weighted.invalidStatus !== undefined) {
    return replies.noCluster(weighted.cluster, weighted.invalidStatus);
  }
  if (exchange.cluster === undefined) return replies.noCluster(weighted.cluster);
  if (!isClientsChoice(exchange.cluster.cluster)) return undefined;
  const { hostname } = new URL(`http://${exchange.authority}`);
  return isOwnAddress(hostname, exchange.port) ? replies.ownAddress(exchange.authority) : undefined;
}
