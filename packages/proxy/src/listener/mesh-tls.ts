import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import type { AcceptedMeshTls } from '@heddle/traffic';
import { meshTlsOptions, type Identity } from '../identity/identity.ts';
import { peerOf } from '../identity/peer.ts';

const handshakeTimeoutMs = 10_000;
/** First byte of a TLS record that carries a handshake. @see RFC 8446 §5.1 */
const tlsHandshake = 0x16;

/** The inbound side's decision between mTLS and plaintext, connection by connection. */
export class MeshTls {
  readonly #http: HttpServer;
  #server: TlsServer | undefined;
  #trustDomain = '';
  /** Connections refused for want of a mesh certificate, or of any TLS. */
  refused = 0;

  constructor(http: HttpServer) {
    this.#http = http;
  }

  /** New connections use it; those that are open keep what they shook hands with. */
  setIdentity(identity: Identity): void {
    this.#trustDomain = identity.trustDomain;
    if (this.#server === undefined) this.#server = this.#createServer(identity);
    else this.#server.setSecureContext(meshTlsOptions(identity));
  }

  /** Takes a fresh connection as the mode wants it. Without an identity there is no TLS, and STRICT refuses all. */
  accept(socket: Socket, mode: AcceptedMeshTls['mode']): void {
    socket.on('error', () => socket.destroy());
    switch (mode) {
      case 'DISABLE':
        this.#http.emit('connection', socket);
        return;
      case 'STRICT':
        this.#shakeHands(socket);
        return;
      case 'PERMISSIVE':
        this.#sniff(socket);
        return;
    }
  }

  #sniff(socket: Socket): void {
    const giveUp = () => socket.destroy();
    socket.setTimeout(handshakeTimeoutMs, giveUp);
    socket.once('end', giveUp);
    const look = () => {
      const first: unknown = socket.read(1);
      if (!Buffer.isBuffer(first)) return;
      socket.off('readable', look);
      socket.off('end', giveUp);
      socket.off('timeout', giveUp);
      socket.setTimeout(0);
      socket.unshift(first);
      if (first[0] === tlsHandshake) this.#shakeHands(socket);
      else this.#http.emit('connection', socket);
    };
    socket.on('readable', look);
  }

  #shakeHands(socket: Socket): void {
    if (this.#server === undefined) {
      this.refused++;
      socket.destroy();
      return;
    }
    this.#server.emit('connection', socket);
  }

  #createServer(identity: Identity): TlsServer {
    const server = createTlsServer({
      ...meshTlsOptions(identity),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: handshakeTimeoutMs,
      allowHalfOpen: true,
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('error', () => socket.destroy());
      // The chain is good; a certificate without exactly one SPIFFE ID of this mesh is still nobody's.
      if (peerOf(socket)?.trustDomain === this.#trustDomain) this.#http.emit('connection', socket);
      else {
        this.refused++;
        socket.destroy();
      }
    });
    server.on('tlsClientError', (_error: Error, socket: TLSSocket) => {
      this.refused++;
      socket.destroy();
    });
    return server;
  }
}
