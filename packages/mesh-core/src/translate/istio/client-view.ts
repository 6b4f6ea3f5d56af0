/** What of the mesh one client sees: services, VirtualServices and DestinationRules, by exportTo and by its Sidecar. */
import { contentHash, type Origin } from '@heddle/traffic';
import { HostMap, isCovered, overlaps } from '../../world/host-pattern.ts';
import { isSubset } from '../../world/instance.ts';
import { reach, type Reach } from '../../world/visibility.ts';
import {
  type MeshService,
  type MeshSettings,
  originOf,
  type World,
  type WorldDocuments,
} from '../../world/world.ts';
import { type RoutingService, routingServices } from './delegation.ts';
import { type RuleClient, ruleFor, rulesReadLabels, type UnitedRule } from './united-rule.ts';

type Sidecar = WorldDocuments['sidecars'][number];

/** What is seen through one egress listener. */
export interface EgressScope {
  /** undefined: of every port that has no listener of its own. */
  readonly port: number | undefined;
  readonly services: readonly MeshService[];
  /** In the order in which conflicts are won. */
  readonly routing: readonly RoutingService[];
  /** By hostname, the VirtualService whose host names it best. */
  readonly routerOf: ReadonlyMap<string, RoutingService>;
}

export interface EgressProxy {
  readonly host: string;
  readonly port: number;
  readonly subset: string;
  readonly from: Origin;
}

export interface ClientView {
  /** Views with one id, of worlds with the same surroundings, see the same services and rules. */
  readonly id: string;
  readonly kind: 'sidecar' | 'gateway';
  readonly scopes: readonly EgressScope[];
  /** All that it may reach, one for each hostname. */
  readonly services: readonly MeshService[];
  readonly outboundTrafficPolicy: MeshSettings['outboundTrafficPolicy'];
  /** Who takes what no document names, in place of the address that was called. */
  readonly egressProxy: EgressProxy | undefined;
  service(hostname: string): MeshService | undefined;
  rule(service: MeshService): UnitedRule | undefined;
}

const views = new WeakMap<World, Map<string, ClientView>>();

/** Clients of one namespace share their view, unless a Sidecar or a DestinationRule there tells them apart by labels. */
export function clientView(client: RuleClient, world: World): ClientView {
  const sidecar = sidecarOf(client, world);
  return cachedView(`sidecar ${sidecar?.key.namespace}/${sidecar?.key.name}`, client, world, (key) =>
    buildView('sidecar', key, client, sidecar, world),
  );
}

/** A gateway sees what is exported to its namespace; Sidecars are not for gateways. */
export function gatewayView(client: RuleClient, world: World): ClientView {
  return cachedView('gateway', client, world, (key) => buildView('gateway', key, client, undefined, world));
}

/** The scope of the first listener that is for the port, or for all; undefined where none is. */
export function scopeFor({ scopes }: ClientView, port: number): EgressScope | undefined {
  return scopes.find((scope) => scope.port === undefined || scope.port === port);
}

/** VirtualServices that are bound to a gateway (or to `mesh`) and exported to a namespace: private ones first, public ones last. */
export function routingSeenBy(namespace: string, gateway: string, world: World): RoutingService[] {
  const { virtualServiceExportTo } = world.settings;
  return inOrderOfReach(
    routingServices(world).filter(({ gateways }) => gateways.includes(gateway)),
    ({ document: { key, object } }) =>
      reach(object.spec.exportTo, key.namespace, namespace, virtualServiceExportTo),
  );
}

/** Services by name and ports, in few characters. */
function digestOf(services: Iterable<MeshService>): string {
  let text = '';
  for (const { hostname, namespace, ports } of services) {
    text += `${hostname} ${namespace}`;
    for (const { port } of ports) text += ` ${port}`;
    text += ',';
  }
  return contentHash(text);
}

