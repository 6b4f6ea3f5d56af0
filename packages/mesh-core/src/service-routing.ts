/** Which documents route a service, their rules in words, and where in their text the weights stand. */
import type {
  GrpcRouteMatch,
  GrpcRouteRule,
  HttpMatchRequest,
  HttpRoute,
  HttpRouteFilter,
  HttpRouteMatch,
  HttpRouteRule,
  IstioStringMatch,
  ResourceKey,
  ServiceRouting,
  ServiceRule,
} from '@heddle/schema';
import { routingOwner } from './compile/outbound.ts';
import { keyText } from './documents/key.ts';
import type { ConfigStore } from './store/config-store.ts';
import { resolveBackend } from './translate/gateway-api/backend.ts';
import { attachmentsOf, inOrderOfPrecedence } from './translate/gateway-api/mesh-attachment.ts';
import type { SourcedRule } from './translate/istio/delegation.ts';
import { definedSubsets } from './translate/istio/destination-rule.ts';
import { splitHost, splitOf, thousandths } from './translate/smi/traffic-split.ts';
import type { MeshService, World, WorldDocuments } from './world/world.ts';

type SplitPart = ServiceRule['parts'][number];
type Rule = Omit<ServiceRule, 'document'>;

/** Rules with the documents they stand in. */
interface Routing {
  readonly owner: ResourceKey;
  readonly rules: readonly (Rule & { readonly document: ResourceKey })[];
}

interface Routed {
  readonly service: MeshService;
  readonly world: World;
  /** By subset: its label `version`. */
  readonly versions: ReadonlyMap<string, string | null>;
}

/**
 * As callers in the service's own namespace see it. HTTPRoutes and GRPCRoutes go before a VirtualService, that before a TrafficSplit;
 * those that are not heard are named.
 */
export function routingOf(world: World, service: MeshService, store: ConfigStore): ServiceRouting {
  const versions = new Map(
    definedSubsets(service, world).map(({ subset }) => [subset.name, subset.labels?.['version'] ?? null]),
  );
  const [first, ...losers] = candidates({ service, world, versions });
  if (first === undefined) return { owner: null, joined: [], shadowed: [], rules: [] };
  const keys = [
    ...new Map(
      [first.owner, ...first.rules.map(({ document }) => document)].map((key) => [keyText(key), key]),
    ).values(),
  ];
  const stored = keys.map((key) => {
    const { revision = 0, yaml = '' } = store.get(key) ?? {};
    return { ...key, revision, yaml };
  });
  const [owner, ...joined] = stored;
  const index = new Map(keys.map((key, i) => [keyText(key), i]));
  return {
    owner: owner ?? null,
    joined,
    shadowed: losers.map((one) => one.owner).filter((key) => !index.has(keyText(key))),
    rules: first.rules.map(({ document, ...rule }) => ({
      document: index.get(keyText(document)) ?? 0,
      ...rule,
    })),
  };
}

function candidates(routed: Routed): Routing[] {
  const { service, world } = routed;
  const virtualService = routingOwner(service, world);
  const split = splitOf(service, world);
  return [
    ...attachedRouting(routed),
    ...(virtualService === undefined
      ? []
      : [
          {
            owner: virtualService.document.key,
            rules: virtualService.http.map((sourced) => virtualServiceRule(sourced, routed)),
          },
        ]),
    ...(split === undefined ? [] : [{ owner: split.key, rules: splitRules(split, routed) }]),
  ];
}

