import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FilterContext } from './filters/filter.ts';
import { isClientsChoice, passthroughCluster, type CompiledSnapshot } from './snapshot/compiled-snapshot.ts';
import { joinSockets } from './tunnel.ts';

const connectTimeoutMs = 10_000;

/**
 * CONNECT, as a client with `https_proxy` sends it: a tunnel to a host outside the mesh, if the mesh lets requests out.
 *
 * To a service of the mesh it is refused with 405: inside the tunnel there would be no route, no identity and no record.
 *
 * @param snapshot undefined where no tunnel is offered (inbound, gateway)
 */
export function serveConnect(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  snapshot: CompiledSnapshot | undefined,
  { isOwnAddress, runtime }: FilterContext,
): void {
  socket.on('error', () => socket.destroy());
  const authority = request.url ?? '';
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[\w.~-]+):(\d{1,5})$/i.exec(authority) ?? [];
  if (snapshot === undefined) {
    refuse(socket, '405 Method Not Allowed', 'CONNECT is not offered here');
  } else if (host === undefined || Number(port) > 65_535) {
    refuse(socket, '400 Bad Request', 'CONNECT needs host:port');
  } else if (snapshot.outbound.has(Number(port)) && isMeshHost(snapshot, host)) {
    refuse(
      socket,
      '405 Method Not Allowed',
      `${authority} is a service of the mesh: call it as http://${authority}/`,
    );
  } else if (!isLetOut(snapshot) || isOwnAddress(host, Number(port))) {
    refuse(socket, '502 Bad Gateway', `${authority} cannot be reached through this proxy`);
  } else {
    tunnel(socket, head, host.replaceAll(/^\[|\]$/g, ''), Number(port)).catch((error: unknown) => {
      runtime.log('warn', 'tunnel failed', { authority, error: String(error) });
    });
  }
}

/** An egress proxy takes requests, of which a tunnel would show it none. */
function isLetOut({ clusters }: CompiledSnapshot): boolean {
  const passthrough = clusters.get(passthroughCluster);
  return passthrough !== undefined && isClientsChoice(passthrough.cluster);
}

function isMeshHost(snapshot: CompiledSnapshot, host: string): boolean {
  const name = host.toLowerCase();
  return snapshot.source.routeConfigurations.some(({ virtualHosts }) =>
    virtualHosts.some(({ domains }) => domains.includes(name)),
  );
}

async function tunnel(socket: Duplex, head: Buffer, host: string, port: number): Promise<void> {
  const upstream = connect({ host, port, noDelay: true, allowHalfOpen: true });
  upstream.setTimeout(connectTimeoutMs, () => upstream.destroy());
  const isOpen = await new Promise<boolean>((resolve) => {
    upstream.once('connect', () => {
      resolve(true);
    });
    upstream.once('error', () => {
      resolve(false);
    });
    upstream.once('close', () => {
      resolve(false);
    });
    socket.once('close', () => upstream.destroy());
  });
  if (!isOpen) {
    refuse(socket, '503 Service Unavailable', `no connection to ${host}:${port}`);
    return;
  }
  upstream.setTimeout(0);
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  socket.unshift(head);
  await joinSockets(socket, upstream, { requestBytes: 0, responseBytes: 0 });
}

function refuse(socket: Duplex, status: string, why: string): void {
  const body = `${why}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nserver: heddle\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
