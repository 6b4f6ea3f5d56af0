import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { maxConnections } from './accept.ts';

/** An open port. */
export interface BoundListener {
  readonly address: string;
  /** The port that was bound, also where 0 was asked for. */
  readonly port: number;
  readonly connections: number;
  /** Accepts no more; idle connections end, busy ones after their answer. */
  stopAccepting(): void;
  close(): Promise<void>;
}

/**
 * Opens a port and hands its connections over.
 *
 * @param accept takes a connection: hand it to `http` as plaintext, or after a handshake
 * @throws with the address and the port when it is taken
 */
export async function bindListener(
  address: string,
  port: number,
  http: HttpServer,
  accept: (socket: Socket) => void,
): Promise<BoundListener> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    accept(socket);
  });
  server.maxConnections = maxConnections;
  await listen(server, address, port);
  return {
    address,
    port: portOf(server.address()),
    get connections() {
      return open.size;
    },
    stopAccepting() {
      server.close();
      http.closeIdleConnections();
    },
    async close() {
      const closed = server.listening ? once(server, 'close') : Promise.resolve();
      server.close();
      http.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server, address: string, port: number): Promise<void> {
  server.listen({ host: address, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot listen on ${address}:${port}: ${why}`, { cause });
  }
}

/** The port that a listening server was given. */
export function portOf(bound: AddressInfo | string | null): number {
  if (bound === null || typeof bound === 'string') throw new Error('a TCP listener has an address');
  return bound.port;
}
