import { lookup } from 'node:dns/promises';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { AcceptedMeshTls, Listener, ProxySnapshot, TlsSecret } from '@heddle/traffic';
import { DnsAddresses } from './cluster/dns-addresses.ts';
import { EndpointLoads, endpointKey } from './cluster/endpoint-loads.ts';
import { serveConnect } from './connect-method.ts';
import type { Direction, Downstream, Exchange } from './exchange.ts';
import type { Identity } from './identity/identity.ts';
import { TlsSecrets } from './identity/tls-secrets.ts';
import { createStrictServer } from './listener/accept.ts';
import { bindListener, type BoundListener } from './listener/bound-listener.ts';
import { GatewayListener } from './listener/gateway-listener.ts';
import { MeshTls } from './listener/mesh-tls.ts';
import { newExchange, targetOf } from './new-exchange.ts';
import { serveExchange, type PipelineContext } from './pipeline.ts';
import type { Runtime } from './runtime.ts';
import {
  compileSnapshot,
  emptySnapshot,
  inboundChain,
  passthroughCluster,
  type CompiledChain,
  type CompiledGateway,
  type CompiledSnapshot,
} from './snapshot/compiled-snapshot.ts';
import { Authorizers } from './upstream/authorizers.ts';
import { Mirrors } from './upstream/mirror.ts';
import { ConnectionPools } from './upstream/pools.ts';

const drainMs = 5_000;

export interface DataPlaneOptions {
  readonly runtime: Runtime;
  /** Port of the application; chooses the inbound filter chain. */
  readonly appPort: number | undefined;
  /** Where a gateway's listener opens another port than it names. */
  readonly listenPorts: ReadonlyMap<number, number>;
  isAppHealthy(): boolean;
  onAppRefused(): void;
  record(exchange: Exchange): void;
}

interface OpenGateway {
  readonly name: string;
  readonly listener: BoundListener;
  readonly acceptor: GatewayListener;
}

