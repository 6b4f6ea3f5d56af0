import type { UpstreamConnections } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';

/** TCP keepalive, of a listener or a cluster; what it does not say is the machine's own. */
export function keepaliveOf(
  tcpKeepalive:
    | { readonly probes?: number; readonly idleTime?: string; readonly interval?: string }
    | undefined,
): Pick<UpstreamConnections, 'keepalive'> {
  if (tcpKeepalive === undefined) return {};
  const { probes = 0, idleTime = '0s', interval = '0s' } = tcpKeepalive;
  return {
    keepalive: { probes, timeMs: durationMs(idleTime) ?? 0, intervalMs: durationMs(interval) ?? 0 },
  };
}
