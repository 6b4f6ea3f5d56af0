import type { WorkloadGroupSpec } from '@heddle/schema';
import type { Listener, ReadinessProbe } from '@heddle/traffic';
import type { WorkloadInstance } from '../../world/instance.ts';
import { groupOf } from '../../world/workload-groups.ts';
import { originOf, type World } from '../../world/world.ts';

type Probe = NonNullable<WorkloadGroupSpec['probe']>;

/** How a member of a WorkloadGroup says that it is ready; nothing where the group leaves it to the proxy. */
export function readinessOf(instance: WorkloadInstance, world: World): Pick<Listener, 'readiness'> {
  const group = groupOf(instance, world.documents);
  const probe = group?.object.spec.probe;
  const check = probe && checkOf(probe);
  if (group === undefined || probe === undefined || check === undefined) return {};
  // Kubernetes' defaults; 0 is not given.
  return {
    readiness: {
      check,
      initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
      periodMs: (probe.periodSeconds || 10) * 1000,
      timeoutMs: (probe.timeoutSeconds || 1) * 1000,
      successThreshold: probe.successThreshold || 1,
      failureThreshold: probe.failureThreshold || 3,
      from: [originOf(group, 'spec.probe')],
    },
  };
}

/** @returns undefined for what our proxies do not ask */
function checkOf({ httpGet, tcpSocket }: Probe): ReadinessProbe['check'] | undefined {
  if (httpGet !== undefined) {
    const { path = '', host, scheme } = httpGet;
    return {
      kind: 'http',
      scheme: scheme === 'HTTPS' ? 'https' : 'http',
      host: host || 'localhost',
      port: httpGet.port,
      path: path.startsWith('/') ? path : `/${path}`,
      headers: (httpGet.httpHeaders ?? []).map(({ name = '', value = '' }) => ({ name, value })),
    };
  }
  return tcpSocket && { kind: 'tcp', host: tcpSocket.host || 'localhost', port: tcpSocket.port };
}
