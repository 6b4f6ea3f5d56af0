/** Routes that are attached to a Service: what its callers in the mesh follow (GAMMA, GEP-1426). */
import type { ParentReference, ResourceKey } from '@heddle/schema';
import type { Origin, Route } from '@heddle/traffic';
import { byAge } from '../../world/documents.ts';
import { type MeshService, originOf, type Typed, type World } from '../../world/world.ts';
import { coreGroup, keyText } from '../../documents/key.ts';
import { DocumentMemo } from '../../world/document-memo.ts';
import { withPolicies } from '../envoy-gateway/route-policies.ts';
import { byPrecedence } from './match.ts';
import { type RankedRoute, type RouteTarget, translateGrpcRoute, translateHttpRoute } from './routes.ts';

/** A route document with what it gives to one target, whatever its kind. */
export interface AttachedRoute {
  readonly document: Pick<Typed<unknown>, 'key' | 'generation' | 'createdAtMs'>;
  readonly parentRefs: readonly ParentReference[];
  /** Heeded by gateways; in the mesh the Service is the host. */
  readonly hostnames: readonly string[] | undefined;
  readonly routes: (target: RouteTarget) => RankedRoute[];
}

/** Of both kinds in one order, oldest first: they share hosts, and their rules one precedence. */
export function httpAndGrpcRoutes(world: World): AttachedRoute[] {
  const { httpRoutes, grpcRoutes } = world.documents;
  const routes: AttachedRoute[] = [
    ...httpRoutes.map((document) => ({
      document,
      parentRefs: document.object.spec.parentRefs ?? [],
      hostnames: document.object.spec.hostnames,
      routes: (target: RouteTarget) =>
        remembered(document, target, () => translateHttpRoute(document, target)),
    })),
    ...grpcRoutes.map((document) => ({
      document,
      parentRefs: document.object.spec.parentRefs ?? [],
      hostnames: document.object.spec.hostnames,
      routes: (target: RouteTarget) =>
        remembered(document, target, () => translateGrpcRoute(document, target)),
    })),
  ];
  return routes.toSorted((a, b) => byAge(a.document, b.document));
}

const translated = new DocumentMemo<RankedRoute[]>();

function remembered(document: object, target: RouteTarget, translate: () => RankedRoute[]): RankedRoute[] {
  const { world, port, scheme, needsGrant } = target;
  return translated.get(world.surroundings, [document], `${port} ${scheme} ${needsGrant}`, translate);
}

/** Routes of one namespace that are attached in the same way: they are joined. */
export interface Attachment {
  readonly namespace: string;
  /** As in the reference: undefined is every port. */
  readonly port: number | undefined;
  readonly members: AttachedRoute[];
}

export interface OwnedRoutes {
  readonly routes: readonly Route[];
  readonly from: readonly Origin[];
}

/**
 * The routes of a Service's port as callers of one namespace see them; undefined when none is attached.
 *
 * Routes of the caller's own namespace (consumer routes) come before those of the Service's namespace (producer routes); routes of
 * any other namespace do not concern the caller. Of several attachments the older one owns the port, as in Istio: routes that name
 * the port and routes that name none are not joined.
 */
export function meshRoutes(
  service: MeshService,
  port: number,
  clientNamespace: string,
  world: World,
): OwnedRoutes | undefined {
  const eligible = attachmentsOf(service, world).filter(
    ({ namespace }) => namespace === clientNamespace || namespace === service.namespace,
  );
  for (const { members } of inOrderOfPrecedence(eligible, port, clientNamespace)) {
    const target: RouteTarget = { world, port, scheme: 'http', needsGrant: false };
    const routes = members
      .flatMap(({ document, routes: routesFor }) =>
        routesFor(target).map((ranked) => ({
          ...ranked,
          route: withPolicies(ranked, { route: document.key, listener: undefined }, world),
        })),
      )
      .toSorted(byPrecedence)
      .map(({ route }) => route);
    if (routes.length > 0) {
      return { routes, from: members.map(({ document }) => originOf(document, 'spec')) };
    }
  }
  return undefined;
}

/** Those that concern a port, the one that owns it first. */
export function inOrderOfPrecedence(
  attachments: readonly Attachment[],
  port: number,
  clientNamespace: string,
): Attachment[] {
  const isOwn = ({ namespace }: Attachment) => Number(namespace === clientNamespace);
  return attachments
    .filter((one) => one.port === undefined || one.port === port)
    .toSorted((a, b) => isOwn(b) - isOwn(a) || byOldest(a, b));
}

/** A world never changes, so what is attached to its services is found once. */
const known = new WeakMap<World, ReadonlyMap<string, readonly Attachment[]>>();

export function attachmentsOf({ document }: MeshService, world: World): readonly Attachment[] {
  let byService = known.get(world);
  if (byService === undefined) {
    byService = indexAttachments(world);
    known.set(world, byService);
  }
  return byService.get(keyText(document.key)) ?? [];
}

/** By the key of the Service or ServiceEntry. Members are oldest first, as the lists of documents are. */
function indexAttachments(world: World): Map<string, Attachment[]> {
  const found = new Map<string, Map<string, Attachment>>();
  for (const route of httpAndGrpcRoutes(world)) {
    const { namespace } = route.document.key;
    for (const ref of route.parentRefs) {
      const parent = meshParent(ref, namespace);
      if (parent === undefined) continue;
      const service = keyText(parent);
      const ofService = found.get(service) ?? new Map<string, Attachment>();
      const id = `${namespace}/${ref.port ?? ''}`;
      const attachment = ofService.get(id) ?? { namespace, port: ref.port, members: [] };
      if (!attachment.members.includes(route)) attachment.members.push(route);
      found.set(service, ofService.set(id, attachment));
    }
  }
  return new Map([...found].map(([service, attachments]) => [service, [...attachments.values()]]));
}

/** The Service or ServiceEntry that a reference names; undefined when it names neither. */
export function meshParent(
  { group, kind = 'Gateway', namespace, name }: ParentReference,
  routeNamespace: string,
): ResourceKey | undefined {
  const key = { kind, namespace: namespace ?? routeNamespace, name };
  if (group === '' && kind === 'Service') return { ...key, group: coreGroup };
  return group === 'networking.istio.io' && kind === 'ServiceEntry' ? { ...key, group } : undefined;
}

/** The oldest member counts; at the same age the one that names its port comes first. */
function byOldest(a: Attachment, b: Attachment): number {
  const age = ({ members }: Attachment) => members[0]?.document.createdAtMs ?? 0;
  return age(a) - age(b) || Number(a.port === undefined) - Number(b.port === undefined);
}
