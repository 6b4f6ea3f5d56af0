import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import { type DownstreamTls, matchServerName } from '@heddle/traffic';
import { type Identity, meshTlsOptions } from '../identity/identity.ts';
import { isOfMesh } from './mesh-tls.ts';
import { peerOf } from '../identity/peer.ts';
import type { TlsSecrets } from '../identity/tls-secrets.ts';
import type { Runtime } from '../runtime.ts';
import type { CompiledChain, CompiledGateway } from '../snapshot/compiled-snapshot.ts';
import { maxHelloBytes, readClientHello } from './client-hello.ts';
import { clientProblem, serverOptions } from './terminated-tls.ts';

const handshakeTimeoutMs = 10_000;

export interface GatewayListenerOptions {
  readonly http: HttpServer;
  readonly secrets: TlsSecrets;
  readonly log: Runtime['log'];
  /** As of now; undefined when the listener is going. */
  gateway(): CompiledGateway | undefined;
  identity(): Identity | undefined;
}

/** Who shakes hands for a chain, or why nobody can. */
type Handshaker =
  | { readonly kind: 'server'; readonly server: TlsServer }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * One port of a gateway: looks at the first bytes of a connection, chooses its filter chain by the name that TLS asks for, and ends
 * TLS as that chain says. A chain without a certificate refuses its connections; it is never served in clear instead.
 */
export class GatewayListener {
  readonly #options: GatewayListenerOptions;
  readonly #chains = new WeakMap<Duplex, string>();
  /** Open connections by chain. */
  readonly #open = new Map<string, number>();
  /** By the TLS of a chain, and of what it was made. */
  readonly #handshakers = new WeakMap<DownstreamTls, { readonly madeOf: string; readonly by: Handshaker }>();
  /** Connections that were refused before there was a request. */
  refused = 0;

  constructor(options: GatewayListenerOptions) {
    this.#options = options;
  }

  /** The chain that a connection was accepted by, as it is now. */
  chainOf(socket: Duplex): CompiledChain | undefined {
    const name = this.#chains.get(socket);
    return this.#options.gateway()?.chains.find(({ chain }) => chain.name === name);
  }

  /** Makes what is needed for handshakes, so that what is lacking is told before a client finds out. */
  prepare(): void {
    for (const { chain } of this.#options.gateway()?.chains ?? []) {
      if (chain.tls !== undefined && chain.tls.mode !== 'DISABLE') this.#handshaker(chain.name, chain.tls);
    }
  }

  accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    const { keepalive } = this.#options.gateway()?.listener ?? {};
    if (keepalive !== undefined) socket.setKeepAlive(true, keepalive.timeMs);
    const chains = this.#options.gateway()?.chains ?? [];
    if (chains.some(endsTls)) this.#sniff(socket);
    else this.#serve(socket, chains[0]);
  }

  #sniff(socket: Socket): void {
    const giveUp = () => this.#refuse(socket);
    socket.setTimeout(handshakeTimeoutMs, giveUp);
    socket.once('end', giveUp);
    let bytes = Buffer.alloc(0);
    const look = () => {
      for (let chunk: unknown = socket.read(); Buffer.isBuffer(chunk); chunk = socket.read()) {
        bytes = Buffer.concat([bytes, chunk]);
      }
      const hello = readClientHello(bytes);
      if (hello.kind === 'incomplete' && bytes.length < maxHelloBytes) return;
      socket.off('readable', look);
      socket.off('end', giveUp);
      socket.off('timeout', giveUp);
      socket.setTimeout(0);
      if (bytes.length > 0) socket.unshift(bytes);
      if (hello.kind === 'hello') this.#shakeHands(socket, hello.serverName);
      else this.#serve(socket, this.#chainsWhere((one) => !endsTls(one))[0]);
    };
    socket.on('readable', look);
  }

  #chainsWhere(isWanted: (chain: CompiledChain) => boolean): readonly CompiledChain[] {
    return (this.#options.gateway()?.chains ?? []).filter(isWanted);
  }

  #serve(socket: Duplex, chain: CompiledChain | undefined): void {
    if (chain === undefined) {
      this.#refuse(socket);
      return;
    }
    if (!this.#takes(socket, chain)) return;
    this.#chains.set(socket, chain.chain.name);
    this.#options.http.emit('connection', socket);
  }

  /** Counts a connection; one over the limit is closed, after a while if the chain says so: clients that come back at once wait. */
  #takes(socket: Duplex, { chain: { name, connectionLimit } }: CompiledChain): boolean {
    const open = this.#open.get(name) ?? 0;
    if (connectionLimit !== undefined && open >= connectionLimit.max) {
      const closing = setTimeout(() => this.#refuse(socket), connectionLimit.closeDelayMs);
      socket.once('close', () => clearTimeout(closing));
      return false;
    }
    this.#open.set(name, open + 1);
    socket.once('close', () => this.#open.set(name, (this.#open.get(name) ?? 1) - 1));
    return true;
  }

  #refuse(socket: Duplex): void {
    this.refused++;
    socket.destroy();
  }

  #shakeHands(socket: Socket, serverName: string | undefined): void {
    const candidates = this.#chainsWhere(endsTls);
    const passedOn = this.#options.gateway()?.listener.tcpChains ?? [];
    const names = [...candidates.map(({ chain }) => chain), ...passedOn];
    const chosen = matchServerName(names, serverName);
    const chain = candidates.find((one) => one.chain === chosen);
    const tls = chain?.chain.tls;
    const by = chain && tls && this.#handshaker(chain.chain.name, tls);
    if (chain !== undefined && by?.kind === 'server') by.server.emit('connection', socket);
    else this.#refuse(socket);
  }

  /** Made anew when a certificate has been replaced; connections that are open keep what they shook hands with. */
  #handshaker(name: string, tls: DownstreamTls): Handshaker {
    const identity = this.#options.identity();
    const { secrets, log } = this.#options;
    const madeOf = `${name} ${secrets.revision} ${identity?.generation ?? ''}`;
    const known = this.#handshakers.get(tls);
    if (known?.madeOf === madeOf) return known.by;
    const by = this.#create(name, tls, identity);
    const isNews = by.kind === 'refused' && !(known?.by.kind === 'refused' && known.by.why === by.why);
    if (isNews)
      log('warn', 'connections are refused for want of a certificate', { chain: name, why: by.why });
    this.#handshakers.set(tls, { madeOf, by });
    return by;
  }

  #create(name: string, tls: DownstreamTls, identity: Identity | undefined): Handshaker {
    try {
      if ('certificates' in tls) {
        const options = serverOptions(tls, this.#options.secrets);
        return this.#server(name, options, (socket) => clientProblem(socket, tls));
      }
      if (identity === undefined) return { kind: 'refused', why: 'no certificate of the mesh yet' };
      const options = {
        ...meshTlsOptions(identity, tls.minVersion),
        requestCert: true,
        rejectUnauthorized: true,
      };
      return this.#server(name, options, (socket) =>
        isOfMesh(peerOf(socket), tls, identity) ? undefined : 'it is nobody of this mesh',
      );
    } catch (error) {
      return { kind: 'refused', why: error instanceof Error ? error.message : String(error) };
    }
  }

  #server(
    name: string,
    options: NonNullable<Parameters<typeof createTlsServer>[0]>,
    problemOf: (socket: TLSSocket) => string | undefined,
  ): Handshaker {
    const server = createTlsServer({ ...options, handshakeTimeout: handshakeTimeoutMs, allowHalfOpen: true });
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('error', () => socket.destroy());
      const chain = this.#chainsWhere(endsTls).find((one) => one.chain.name === name);
      if (problemOf(socket) === undefined) this.#serve(socket, chain);
      else this.#refuse(socket);
    });
    server.on('tlsClientError', (_error: Error, socket: TLSSocket) => this.#refuse(socket));
    return { kind: 'server', server };
  }
}

function endsTls({ chain: { tls } }: CompiledChain): boolean {
  return tls !== undefined && tls.mode !== 'DISABLE';
}
