/** The control plane's end: a gRPC server that serves ADS, delta and state of the world, and takes telemetry. */
import { once } from 'node:events';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import {
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
} from '@grpc/grpc-js';
import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';
import type { Clock } from '../clock.ts';
import { encodeAll } from '../resource/snapshot.ts';
import { AdsService, type AdsHooks } from './ads-service.ts';
import { delta, stateOfTheWorld, type Protocol } from './protocol.ts';
import type { ProxySync } from './proxy-record.ts';
import { serveTelemetry, telemetryPath } from './telemetry-service.ts';

export interface AdsServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls?: { readonly keyPem: string; readonly certPem: string } | undefined;
  readonly clock: Clock;
  readonly hooks: AdsHooks;
  /** A peer that leaves a ping unanswered for half as long is gone. */
  readonly keepaliveMs?: number;
}

export interface AdsServer {
  readonly port: number;
  /**
   * Sends a proxy what it lacks of `snapshot`, now and whenever it comes back.
   *
   * A type whose last response is unanswered gets the newest state after the answer; states in between are never sent.
   * Does nothing for a proxy that has never connected. Throws RangeError, and keeps the old, when the IR cannot be encoded.
   *
   * @param secrets that the snapshot names; no other proxy is sent them
   */
  publish(proxyId: string, snapshot: ProxySnapshot, revision: number, secrets?: readonly TlsSecret[]): void;
  /** Gives all proxies, and those to come, the roots to verify their peers with. */
  publishBundle(bundlePem: string): void;
  /** Signs anew for every proxy that is connected: identities are other ones from now on. */
  reissue(): void;
  status(): readonly ProxySync[];
  /** How many proxies there are in `status`; asked at every answer of one. */
  presence(): { readonly online: number; readonly total: number };
  proxyStatus(proxyId: string): ProxySync | undefined;
  /** Drops a proxy that is offline from `status`. */
  forget(proxyId: string): void;
  /** Ends every stream with UNAVAILABLE, then every connection, also of peers that do not answer. */
  close(): Promise<void>;
}

const rawBytes = (bytes: Buffer) => bytes;

export async function createAdsServer(options: AdsServerOptions): Promise<AdsServer> {
  const { hooks, keepaliveMs = 10_000 } = options;
  const ads = new AdsService(options.clock, hooks);
  const server = new Server({
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveMs / 2,
  });
  server.addService(
    {
      delta: method(delta.path, true),
      stateOfTheWorld: method(stateOfTheWorld.path, true),
      telemetry: method(telemetryPath, false),
    },
    {
      delta: serveWith(ads, delta),
      stateOfTheWorld: serveWith(ads, stateOfTheWorld),
      telemetry: (call: ServerReadableStream<Buffer, Buffer>, reply: sendUnaryData<Buffer>) =>
        serveTelemetry(call, reply, ads, hooks),
    },
  );
  const sockets = new Set<Socket>();
  const injector = server.createConnectionInjector(credentialsOf(options.tls));
  // We accept the connections ourselves to be able to cut them: http2 ends a session by asking the peer to hang up, and
  // would wait forever for one that is gone.
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  const port = await listen(listener, options);
  return {
    port,
    publish(proxyId, snapshot, revision, secrets = []) {
      const record = ads.records.get(proxyId);
      if (record === undefined) return;
      record.published(encodeAll(snapshot, secrets, record.resources), revision);
      hooks.status(proxyId);
    },
    publishBundle: (bundlePem) => ads.publishBundle(bundlePem),
    reissue: () => ads.reissue(),
    status: () => [...ads.records.values()].map((record) => record.sync()),
    presence: () => {
      const records = [...ads.records.values()];
      return { online: records.filter(({ stream }) => stream !== undefined).length, total: records.length };
    },
    proxyStatus: (proxyId) => ads.records.get(proxyId)?.sync(),
    forget: (proxyId) => ads.forget(proxyId),
    async close() {
      ads.closeAll();
      const closed = once(listener, 'close');
      listener.close();
      injector.destroy();
      server.forceShutdown();
      // One turn for the words of farewell that were just written.
      await setImmediate();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function serveWith(ads: AdsService, protocol: Protocol) {
  return (call: ServerDuplexStream<Buffer, Buffer>) => ads.serve(call, protocol);
}

function method(path: string, responseStream: boolean) {
  return {
    path,
    requestStream: true,
    responseStream,
    requestSerialize: rawBytes,
    requestDeserialize: rawBytes,
    responseSerialize: rawBytes,
    responseDeserialize: rawBytes,
  };
}

function credentialsOf(tls: AdsServerOptions['tls']): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(null, [
    { private_key: Buffer.from(tls.keyPem), cert_chain: Buffer.from(tls.certPem) },
  ]);
}

async function listen(listener: NetServer, { host, port }: AdsServerOptions): Promise<number> {
  listener.listen(port, host);
  await once(listener, 'listening');
  const address = listener.address();
  return address === null || typeof address === 'string' ? port : address.port;
}
