import type { RedirectAction } from './ir.ts';
import { pathOf } from './match.ts';
import { hostOf } from './virtual-host.ts';

/**
 * The `location` of a redirect: what the action does not name stays as it was called, the query always.
 *
 * @see Envoy RedirectAction: a port that was the default of the old scheme is dropped when the scheme changes
 */
export function redirectLocation(
  action: RedirectAction,
  request: { readonly authority: string; readonly path: string; readonly scheme: string },
): string {
  const scheme = action.scheme ?? request.scheme;
  const calledHost = hostOf(request.authority);
  const calledPort = request.authority.slice(calledHost.length + 1);
  const isOutdated = scheme !== request.scheme && calledPort === defaultPorts[request.scheme];
  const kept = action.host === undefined && action.port === undefined && !isOutdated ? calledPort : '';
  const named = action.port?.toString() ?? '';
  const port = named === defaultPorts[scheme] ? '' : named || kept;
  const query = request.path.slice(pathOf(request.path).length);
  const path = action.path === undefined ? request.path : action.path + query;
  return `${scheme}://${action.host ?? calledHost}${port === '' ? '' : `:${port}`}${path}`;
}

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };
