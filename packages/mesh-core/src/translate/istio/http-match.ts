import type { HttpMatchRequest, IstioStringMatch } from '@heddle/schema';
import type {
  ClaimMatch,
  HeaderMatch,
  PathMatch,
  QueryParamMatch,
  RouteMatch,
  StringMatch,
} from '@heddle/traffic';

export const matchAll: RouteMatch = {
  path: { kind: 'prefix', value: '/', caseSensitive: true },
  headers: [],
  queryParams: [],
};

/** The request's side of a match; where the caller is, its labels and the port called are settled per proxy. */
export function translateMatch(match: HttpMatchRequest): RouteMatch {
  const headers = Object.entries(match.headers ?? {});
  const withoutHeaders = Object.entries(match.withoutHeaders ?? {});
  const claims = [
    ...headers.flatMap(([name, value]) => claim(name, value, false)),
    ...withoutHeaders.flatMap(([name, value]) => claim(name, value, true)),
  ];
  return {
    path: pathMatch(match),
    headers: [
      ...pseudoHeader(':method', match.method),
      ...pseudoHeader(':authority', match.authority),
      ...pseudoHeader(':scheme', match.scheme),
      ...headers.filter(isField).map(([name, value]) => header(name, value)),
      ...withoutHeaders.filter(isField).map(([name, value]) => withoutHeader(name, value)),
    ],
    ...(claims.length === 0 ? {} : { claims }),
    queryParams: Object.entries(match.queryParams ?? {}).map(([name, value]) => queryParam(name, value)),
  };
}

function pathMatch({ uri, ignoreUriCase }: HttpMatchRequest): PathMatch {
  const caseSensitive = ignoreUriCase !== true;
  if (uri?.exact !== undefined) return { kind: 'exact', value: uri.exact, caseSensitive };
  if (uri?.prefix !== undefined) return { kind: 'prefix', value: uri.prefix, caseSensitive };
  if (uri?.regex !== undefined) return { kind: 'regex', value: uri.regex };
  return matchAll.path;
}

/** undefined: any value, the thing has only to be there (`{}` and the regex `*`). */
export function stringMatch(match: IstioStringMatch): StringMatch | undefined {
  if (match.exact !== undefined) return { kind: 'exact', value: match.exact, ignoreCase: false };
  if (match.prefix !== undefined) {
    return match.prefix === '' ? undefined : { kind: 'prefix', value: match.prefix, ignoreCase: false };
  }
  if (match.regex === undefined || match.regex === '*') return undefined;
  return { kind: 'regex', value: match.regex };
}

function pseudoHeader(name: string, match: IstioStringMatch | undefined): HeaderMatch[] {
  return match === undefined ? [] : [header(name, match)];
}

function header(name: string, value: IstioStringMatch): HeaderMatch {
  const match = stringMatch(value);
  return {
    name: name.toLowerCase(),
    ...(match === undefined ? {} : { match }),
    invert: false,
    treatMissingAsEmpty: false,
  };
}

/** An absent header counts as empty, so it passes; `{}` asks for absence. */
function withoutHeader(name: string, value: IstioStringMatch): HeaderMatch {
  const match = stringMatch(value);
  return {
    name: name.toLowerCase(),
    ...(match === undefined ? {} : { match }),
    invert: true,
    treatMissingAsEmpty: match !== undefined,
  };
}

const claimPrefix = '@request.auth.claims';

/** `@request.auth.claims.group.id` and `@request.auth.claims[group][id]` look into a verified token. */
function claimPath(name: string): readonly string[] | undefined {
  if (!name.toLowerCase().startsWith(claimPrefix)) return undefined;
  const rest = name.slice(claimPrefix.length);
  if (rest.startsWith('.') && rest.length > 1) return rest.slice(1).split('.');
  if (rest.startsWith('[') && rest.endsWith(']') && rest.length > 2) return rest.slice(1, -1).split('][');
  return undefined;
}

function isField([name]: readonly [string, unknown]): boolean {
  return claimPath(name) === undefined;
}

function claim(name: string, value: IstioStringMatch, invert: boolean): ClaimMatch[] {
  const path = claimPath(name);
  const match = stringMatch(value);
  return path === undefined ? [] : [{ path, ...(match === undefined ? {} : { match }), invert }];
}

function queryParam(name: string, value: IstioStringMatch): QueryParamMatch {
  const match = stringMatch(value);
  return match === undefined ? { name } : { name, match };
}
