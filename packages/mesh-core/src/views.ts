/** What the control plane tells of services and workloads: for the graph and for the pages. */
import type { Instance } from '@heddle/schema';
import { selects } from './world/instance.ts';
import type { MeshService, World } from './world/world.ts';
import { gatewayNameLabel } from './translate/gateway-api/gateway.ts';

export interface WorkloadView {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  /** The one it is counted for. */
  readonly service: string;
  /** All of its namespace that select it. */
  readonly services: readonly string[];
  readonly kind: 'service' | 'gateway';
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly spiffeId: string;
  readonly ready: number;
  readonly total: number;
}

export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'service' | 'gateway';
}

export interface TopologyView {
  readonly services: readonly ServiceView[];
  readonly workloads: readonly WorkloadView[];
}

/** The graph asks twice a second for each view; a world never changes. */
const topologies = new WeakMap<World, TopologyView>();

/** Services and workloads with the instances that run of those that should. */
export function topologyOf(world: World): TopologyView {
  const known = topologies.get(world);
  if (known !== undefined) return known;
  const topology = buildTopology(world);
  topologies.set(world, topology);
  return topology;
}

function buildTopology(world: World): TopologyView {
  const workloads = new Map<string, WorkloadView>();
  const add = (
    one: Pick<WorkloadView, 'namespace' | 'name' | 'labels' | 'serviceAccount'>,
    ready: number,
    running: number,
    declared: number,
  ) => {
    const id = `${one.namespace}/${one.name}`;
    const known = workloads.get(id);
    const services = known?.services ?? servicesOf(world, one.namespace, one.labels);
    workloads.set(id, {
      namespace: one.namespace,
      name: one.name,
      version: one.labels['version'] ?? '',
      service: services[0] ?? '',
      services,
      kind: isGateway(world, one.labels) ? 'gateway' : 'service',
      labels: one.labels,
      serviceAccount: one.serviceAccount,
      spiffeId: world.spiffeId(one.namespace, one.serviceAccount),
      ready: (known?.ready ?? 0) + ready,
      total: Math.max(known?.total ?? 0, declared, (known?.ready ?? 0) + running),
    });
  };
  for (const deployment of world.deployments) {
    if (deployment.replicas > 0) add(deployment, 0, 0, deployment.replicas);
  }
  for (const instance of world.instances)
    add({ ...instance, name: instance.workload }, instance.ready ? 1 : 0, 1, 0);
  return {
    services: world.services.map(({ namespace, name, selector }) => ({
      namespace,
      name,
      kind: selector !== undefined && isGateway(world, selector) ? 'gateway' : 'service',
    })),
    workloads: [...workloads.values()],
  };
}

function isGateway(world: World, labels: Readonly<Record<string, string>>): boolean {
  return (
    gatewayNameLabel in labels ||
    world.documents.gateways.some(({ object }) => selects(object.spec.selector, labels)) ||
    world.instances.some((one) => one.kind === 'gateway' && selects(labels, one.labels))
  );
}

/**
 * The services that select a workload, the widest first: beside a service of all versions there may be one for each version, which
 * routes name as destinations, and the graph counts the workload for the service that callers know.
 */
function servicesOf(world: World, namespace: string, labels: Readonly<Record<string, string>>): string[] {
  return world.services
    .filter((service) => service.namespace === namespace && selects(service.selector, labels))
    .toSorted((a, b) => width(a) - width(b))
    .map(({ name }) => name);
}

function width({ selector }: MeshService): number {
  return Object.keys(selector ?? {}).length;
}

export function instancesView(world: World, service: MeshService): Instance[] {
  return world.instancesOf(service).map((instance) => ({
    id: instance.id,
    workload: instance.workload,
    version: instance.labels['version'] ?? null,
    address: `${instance.address}:${instance.inboundPort}`,
    spiffeId: world.spiffeId(instance.namespace, instance.serviceAccount),
    ready: instance.ready,
    ...(instance.reason === '' ? {} : { reason: instance.reason }),
  }));
}
