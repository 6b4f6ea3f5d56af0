import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Cluster, Endpoint } from '@heddle/traffic';
import type { Identity } from '../identity/identity.ts';
import { openConnection, UpstreamConnectError, type ConnectionTarget } from './connection.ts';

/** Shorter than the 75 s that our listeners keep an idle connection, so that the client side closes first. */
const idleMs = 60_000;
const maxIdlePerEndpoint = 64;
/** Beyond it, pools without a connection are forgotten: a caller may pass through to any number of addresses. */
const maxPools = 1000;

/** Keep-alive connections to one endpoint, all made with the same identity and the same expectation of the peer. */
export class ConnectionPool extends Agent {
  readonly #target: ConnectionTarget;
  #connectTimeoutMs: number;
  #retired = false;

  constructor(target: ConnectionTarget, connectTimeoutMs: number) {
    super({
      keepAlive: true,
      maxSockets: Infinity,
      maxFreeSockets: maxIdlePerEndpoint,
      timeout: idleMs,
      scheduling: 'lifo',
    });
    this.#target = target;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  get identityGeneration(): number | undefined {
    return this.#target.tls?.identity.generation;
  }

  set connectTimeoutMs(value: number) {
    this.#connectTimeoutMs = value;
  }

  override createConnection(
    _options: object,
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    openConnection(this.#target, this.#connectTimeoutMs, (error, socket) => done?.(error, socket));
  }

  /** Also asked about a connection that just became idle; Node's answer heeds the peer's `keep-alive: timeout` hint. */
  override keepSocketAlive(socket: Duplex): boolean {
    const kept: unknown = super.keepSocketAlive(socket);
    return kept !== false && !this.#retired;
  }

  /** Open connections, busy and idle. */
  get size(): number {
    let n = 0;
    for (const sockets of Object.values(this.sockets)) n += sockets?.length ?? 0;
    for (const sockets of Object.values(this.freeSockets)) n += sockets?.length ?? 0;
    return n;
  }

  /** Requests in flight finish; nothing is kept for a next one. */
  retire(): void {
    this.#retired = true;
    this.closeIdle();
  }

  closeIdle(): void {
    for (const sockets of Object.values(this.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }
}

/**
 * All upstream connections of one proxy, by endpoint, identity generation and expected peer: a connection that was made
 * with an old certificate, or for another peer, is never used for a new request.
 */
export class ConnectionPools {
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #retired = new Set<ConnectionPool>();

  /** @throws UpstreamConnectError when the endpoint wants mTLS and this proxy has no identity: never plaintext instead */
  poolFor(cluster: Cluster, endpoint: Endpoint, identity: Identity | undefined): ConnectionPool {
    if (cluster.tls !== undefined && cluster.tls.mode !== 'ISTIO_MUTUAL') {
      throw new UpstreamConnectError(
        `${cluster.name} wants TLS of mode ${cluster.tls.mode}, which this proxy does not speak`,
      );
    }
    const usesTls = cluster.tls !== undefined && endpoint.tlsMode === 'istio';
    if (usesTls && identity === undefined) {
      throw new UpstreamConnectError(`${cluster.name} needs mTLS, and this proxy has no certificate yet`);
    }
    const tls =
      usesTls && cluster.tls !== undefined && identity !== undefined
        ? { identity, sni: cluster.tls.sni, spiffeIds: cluster.tls.spiffeIds }
        : undefined;
    const key = `${endpoint.address}:${endpoint.port} ${tls === undefined ? 'plain' : `${tls.identity.generation} ${tls.sni} ${tls.spiffeIds.join(' ')}`}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      if (this.#pools.size >= maxPools) this.#retireWhere((one) => one.size === 0);
      pool = new ConnectionPool(
        { address: endpoint.address, port: endpoint.port, tls },
        cluster.connectTimeoutMs,
      );
      this.#pools.set(key, pool);
    } else {
      pool.connectTimeoutMs = cluster.connectTimeoutMs;
    }
    return pool;
  }

  /** After a rotation: what was made with an older certificate ends with its last request. */
  retireOlderThan(generation: number): void {
    this.#retireWhere((pool) => (pool.identityGeneration ?? generation) < generation);
  }

  /** After a push: connections to endpoints that are gone end with their last request. @param isWanted by `address:port` */
  retireUnwanted(isWanted: (endpoint: string) => boolean): void {
    this.#retireWhere((_pool, key) => !isWanted(key.slice(0, key.indexOf(' '))));
  }

  #retireWhere(isOver: (pool: ConnectionPool, key: string) => boolean): void {
    for (const [key, pool] of this.#pools) {
      if (!isOver(pool, key)) continue;
      this.#pools.delete(key);
      pool.retire();
      if (pool.size > 0) this.#retired.add(pool);
    }
    for (const pool of this.#retired) if (pool.size === 0) this.#retired.delete(pool);
  }

  /** Open connections, busy and idle. */
  get size(): number {
    let n = 0;
    for (const pool of this.#pools.values()) n += pool.size;
    for (const pool of this.#retired) n += pool.size;
    return n;
  }

  close(): void {
    for (const pool of [...this.#pools.values(), ...this.#retired]) pool.destroy();
    this.#pools.clear();
    this.#retired.clear();
  }
}
