/** How far paths are normalised before anything looks at them (Istio's `pathNormalization`). */
export type PathNormalization = 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';

/**
 * The path with its query as routing and policies see it.
 *
 * BASE resolves dot segments (`%2e` is a dot) and takes `\` for `/`; MERGE_SLASHES makes one slash of several;
 * DECODE_AND_MERGE_SLASHES first decodes `%2f` and `%5c`. Each level does what the one before it does. Climbing above the root
 * stays at the root, and a path that is no path (`*`) is left alone. The query is never touched.
 *
 * @see RFC 3986 §5.2.4
 */
export function normalizePath(pathWithQuery: string, level: PathNormalization = 'BASE'): string {
  if (level === 'NONE') return pathWithQuery;
  const end = pathWithQuery.search(/[?#]/);
  const path = end === -1 ? pathWithQuery : pathWithQuery.slice(0, end);
  if (!path.startsWith('/')) return pathWithQuery;
  const rest = end === -1 ? '' : pathWithQuery.slice(end);
  const decoded = level === 'DECODE_AND_MERGE_SLASHES' ? path.replaceAll(/%(?:2f|5c)/gi, '/') : path;
  const slashed = decoded.replaceAll('\\', '/');
  const resolved = /\/(?:\.|%2e)/i.test(slashed) ? resolveDots(slashed) : slashed;
  return (level === 'BASE' ? resolved : resolved.replaceAll(/\/{2,}/g, '/')) + rest;
}

function resolveDots(path: string): string {
  const out: string[] = [];
  const segments = path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    const plain = segment.replaceAll(/%2e/gi, '.');
    const isLast = index === segments.length - 1;
    if (plain === '..') out.pop();
    if (plain !== '..' && plain !== '.') out.push(segment);
    else if (isLast) out.push('');
  }
  return `/${out.join('/')}`;
}
