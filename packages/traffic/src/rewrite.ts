import { RE2JS } from 're2js';
import type { PathRewrite, RouteMatch } from './ir/index.ts';
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
      return replaceEvery(patternOf(rewrite), rewrite.substitution, path);
    case 'prefix':
      return match.path.kind === 'prefix' || match.path.kind === 'path-separated-prefix'
        ? rewrite.value + path.slice(match.path.value.length)
        : rewrite.value;
  }
}

/** The IR is immutable: a pattern is compiled at its first request, not at each. */
const compiled = new WeakMap<PathRewrite, RE2JS>();

function patternOf(rewrite: Extract<PathRewrite, { kind: 'regex' }>): RE2JS {
  const known = compiled.get(rewrite);
  if (known !== undefined) return known;
  const pattern = RE2JS.compile(rewrite.pattern);
  compiled.set(rewrite, pattern);
  return pattern;
}

/** Every hit replaced; `\1` in the substitution is a group, everything else is literal (Envoy's RegexMatchAndSubstitute). */
function replaceEvery(pattern: RE2JS, substitution: string, path: string): string {
  const matcher = pattern.matcher(path);
  let out = '';
  let done = 0;
  while (matcher.find()) {
    out += path.slice(done, matcher.start());
    out += substitution.replaceAll(/\\(\d)/g, (_, group: string) => matcher.group(Number(group)) ?? '');
    done = matcher.end();
  }
  return out + path.slice(done);
}
