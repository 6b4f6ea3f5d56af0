/** What is wrong with a path of an authorization rule; undefined when it is right. */
export function pathTemplateError(path: string): string | undefined {
  const isTemplate = path.includes('{*}') || path.includes('{**}');
  let anyText = false;
  for (const segment of path.replace(/^\/+|\/+$/g, '').split('/')) {
    const isOperator = segment === '{*}' || segment === '{**}';
    if (isOperator && anyText) return `"${path}": {**} is the last of the operators of a path`;
    if (segment === '{**}') anyText = true;
    if (isOperator) continue;
    if (/[{}]/.test(segment)) {
      return `"${path}": braces are for {*} and {**} alone, each a whole segment; remove "${segment}"`;
    }
    // RFC 3986 pchar without the asterisk: the other wildcards and the templates do not go together.
    if (isTemplate && !/^[\w.\-~%!$&'()+,;:@=]+$/.test(segment)) {
      return `"${path}": "${segment}" cannot be a segment of a path with templates`;
    }
  }
  return undefined;
}
