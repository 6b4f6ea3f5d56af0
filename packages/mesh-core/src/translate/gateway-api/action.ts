/** What a rule of an HTTPRoute or GRPCRoute does with the requests it matches. */
import type {
  HttpHeaderFilter,
  HttpPathModifier,
  HttpRequestMirrorFilter,
  HttpRequestRedirectFilter,
  HttpRouteFilter,
  HttpRouteRule,
  IstioHeaders,
  IstioStringMatch,
} from '@heddle/schema';
import {
  type DirectResponseAction,
  type ForwardAction,
  type HeaderMutation,
  joinMutations,
  type MirrorPolicy,
  noHeaderMutation,
  type Origin,
  type PathMatch,
  type PathRewrite,
  type RedirectAction,
  type RetryPolicy,
  type Route,
  type RouteAction,
  type WeightedCluster,
} from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { defaultOrigin } from '../../world/world.ts';
import { translateCors } from '../istio/cors-policy.ts';
import { headerMutation, hostSetBy, meshDefaultRetry, translateRetry } from '../istio/http-action.ts';
import { type BackendContext, resolveBackend } from './backend.ts';

export interface RuleContext extends BackendContext {
  /** Origin of a path below this rule, such as `backendRefs[0]`. */
  readonly origin: (path: string) => Origin;
  /** Where the request was received: redirects keep the port, and leave out the default one of the scheme. */
  readonly port: number;
  readonly scheme: 'http' | 'https';
}

type Rule = Pick<HttpRouteRule, 'filters' | 'backendRefs' | 'timeouts' | 'retry'>;

/**
 * What a route does, and with which headers. Those of a lone backend are joined to the rule's and come last; of several backends
 * each has its own.
 *
 * @param path of the match, which prefix rewrites take off
 */
export function translateRule(
  rule: Rule,
  path: PathMatch,
  context: RuleContext,
): Pick<Route, 'action' | 'requestHeaders' | 'responseHeaders'> {
  const action = actionOf(rule, path, context);
  const headers = routeHeaders(rule.filters);
  const [lone, ...others] = action.kind === 'forward' ? action.clusters : [];
  if (action.kind !== 'forward' || lone === undefined || others.length > 0) return { action, ...headers };
  return {
    ...headers,
    action: {
      ...action,
      clusters: [{ ...lone, requestHeaders: noHeaderMutation, responseHeaders: noHeaderMutation }],
    },
    requestHeaders: joinMutations(headers.requestHeaders, lone.requestHeaders),
    responseHeaders: joinMutations(headers.responseHeaders, lone.responseHeaders),
  };
}

function actionOf(rule: Rule, path: PathMatch, context: RuleContext): RouteAction {
  const filters = rule.filters ?? [];
  // A filter that cannot be applied must not be skipped: the request is refused instead (Gateway API, HTTPRouteFilter).
  if (!filters.every(isApplied) || !(rule.backendRefs ?? []).every(hasOnlyHeaderFilters)) return refused;
  const redirect = filters.find(({ type }) => type === 'RequestRedirect')?.requestRedirect;
  if (redirect !== undefined) return translateRedirect(redirect, path, context);
  const total = (rule.backendRefs ?? []).reduce((sum, { weight }) => sum + (weight ?? 1), 0);
  return total === 0 ? refused : { ...forward(rule, path, context), ...corsOf(rule, context) };
}

/** Preflights of other origins are answered without any permission (GEP-1767); the answer is kept for 5 s unless it says more. */
function corsOf({ filters = [] }: Rule, { origin }: RuleContext): Pick<ForwardAction, 'cors'> {
  const index = filters.findIndex(({ type }) => type === 'CORS');
  const cors = filters[index]?.cors;
  if (cors === undefined) return {};
  return {
    cors: translateCors(
      {
        allowOrigins: (cors.allowOrigins ?? []).map(originMatch),
        ...(cors.allowMethods === undefined ? {} : { allowMethods: cors.allowMethods }),
        ...(cors.allowHeaders === undefined ? {} : { allowHeaders: cors.allowHeaders }),
        ...(cors.exposeHeaders === undefined ? {} : { exposeHeaders: cors.exposeHeaders }),
        allowCredentials: cors.allowCredentials ?? false,
        maxAge: `${cors.maxAge ?? 5}s`,
        unmatchedPreflights: 'IGNORE',
      },
      origin(`filters[${index}].cors`),
    ),
  };
}

