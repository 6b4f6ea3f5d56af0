/** VirtualServices as they route: those with hosts, and in the place of each rule that delegates, the rules of the delegate. */
import type { Destination, HttpMatchRequest, HttpRoute, IstioStringMatch } from '@heddle/schema';
import type { Origin } from '@heddle/traffic';
import { reach } from '../../world/visibility.ts';
import { originOf, type World, type WorldDocuments } from '../../world/world.ts';

type Document = WorldDocuments['virtualServices'][number];

/** One HTTP rule, where it is written, and the rule that delegated to it. */
export interface SourcedRule {
  readonly rule: HttpRoute;
  readonly document: Document;
  readonly index: number;
  readonly delegatedBy?: Origin;
}

export interface RoutingService {
  /** The VirtualService that has the hosts and the gateways. */
  readonly document: Document;
  /** In full. */
  readonly hosts: readonly string[];
  /** `mesh` or `namespace/name`. */
  readonly gateways: readonly string[];
  readonly http: readonly SourcedRule[];
}

/** A world never changes: its VirtualServices are joined with their delegates once. */
const joined = new WeakMap<World, readonly RoutingService[]>();

/** Oldest first. A VirtualService without hosts is a delegate, and routes nothing by itself. */
export function routingServices(world: World): readonly RoutingService[] {
  const known = joined.get(world);
  if (known !== undefined) return known;
  const services = world.documents.virtualServices
    .filter(({ object }) => (object.spec.hosts ?? []).length > 0)
    .map((document) => toRoutingService(document, world));
  joined.set(world, services);
  return services;
}

/** A short name of a gateway is in the document's namespace. */
export function qualifiedGateway(name: string, namespace: string): string {
  return name === 'mesh' || name.includes('/') ? name : `${namespace}/${name}`;
}

function toRoutingService(document: Document, world: World): RoutingService {
  const { hosts, gateways, http } = document.object.spec;
  const { namespace } = document.key;
  return {
    document,
    hosts: (hosts ?? []).map((host) => world.resolve(host, namespace)),
    gateways: (gateways?.length ? gateways : ['mesh']).map((name) => qualifiedGateway(name, namespace)),
    http: (http ?? []).flatMap((rule, index) =>
      rule.delegate === undefined ? [{ rule, document, index }] : delegated(rule, document, index, world),
    ),
  };
}

/** A delegate that is missing, or is not exported to the namespace of the root, takes its rule with it. */
function delegated(root: HttpRoute, document: Document, index: number, world: World): SourcedRule[] {
  const namespace = root.delegate?.namespace || document.key.namespace;
  const delegate = world.documents.virtualServices.find(
    ({ key, object }) =>
      key.namespace === namespace && key.name === root.delegate?.name && !object.spec.hosts?.length,
  );
  if (delegate === undefined) return [];
  const { exportTo, http } = delegate.object.spec;
  if (!reach(exportTo, namespace, document.key.namespace, world.settings.virtualServiceExportTo)) return [];
  const ofRoot = inFull(root, document.key.namespace, world);
  const delegatedBy = originOf(document, `spec.http[${index}].delegate`);
  return (http ?? []).flatMap((rule, i) => {
    if (rule.delegate !== undefined) return []; // one level only
    const own = inFull(rule, namespace, world);
    const match = joinMatches(ofRoot.match ?? [], own.match ?? []);
    if (match === undefined) return [];
    return [{ rule: { ...inherited(ofRoot), ...own, match }, document: delegate, index: i, delegatedBy }];
  });
}

/** What a delegate's rule gets from the root's where it says nothing itself. */
function inherited({
  route: _route,
  redirect: _redirect,
  delegate: _delegate,
  ...rest
}: HttpRoute): HttpRoute {
  return rest;
}

/** Short names mean the namespace of the document that they stand in: they are completed before two documents are joined. */
function inFull(rule: HttpRoute, namespace: string, world: World): HttpRoute {
  const destination = (written: Destination) => ({
    ...written,
    host: world.resolve(written.host, namespace),
  });
  const { match, route, mirror, mirrors } = rule;
  return {
    ...rule,
    ...(match && {
      match: match.map((one) => ({
        ...one,
        ...(one.gateways && { gateways: one.gateways.map((name) => qualifiedGateway(name, namespace)) }),
      })),
    }),
    ...(route && { route: route.map((one) => ({ ...one, destination: destination(one.destination) })) }),
    ...(mirror && { mirror: destination(mirror) }),
    ...(mirrors && {
      mirrors: mirrors.map((one) => ({ ...one, destination: destination(one.destination) })),
    }),
  };
}

/**
 * Each alternative of the delegate with each of the root that it does not contradict.
 * @returns undefined when an alternative of the delegate contradicts all of the root's: the rule is dropped
 */
function joinMatches(
  root: readonly HttpMatchRequest[],
  delegate: readonly HttpMatchRequest[],
): HttpMatchRequest[] | undefined {
  if (root.length === 0) return [...delegate];
  if (delegate.length === 0) return [...root];
  const joinedMatches: HttpMatchRequest[] = [];
  for (const leaf of delegate) {
    const compatible = root.filter((one) => !contradicts(one, leaf));
    if (compatible.length === 0) return undefined;
    joinedMatches.push(...compatible.map((one) => joinMatch(one, leaf)));
  }
  return joinedMatches;
}

const maps = ['headers', 'withoutHeaders', 'queryParams', 'sourceLabels'] as const;

function joinMatch(root: HttpMatchRequest, leaf: HttpMatchRequest): HttpMatchRequest {
  const both = Object.fromEntries(maps.map((name) => [name, { ...root[name], ...leaf[name] }]));
  return { ...root, ...leaf, ...both, ...(leaf.gateways?.length ? {} : { gateways: root.gateways ?? [] }) };
}

/** A delegate's match has to be within the root's. */
function contradicts(root: HttpMatchRequest, leaf: HttpMatchRequest): boolean {
  for (const name of ['uri', 'scheme', 'method', 'authority'] as const) {
    if (isOutside(root[name], leaf[name])) return true;
  }
  for (const name of ['headers', 'withoutHeaders', 'queryParams'] as const) {
    for (const [key, value] of Object.entries(leaf[name] ?? {})) {
      if (isOutside(root[name]?.[key], value)) return true;
    }
  }
  if ((root.ignoreUriCase ?? false) !== (leaf.ignoreUriCase ?? false)) return true;
  if (root.port !== undefined && leaf.port !== undefined && root.port !== leaf.port) return true;
  if (root.sourceNamespace && leaf.sourceNamespace !== root.sourceNamespace) return true;
  for (const [key, value] of Object.entries(leaf.sourceLabels ?? {})) {
    if ((root.sourceLabels?.[key] ?? value) !== value) return true;
  }
  const gateways = root.gateways ?? [];
  return (
    gateways.length > 0 &&
    ((leaf.gateways ?? []).length > gateways.length ||
      (leaf.gateways ?? []).some((name) => !gateways.includes(name)))
  );
}

/** Regular expressions cannot be compared: two matches of which one is a regex contradict each other. */
function isOutside(root: IstioStringMatch | undefined, leaf: IstioStringMatch | undefined): boolean {
  if (root === undefined || leaf === undefined) return false;
  if (root.regex || leaf.regex) return true;
  if (root.exact) return leaf.exact !== root.exact;
  if (root.prefix) return !(leaf.prefix || leaf.exact || '').startsWith(root.prefix);
  return true;
}
