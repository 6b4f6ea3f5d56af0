import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Exchange } from './exchange.ts';
import type { ResponseHead } from './filters/filter.ts';
import { HeaderFields } from './header-fields.ts';
import type { TryResult } from './upstream/try.ts';

/** After 101: both connections become one, until both sides have ended it. */
export async function tunnelUpgrade(
  exchange: Exchange,
  { response: upstream, socket, head }: Extract<TryResult, { kind: 'upgraded' }>,
  runResponseFilters: (head: ResponseHead) => void,
): Promise<void> {
  const { upgrade, response } = exchange.downstream;
  const status = upstream.statusCode ?? 101;
  if (upgrade === undefined || exchange.ended.aborted) {
    // Nobody asked for it (or nobody is left): the upstream may not switch protocols on its own.
    exchange.flags.add(upgrade === undefined ? 'UPE' : 'DC');
    socket.destroy();
    response.destroy();
    return;
  }
  const headers = HeaderFields.fromRaw(upstream.rawHeaders);
  const protocol = headers.get('upgrade') ?? upgrade.protocol;
  runResponseFilters({ status, headers, isLocal: false });
  headers.set('connection', 'upgrade');
  headers.set('upgrade', protocol);
  exchange.status = status;
  const lines = Array.from(headers, ([name, value]) => `${name}: ${value}\r\n`);
  upgrade.socket.write(`HTTP/1.1 ${status} Switching Protocols\r\n${lines.join('')}\r\n`, 'latin1');
  upgrade.socket.unshift(upgrade.head);
  socket.unshift(head);
  await joinSockets(upgrade.socket, socket, exchange);
}

/** Bytes both ways, with back pressure and half-close, until both directions are over or one side breaks. */
export async function joinSockets(
  downstream: Duplex,
  upstream: Duplex,
  counts: { requestBytes: number; responseBytes: number },
): Promise<void> {
  downstream.on('data', (chunk: Buffer) => (counts.requestBytes += chunk.length));
  upstream.on('data', (chunk: Buffer) => (counts.responseBytes += chunk.length));
  downstream.pipe(upstream);
  upstream.pipe(downstream);
  const closed = [downstream, upstream].map(async (socket, index, both) => {
    socket.on('error', () => socket.destroy());
    if (!socket.destroyed) await once(socket, 'close');
    // What broke on one side is broken for the other; after a clean end this changes nothing.
    if (!socket.readableEnded) both[1 - index]?.destroy();
  });
  await Promise.all(closed);
}
