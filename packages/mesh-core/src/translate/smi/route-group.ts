/** HTTPRouteGroup: named matches that splits and targets refer to. */
import type { HttpRouteGroupDocument, HttpRouteGroupMatch } from '@heddle/schema';
import type { Condition, HeaderMatch, RouteMatch } from '@heddle/traffic';
import type { Typed, World } from '../../world/world.ts';

export interface GroupMatch {
  readonly match: HttpRouteGroupMatch;
  readonly document: Typed<HttpRouteGroupDocument>;
  /** Of the match in the document. */
  readonly path: string;
}

/**
 * The matches of a group, all or those named. v1alpha1 and v1alpha2 have them beside the metadata.
 * @returns undefined when there is no such group
 */
export function groupMatches(
  world: World,
  namespace: string,
  name: string,
  named?: readonly string[],
): GroupMatch[] | undefined {
  const document = world.documents.httpRouteGroups.find(
    ({ key }) => key.namespace === namespace && key.name === name,
  );
  if (document === undefined) return undefined;
  const { spec, matches } = document.object;
  const [list, prefix] = spec === undefined ? [matches ?? [], 'matches'] : [spec.matches, 'spec.matches'];
  return list
    .map((match, i) => ({ match, document, path: `${prefix}[${i}]` }))
    .filter(({ match }) => named === undefined || named.includes(match.name));
}

/** As a route of a split: path, methods and headers must all fit. */
export function routeMatchOf(match: HttpRouteGroupMatch): RouteMatch {
  const methods = methodsOf(match);
  return {
    path:
      match.pathRegex === undefined
        ? { kind: 'prefix', value: '/', caseSensitive: true }
        : { kind: 'regex', value: fromTheStart(match.pathRegex) },
    headers: [
      ...(methods === undefined ? [] : [header(':method', methods.map(quoted).join('|'))]),
      ...headersOf(match).map(([name, pattern]) => header(name.toLowerCase(), pattern)),
    ],
    queryParams: [],
  };
}

/** As a condition on the called side. */
export function conditionOf(match: HttpRouteGroupMatch): Condition {
  const methods = methodsOf(match);
  const parts: Condition[] = [];
  if (match.pathRegex !== undefined) {
    parts.push({ kind: 'path', match: { kind: 'regex', value: fromTheStart(match.pathRegex) } });
  }
  if (methods !== undefined) {
    parts.push({
      kind: 'some',
      of: methods.map((value) => ({
        kind: 'header',
        name: ':method',
        match: { kind: 'exact', value, ignoreCase: false },
      })),
    });
  }
  for (const [name, value] of headersOf(match)) {
    parts.push({ kind: 'header', name: name.toLowerCase(), match: { kind: 'regex', value } });
  }
  return parts.length === 0 ? { kind: 'any' } : { kind: 'all', of: parts };
}

/** @returns undefined for any method: `*`, or none named */
function methodsOf({ methods }: HttpRouteGroupMatch): readonly string[] | undefined {
  return methods === undefined || methods.length === 0 || methods.includes('*') ? undefined : methods;
}

function headersOf({ headers }: HttpRouteGroupMatch): [string, string][] {
  if (headers === undefined) return [];
  return Array.isArray(headers) ? headers.flatMap((one) => Object.entries(one)) : Object.entries(headers);
}

/** A path's pattern is anchored to the beginning alone (SMI traffic specs): what follows may be anything. */
function fromTheStart(pattern: string): string {
  return `(?:${pattern})(?s:.*)`;
}

function header(name: string, pattern: string): HeaderMatch {
  return { name, match: { kind: 'regex', value: pattern }, invert: false, treatMissingAsEmpty: false };
}

function quoted(literal: string): string {
  return literal.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
