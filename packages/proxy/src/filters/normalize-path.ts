/**
 * The path (with its query) as routing, policies, telemetry and the upstream all see it: dot segments resolved, `\` as `/`.
 *
 * Escaped slashes, backslashes and NUL are refused, because servers disagree on what they mean; this is stricter than
 * Istio's default, which passes them on.
 *
 * @returns undefined when it is refused, or climbs above the root
 * @see RFC 3986 §5.2.4
 */
export function normalizePath(pathWithQuery: string): string | undefined {
  const end = pathWithQuery.indexOf('?');
  const path = end === -1 ? pathWithQuery : pathWithQuery.slice(0, end);
  if (!path.startsWith('/') || pathWithQuery.includes('#')) return undefined;
  if (/%(?:2f|5c|00)/i.test(path) || /%(?![0-9a-f]{2})/i.test(path)) return undefined;
  if (!/[/\\](?:\.|%2e)|\\/i.test(path)) return pathWithQuery;
  const resolved = resolveDots(path.replaceAll('\\', '/'));
  return resolved === undefined || end === -1 ? resolved : resolved + pathWithQuery.slice(end);
}

function resolveDots(path: string): string | undefined {
  const out: string[] = [];
  const segments = path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    const plain = segment.replaceAll(/%2e/gi, '.');
    const isLast = index === segments.length - 1;
    if (plain === '..' && out.pop() === undefined) return undefined;
    if (plain !== '..' && plain !== '.') out.push(segment);
    else if (isLast) out.push('');
  }
  return `/${out.join('/')}`;
}
