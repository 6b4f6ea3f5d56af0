import { formatHeader, requestCommand, rewritePath } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import type { Filter } from './filter.ts';

/** Rewrites path and host and changes fields as the route and the chosen cluster say, the cluster's before the route's. */
export const mutateHeaders: Filter = {
  name: 'mutate-headers',

  onRequest(exchange) {
    const { route, action, weighted, requestHeaders } = exchange;
    const valueOf = formatterOf(exchange);
    if (weighted !== undefined) requestHeaders.apply(weighted.requestHeaders, valueOf);
    if (route !== undefined) requestHeaders.apply(route.requestHeaders, valueOf);
    // A mutation of the host is a rewrite: the engine writes it from the authority.
    const mutatedHost = requestHeaders.get('host') ?? requestHeaders.get(':authority');
    requestHeaders.removeWhere((name) => name === 'host' || name.startsWith(':'));
    if (route !== undefined) exchange.path = rewritePath(route.match, action?.pathRewrite, exchange.path);
    exchange.upstreamAuthority =
      action?.hostRewrite ?? weighted?.hostRewrite ?? mutatedHost ?? exchange.authority;
    return undefined;
  },

  onResponse(exchange, { headers }) {
    const { route, weighted, path, upstreamAuthority } = exchange;
    // By now the request is what was sent upstream.
    const valueOf = formatterOf(exchange, { ':path': path, ':authority': upstreamAuthority });
    if (weighted !== undefined) headers.apply(weighted.responseHeaders, valueOf);
    if (route !== undefined) headers.apply(route.responseHeaders, valueOf);
  },
};

/** The command operators that a value may hold, as far as this proxy knows what they mean. @see Envoy, command operators */
function formatterOf(exchange: Exchange, sent?: SentRequest): (format: string) => string {
  // Nearly every value stands for itself: what a request says is only gathered for the others.
  return (format) => (format.includes('%') ? formatted(format, exchange, sent) : format);
}

/** What the proxy has changed of the request line. */
type SentRequest = Readonly<Record<':path' | ':authority', string>>;

function formatted(format: string, exchange: Exchange, sent?: SentRequest): string {
  const { downstream, method, requestHeaders } = exchange;
  const pseudo: Readonly<Record<string, string>> = {
    ':method': method,
    ':path': exchange.originalPath,
    ':authority': exchange.authority,
    ':scheme': exchange.scheme,
    ...sent,
  };
  const commands: Readonly<Record<string, () => string>> = {
    PROTOCOL: () => `HTTP/${downstream.request.httpVersion}`,
    DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: () => downstream.remoteAddress,
    REQUESTED_SERVER_NAME: () => downstream.serverName,
    DOWNSTREAM_PEER_URI_SAN: () => downstream.peer?.spiffeId ?? '',
    START_TIME: () => new Date(exchange.startedAtMs).toISOString(),
    ROUTE_NAME: () => exchange.route?.name ?? '',
    UPSTREAM_CLUSTER: () => exchange.cluster?.cluster.name ?? '',
    RESPONSE_CODE: () => String(exchange.status),
  };
  return formatHeader(
    format,
    (command, argument) =>
      requestCommand(command, argument, (name) => pseudo[name] ?? requestHeaders.get(name)) ??
      commands[command]?.(),
  );
}
