import {
  contentHash,
  type ExtAuthz,
  type FilterChain,
  type Listener,
  type ProxySnapshot,
  type RouteConfiguration,
  type TlsSecret,
} from '@heddle/traffic';
import { DocumentMemo } from '../world/document-memo.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import type { MeshService, World } from '../world/world.ts';
import { compileGateway } from './gateway.ts';
import { withHashPolicies } from './hash-policies.ts';
import { compileInbound } from './inbound.ts';
import { type ClientView, clientView, gatewayView } from '../translate/istio/client-view.ts';
import { type ServiceClusters, translateService } from '../translate/istio/destination-rule.ts';
import { policyClusters } from '../translate/envoy-gateway/route-policies.ts';
import { ruleFor, type UnitedRule } from '../translate/istio/united-rule.ts';
import { compileClusters, compileOutboundRoutes, outboundListeners } from './outbound.ts';
import { secretsFor } from './secrets.ts';

/**
 * Keeps one object for each content: a node that did not change is the same object in every snapshot and every revision, so that
 * it is encoded once and compared by reference.
 */
export class Interner {
  #known = new Map<string, object>();
  #next = new Map<string, object>();
  readonly #hashes = new WeakMap<object, string>();

  intern<T extends object>(node: T): T {
    return this.#internAs(this.#hashOf(node), node);
  }

  /** A configuration is known by its virtual hosts, each of which is kept as one object, too. */
  internRoutes(configuration: RouteConfiguration): RouteConfiguration {
    const virtualHosts = configuration.virtualHosts.map((host) => this.intern(host));
    const hash = contentHash([configuration.name, virtualHosts.map((host) => this.#hashOf(host))]);
    return this.#internAs(hash, { ...configuration, virtualHosts });
  }

  #hashOf(node: object): string {
    let hash = this.#hashes.get(node);
    if (hash === undefined) this.#hashes.set(node, (hash = contentHash(node)));
    return hash;
  }

  #internAs<T extends object>(hash: string, node: T): T {
    const known = this.#known.get(hash) ?? this.#next.get(hash) ?? node;
    this.#next.set(hash, known);
    // The map holds for a hash only what was interned under it, so it is of the same shape.
    return known as T; // oxlint-disable-line typescript/no-unsafe-type-assertion
  }

  /** Forgets what was not used since the last call. */
  sweep(): void {
    this.#known = this.#next;
    this.#next = new Map();
  }
}

/** By service and rule: views and worlds that see the same of a service share its clusters. */
const serviceClusters = new DocumentMemo<ServiceClusters>();

/** All that one proxy is sent: what it is told, and the secrets that this names. */
export interface Published {
  readonly snapshot: ProxySnapshot;
  readonly secrets: readonly TlsSecret[];
}

/** Of whole views, by surroundings and the view's id. */
const viewClusters = new WeakMap<object, Map<string, ServiceClusters>>();

/** Compiles one world for its proxies; parts that are the same for several are made once. */
export class Compiler {
  readonly #interner: Interner;
  readonly #world: World;
  readonly #routes = new Map<string, ProxySnapshot['routeConfigurations']>();
  readonly #clusters = new WeakMap<ClientView, ServiceClusters>();

  constructor(world: World, interner: Interner) {
    this.#world = world;
    this.#interner = interner;
  }