/** `*` is every origin that has the form of one; a star within stands for any text. */
function originMatch(origin: string): IstioStringMatch {
  if (origin === '*') return { regex: '[a-zA-Z][a-zA-Z0-9+.-]*://[^/\\s?#]+' };
  if (!origin.includes('*')) return { exact: origin };
  return origin.indexOf('*') === origin.length - 1
    ? { prefix: origin.slice(0, -1) }
    : { regex: origin.split('*').map(quoteRegex).join('.*') };
}

/** Nobody to send to: 500, as the Gateway API asks. */
const refused: DirectResponseAction = { kind: 'direct', status: 500, body: '' };

function isApplied({ type }: { readonly type: HttpRouteFilter['type'] }): boolean {
  return type !== 'ExtensionRef' && type !== 'ExternalAuth';
}

function hasOnlyHeaderFilters({ filters }: { readonly filters?: readonly HttpRouteFilter[] }): boolean {
  return (filters ?? []).every(
    ({ type }) => type === 'RequestHeaderModifier' || type === 'ResponseHeaderModifier',
  );
}

function translateRedirect(
  redirect: HttpRequestRedirectFilter,
  path: PathMatch,
  context: RuleContext,
): RedirectAction {
  const { hostname, scheme, path: change } = redirect;
  const port = redirectPort(redirect, context);
  return {
    kind: 'redirect',
    status: redirect.statusCode ?? 302,
    ...(hostname === undefined ? {} : { host: hostname }),
    ...(change?.type === 'ReplaceFullPath' ? { path: change.replaceFullPath ?? '' } : {}),
    ...(change?.type === 'ReplacePrefixMatch'
      ? { prefixRewrite: prefixOfRedirect(path, change.replacePrefixMatch ?? '') }
      : {}),
    ...(scheme === undefined ? {} : { scheme }),
    ...(port === undefined ? {} : { port }),
  };
}

/** Its own port, else that of a scheme it names, else the port that was called; the default one of a scheme is not written. */
function redirectPort({ port, scheme }: HttpRequestRedirectFilter, context: RuleContext): number | undefined {
  const wanted = port ?? (scheme === undefined ? context.port : undefined);
  const isDefault = wanted === ((scheme ?? context.scheme) === 'https' ? 443 : 80);
  return isDefault ? undefined : wanted;
}

/** In place of `/` the new prefix ends in a slash, or `/new` and `api` would become one element. */
function prefixOfRedirect(path: PathMatch, value: string): string {
  return path.value === '/' && !value.endsWith('/') ? `${value}/` : value;
}

function forward(rule: Rule, path: PathMatch, context: RuleContext): ForwardAction {
  const filters = rule.filters ?? [];
  const rewrite = filters.find(({ type }) => type === 'URLRewrite')?.urlRewrite;
  const pathRewrite = rewrite?.path === undefined ? undefined : rewriteOf(rewrite.path, path);
  const hostRewrite = rewrite?.hostname ?? hostSetBy({ request: operationsOf(filters, 'request') });
  const clusters = clustersOf(rule, context);
  return {
    kind: 'forward',
    clusters,
    ...(pathRewrite === undefined ? {} : { pathRewrite }),
    ...(hostRewrite === undefined || hostRewrite === '' ? {} : { hostRewrite }),
    ...timeoutsOf(rule, context),
    ...corsOf(rule, context),
    mirrors: filters.flatMap(({ requestMirror }) =>
      requestMirror === undefined ? [] : mirrorOf(requestMirror, context),
    ),
  };
}

/** Backends of weight 0 get nothing and are left out; one that leads nowhere keeps its share and answers 500. */
function clustersOf({ backendRefs = [] }: Rule, context: RuleContext): WeightedCluster[] {
  return backendRefs.flatMap((ref, i) => {
    const weight = ref.weight ?? 1;
    if (weight === 0) return [];
    const { cluster, problem } = resolveBackend(ref, context);
    const hostRewrite = hostSetBy({ request: operationsOf(ref.filters ?? [], 'request') });
    return {
      cluster,
      weight,
      requestHeaders: headerMutation(operationsOf(ref.filters ?? [], 'request')),
      responseHeaders: headerMutation(operationsOf(ref.filters ?? [], 'response')),
      ...(problem === undefined ? {} : { invalidStatus: 500 }),
      ...(hostRewrite === undefined ? {} : { hostRewrite }),
      from: [context.origin(`backendRefs[${i}]`)],
    };
  });
}