/** Of the service's ports the first one that has a route stands for all. */
function attachedRouting(routed: Routed): Routing[] {
  const { service, world } = routed;
  const eligible = attachmentsOf(service, world).filter(({ namespace }) => namespace === service.namespace);
  const port = service.ports.find(
    (one) => inOrderOfPrecedence(eligible, one.port, service.namespace).length > 0,
  )?.port;
  if (port === undefined) return [];
  return inOrderOfPrecedence(eligible, port, service.namespace).flatMap(({ members }) => {
    const [first] = members;
    if (first === undefined) return [];
    const keys = new Set(members.map(({ document }) => keyText(document.key)));
    const isMember = ({ key }: { readonly key: ResourceKey }) => keys.has(keyText(key));
    const rules = [
      ...world.documents.httpRoutes.filter(isMember).flatMap(({ key, object }) =>
        (object.spec.rules ?? []).map((rule, i) => ({
          ...attachedRule(rule, (rule.matches ?? []).map(httpMatchWords), i, key, routed),
          extras: httpExtras(rule),
        })),
      ),
      ...world.documents.grpcRoutes.filter(isMember).flatMap(({ key, object }) =>
        (object.spec.rules ?? []).map((rule, i) => ({
          ...attachedRule(rule, (rule.matches ?? []).map(grpcMatchWords), i, key, routed),
          extras: (rule.filters ?? []).map(filterWords),
        })),
      ),
    ];
    return [{ owner: first.document.key, rules: catchAllLast(rules) }];
  });
}

function attachedRule(
  { backendRefs = [] }: Pick<HttpRouteRule | GrpcRouteRule, 'backendRefs'>,
  matches: readonly string[],
  index: number,
  route: ResourceKey,
  routed: Routed,
) {
  const path = `spec.rules[${index}]`;
  const total = backendRefs.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return {
    document: route,
    path,
    match: matches.length === 0 || matches.includes(everything) ? everythingElse : matches.join(' or '),
    parts: backendRefs.map((ref, i) => {
      const { hostname } = resolveBackend(ref, { world: routed.world, route, needsGrant: false });
      return part(hostname, null, routed, {
        host: ref.name,
        weight: percentOf(ref.weight ?? 1, total, backendRefs.length),
        weightPath: `${path}.backendRefs[${i}].weight`,
      });
    }),
  };
}

function httpExtras({ filters = [], retry, timeouts }: HttpRouteRule): string[] {
  return [
    ...(timeouts?.request === undefined ? [] : [`timeout ${timeouts.request}`]),
    ...(retry?.attempts === undefined ? [] : [`${retry.attempts} retries`]),
    ...filters.map(filterWords),
  ];
}

/** Rules of the Gateway API are tried by how much they say: the one that says nothing is tried last, wherever it stands. */
function catchAllLast<T extends Rule>(rules: readonly T[]): T[] {
  return rules.toSorted((a, b) => Number(a.match === everythingElse) - Number(b.match === everythingElse));
}

/** Requests that no match names go to the service itself. */
function splitRules(split: WorldDocuments['trafficSplits'][number], routed: Routed): Routing['rules'] {
  const { service, world } = routed;
  const { backends, matches = [] } = split.object.spec;
  const total = backends.reduce((sum, { weight }) => sum + thousandths(weight), 0);
  const rule: Routing['rules'][number] = {
    document: split.key,
    path: 'spec',
    match:
      matches.length === 0 ? everythingElse : matches.map(({ kind, name }) => `${kind} ${name}`).join(' or '),
    parts: backends.map((backend, i) =>
      part(splitHost(backend.service, split.key.namespace, world), null, routed, {
        host: backend.service,
        weight: percentOf(thousandths(backend.weight), total, 0),
        weightPath: `spec.backends[${i}].weight`,
      }),
    ),
    extras: [],
  };
  if (matches.length === 0) return [rule];
  const itself = part(service.hostname, null, routed, {
    host: service.name,
    weight: 100,
    weightPath: '',
  });
  return [
    rule,
    { document: split.key, path: 'spec.service', match: everythingElse, parts: [itself], extras: [] },
  ];
}