function cachedView(
  kind: string,
  client: RuleClient,
  world: World,
  build: (key: string) => ClientView,
): ClientView {
  const ofWorld = views.get(world) ?? new Map<string, ClientView>();
  views.set(world, ofWorld);
  const { namespace, labels } = client;
  const key = JSON.stringify([kind, namespace, rulesReadLabels(namespace, world) ? labels : {}]);
  const view = ofWorld.get(key) ?? build(key);
  ofWorld.set(key, view);
  return view;
}

function buildView(
  kind: ClientView['kind'],
  key: string,
  client: RuleClient,
  sidecar: Sidecar | undefined,
  world: World,
): ClientView {
  const { namespace } = client;
  const spec = sidecar?.object.spec;
  const listeners = spec?.egress?.length ? spec.egress : [{ hosts: ['*/*'] }];
  const exported = inOrderOfReach(world.services, (service) =>
    reach(service.exportTo, service.namespace, namespace, world.settings.serviceExportTo),
  );
  const routing = routingSeenBy(namespace, 'mesh', world);
  const scopes = listeners.map(({ port, hosts }) => {
    const imports = importsOf(hosts ?? [], namespace);
    return toScope(
      port?.number,
      importServices(exported, imports, namespace, port?.number),
      routing,
      imports,
    );
  });
  const services = new Map<string, MeshService>();
  for (const scope of scopes) {
    for (const service of scope.services) {
      if (!services.has(service.hostname)) services.set(service.hostname, service);
    }
  }
  // A VirtualService that is imported brings its destinations with it, those of the client's namespace whomever they are exported to.
  const byHost = Map.groupBy(exported, ({ hostname }) => hostname);
  const own = new Map(
    world.services.filter((one) => one.namespace === namespace).map((one) => [one.hostname, one]),
  );
  for (const hostname of scopes.flatMap(({ routing: seen }) => seen.flatMap(destinationsOf(world)))) {
    const service = own.get(hostname) ?? byHost.get(hostname)?.[0];
    if (service !== undefined && !services.has(hostname)) services.set(hostname, service);
  }
  const rules = new Map<MeshService, UnitedRule | undefined>();
  return {
    id: `${key} ${digestOf(services.values())}`,
    kind,
    scopes,
    services: [...services.values()],
    outboundTrafficPolicy:
      spec?.outboundTrafficPolicy === undefined
        ? world.settings.outboundTrafficPolicy
        : (spec.outboundTrafficPolicy.mode ?? 'REGISTRY_ONLY'),
    egressProxy: sidecar && egressProxyOf(sidecar, world),
    service: (hostname) => services.get(hostname),
    rule(service) {
      if (!rules.has(service)) rules.set(service, ruleFor(service, client, world));
      return rules.get(service);
    },
  };
}

function egressProxyOf(sidecar: Sidecar, world: World): EgressProxy | undefined {
  const { egressProxy } = sidecar.object.spec?.outboundTrafficPolicy ?? {};
  if (egressProxy === undefined) return undefined;
  return {
    host: world.resolve(egressProxy.host, sidecar.key.namespace),
    port: egressProxy.port?.number ?? 0,
    subset: egressProxy.subset ?? '',
    from: originOf(sidecar, 'spec.outboundTrafficPolicy.egressProxy'),
  };
}

/** The oldest for the workload's labels, else the oldest without a selector, else the root namespace's. */
export function sidecarOf({ namespace, labels }: RuleClient, world: World): Sidecar | undefined {
  const own = world.documents.sidecars.filter(({ key }) => key.namespace === namespace);
  const selector = ({ object }: Sidecar) => object.spec?.workloadSelector;
  return (
    own.find((one) => selector(one) && isSubset(selector(one)?.labels ?? {}, labels)) ??
    own.find((one) => selector(one) === undefined) ??
    world.documents.sidecars.find(
      (one) => one.key.namespace === world.settings.rootNamespace && selector(one) === undefined,
    )
  );
}