/** The listeners and everything that a request meets: one snapshot and one identity at a time, each swapped whole. */
export class DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #loads = new EndpointLoads();
  readonly #pools = new ConnectionPools();
  readonly #context: PipelineContext;
  /** By name, address and port: a listener that moves is another one. */
  readonly #gateways = new Map<string, OpenGateway>();
  readonly #secrets = new TlsSecrets();
  readonly #dns = new DnsAddresses(lookUpHost);
  readonly #sidecar: BoundListener[] = [];
  readonly #inFlight = new Set<Exchange>();
  #snapshot: CompiledSnapshot;
  #identity: Identity | undefined;
  #inboundTls: MeshTls | undefined;
  #isDraining = false;
  #lastApply: Promise<void> = Promise.resolve();
  /** Snapshots whose listeners are being opened. */
  #waiting = 0;
  #whenIdle: (() => void) | undefined;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.#snapshot = compileSnapshot(emptySnapshot, this.#loads, this.#dns);
    const upstream = {
      runtime: options.runtime,
      pools: this.#pools,
      loads: this.#loads,
      identity: () => this.#identity,
      secrets: this.#secrets,
    };
    this.#context = {
      ...upstream,
      mirrors: new Mirrors(upstream),
      authorizers: new Authorizers(upstream),
      isOwnAddress: (host, port) => this.#isOwnAddress(host, port),
      isAppHealthy: () => options.isAppHealthy(),
      onAppRefused: () => {
        options.onAppRefused();
      },
      record: (exchange) => {
        options.record(exchange);
      },
    };
  }

  get snapshot(): ProxySnapshot {
    return this.#snapshot.source;
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Ports of the gateway's listeners, by listener name. */
  get gatewayPorts(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.#gateways.values(), ({ name, listener }) => [name, listener.port]));
  }

  get counts() {
    return {
      downstreamConnections: this.#listeners().reduce((sum, { connections }) => sum + connections, 0),
      upstreamConnections: this.#pools.size,
      inFlight: this.#inFlight.size,
      refusedHandshakes: Array.from(this.#gateways.values(), ({ acceptor }) => acceptor.refused).reduce(
        (sum, n) => sum + n,
        this.#inboundTls?.refused ?? 0,
      ),
      droppedMirrors: this.#context.mirrors.dropped,
    };
  }

  /** Opens the sidecar's outbound port: an HTTP forward proxy for the application beside it. */
  async listenOutbound(address: string, port: number): Promise<number> {
    const http = this.#httpServer('OUTBOUND', (target) => this.#snapshot.outbound.get(target));
    return this.#openSidecar(address, port, http, (socket) => http.emit('connection', socket));
  }

  /** Opens the sidecar's inbound port: mTLS or plaintext, as the snapshot says at the time of the connection. */
  async listenInbound(address: string, port: number): Promise<number> {
    const { appPort } = this.#options;
    const http = this.#httpServer('INBOUND', (called, socket, authority) => {
      const serverName = socket instanceof TLSSocket ? socket.servername : false;
      const call = { serverName: serverName || '', authority, port: called };
      return inboundChain(this.#snapshot, appPort, call);
    });
    const tls = new MeshTls(http, () => strictest(this.#snapshot.inbound));
    this.#inboundTls = tls;
    if (this.#identity !== undefined) tls.setIdentity(this.#identity);
    return this.#openSidecar(address, port, http, (socket) => {
      tls.accept(socket);
    });
  }

  /** @throws what is wrong with it; nothing has changed then */
  compile(source: ProxySnapshot): CompiledSnapshot {
    return compileSnapshot(source, this.#loads, this.#dns);
  }

  /**
   * Takes a new snapshot whole: its new listeners open, then requests see it; running ones keep theirs.
   * Where no listener has to be opened, it is in force when this returns.
   *
   * @throws naming the listeners that could not be opened; everything else is in force, and they are tried again with the next
   */
  apply(compiled: CompiledSnapshot): Promise<void> {
    if (this.#waiting === 0 && this.#isAllOpen(compiled)) {
      this.#swap(compiled);
      return Promise.resolve();
    }
    const applied = this.#applyAfter(this.#lastApply, compiled);
    this.#lastApply = applied.catch(() => {}); // the one after must not fail for this one's sake
    return applied;
  }

  async #applyAfter(earlier: Promise<void>, compiled: CompiledSnapshot): Promise<void> {
    this.#waiting++;
    try {
      await earlier;
      const failures = await this.#openGateways(compiled);
      this.#swap(compiled);
      if (failures.length > 0) throw new Error(failures.join('; '));
    } finally {
      this.#waiting--;
    }
  }

  /** New connections both ways use it; requests in flight finish on the old one. */
  applyIdentity(identity: Identity): void {
    this.#identity = identity;
    this.#inboundTls?.setIdentity(identity);
    this.#prepareHandshakes();
    this.#pools.retireOlderThan(identity.generation);
  }

  get secrets(): readonly TlsSecret[] {
    return this.#secrets.all;
  }

  /**
   * New connections both ways use it; those that are open stay.
   *
   * @throws TlsMaterialError when it cannot be used; the one before stays
   */
  applySecret(secret: TlsSecret): void {
    this.#secrets.take(secret);
    this.#pools.retireOriginated();
    this.#prepareHandshakes();
  }

  #prepareHandshakes(): void {
    for (const { acceptor } of this.#gateways.values()) acceptor.prepare();
  }

  /** Accepts nothing new, answers what is in flight (5 s at most), then closes. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    for (const listener of this.#listeners()) listener.stopAccepting();
    if (this.#inFlight.size > 0) {
      const idle = Promise.withResolvers<void>();
      this.#whenIdle = idle.resolve;
      const timer = setTimeout(idle.resolve, drainMs);
      await idle.promise;
      clearTimeout(timer);
    }
    await this.close();
  }

  async close(): Promise<void> {
    this.#dns.close();
    await Promise.all(this.#listeners().map((listener) => listener.close()));
    this.#context.authorizers.close();
    this.#pools.close();
  }

  #listeners(): BoundListener[] {
    return [...this.#sidecar, ...Array.from(this.#gateways.values(), ({ listener }) => listener)];
  }

  async #openSidecar(
    address: string,
    port: number,
    http: Server,
    accept: (socket: Socket) => void,
  ): Promise<number> {
    const listener = await bindListener(address, port, http, accept);
    this.#sidecar.push(listener);
    return listener.port;
  }

  #swap(next: CompiledSnapshot): void {
    const { clusters, loadAssignments } = next.source;
    this.#snapshot = next;
    for (const [key, { listener }] of this.#gateways) {
      if (gatewayKeys(next).has(key)) continue;
      this.#gateways.delete(key);
      listener.stopAccepting();
    }
    this.#prepareHandshakes();
    this.#dns.watch(clusters);
    const endpoints = [
      ...clusters.flatMap((one) => [...one.endpoints, ...this.#dns.endpointsOf(one)]),
      ...loadAssignments.flatMap((one) => one.endpoints),
    ];
    const wanted = new Set(endpoints.map(endpointKey));
    this.#loads.keepOnly(endpoints);
    // Passthrough connections lead to endpoints that no snapshot names; they end by idling.
    if (!next.clusters.has(passthroughCluster)) this.#pools.retireUnwanted((key) => wanted.has(key));
  }

  #isAllOpen(next: CompiledSnapshot): boolean {
    return [...gatewayKeys(next).keys()].every((key) => this.#gateways.has(key));
  }

  /** @returns why some could not be opened: one port that is taken keeps no other closed */
  async #openGateways(next: CompiledSnapshot): Promise<readonly string[]> {
    const failures: string[] = [];
    for (const [key, { listener }] of gatewayKeys(next)) {
      if (this.#gateways.has(key)) continue;
      try {
        this.#gateways.set(key, await this.#openGateway(listener));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        failures.push(`listener "${listener.name}": ${why}`);
      }
    }
    return failures;
  }

  async #openGateway({ name, address, port }: Listener): Promise<OpenGateway> {
    const http = this.#httpServer('GATEWAY', (_port, socket) => acceptor.chainOf(socket));
    const acceptor = new GatewayListener({
      http,
      secrets: this.#secrets,
      log: this.#options.runtime.log,
      gateway: () => this.#snapshot.gateway.get(name),
      identity: () => this.#identity,
    });
    const listenPort = this.#options.listenPorts.get(port) ?? port;
    const listener = await bindListener(address, listenPort, http, (socket) => acceptor.accept(socket));
    return { name, listener, acceptor };
  }

  #httpServer(direction: Direction, chainOf: ChainChoice): Server {
    const own = (downstream: Downstream) => {
      this.#serve(downstream, direction, chainOf);
    };
    return createStrictServer({
      onRequest: own,
      onConnect: (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        serveConnect(
          request,
          socket,
          head,
          direction === 'OUTBOUND' ? this.#snapshot : undefined,
          this.#context,
        );
      },
    });
  }

  #serve(downstream: Downstream, direction: Direction, chainOf: ChainChoice): void {
    const target = targetOf(downstream.request.url ?? '', downstream.request.headers.host);
    const chain = chainOf(target.port, downstream.request.socket, target.authority);
    const exchange = newExchange(
      downstream,
      { direction, snapshot: this.#snapshot, chain, target },
      this.#options.runtime,
    );
    this.#inFlight.add(exchange);
    if (this.#isDraining) downstream.response.shouldKeepAlive = false;
    serveExchange(exchange, this.#context)
      .catch((error: unknown) => {
        this.#options.runtime.log('error', 'a request could not be recorded', { error: String(error) });
      })
      .finally(() => {
        this.#inFlight.delete(exchange);
        if (this.#inFlight.size === 0) this.#whenIdle?.();
      });
  }

  #isOwnAddress(host: string, port: number): boolean {
    const isLocal = /^(?:localhost|127\.[\d.]+|\[?::1\]?|0\.0\.0\.0)$/.test(host);
    return this.#listeners().some(
      (listener) => listener.port === port && (isLocal || host === listener.address),
    );
  }
}

/** @param port that was called; @param socket that the request came by; @param authority that it names */
type ChainChoice = (port: number, socket: Socket, authority: string) => CompiledChain | undefined;

function gatewayKeys({ gateway }: CompiledSnapshot): Map<string, CompiledGateway> {
  return new Map(
    Array.from(gateway.values(), (one) => {
      const { name, address, port } = one.listener;
      return [`${name} ${address}:${port}`, one];
    }),
  );
}

/** IPv4 where there is any, as in Istio: that a name has IPv6 does not say that this machine has. */
async function lookUpHost(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  const v4 = found.filter(({ family }) => family === 4);
  return (v4.length > 0 ? v4 : found).map(({ address }) => address);
}

/** What connections are asked for before anybody knows which port they are for: the most that any asks for. */
function strictest(chains: readonly CompiledChain[]): AcceptedMeshTls | undefined {
  const accepted = chains.flatMap(({ chain: { tls } }) =>
    tls === undefined || 'certificates' in tls ? [] : [tls],
  );
  return (['STRICT', 'PERMISSIVE', 'DISABLE'] as const)
    .map((wanted) => accepted.find(({ mode }) => mode === wanted))
    .find((tls) => tls !== undefined);
}
