import type {
  ClaimMatch,
  HeaderMatch,
  PathMatch,
  QueryParamMatch,
  Route,
  RouteConfiguration,
  RouteMatch,
  VirtualHost,
} from './ir/index.ts';
import { compileStringMatch } from './string-match.ts';
import { type HostIndex, indexHosts, selectHost } from './virtual-host.ts';
import { RE2JS } from 're2js';

/** The parts of a request that routing looks at. */
export interface RouteRequest {
  /** Host header or `:authority`, with the port if one was sent. */
  readonly authority: string;
  readonly method: string;
  /** Path with the query, as received (normalised if the mesh says so). */
  readonly path: string;
  readonly scheme: string;
  /** @param name lower case; several values are joined by commas */
  header(name: string): string | undefined;
  /** Claims of the request's verified token; without one, no claim matches. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

interface CompiledRoute {
  readonly route: Route;
  readonly matches: (request: RouteRequest, path: string) => boolean;
}

interface CompiledHost {
  readonly host: VirtualHost;
  readonly routes: readonly CompiledRoute[];
}

/** A route configuration with its patterns compiled. Immutable. */
export interface RouteTable {
  readonly name: string;
  readonly hosts: HostIndex<CompiledHost>;
}

export type RouteDecision =
  | { readonly kind: 'route'; readonly route: Route; readonly virtualHost: VirtualHost }
  /** The host is known, no rule matches: 404, flag NR. */
  | { readonly kind: 'no-route'; readonly virtualHost: VirtualHost }
  | { readonly kind: 'no-host' };

export function compileRouteTable(config: RouteConfiguration): RouteTable {
  return {
    name: config.name,
    hosts: indexHosts(
      config.virtualHosts.map((host) => ({ domains: host.domains, value: compileHost(host) })),
    ),
  };
}

/** A host that stays the same object from one configuration to the next is compiled once. */
const compiledHosts = new WeakMap<VirtualHost, CompiledHost>();

function compileHost(host: VirtualHost): CompiledHost {
  let compiled = compiledHosts.get(host);
  if (compiled === undefined) {
    const routes = host.routes.map((route) => ({ route, matches: compileRouteMatch(route.match) }));
    compiledHosts.set(host, (compiled = { host, routes }));
  }
  return compiled;
}

/** The first rule of the best virtual host that matches. Rules are tried as written. */
export function decideRoute(table: RouteTable, request: RouteRequest): RouteDecision {
  const compiled = selectHost(table.hosts, request.authority);
  if (compiled === undefined) return { kind: 'no-host' };
  const path = pathOf(request.path);
  for (const { route, matches } of compiled.routes) {
    if (matches(request, path)) return { kind: 'route', route, virtualHost: compiled.host };
  }
  return { kind: 'no-route', virtualHost: compiled.host };
}

/** The path without query and fragment. */
export function pathOf(pathWithQuery: string): string {
  const end = pathWithQuery.search(/[?#]/);
  return end === -1 ? pathWithQuery : pathWithQuery.slice(0, end);
}

/** All parts of a match must hold. */
export function compileRouteMatch(match: RouteMatch): (request: RouteRequest, path: string) => boolean {
  const pathMatches = compilePathMatch(match.path);
  const headers = match.headers.map(compileHeaderMatch);
  const params = match.queryParams.map(compileQueryParamMatch);
  const claims = (match.claims ?? []).map(compileClaimMatch);
  return (request, path) =>
    pathMatches(path) &&
    headers.every((matches) => matches(request)) &&
    claims.every((matches) => matches(request)) &&
    (params.length === 0 || matchQuery(params, request.path));
}

export function compilePathMatch(match: PathMatch): (path: string) => boolean {
  switch (match.kind) {
    case 'exact':
    case 'prefix':
      return compileStringMatch({ kind: match.kind, value: match.value, ignoreCase: !match.caseSensitive });
    case 'path-separated-prefix': {
      const startsWith = compileStringMatch({
        kind: 'prefix',
        value: match.value,
        ignoreCase: !match.caseSensitive,
      });
      const { length } = match.value;
      return (path) => startsWith(path) && (path.length === length || path[length] === '/');
    }
    case 'regex': {
      const pattern = RE2JS.compile(match.value);
      return (path) => pattern.matches(path);
    }
  }
}

function compileClaimMatch({ path, match, invert }: ClaimMatch): (request: RouteRequest) => boolean {
  const predicate = match === undefined ? () => false : compileStringMatch(match);
  return ({ claims }) => {
    const value = path.reduce<unknown>(
      (at, name) => (isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined),
      claims,
    );
    const hit = (Array.isArray(value) ? value : [value]).some(
      (one) => typeof one === 'string' && predicate(one),
    );
    return hit !== invert;
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

export function compileHeaderMatch(header: HeaderMatch): (request: RouteRequest) => boolean {
  const predicate = header.match === undefined ? undefined : compileStringMatch(header.match);
  return (request) => {
    const value = headerOf(request, header.name) ?? (header.treatMissingAsEmpty ? '' : undefined);
    // An absent header matches nothing, and so passes an inverted match only when it asks for presence (Envoy HeaderMatcher).
    if (value === undefined) return header.invert && predicate === undefined;
    const hit = predicate === undefined || predicate(value);
    return hit !== header.invert;
  };
}

function headerOf(request: RouteRequest, name: string): string | undefined {
  switch (name) {
    case ':method':
      return request.method;
    case ':authority':
    case 'host':
      return request.authority;
    case ':scheme':
      return request.scheme;
    case ':path':
      return request.path;
    default:
      return request.header(name);
  }
}

interface CompiledParam {
  readonly name: string;
  readonly predicate: ((value: string) => boolean) | undefined;
}

function compileQueryParamMatch(param: QueryParamMatch): CompiledParam {
  return {
    name: param.name,
    predicate: param.match === undefined ? undefined : compileStringMatch(param.match),
  };
}

function matchQuery(params: readonly CompiledParam[], pathWithQuery: string): boolean {
  const values = firstQueryValues(pathWithQuery);
  return params.every(({ name, predicate }) => {
    const value = values.get(name);
    return value !== undefined && (predicate === undefined || predicate(value));
  });
}

/** Names and values as they are written, percent-encoding and all (measured against Envoy 1.40); the first value of a name counts. */
function firstQueryValues(pathWithQuery: string): Map<string, string> {
  const values = new Map<string, string>();
  const start = pathWithQuery.indexOf('?');
  if (start === -1) return values;
  for (const pair of (pathWithQuery.slice(start + 1).split('#', 1)[0] ?? '').split('&')) {
    const equals = pair.indexOf('=');
    const name = equals === -1 ? pair : pair.slice(0, equals);
    if (name !== '' && !values.has(name)) {
      values.set(name, equals === -1 ? '' : pair.slice(equals + 1));
    }
  }
  return values;
}
