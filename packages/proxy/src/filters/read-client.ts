import { clientAddress } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import { replies, type LocalReply } from '../local-reply.ts';
import type { Filter } from './filter.ts';

/** Who the client is behind other proxies, and which of its headers are taken: as the listener says. */
export const readClient: Filter = {
  name: 'read-client',

  onRequest(exchange) {
    const client = exchange.chain?.chain.http.client;
    if (client === undefined) return undefined;
    const { requestHeaders, downstream } = exchange;
    const { address, isRefused } = clientAddress(client.address, {
      peer: downstream.remoteAddress,
      header: (name) => requestHeaders.get(name),
    });
    if (isRefused) return { status: 403, flag: undefined, body: 'the address of the client is not known' };
    exchange.clientAddress = address === undefined ? downstream.remoteAddress : plainAddress(address);
    return heedUnderscores(exchange, client.underscores);
  },
};

/** Names that applications may take for other names: many read `_` and `-` as one (CGI). */
function heedUnderscores(
  { requestHeaders }: Exchange,
  action: 'ALLOW' | 'REJECT_REQUEST' | 'DROP_HEADER' | undefined,
): LocalReply | undefined {
  if (action === undefined || action === 'ALLOW') return undefined;
  let found = false;
  requestHeaders.removeWhere((name) => {
    const isOne = name.includes('_');
    found ||= isOne;
    return isOne;
  });
  return found && action === 'REJECT_REQUEST'
    ? replies.refused(400, 'a header has an underscore in its name')
    : undefined;
}

/** Proxies that listen on `::` may tell IPv4 clients as mapped addresses. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
