import { normalizePath as normalize, type PathNormalization } from '@heddle/traffic';

/**
 * The path (with its query) as routing, policies, telemetry and the upstream all see it.
 *
 * Unless the mesh says how paths are normalised, escaped slashes and backslashes, broken escapes, climbing above the root and dot
 * segments with parameters that still stand there are refused, because servers disagree on what they mean; this is stricter than
 * Istio's default, which passes them on. NUL is always refused. The rest is the mesh's one way to write a path.
 *
 * @returns undefined when it is refused
 */
export function normalizePath(
  pathWithQuery: string,
  level: PathNormalization | undefined,
): string | undefined {
  const end = pathWithQuery.indexOf('?');
  const path = end === -1 ? pathWithQuery : pathWithQuery.slice(0, end);
  if (!path.startsWith('/') || pathWithQuery.includes('#')) return undefined;
  if (level !== undefined) return path.includes('%00') ? undefined : normalize(pathWithQuery, level);
  if (/%(?:2f|5c|00)/i.test(path) || /%(?![0-9a-f]{2})/i.test(path)) return undefined;
  if (/[/\\](?:\.|%2e){2}/i.test(path) && climbsAboveRoot(path)) return undefined;
  const normalized = normalize(pathWithQuery);
  return /^[^?]*\/\.{1,2};/.test(normalized) ? undefined : normalized;
}

function climbsAboveRoot(path: string): boolean {
  let depth = 0;
  for (const segment of path.slice(1).split(/[/\\]/)) {
    const plain = segment.replaceAll(/%2e/gi, '.').replace(/^(\.{1,2});.*/, '$1');
    if (plain === '..') depth--;
    else if (plain !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}