function routeHeaders(filters: readonly HttpRouteFilter[] = []): {
  requestHeaders: HeaderMutation;
  responseHeaders: HeaderMutation;
} {
  const mutation = (side: 'request' | 'response') => {
    const operations = operationsOf(filters, side);
    return operations === undefined ? noHeaderMutation : headerMutation(operations);
  };
  return { requestHeaders: mutation('request'), responseHeaders: mutation('response') };
}

function operationsOf(
  filters: readonly HttpRouteFilter[],
  side: 'request' | 'response',
): IstioHeaders['request'] {
  const filter =
    side === 'request'
      ? filters.find(({ type }) => type === 'RequestHeaderModifier')?.requestHeaderModifier
      : filters.find(({ type }) => type === 'ResponseHeaderModifier')?.responseHeaderModifier;
  return filter === undefined
    ? undefined
    : { set: fieldsOf(filter.set), add: fieldsOf(filter.add), remove: [...(filter.remove ?? [])] };
}

/** Of entries with one name only the first counts. */
function fieldsOf(fields: HttpHeaderFilter['set']): Record<string, string> {
  return Object.fromEntries(
    (fields ?? []).toReversed().map(({ name, value }) => [name.toLowerCase(), value]),
  );
}

/** By path element: the matched prefix goes with its slash, the new one needs none at its end. */
function rewriteOf(change: HttpPathModifier, path: PathMatch): PathRewrite {
  if (change.type === 'ReplaceFullPath') return { kind: 'full', value: change.replaceFullPath ?? '' };
  const value = (change.replacePrefixMatch ?? '').replace(/\/$/, '');
  if (path.value === '/') return { kind: 'prefix', value: `${value}/` };
  if (value !== '') return { kind: 'prefix', value };
  // Nothing in place of the prefix: what is left begins with one slash.
  return { kind: 'regex', pattern: `^${quoteRegex(path.value)}(/?)(.*)`, substitution: '/\\2' };
}

function quoteRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** GEP-1742 and GEP-1731. Without a retry of its own, one try is all there is, so its timeout is the request's. */
function timeoutsOf(
  { timeouts, retry }: Rule,
  { origin, world }: RuleContext,
): Pick<ForwardAction, 'timeoutMs' | 'retry'> {
  const request = durationMs(timeouts?.request ?? '0s') ?? 0;
  const perTry = durationMs(timeouts?.backendRequest ?? '0s') ?? 0;
  if (retry === undefined) {
    return { timeoutMs: perTry === 0 ? request : perTry, retry: meshDefaultRetry(world.settings) };
  }
  const policy: RetryPolicy = translateRetry(
    {
      attempts: retry.attempts ?? 2,
      retryOn: [...connectionFailures, ...(retry.codes ?? [])].join(','),
      ...(retry.backoff === undefined ? {} : { backoff: retry.backoff }),
      ...(perTry === 0 ? {} : { perTryTimeout: timeouts?.backendRequest ?? '0s' }),
    },
    origin('retry'),
  );
  return {
    timeoutMs: request,
    retry:
      retry.attempts === undefined
        ? { ...policy, from: [...policy.from, defaultOrigin('retries.attempts')] }
        : policy,
  };
}

/** Retried whatever the codes: the request was not processed. */
const connectionFailures = ['connect-failure', 'refused-stream', 'unavailable', 'cancelled'];

/** A mirror that leads nowhere, or of nothing, is left out: nobody waits for its answer. */
function mirrorOf(mirror: HttpRequestMirrorFilter, context: RuleContext): MirrorPolicy[] {
  const { cluster, problem } = resolveBackend(mirror.backendRef, context);
  if (problem !== undefined) return [];
  const { fraction, percent } = mirror;
  const ratio =
    fraction === undefined ? (percent ?? 100) / 100 : fraction.numerator / (fraction.denominator ?? 100);
  const share = Math.round(Math.min(1, ratio) * 1_000_000);
  return share > 0 ? [{ cluster, share }] : [];
}
