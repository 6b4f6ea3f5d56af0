/** PathMatch <-> the path specifiers of envoy.config.route.v3.RouteMatch. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { PathMatch } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';

/**
 * The fields of RouteMatch, and what of the match they cannot say: Envoy's `path_separated_prefix` refuses a trailing
 * slash, which adds nothing (`/api/` by segment is `/api`, `/` is every path), so the text as written goes beside it.
 */
export function encodePathMatch(path: PathMatch): { readonly match: JsonObject; readonly written?: string } {
  if (path.kind === 'regex') return { match: { safeRegex: { regex: path.value } } };
  const caseSensitive = path.caseSensitive;
  if (path.kind === 'exact') return { match: { path: path.value, caseSensitive } };
  if (path.kind === 'prefix') return { match: { prefix: path.value, caseSensitive } };
  const bare = path.value.replace(/\/+$/, '');
  if (bare === '') return { match: { prefix: '/', caseSensitive }, written: path.value };
  const match = { pathSeparatedPrefix: bare, caseSensitive };
  return bare === path.value ? { match } : { match, written: path.value };
}

/** `written`: the path-separated prefix as it was written, if the fields of `match` cannot say it. */
export function decodePathMatch(match: FieldReader, written: FieldReader): PathMatch {
  if (match.has('safeRegex')) return { kind: 'regex', value: match.field('safeRegex').string('regex') };
  const caseSensitive = match.boolean('caseSensitive', true);
  if (written.isPresent) return { kind: 'path-separated-prefix', value: written.asString(), caseSensitive };
  if (match.has('path')) return { kind: 'exact', value: match.string('path'), caseSensitive };
  if (match.has('prefix')) return { kind: 'prefix', value: match.string('prefix'), caseSensitive };
  if (match.has('pathSeparatedPrefix')) {
    return { kind: 'path-separated-prefix', value: match.string('pathSeparatedPrefix'), caseSensitive };
  }
  return match.fail('expected path, prefix, pathSeparatedPrefix or safeRegex');
}
