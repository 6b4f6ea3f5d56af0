import { RE2JS } from 're2js';

/** Characters of a path segment (RFC 3986 §3.3 pchar), as measured in Envoy 1.40. */
const segmentCharacters = "a-zA-Z0-9\\-._~%!$&'()*+,;:@=";

export function isPathTemplate(path: string): boolean {
  return path.includes('{*}') || path.includes('{**}');
}

/**
 * A path with `{*}` for one segment that is not empty and `{**}` for any text of a path, the empty one included.
 * A bare `*` or `**` segment means the same, as in Envoy's URI templates. `/a/{**}` matches `/a/` and not `/a`.
 */
export function compilePathTemplate(template: string): (path: string) => boolean {
  const pattern = template.split(/(\{\*\*\}|\{\*\}|\*\*|\*)/).map((part) => {
    if (part === '{**}' || part === '**') return `[${segmentCharacters}/]*`;
    if (part === '{*}' || part === '*') return `[${segmentCharacters}]+`;
    return RE2JS.quote(part);
  });
  const compiled = RE2JS.compile(pattern.join(''));
  return (path) => compiled.matches(path);
}
