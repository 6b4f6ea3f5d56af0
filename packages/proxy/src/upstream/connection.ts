import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { peerOf } from '../identity/peer.ts';
import { UpstreamConnectError } from './connect-error.ts';
import type { ConnectionTls } from './connection-tls.ts';

/** Where to connect and what the other end must prove. */
export interface ConnectionTarget {
  readonly address: string;
  readonly port: number;
  readonly tls: ConnectionTls | undefined;
}

/** What is known of an established upstream connection. */
export interface ConnectionFacts {
  /** SPIFFE ID that a peer of the mesh proved; undefined in plaintext and outside. */
  readonly peerId: string | undefined;
  /**
   * Whether the peer accepted us, too. In TLS 1.3 the client is done before the server has looked at its certificate:
   * until the session ticket or other data comes, an end of the connection is a failed handshake.
   */
  confirmed: boolean;
}

const facts = new WeakMap<Socket, ConnectionFacts>();

const plaintext: ConnectionFacts = { peerId: undefined, confirmed: true };

export function factsOf(socket: Socket | null): ConnectionFacts {
  return (socket === null ? undefined : facts.get(socket)) ?? plaintext;
}

/** Connects and, with TLS, completes the handshake and verifies it, all within `timeoutMs`. */
export function openConnection(
  target: ConnectionTarget,
  timeoutMs: number,
  done: (error: Error | null, socket: Socket) => void,
): void {
  const { address, port, tls } = target;
  const socket =
    tls === undefined
      ? connectTcp({ host: address, port, noDelay: true })
      : connectTls({
          host: address,
          port,
          secureContext: tls.secureContext,
          // An IP address is not allowed as SNI (RFC 6066 §3), and Node would send the address without this.
          servername: tls.sni,
          ...(tls.alpn.length === 0 ? {} : { ALPNProtocols: [...tls.alpn] }),
          rejectUnauthorized: tls.verify !== undefined,
          checkServerIdentity: (_host, certificate) => tls.verify?.(certificate),
        });
  let timer: NodeJS.Timeout | undefined = setTimeout(() => {
    socket.destroy(new Error(`no connection to ${address}:${port} within ${timeoutMs} ms`));
  }, timeoutMs);
  const settle = () => {
    clearTimeout(timer);
    timer = undefined;
    socket.off('error', fail);
    socket.off('close', closed);
  };
  const fail = (cause: Error) => {
    settle();
    socket.on('error', () => {}); // it is reported once; a second error of a dead socket says nothing new
    socket.destroy();
    done(new UpstreamConnectError(cause.message, { cause }), socket);
  };
  const closed = () => fail(new Error(`${address}:${port} closed the connection during the handshake`));
  socket.once('error', fail);
  socket.once('close', closed);
  socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
    settle();
    if ('getProtocol' in socket && tls !== undefined) rememberHandshake(socket, tls);
    done(null, socket);
  });
}

function rememberHandshake(socket: ReturnType<typeof connectTls>, tls: ConnectionTls): void {
  const known: ConnectionFacts = {
    // Only the mesh's own authority says who is who in the mesh.
    peerId: tls.generation === undefined ? undefined : peerOf(socket)?.spiffeId,
    // A TLS 1.2 client hears the server's Finished last, after the server has verified it.
    confirmed: !tls.provesClient || socket.getProtocol() !== 'TLSv1.3',
  };
  facts.set(socket, known);
  const confirm = () => {
    known.confirmed = true;
  };
  if (!known.confirmed) socket.once('session', confirm);
}
