/** What a rule of a route matches, and how it ranks among the rules of all routes on one parent. */
import type { GrpcRouteMatch, HttpRouteMatch } from '@heddle/schema';
import type { HeaderMatch, PathMatch, RouteMatch, StringMatch } from '@heddle/traffic';
import { matchAll } from '../istio/http-match.ts';

interface ValueMatch {
  readonly type?: 'Exact' | 'RegularExpression' | undefined;
  readonly name: string;
  readonly value: string;
}

export function translateHttpMatch(match: HttpRouteMatch): RouteMatch {
  return {
    path: httpPath(match),
    headers: [
      ...(match.method === undefined ? [] : [headerMatch({ name: ':method', value: match.method })]),
      ...distinct(match.headers, (name) => name.toLowerCase()).map(headerMatch),
    ],
    queryParams: distinct(match.queryParams, (name) => name).map((one) => {
      const value = valueMatch(one);
      return value === undefined ? { name: one.name } : { name: one.name, match: value };
    }),
  };
}

/** A gRPC call is a POST to `/<service>/<method>`. */
export function translateGrpcMatch({ method, headers }: GrpcRouteMatch): RouteMatch {
  return {
    path: grpcPath(method),
    headers: distinct(headers, (name) => name.toLowerCase()).map(headerMatch),
    queryParams: [],
  };
}

/** Of entries with one name only the first counts (Gateway API). */
function distinct(
  entries: readonly ValueMatch[] | undefined,
  keyOf: (name: string) => string,
): readonly ValueMatch[] {
  return [
    ...new Map((entries ?? []).toReversed().map((one) => [keyOf(one.name), one])).values(),
  ].toReversed();
}

function headerMatch(one: ValueMatch): HeaderMatch {
  const match = valueMatch(one);
  return {
    name: one.name.toLowerCase(),
    ...(match === undefined ? {} : { match }),
    invert: false,
    treatMissingAsEmpty: false,
  };
}

/** undefined: any value (the regex `*`, as in Istio). */
function valueMatch({ type, value }: ValueMatch): StringMatch | undefined {
  if (type !== 'RegularExpression') return { kind: 'exact', value, ignoreCase: false };
  return value === '*' ? undefined : { kind: 'regex', value };
}

function httpPath({ path }: HttpRouteMatch): PathMatch {
  const value = path?.value ?? '/';
  switch (path?.type) {
    case 'Exact':
      return { kind: 'exact', value, caseSensitive: true };
    case 'RegularExpression':
      return { kind: 'regex', value };
    default:
      return prefixMatch(value);
  }
}

/** By path element: a trailing slash says nothing, and `/` is every path. */
function prefixMatch(value: string): PathMatch {
  const bare = value.replace(/\/$/, '');
  return bare === '' ? matchAll.path : { kind: 'path-separated-prefix', value: bare, caseSensitive: true };
}

function grpcPath(method: GrpcRouteMatch['method']): PathMatch {
  if (method === undefined) return matchAll.path;
  const { service, method: name } = method;
  if (method.type === 'RegularExpression') {
    return { kind: 'regex', value: `/${service ?? '[^/]+'}/${name ?? '.+'}` };
  }
  if (name === undefined) return { kind: 'prefix', value: `/${service}/`, caseSensitive: true };
  if (service === undefined) return { kind: 'regex', value: `/[^/]+/${name}` };
  return { kind: 'exact', value: `/${service}/${name}`, caseSensitive: true };
}

/**
 * Where a match stands: exact before prefix before regex, then the longer path, then a method, then more headers, then more query
 * parameters. Compared from left to right; the greater is tried first.
 *
 * @see Gateway API HTTPRouteRule.matches; Istio puts regular expressions last
 */
export function httpPrecedence({ path, headers, queryParams }: RouteMatch): Precedence {
  const methods = headers.filter(({ name }) => name === ':method').length;
  return [pathRanks[path.kind], path.value.length, methods, headers.length - methods, queryParams.length];
}

/** The same by the service and method that are named: without them a match comes last. @see GRPCRouteRule.matches */
export function grpcPrecedence({ path, headers }: RouteMatch): Precedence {
  return path === matchAll.path
    ? [0, 0, 0, headers.length]
    : [pathRanks[path.kind], path.value.length, 0, headers.length];
}

export type Precedence = readonly number[];

const pathRanks = { exact: 3, prefix: 2, 'path-separated-prefix': 2, regex: 1 } as const;

/** For sorting; equals stay as they are. */
export function byPrecedence(
  { precedence: left }: { readonly precedence: Precedence },
  { precedence: right }: { readonly precedence: Precedence },
): number {
  for (const [i, rank] of left.entries()) {
    const difference = (right[i] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return 0;
}
