import type { Destination, ServicePort } from '@heddle/schema';
import type { MeshSettings, World } from '../../world/world.ts';
import type { ClientView } from './client-view.ts';
import { discoveryOf } from './service-endpoints.ts';
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

/** What somebody knows of the services that destinations name. */
export interface KnownServices {
  readonly settings: MeshSettings;
  resolve(host: string, namespace: string): string;
  portsOf(hostname: string): readonly ServicePort[] | undefined;
  hasSubset(hostname: string, subset: string): boolean;
}

/** The whole mesh, whoever may see it: what documents are checked against. */
export function allServices(world: World): KnownServices {
  return {
    settings: world.settings,
    resolve: (host, namespace) => world.resolve(host, namespace),
    portsOf: (hostname) => world.service(hostname)?.ports,
    hasSubset: (hostname, subset) =>
      world
        .rulesCovering(hostname)
        .some(({ object }) => object.spec.subsets?.some(({ name }) => name === subset)),
  };
}

/** What one client sees. */
export function servicesInView(view: ClientView, world: World): KnownServices {
  return {
    settings: world.settings,
    resolve: (host, namespace) => targetHost(world.resolve(host, namespace), view),
    portsOf(hostname) {
      const service = view.service(hostname);
      return service?.ports.filter((port) => discoveryOf(service, port, view.kind, world) !== undefined);
    },
    hasSubset(hostname, subset) {
      const service = view.service(hostname);
      const rule = service && view.rule(service);
      return rule?.subsets.some((one) => one.subset.name === subset) ?? false;
    },
  };
}

/** A destination that is only another name leads to the host that it stands for. */
function targetHost(hostname: string, view: ClientView): string {
  return view.service(hostname)?.aliasOf ?? hostname;
}

/**
 * What a destination names: its own port, else the only port of the service, as Istio's documentation of Destination has it, else the
 * port that was called. (Istio itself looks for the only port on gateways alone.)
 * @param namespace of the document
 */
export function resolveDestination(
  services: KnownServices,
  namespace: string,
  destination: Destination,
  calledPort: number | undefined,
): DestinationTarget {
  const hostname = services.resolve(destination.host, namespace);
  const ports = services.portsOf(hostname);
  if (ports === undefined) return { hostname, port: destination.port?.number, problem: 'unknown-host' };
  const only = ports.length === 1 ? ports[0]?.port : undefined;
  const port = destination.port?.number ?? only ?? calledPort;
  if (port !== undefined && !ports.some((one) => one.port === port)) {
    return { hostname, port, problem: 'unknown-port' };
  }
  const subset = destination.subset ?? '';
  return subset !== '' && !services.hasSubset(hostname, subset)
    ? { hostname, port, problem: 'unknown-subset' }
    : { hostname, port };
}

/** Destinations that lead nowhere keep their share and answer 503 (Istio: flag NC). */
export function destinationResolver(services: KnownServices, namespace: string, calledPort: number) {
  return (destination: Destination): ResolvedDestination => {
    const target = resolveDestination(services, namespace, destination, calledPort);
    const cluster = clusterName(target.port ?? calledPort, destination.subset ?? '', target.hostname);
    return target.problem === undefined ? { cluster } : { cluster, invalidStatus: 503 };
  };
}
