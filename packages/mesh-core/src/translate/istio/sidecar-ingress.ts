/** What a sidecar serves: the port of its application, or what a Sidecar says instead (spec.ingress). */
import type { ConnectionPoolSettings, SidecarSpec } from '@heddle/schema';
import type { Cluster, Origin } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import type { WorkloadInstance } from '../../world/instance.ts';
import { speaksHttp } from '../../world/port-protocol.ts';
import { originOf, type World } from '../../world/world.ts';
import { sidecarOf } from './client-view.ts';
import { circuitBreakerOf, connectionsOf } from './traffic-policy.ts';

type Ingress = NonNullable<SidecarSpec['ingress']>[number];

/** A port that a workload is called on, and where the application listens for it. */
export interface ServedPort {
  readonly port: number;
  /** undefined: nobody that a proxy could reach. */
  readonly endpoint: { readonly address: string; readonly port: number } | undefined;
  readonly connections: Pick<Cluster, 'circuitBreaker' | 'connections' | 'connectTimeoutMs'>;
  readonly from: readonly Origin[];
}

/** At least one: with ingress listeners the workload serves those and nothing else, as in Istio. */
export function servedPorts(instance: WorkloadInstance, world: World): ServedPort[] {
  const sidecar = sidecarOf(instance, world);
  const { ingress = [], inboundConnectionPool } = sidecar?.object.spec ?? {};
  if (sidecar === undefined || ingress.length === 0) {
    const { appPort: port } = instance;
    const from = inboundConnectionPool && sidecar && [originOf(sidecar, 'spec.inboundConnectionPool')];
    const connections = connectionSettings(inboundConnectionPool, world);
    return [{ port, endpoint: { address: '127.0.0.1', port }, connections, from: from ?? [] }];
  }
  return ingress
    .map((listener, i) => ({ listener, from: [originOf(sidecar, `spec.ingress[${i}]`)] }))
    .filter(({ listener }) => servesHttp(listener))
    .map(({ listener, from }) => ({
      port: listener.port.number ?? 0,
      endpoint: endpointOf(listener, instance),
      connections: connectionSettings(listener.connectionPool ?? inboundConnectionPool, world),
      from,
    }));
}

/** Whether our sidecars can serve it: requests, in clear or over mTLS of the mesh. */
export function servesHttp({ port }: Ingress): boolean {
  const { number = 0, protocol } = port;
  return speaksHttp({ port: number, ...(protocol === undefined ? {} : { appProtocol: protocol }) });
}

/** `127.0.0.1` and `[::1]` are the application beside the proxy, `0.0.0.0` and `[::]` the workload's own address. */
function endpointOf(
  { port, defaultEndpoint = '' }: Ingress,
  { address }: WorkloadInstance,
): ServedPort['endpoint'] {
  if (defaultEndpoint === '') return { address: '127.0.0.1', port: port.number ?? 0 };
  const [, host, number] =
    /^(127\.0\.0\.1|0\.0\.0\.0|\[?::1\]?|\[::\])?:\+?(\d+)$/.exec(defaultEndpoint) ?? [];
  if (number === undefined) return undefined;
  const isOwnAddress = host === '0.0.0.0' || host === '[::]';
  const isV6 = host?.includes('::1') === true;
  return { address: isOwnAddress ? address : isV6 ? '::1' : '127.0.0.1', port: Number(number) };
}

function connectionSettings(
  pool: ConnectionPoolSettings | undefined,
  { settings }: World,
): ServedPort['connections'] {
  const connections = connectionsOf(pool);
  return {
    connectTimeoutMs: durationMs(pool?.tcp?.connectTimeout ?? '') ?? settings.connectTimeoutMs,
    ...(pool === undefined ? {} : { circuitBreaker: circuitBreakerOf({ connectionPool: pool }) }),
    ...(connections === undefined ? {} : { connections }),
  };
}
