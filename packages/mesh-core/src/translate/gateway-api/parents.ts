/** Routes of every kind with their parents and backends, and whether a parent takes a route. */
import type { BackendObjectReference, HttpRouteFilter, ParentReference } from '@heddle/schema';
import { keyWords } from '../../documents/key.ts';
import type { Typed, World } from '../../world/world.ts';
import type { BackendProblem } from './backend.ts';
import { gatewayApiGroup, listenersOf, namesGateway, refusalOf, type Refusal } from './gateway.ts';
import { serviceNamed } from './backend.ts';
import { meshParent } from './mesh-attachment.ts';

export interface NamedBackend {
  readonly ref: BackendObjectReference;
  /** In the document. */
  readonly path: string;
  readonly isMirror: boolean;
}

export interface RouteDocument {
  readonly document: Pick<Typed<unknown>, 'key' | 'generation'>;
  readonly parentRefs: readonly ParentReference[];
  readonly hostnames: readonly string[] | undefined;
  readonly backends: readonly NamedBackend[];
  /** Paths of filters that cannot be applied, and how many rules there are without one. */
  readonly unsupported: readonly string[];
  readonly soundRules: number;
}

interface AnyRule {
  readonly filters?: readonly AnyFilter[];
  readonly backendRefs?: readonly (BackendObjectReference & { readonly filters?: readonly AnyFilter[] })[];
}

type AnyFilter = Pick<HttpRouteFilter, 'type' | 'requestMirror'>;

/** A world never changes. */
const known = new WeakMap<World, readonly RouteDocument[]>();

export function routeDocuments(world: World): readonly RouteDocument[] {
  const before = known.get(world);
  if (before !== undefined) return before;
  const found = readRoutes(world);
  known.set(world, found);
  return found;
}

function readRoutes(world: World): RouteDocument[] {
  const { httpRoutes, grpcRoutes, tcpRoutes, tlsRoutes } = world.documents;
  return [...httpRoutes, ...grpcRoutes, ...tcpRoutes, ...tlsRoutes].map((document) => {
    const { spec } = document.object;
    const rules: readonly AnyRule[] = spec.rules ?? [];
    const unsupported = rules.map(unsupportedFilters);
    return {
      document,
      parentRefs: spec.parentRefs ?? [],
      hostnames: 'hostnames' in spec ? spec.hostnames : undefined,
      backends: rules.flatMap(backendsOf),
      unsupported: unsupported.flat(),
      soundRules: unsupported.filter(({ length }) => length === 0).length,
    };
  });
}

function backendsOf({ filters = [], backendRefs = [] }: AnyRule, index: number): NamedBackend[] {
  const rule = `spec.rules[${index}]`;
  return [
    ...backendRefs.map((ref, b) => ({ ref, path: `${rule}.backendRefs[${b}]`, isMirror: false })),
    ...filters.flatMap(({ requestMirror }, f) =>
      requestMirror === undefined
        ? []
        : {
            ref: requestMirror.backendRef,
            path: `${rule}.filters[${f}].requestMirror.backendRef`,
            isMirror: true,
          },
    ),
  ];
}

function unsupportedFilters({ filters = [], backendRefs = [] }: AnyRule, index: number): string[] {
  const rule = `spec.rules[${index}]`;
  const ofRule = filters.flatMap(({ type }, f) =>
    type === 'ExtensionRef' || type === 'ExternalAuth' ? `${rule}.filters[${f}]` : [],
  );
  const ofBackends = backendRefs.flatMap((backend, b) =>
    (backend.filters ?? []).flatMap(({ type }, f) =>
      type === 'RequestHeaderModifier' || type === 'ResponseHeaderModifier'
        ? []
        : `${rule}.backendRefs[${b}].filters[${f}]`,
    ),
  );
  return [...ofRule, ...ofBackends];
}

/** Whether a parent takes a route; why not, in the words of the route's status and in a person's. */
export interface ParentAnswer {
  readonly refusal?: Refusal;
  readonly message: string;
}

export function attachmentOf(route: RouteDocument, ref: ParentReference, world: World): ParentAnswer {
  const { key } = route.document;
  const { group = gatewayApiGroup, kind = 'Gateway', name, namespace = key.namespace } = ref;
  const refused = (refusal: Refusal, message: string): ParentAnswer => ({ refusal, message });
  const parent = meshParent(ref, key.namespace);
  if (parent !== undefined) {
    const service = serviceNamed(parent, world);
    if (service === undefined) return refused('NoMatchingParent', `no ${keyWords(parent)} is known`);
    return ref.port === undefined || service.ports.some(({ port }) => port === ref.port)
      ? accepted
      : refused('NoMatchingParent', `${keyWords(parent)} has no port ${ref.port}`);
  }
  if (group !== gatewayApiGroup || kind !== 'Gateway') {
    return refused(
      'NoMatchingParent',
      `${kind} "${namespace}/${name}" cannot be a parent; name a Service or a Gateway`,
    );
  }
  const gateway = world.documents.kubernetesGateways.find((one) => namesGateway(ref, key.namespace, one));
  if (gateway === undefined) return refused('NoMatchingParent', `no Gateway "${namespace}/${name}" is known`);
  const refusals = listenersOf(gateway).map((placed) => refusalOf(placed, key, ref, route.hostnames, world));
  if (refusals.includes(undefined)) return accepted;
  const worst = (['NotAllowedByListeners', 'NoMatchingListenerHostname'] as const).find((one) =>
    refusals.includes(one),
  );
  return refused(
    worst ?? 'NoMatchingParent',
    refusalMessages[worst ?? 'NoMatchingParent'](keyWords(gateway.key)),
  );
}

const accepted: ParentAnswer = { message: 'the parent takes the route' };

const refusalMessages: Readonly<Record<Refusal, (gateway: string) => string>> = {
  NoMatchingParent: (gateway) => `${gateway} has no listener of that section or port`,
  NotAllowedByListeners: (gateway) =>
    `no listener of ${gateway} allows routes of this kind from this namespace`,
  NoMatchingListenerHostname: (gateway) =>
    `no hostname of the route is one that a listener of ${gateway} has`,
};

export function backendMessage(
  problem: BackendProblem,
  { kind = 'Service', name, namespace, port }: BackendObjectReference,
  { document: { key } }: RouteDocument,
): string {
  const full = `${kind} "${namespace ?? key.namespace}/${name}"`;
  switch (problem) {
    case 'invalid-kind':
      return `${full} cannot be a backend; name a Service`;
    case 'not-permitted':
      return `no ReferenceGrant in ${namespace} lets ${keyWords(key)} name ${full}`;
    case 'not-found':
      return `no ${full} is known`;
    case 'unknown-port':
      return `${full} has no port ${port}`;
  }
}
