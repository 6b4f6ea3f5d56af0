import type { RedirectAction, RouteMatch } from './ir/index.ts';
import { pathOf } from './match.ts';
import { rewritePath } from './rewrite.ts';
import { hostOf } from './virtual-host.ts';

/**
 * The `location` of a redirect: what the action does not name stays as it was called; the query, too, unless the new path has one.
 *
 * @see Envoy RedirectAction: a port that was the default of the old scheme is dropped when the scheme changes
 */
export function redirectLocation(
  action: RedirectAction,
  match: RouteMatch,
  request: { readonly authority: string; readonly path: string; readonly scheme: string },
): string {
  const scheme = action.scheme ?? request.scheme;
  const calledHost = hostOf(request.authority);
  const calledPort = request.authority.slice(calledHost.length + 1);
  const isOutdated = scheme !== request.scheme && calledPort === defaultPorts[request.scheme];
  const kept = action.host === undefined && action.port === undefined && !isOutdated ? calledPort : '';
  const named = action.port?.toString() ?? '';
  const port = named === defaultPorts[scheme] ? '' : named || kept;
  const path = pathOfRedirect(action, match, request.path);
  const isRoot = path === '' || path.startsWith('?'); // nothing took the place of all that was matched
  return `${scheme}://${action.host ?? calledHost}${port === '' ? '' : `:${port}`}${isRoot ? '/' : ''}${path}`;
}

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };

function pathOfRedirect({ path, prefixRewrite }: RedirectAction, match: RouteMatch, called: string): string {
  if (prefixRewrite !== undefined)
    return rewritePath(match, { kind: 'prefix', value: prefixRewrite }, called);
  if (path === undefined) return called;
  return path.includes('?') ? path : path + called.slice(pathOf(called).length);
}
