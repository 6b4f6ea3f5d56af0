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

/**
 * Every hit replaced; `\1` in the substitution is a group, `\\` a backslash, everything else is literal (Envoy's
 * RegexMatchAndSubstitute). One that names a group which the pattern does not have changes nothing.
 */
function replaceEvery(pattern: RE2JS, substitution: string, path: string): string {
  const matcher = pattern.matcher(path);
  const groups = matcher.groupCount();
  for (const [, group] of substitution.matchAll(escape)) {
    if (group !== undefined && Number(group) > groups) return path;
  }
  let out = '';
  let done = 0;
  while (matcher.find()) {
    // Nothing is found again where a hit has just ended (RE2).
    if (matcher.start() === matcher.end() && matcher.start() === done && done > 0) continue;
    out += path.slice(done, matcher.start());
    out += substitution.replaceAll(escape, (_, group?: string) =>
      group === undefined ? '\\' : (matcher.group(Number(group)) ?? ''),
    );
    done = matcher.end();
  }
  return out + path.slice(done);
}

const escape = /\\(?:(\d)|\\)/g;
