import type { HttpMatchRequest, IstioStringMatch } from '@heddle/schema';
import type { HeaderMatch, PathMatch, QueryParamMatch, RouteMatch, StringMatch } from '@heddle/traffic';

export const matchAll: RouteMatch = {
  path: { kind: 'prefix', value: '/', caseSensitive: true },
  headers: [],
  queryParams: [],
};

/** The request's side of a match; where the caller is, its labels and the port called are settled per proxy. */
export function translateMatch(match: HttpMatchRequest): RouteMatch {
  return {
    path: pathMatch(match),
    headers: [
      ...pseudoHeader(':method', match.method),
      ...pseudoHeader(':authority', match.authority),
      ...pseudoHeader(':scheme', match.scheme),
      ...Object.entries(match.headers ?? {}).map(([name, value]) => header(name, value)),
      ...Object.entries(match.withoutHeaders ?? {}).map(([name, value]) => withoutHeader(name, value)),
    ],
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
function stringMatch(match: IstioStringMatch): StringMatch | undefined {
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

function queryParam(name: string, value: IstioStringMatch): QueryParamMatch {
  const match = stringMatch(value);
  return match === undefined ? { name } : { name, match };
}