  publishedFor(proxy: WorkloadInstance): Published {
    const instance = this.#world.instance(proxy.id) ?? proxy;
    const snapshot = this.snapshotFor(instance);
    const secrets = secretsFor(snapshot, instance, this.#world).map((one) => this.#interner.intern(one));
    return { snapshot, secrets };
  }

  snapshotFor(proxy: WorkloadInstance): ProxySnapshot {
    const instance = this.#world.instance(proxy.id) ?? proxy;
    if (instance.kind === 'gateway') {
      const view = gatewayView(instance, this.#world);
      const { listeners, routeConfigurations } = compileGateway(instance, this.#world);
      const ofServices = this.#withAuthorizers(view, instance, listeners);
      const { clusters, loadAssignments } = this.#withPolicyClusters(ofServices, routeConfigurations);
      return {
        listeners: listeners.map((one) => this.#interner.intern(one)),
        routeConfigurations: withHashPolicies(routeConfigurations, clusters).map((one) =>
          this.#interner.internRoutes(one),
        ),
        clusters,
        loadAssignments,
      };
    }
    const view = clientView(instance, this.#world);
    const routes = this.#outboundRoutes(instance);
    const inbound = compileInbound(instance, this.#world);
    const listeners = [...outboundListeners(view, instance, this.#world), ...inbound.listeners];
    const ofServices = this.#withAuthorizers(view, instance, listeners);
    const { clusters, loadAssignments } = this.#withPolicyClusters(ofServices, routes);
    return {
      listeners: listeners.map((one) => this.#interner.intern(one)).toSorted(byName),
      routeConfigurations: [
        ...routes,
        ...inbound.routeConfigurations.map((one) => this.#interner.internRoutes(one)),
      ].toSorted(byName),
      clusters: [...clusters, ...inbound.clusters.map((one) => this.#interner.intern(one))].toSorted(byName),
      loadAssignments,
    };
  }

  /** Who is asked whether requests may pass has to be reached, whatever else the client sees of the mesh. */
  #withAuthorizers(
    view: ClientView,
    client: WorkloadInstance,
    listeners: readonly Listener[],
  ): ServiceClusters {
    const known = this.#clustersOf(view);
    const names = new Set(known.clusters.map(({ name }) => name));
    const missing = new Set(
      listeners
        .flatMap(({ filterChains }) => filterChains.flatMap(authorizersOf))
        .map(({ cluster }) => cluster)
        .filter((cluster) => !names.has(cluster)),
    );
    if (missing.size === 0) return known;
    const parts = [...new Set(Array.from(missing, (cluster) => cluster.split('|').at(-1) ?? ''))]
      .map((hostname) => this.#world.service(hostname))
      .filter((service) => service !== undefined)
      .map((service) => this.#serviceClusters(service, ruleFor(service, client, this.#world), view.kind));
    const isMissing = (name: string) => missing.has(name);
    return {
      clusters: [
        ...known.clusters,
        ...parts
          .flatMap(({ clusters }) => clusters.filter(({ name }) => isMissing(name)))
          .map((one) => this.#interner.intern(one)),
      ].toSorted(byName),
      loadAssignments: [
        ...known.loadAssignments,
        ...parts
          .flatMap(({ loadAssignments }) => loadAssignments.filter(({ cluster }) => isMissing(cluster)))
          .map((one) => this.#interner.intern(one)),
      ].toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1)),
    };
  }

  /** With those that policies made for the routes. */
  #withPolicyClusters(
    known: ServiceClusters,
    routeConfigurations: ProxySnapshot['routeConfigurations'],
  ): ServiceClusters {
    const made = policyClusters(routeConfigurations, known, this.#world);
    if (made.clusters.length === 0) return known;
    return {
      clusters: [...known.clusters, ...made.clusters.map((one) => this.#interner.intern(one))].toSorted(
        byName,
      ),
      loadAssignments: [
        ...known.loadAssignments,
        ...made.loadAssignments.map((one) => this.#interner.intern(one)),
      ].toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1)),
    };
  }

  #clustersOf(view: ClientView): ServiceClusters {
    const known = this.#clusters.get(view);
    if (known !== undefined) return known;
    const { clusters, loadAssignments } = this.#sharedClusters(view);
    const kept = {
      clusters: clusters.map((one) => this.#interner.intern(one)),
      loadAssignments: loadAssignments.map((one) => this.#interner.intern(one)),
    };
    this.#clusters.set(view, kept);
    return kept;
  }

  /** Worlds that differ in their routes alone have the same clusters. */
  #sharedClusters(view: ClientView): ServiceClusters {
    const { surroundings } = this.#world;
    const ofSurroundings = viewClusters.get(surroundings) ?? new Map<string, ServiceClusters>();
    viewClusters.set(surroundings, ofSurroundings);
    let shared = ofSurroundings.get(view.id);
    if (shared === undefined) {
      shared = compileClusters(view, (service, rule) => this.#serviceClusters(service, rule, view.kind));
      ofSurroundings.set(view.id, shared);
    }
    return shared;
  }

  #serviceClusters(
    service: MeshService,
    rule: UnitedRule | undefined,
    kind: ClientView['kind'],
  ): ServiceClusters {
    const { hostname, namespace, ports } = service;
    const key = JSON.stringify([hostname, namespace, ports.map(({ port }) => port), rule?.id, kind]);
    return serviceClusters.get(this.#world.surroundings, [service.document], key, () =>
      translateService(service, rule, kind, this.#world),
    );
  }

  #outboundRoutes(instance: WorkloadInstance): ProxySnapshot['routeConfigurations'] {
    const { namespace, labels } = instance;
    const view = JSON.stringify([namespace, this.#readsLabels() ? labels : {}]);
    let routes = this.#routes.get(view);
    if (routes === undefined) {
      const compiled = compileOutboundRoutes(this.#world, { gateway: 'mesh', namespace, labels });
      const { clusters } = this.#clustersOf(clientView(instance, this.#world));
      routes = withHashPolicies(compiled, clusters).map((one) => this.#interner.internRoutes(one));
      this.#routes.set(view, routes);
    }
    return routes;
  }

  /** Whether anything asks for the caller's labels; if nothing does, callers of one namespace share their routes. */
  #readsLabels(): boolean {
    const { virtualServices, sidecars, destinationRules } = this.#world.documents;
    return (
      sidecars.some(({ object }) => object.spec?.workloadSelector !== undefined) ||
      destinationRules.some(({ object }) => object.spec.workloadSelector !== undefined) ||
      virtualServices.some(({ object }) =>
        object.spec.http?.some(({ match }) => match?.some(({ sourceLabels }) => sourceLabels !== undefined)),
      )
    );
  }
}

/** Whom a chain or its routes ask. */
function authorizersOf({ extAuthz = [], http: { routeAuthorizers = [] } }: FilterChain): readonly ExtAuthz[] {
  return [...extAuthz, ...routeAuthorizers];
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
