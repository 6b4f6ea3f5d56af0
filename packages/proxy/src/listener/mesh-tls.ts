import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import type { AcceptedMeshTls } from '@heddle/traffic';
import { meshTlsOptions, type Identity } from '../identity/identity.ts';
import { peerOf, type PeerIdentity } from '../identity/peer.ts';

const handshakeTimeoutMs = 10_000;
/** First byte of a TLS record that carries a handshake. @see RFC 8446 §5.1 */
const tlsHandshake = 0x16;

/** Whether a peer whose chain is good is of this mesh: of the own trust domain, or of one that counts as the same. */
export function isOfMesh(
  peer: PeerIdentity | undefined,
  accepted: AcceptedMeshTls | undefined,
  own: Identity | undefined,
): boolean {
  if (peer === undefined) return false;
  return peer.trustDomain === own?.trustDomain || (accepted?.trustDomains ?? []).includes(peer.trustDomain);
}

/** The inbound side's decision between mTLS and plaintext, connection by connection. */
export class MeshTls {
  readonly #http: HttpServer;
  /** What the snapshot in force says. */
  readonly #accepted: () => AcceptedMeshTls | undefined;
  /** TLS 1.3 alone, as the server is set up. */
  #minVersion: AcceptedMeshTls['minVersion'];
  #server: TlsServer | undefined;
  #identity: Identity | undefined;
  /** Connections refused for want of a mesh certificate, or of any TLS. */
  refused = 0;

  constructor(http: HttpServer, accepted: () => AcceptedMeshTls | undefined) {
    this.#http = http;
    this.#accepted = accepted;
  }

  /** New connections use it; those that are open keep what they shook hands with. */
  setIdentity(identity: Identity): void {
    this.#identity = identity;
    this.#minVersion = this.#accepted()?.minVersion;
    const options = meshTlsOptions(identity, this.#minVersion);
    if (this.#server === undefined) this.#server = this.#createServer(options);
    else this.#server.setSecureContext(options);
  }

  /**
   * Takes a fresh connection as the snapshot wants it. Without an identity there is no TLS, and STRICT refuses all; told nothing
   * yet, a sidecar trusts nobody without a certificate.
   */
  accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    const { mode = 'STRICT', minVersion } = this.#accepted() ?? {};
    if (this.#identity !== undefined && minVersion !== this.#minVersion) this.setIdentity(this.#identity);
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

  #createServer(options: ReturnType<typeof meshTlsOptions>): TlsServer {
    const server = createTlsServer({
      ...options,
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: handshakeTimeoutMs,
      allowHalfOpen: true,
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('error', () => socket.destroy());
      // The chain is good; a certificate without exactly one SPIFFE ID of this mesh is still nobody's.
      if (isOfMesh(peerOf(socket), this.#accepted(), this.#identity)) this.#http.emit('connection', socket);
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