interface Imports {
  /** Host patterns by namespace, `*` for every namespace. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  readonly excluded: ReadonlyMap<string, readonly string[]>;
}

/** `ns/host`, `./host`, `*` + `/host`; a `~` before the namespace takes out, and alone means every namespace. */
function importsOf(written: readonly string[], namespace: string): Imports {
  const hosts = new Map<string, string[]>();
  const excluded = new Map<string, string[]>();
  for (const one of written) {
    const [scope = '', host = ''] = one.split('/');
    const takesOut = scope.startsWith('~');
    const bare = takesOut ? scope.slice(1) || '*' : scope;
    const key = bare === '.' ? namespace : bare;
    const list = takesOut ? excluded : hosts;
    list.set(key, [...(list.get(key) ?? []), host.toLowerCase()]);
  }
  return { hosts, excluded };
}

function isExcluded(host: string, namespace: string, { excluded }: Imports): boolean {
  return [namespace, '*'].some((key) => excluded.get(key)?.some((pattern) => isCovered(host, pattern)));
}

/** Of several services with one hostname that of the client's namespace is taken, else the first that came. */
function importServices(
  services: readonly MeshService[],
  imports: Imports,
  client: string,
  port: number | undefined,
): MeshService[] {
  const byHost = new Map<string, MeshService>();
  for (const service of services) {
    const { hostname, namespace, ports } = service;
    const isImported = [namespace, '*'].some((key) =>
      imports.hosts.get(key)?.some((pattern) => isCovered(hostname, pattern)),
    );
    if (!isImported || isExcluded(hostname, namespace, imports)) continue;
    const ofPort = port === undefined ? ports : ports.filter((one) => one.port === port);
    if (ofPort.length === 0 && port !== undefined) continue;
    if (byHost.has(hostname) && namespace !== client) continue;
    byHost.set(hostname, ofPort.length === ports.length ? service : { ...service, ports: ofPort });
  }
  return [...byHost.values()];
}

function toScope(
  port: number | undefined,
  services: readonly MeshService[],
  visible: readonly RoutingService[],
  imports: Imports,
): EgressScope {
  const routing = visible.filter(({ hosts, document: { key } }) =>
    hosts.some(
      (host) =>
        !isExcluded(host, key.namespace, imports) &&
        [key.namespace, '*'].some((one) =>
          imports.hosts.get(one)?.some((pattern) => overlaps(host, pattern)),
        ),
    ),
  );
  const byHost = new HostMap<RoutingService>();
  for (const one of routing) {
    for (const host of one.hosts) if (byHost.get(host) === undefined) byHost.set(host, one);
  }
  const routerOf = new Map<string, RoutingService>();
  for (const { hostname } of services) {
    const router = byHost.mostSpecific(hostname);
    if (router !== undefined) routerOf.set(hostname, router);
  }
  return { port, services, routing, routerOf };
}

const destinationsOf =
  (world: World) =>
  ({ document, http }: RoutingService): string[] => {
    const { tcp, tls } = document.object.spec;
    return [
      ...http.flatMap(({ rule, document: source }) =>
        [
          ...(rule.route ?? []).map(({ destination }) => destination),
          ...(rule.mirror === undefined ? [] : [rule.mirror]),
          ...(rule.mirrors ?? []).map(({ destination }) => destination),
        ].map(({ host }) => world.resolve(host, source.key.namespace)),
      ),
      ...[...(tcp ?? []), ...(tls ?? [])].flatMap(({ route }) =>
        (route ?? []).map(({ destination }) => world.resolve(destination.host, document.key.namespace)),
      ),
    ];
  };

const reachOrder: Readonly<Record<Reach, number>> = { private: 0, exported: 1, public: 2 };

function inOrderOfReach<T>(list: readonly T[], reachOf: (one: T) => Reach | undefined): T[] {
  return list
    .map((one) => [one, reachOf(one)] as const)
    .filter((pair): pair is readonly [T, Reach] => pair[1] !== undefined)
    .toSorted(([, a], [, b]) => reachOrder[a] - reachOrder[b])
    .map(([one]) => one);
}
