import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Cluster, Endpoint } from '@heddle/traffic';
import type { Identity } from '../identity/identity.ts';
import type { TlsSecrets } from '../identity/tls-secrets.ts';
import { openConnection, type ConnectionTarget } from './connection.ts';
import { type ConnectionTls, meshConnection, originatedConnection } from './connection-tls.ts';

/** Shorter than the 75 s that our listeners keep an idle connection, so that the client side closes first. */
const idleMs = 60_000;
const maxIdlePerEndpoint = 64;
/** Beyond it, pools without a connection are forgotten: a caller may pass through to any number of addresses. */
const maxPools = 1000;

/** What TLS is made with, as of now. */
export interface TlsMeans {
  readonly secrets: TlsSecrets;
  identity(): Identity | undefined;
}

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
    return this.#target.tls?.generation;
  }

  /** TLS to a server outside of the mesh. */
  get isOriginated(): boolean {
    return this.#target.tls !== undefined && this.identityGeneration === undefined;
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

  /**
   * @param authority that is called, for TLS that asks for its host
   * @throws UpstreamConnectError when TLS is wanted and a certificate is missing: never plaintext instead
   */
  poolFor(
    cluster: Cluster,
    endpoint: Endpoint,
    authority: string,
    { identity, secrets }: TlsMeans,
  ): ConnectionPool {
    const tls = tlsFor(cluster, endpoint, authority, identity(), secrets);
    const key = `${endpoint.address}:${endpoint.port} ${tls?.id ?? 'plain'}`;
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

  /** After a secret was replaced: what was made with the one before ends with its last request. */
  retireOriginated(): void {
    this.#retireWhere((pool) => pool.isOriginated);
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

/** @throws UpstreamConnectError when TLS is wanted and a certificate is missing: never plaintext instead */
export function tlsFor(
  cluster: Cluster,
  endpoint: Endpoint,
  authority: string,
  identity: Identity | undefined,
  secrets: TlsSecrets,
): ConnectionTls | undefined {
  const { tls } = cluster;
  if (tls === undefined) return undefined;
  if (tls.mode !== 'ISTIO_MUTUAL') return originatedConnection(cluster, tls, authority, secrets);
  return endpoint.tlsMode === 'istio' ? meshConnection(cluster, tls, identity) : undefined;
}