function virtualServiceRule(
  { rule, document, index }: SourcedRule,
  routed: Routed,
): Routing['rules'][number] {
  const path = `spec.http[${index}]`;
  const route = rule.route ?? [];
  const total = route.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  return {
    document: document.key,
    path,
    match: rule.match?.length ? rule.match.map(matchWords).join(' or ') : everythingElse,
    parts: route.map(({ destination, weight }, i) =>
      part(
        routed.world.resolve(destination.host, document.key.namespace),
        destination.subset ?? null,
        routed,
        {
          host: destination.host,
          weight: percentOf(weight ?? 0, total, route.length),
          weightPath: `${path}.route[${i}].weight`,
        },
      ),
    ),
    extras: extrasOf(rule),
  };
}

/** One destination of a service: a subset of it, or another Service, which has the traffic in its own name. */
function part(
  hostname: string,
  subset: string | null,
  { service, world, versions }: Routed,
  rest: Pick<SplitPart, 'host' | 'weight' | 'weightPath'>,
): SplitPart {
  if (hostname === service.hostname) {
    return { ...rest, subset, version: versions.get(subset ?? '') ?? null, service: null };
  }
  const target = world.service(hostname);
  const name = target === undefined ? rest.host : partName(target, service);
  return {
    ...rest,
    subset,
    version: name,
    service: target === undefined ? null : { namespace: target.namespace, name: target.name },
  };
}

function partName({ name, namespace }: MeshService, service: MeshService): string {
  return namespace === service.namespace ? name : `${name}.${namespace}`;
}

/** A lone destination takes all, whatever its weight. */
function percentOf(weight: number, total: number, destinations: number): number {
  if (destinations === 1) return 100;
  return total === 0 ? 0 : Math.round((weight / total) * 10_000) / 100;
}

const everythingElse = 'everything else';
const everything = 'everything';

function httpMatchWords({ method, path, headers, queryParams }: HttpRouteMatch): string {
  const value = path?.value ?? '/';
  const parts = [
    ...(method === undefined ? [] : [`method ${method}`]),
    ...(path?.type === 'Exact'
      ? [`path ${value}`]
      : path?.type === 'RegularExpression'
        ? [`path ~ ${value}`]
        : value === '/'
          ? []
          : [`path ${value.replace(/\/$/, '')}/*`]),
    ...(headers ?? []).map(namedValueWords),
    ...(queryParams ?? []).map((one) => `?${namedValueWords(one)}`),
  ];
  return parts.length === 0 ? everything : parts.join(' and ');
}

function grpcMatchWords({ method, headers }: GrpcRouteMatch): string {
  const parts = [
    ...(method === undefined ? [] : [`call ${method.service ?? '*'}/${method.method ?? '*'}`]),
    ...(headers ?? []).map(namedValueWords),
  ];
  return parts.length === 0 ? everything : parts.join(' and ');
}

interface NamedValue {
  readonly type?: 'Exact' | 'RegularExpression' | undefined;
  readonly name: string;
  readonly value: string;
}

function namedValueWords({ type, name, value }: NamedValue): string {
  return `${name} ${type === 'RegularExpression' ? '~ ' : ''}${value}`;
}

function filterWords(filter: Pick<HttpRouteFilter, 'type' | 'requestRedirect'>): string {
  switch (filter.type) {
    case 'RequestRedirect':
      return `redirect${filter.requestRedirect?.hostname === undefined ? '' : ` to ${filter.requestRedirect.hostname}`}`;
    case 'URLRewrite':
      return 'rewrite';
    case 'RequestMirror':
      return 'mirror';
    case 'RequestHeaderModifier':
      return 'request headers';
    case 'ResponseHeaderModifier':
      return 'response headers';
    default:
      return filter.type;
  }
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
  return parts.length === 0 ? everything : parts.join(' and ');
}

function valueWords(name: string, value: IstioStringMatch): string {
  if (value.exact !== undefined) return `${name} ${value.exact}`;
  if (value.prefix !== undefined) return `${name} ${value.prefix}*`;
  return value.regex === undefined ? `${name} present` : `${name} ~ ${value.regex}`;
}

function extrasOf(rule: HttpRoute): string[] {
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
