import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import type { Identity } from '../identity/identity.ts';
import { peerOf, spiffeIdOf } from '../identity/peer.ts';

/** Where to connect and what the other end must prove. */
export interface ConnectionTarget {
  readonly address: string;
  readonly port: number;
  readonly tls: ConnectionTls | undefined;
}

export interface ConnectionTls {
  readonly identity: Identity;
  readonly sni: string;
  /** SPIFFE IDs one of which the peer must prove. */
  readonly spiffeIds: readonly string[];
}

/** No usable connection came about: nothing of the request was sent. */
export class UpstreamConnectError extends Error {
  override readonly name = 'UpstreamConnectError';
}

/** What is known of an established upstream connection. */
export interface ConnectionFacts {
  /** SPIFFE ID that the peer proved; undefined in plaintext. */
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

/** Connects and, for a mesh peer, completes the handshake and verifies it, all within `timeoutMs`. */
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
          secureContext: tls.identity.secureContext,
          // An IP address is not allowed as SNI (RFC 6066 §3), and Node would send the address without this.
          servername: tls.sni,
          checkServerIdentity: (_host, certificate) => verifyServer(certificate, tls.spiffeIds),
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
    if ('getProtocol' in socket) rememberHandshake(socket);
    done(null, socket);
  });
}

function rememberHandshake(socket: ReturnType<typeof connectTls>): void {
  const known: ConnectionFacts = {
    peerId: peerOf(socket)?.spiffeId,
    // A TLS 1.2 client hears the server's Finished last, after the server has verified it.
    confirmed: socket.getProtocol() !== 'TLSv1.3',
  };
  facts.set(socket, known);
  const confirm = () => {
    known.confirmed = true;
  };
  if (!known.confirmed) socket.once('session', confirm);
}

function verifyServer(certificate: PeerCertificate, expected: readonly string[]): Error | undefined {
  const peer = spiffeIdOf(certificate);
  if (peer !== undefined && expected.includes(peer.spiffeId)) return undefined;
  return new Error(
    `upstream proved ${peer?.spiffeId ?? 'no SPIFFE ID'}, expected ${expected.join(' or ') || 'none at all'}`,
  );
}
