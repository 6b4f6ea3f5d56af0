import { RE2JS } from 're2js';
import type { PathRewrite, RouteMatch } from './ir.ts';
import { pathOf } from './match.ts';

/**
 * The path as sent upstream; the query stays as it was.
 *
 * A `prefix` rewrite replaces the matched prefix as text (match `/`, rewrite `/x`: `/a` becomes `/xa`); after an exact or
 * regex match it replaces the whole path.
 */
export function rewritePath(
  match: RouteMatch,
  rewrite: PathRewrite | undefined,
  pathWithQuery: string,
): string {
  if (rewrite === undefined) return pathWithQuery;
  const path = pathOf(pathWithQuery);
  return rewritten(match, rewrite, path) + pathWithQuery.slice(path.length);
}

function rewritten(match: RouteMatch, rewrite: PathRewrite, path: string): string {
  switch (rewrite.kind) {
    case 'full':
      return rewrite.value;
    case 'regex':
      return RE2JS.compile(rewrite.pattern)
        .matcher(path)
        .replaceAll(dollarSubstitution(rewrite.substitution), true);
    case 'prefix':
      return match.path.kind === 'prefix' || match.path.kind === 'path-separated-prefix'
        ? rewrite.value + path.slice(match.path.value.length)
        : rewrite.value;
  }
}

/** RE2 writes groups as `\1`; re2js takes `$1`, and `$$` for a dollar. */
function dollarSubstitution(substitution: string): string {
  return substitution.replaceAll('$', '$$$$').replaceAll(/\\(\d)/g, '$$$1');
}
