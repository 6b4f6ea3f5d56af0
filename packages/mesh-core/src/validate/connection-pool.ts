import type { ConnectionPoolSettings } from '@heddle/schema';
import { durationMs } from '../world/duration.ts';
import { durationFindings } from './durations.ts';
import { type RuleFinding, schemaError } from './rule.ts';

/** Limits of connections and requests: at least one of them, with times that there can be (IST0106). */
export function* connectionPoolFindings(
  path: string,
  pool: ConnectionPoolSettings | undefined,
): Iterable<RuleFinding> {
  if (pool === undefined) return;
  const { http, tcp } = pool;
  if (http === undefined && tcp === undefined) {
    yield schemaError(path, 'the connection pool is empty; give it tcp or http');
  }
  yield* durationFindings(`${path}.http.idleTimeout`, http?.idleTimeout);
  if (http?.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol === true) {
    yield schemaError(
      `${path}.http.useClientProtocol`,
      'the protocol of the client and an upgrade to HTTP/2 exclude each other; keep one of them',
    );
  }
  yield* durationFindings(`${path}.http.http2KeepAlive.interval`, http?.http2KeepAlive?.interval);
  yield* durationFindings(`${path}.http.http2KeepAlive.timeout`, http?.http2KeepAlive?.timeout);
  yield* durationFindings(`${path}.tcp.connectTimeout`, tcp?.connectTimeout);
  yield* durationFindings(`${path}.tcp.maxConnectionDuration`, tcp?.maxConnectionDuration);
  // 0 turns it off, and Istio reads it in milliseconds.
  if (Math.trunc(durationMs(tcp?.idleTimeout ?? '0s') ?? 1) !== 0) {
    yield* durationFindings(`${path}.tcp.idleTimeout`, tcp?.idleTimeout);
  }
  yield* durationFindings(`${path}.tcp.tcpKeepalive.time`, tcp?.tcpKeepalive?.time);
  yield* durationFindings(`${path}.tcp.tcpKeepalive.interval`, tcp?.tcpKeepalive?.interval);
}
