import { rewritePath } from '@heddle/traffic';
import type { Filter } from './filter.ts';

/** Rewrites path and host and changes fields as the route and the chosen cluster say, the cluster's before the route's. */
export const mutateHeaders: Filter = {
  name: 'mutate-headers',

  onRequest(exchange) {
    const { route, action, weighted, requestHeaders } = exchange;
    if (weighted !== undefined) requestHeaders.apply(weighted.requestHeaders);
    if (route !== undefined) requestHeaders.apply(route.requestHeaders);
    // A mutation of the host is a rewrite: the engine writes it from the authority.
    const mutatedHost = requestHeaders.get('host') ?? requestHeaders.get(':authority');
    requestHeaders.removeWhere((name) => name === 'host' || name.startsWith(':'));
    if (route !== undefined) exchange.path = rewritePath(route.match, action?.pathRewrite, exchange.path);
    exchange.upstreamAuthority = action?.hostRewrite ?? mutatedHost ?? exchange.authority;
    return undefined;
  },

  onResponse({ route, weighted }, { headers }) {
    if (weighted !== undefined) headers.apply(weighted.responseHeaders);
    if (route !== undefined) headers.apply(route.responseHeaders);
  },
};
