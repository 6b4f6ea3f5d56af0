import type { Destination } from '@heddle/schema';
import type { World } from '../../world/world.ts';
import type { ResolvedDestination } from './http-action.ts';

export function clusterName(port: number, subset: string, hostname: string): string {
  return `outbound|${port}|${subset}|${hostname}`;
}

/** A destination's host, with the port that will be called there. */
export interface DestinationTarget {
  readonly hostname: string;
  readonly port: number | undefined;
  readonly problem?: 'unknown-host' | 'unknown-port' | 'unknown-subset';
}

/**
 * What a destination names: its own port, else the only port of the service, else the port that was called.
 * @param namespace of the document
 */
export function resolveDestination(
  world: World,
  namespace: string,
  destination: Destination,
  calledPort: number | undefined,
): DestinationTarget {
  const hostname = world.resolve(destination.host, namespace);
  const service = world.service(hostname);
  if (service === undefined) return { hostname, port: destination.port?.number, problem: 'unknown-host' };
  const only = service.ports.length === 1 ? service.ports[0]?.port : undefined;
  const port = destination.port?.number ?? only ?? calledPort;
  if (port !== undefined && !service.ports.some((one) => one.port === port)) {
    return { hostname, port, problem: 'unknown-port' };
  }
  const { subset } = destination;
  const known = world
    .rulesFor(hostname)
    .some(({ object }) => object.spec.subsets?.some(({ name }) => name === subset));
  return subset !== undefined && subset !== '' && !known
    ? { hostname, port, problem: 'unknown-subset' }
    : { hostname, port };
}

/** Destinations that lead nowhere keep their share and answer 503 (Istio: flag NC). */
export function destinationResolver(world: World, namespace: string, calledPort: number) {
  return (destination: Destination): ResolvedDestination => {
    const target = resolveDestination(world, namespace, destination, calledPort);
    const cluster = clusterName(target.port ?? calledPort, destination.subset ?? '', target.hostname);
    return target.problem === undefined ? { cluster } : { cluster, invalidStatus: 503 };
  };
}
