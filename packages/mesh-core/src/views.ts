/** What the control plane tells of services: for the graph, and for the pages that show how requests are routed. */
import type {
  HttpMatchRequest,
  Instance,
  IstioStringMatch,
  ServiceRouting,
  ServiceRule,
} from '@heddle/schema';
import { routingOwner } from './compile/outbound.ts';
import { selects } from './world/instance.ts';
import type { MeshService, Typed, World, WorldDocuments } from './world/world.ts';
import { gatewayNameLabel } from './translate/gateway-api/gateway.ts';
import { definedSubsets } from './translate/istio/destination-rule.ts';
import type { ConfigStore } from './store/config-store.ts';

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

/** The document that owns a service's routing, and its rules in words. */
export function routingOf(world: World, service: MeshService, store: ConfigStore): ServiceRouting {
  const owner = routingOwner(service, world)?.document;
  const stored = owner === undefined ? undefined : store.get(owner.key);
  if (owner === undefined || stored === undefined) return { owner: null, rules: [] };
  const versions = new Map(
    definedSubsets(service, world).map(({ subset }) => [subset.name, subset.labels?.['version'] ?? null]),
  );
  return {
    owner: { ...owner.key, revision: stored.revision, yaml: stored.yaml },
    rules: (owner.object.spec.http ?? []).map((rule, i) => toRule(rule, i, versions)),
  };
}

type HttpRule = NonNullable<
  Typed<WorldDocuments['virtualServices'][number]['object']>['object']['spec']['http']
>[number];

function toRule(rule: HttpRule, index: number, versions: ReadonlyMap<string, string | null>): ServiceRule {
  const path = `spec.http[${index}]`;
  const route = rule.route ?? [];
  const total = route.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  return {
    path,
    match: rule.match?.length ? rule.match.map(matchWords).join(' or ') : 'everything else',
    parts: route.map(({ destination, weight }, i) => ({
      host: destination.host,
      subset: destination.subset ?? null,
      version: versions.get(destination.subset ?? '') ?? null,
      weight: route.length === 1 ? 100 : total === 0 ? 0 : Math.round(((weight ?? 0) / total) * 10_000) / 100,
      weightPath: `${path}.route[${i}].weight`,
    })),
    extras: extrasOf(rule),
  };
}

function matchWords(match: HttpMatchRequest): string {
  const parts = [
    ...(match.method === undefined ? [] : [valueWords('method', match.method)]),
    ...(match.uri === undefined ? [] : [valueWords('path', match.uri)]),
    ...(match.authority === undefined ? [] : [valueWords('authority', match.authority)]),
    ...Object.entries(match.headers ?? {}).map(([name, value]) => valueWords(name, value)),
    ...Object.entries(match.withoutHeaders ?? {}).map(([name, value]) => `not ${valueWords(name, value)}`),
    ...Object.entries(match.queryParams ?? {}).map(([name, value]) => valueWords(`?${name}`, value)),
    ...(match.sourceNamespace === undefined ? [] : [`from namespace ${match.sourceNamespace}`]),
    ...Object.entries(match.sourceLabels ?? {}).map(([name, value]) => `from ${name}=${value}`),
    ...(match.port === undefined ? [] : [`port ${match.port}`]),
  ];
  return parts.length === 0 ? 'everything' : parts.join(' and ');
}

function valueWords(name: string, value: IstioStringMatch): string {
  if (value.exact !== undefined) return `${name} ${value.exact}`;
  if (value.prefix !== undefined) return `${name} ${value.prefix}*`;
  return value.regex === undefined ? `${name} present` : `${name} ~ ${value.regex}`;
}

function extrasOf(rule: HttpRule): string[] {
  const { timeout, retries, fault, rewrite, redirect, directResponse, mirror } = rule;
  return [
    ...(timeout === undefined ? [] : [`timeout ${timeout}`]),
    ...(retries?.attempts === undefined ? [] : [`${retries.attempts} retries`]),
    ...(fault?.delay === undefined
      ? []
      : [`delay ${fault.delay.fixedDelay ?? '0s'} for ${fault.delay.percentage?.value ?? 0} %`]),
    ...(fault?.abort?.httpStatus === undefined
      ? []
      : [`abort ${fault.abort.httpStatus} for ${fault.abort.percentage?.value ?? 0} %`]),
    ...(rewrite?.uri === undefined ? [] : [`rewrite to ${rewrite.uri}`]),
    ...(redirect === undefined ? [] : [`redirect to ${redirect.authority ?? ''}${redirect.uri ?? ''}`]),
    ...(directResponse === undefined ? [] : [`answer ${directResponse.status}`]),
    ...(mirror === undefined ? [] : [`mirror to ${mirror.subset ?? mirror.host}`]),
  ];
}
