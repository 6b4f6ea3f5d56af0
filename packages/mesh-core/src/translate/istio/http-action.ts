import type {
  Destination,
  HttpFault,
  HttpRetry,
  HttpRoute,
  HttpRouteDestination,
  IstioHeaders,
} from '@heddle/schema';
import {
  type FaultInjection,
  type ForwardAction,
  type HeaderMutation,
  joinMutations,
  type MirrorPolicy,
  noHeaderMutation,
  type Origin,
  type PathRewrite,
  type RedirectAction,
  type RetryPolicy,
  type Route,
  type RouteAction,
  type WeightedCluster,
} from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { defaultOrigin, type MeshSettings } from '../../world/world.ts';
import { translateCors } from './cors-policy.ts';
import { grpcStatusCodes } from './grpc-status.ts';

/** The cluster a destination stands for, and the status of its share when there is none. */
export interface ResolvedDestination {
  readonly cluster: string;
  readonly invalidStatus?: number;
}

export interface ActionContext {
  /** Origin of a path below this rule, such as `route[0]`. */
  readonly origin: (path: string) => Origin;
  /** The port that was called. */
  readonly calledPort: number;
  readonly scheme: 'http' | 'https';
  readonly resolve: (destination: Destination) => ResolvedDestination;
  /** Of a rule that says nothing of retries. */
  readonly defaultRetry: RetryPolicy;
}

/** All of a route but its name and what it matches. */
export type TranslatedAction = Pick<Route, 'action' | 'requestHeaders' | 'responseHeaders'>;

export function translateAction(rule: HttpRoute, context: ActionContext): TranslatedAction {
  const { headers } = rule;
  // A lone destination is not a share of its own: what it changes, the route changes, after what the route itself says.
  const lone = rule.route?.length === 1 ? rule.route[0]?.headers : undefined;
  return {
    action: actionOf(rule, context),
    requestHeaders: joinMutations(headerMutation(headers?.request), headerMutation(lone?.request)),
    responseHeaders: joinMutations(headerMutation(headers?.response), headerMutation(lone?.response)),
  };
}

function actionOf(rule: HttpRoute, context: ActionContext): RouteAction {
  if (rule.redirect !== undefined) return redirect(rule.redirect, context);
  if (rule.directResponse !== undefined) {
    const { status, body } = rule.directResponse;
    return { kind: 'direct', status, body: body?.string ?? textOf(body?.bytes ?? '') };
  }
  return forward(rule, context);
}

/** Bodies are text: bytes are written as base64 and read as UTF-8. */
function textOf(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)));
}

function redirect(
  {
    uri,
    prefixRewrite,
    authority,
    scheme,
    port,
    derivePort,
    redirectCode,
  }: NonNullable<HttpRoute['redirect']>,
  context: ActionContext,
): RedirectAction {
  const named = derivePort === 'FROM_REQUEST_PORT' ? context.calledPort : port;
  // The port that goes without saying is not said, and the one that was called stays.
  const isDefault = named === ((scheme || context.scheme) === 'https' ? 443 : 80);
  return {
    kind: 'redirect',
    status: redirectCode || 301,
    ...(authority === undefined || authority === '' ? {} : { host: authority }),
    ...(uri === undefined || uri === '' ? {} : { path: uri }),
    ...(prefixRewrite === undefined || prefixRewrite === '' ? {} : { prefixRewrite }),
    ...(scheme === undefined || scheme === '' ? {} : { scheme }),
    ...(named === undefined || isDefault ? {} : { port: named }),
  };
}

function forward(rule: HttpRoute, context: ActionContext): ForwardAction {
  const pathRewrite = rewriteOf(rule);
  const lone = rule.route?.length === 1 ? rule.route[0]?.headers : undefined;
  const hostRewrite = rule.rewrite?.authority || hostSetBy(rule.headers) || hostSetBy(lone);
  const fault = rule.fault === undefined ? undefined : translateFault(rule.fault, context.origin('fault'));
  return {
    kind: 'forward',
    clusters: (rule.route ?? []).map((destination, i) =>
      weighted(destination, rule.route?.length === 1, context, context.origin(`route[${i}]`)),
    ),
    ...(pathRewrite === undefined ? {} : { pathRewrite }),
    ...(hostRewrite === undefined ? {} : { hostRewrite }),
    timeoutMs: durationMs(rule.timeout ?? '0s') ?? 0,
    retry:
      rule.retries === undefined
        ? context.defaultRetry
        : translateRetry(rule.retries, context.origin('retries')),
    ...(fault === undefined ? {} : { fault }),
    ...(rule.corsPolicy === undefined
      ? {}
      : { cors: translateCors(rule.corsPolicy, context.origin('corsPolicy')) }),
    mirrors: mirrorsOf(rule, context),
  };
}

function weighted(
  { destination, weight, headers }: HttpRouteDestination,
  isLone: boolean,
  context: ActionContext,
  from: Origin,
): WeightedCluster {
  const resolved = context.resolve(destination);
  if (isLone) {
    // It takes everything, whatever its weight says.
    const none = { requestHeaders: noHeaderMutation, responseHeaders: noHeaderMutation };
    return { ...resolved, weight: 100, ...none, from: [from] };
  }
  const hostRewrite = hostSetBy(headers);
  return {
    ...resolved,
    weight: weight ?? 0,
    requestHeaders: headerMutation(headers?.request),
    responseHeaders: headerMutation(headers?.response),
    ...(hostRewrite === undefined ? {} : { hostRewrite }),
    from: [from],
  };
}

function rewriteOf({ rewrite }: HttpRoute): PathRewrite | undefined {
  if (rewrite?.uriRegexRewrite?.match !== undefined) {
    const { match, rewrite: substitution } = rewrite.uriRegexRewrite;
    return { kind: 'regex', pattern: match, substitution: substitution ?? '' };
  }
  return rewrite?.uri === undefined || rewrite.uri === ''
    ? undefined
    : { kind: 'prefix', value: rewrite.uri };
}

/** Setting the Host header is a rewrite of the authority; so is adding to it, as there can be only one. */
export function hostSetBy(headers: IstioHeaders | undefined): string | undefined {
  const { set, add } = headers?.request ?? {};
  const authority = ([name]: [string, string]) => isAuthority(name);
  return Object.entries(set ?? {}).find(authority)?.[1] || Object.entries(add ?? {}).find(authority)?.[1];
}

function isAuthority(name: string): boolean {
  return name.toLowerCase() === 'host' || name.toLowerCase() === ':authority';
}

/** Pseudo headers cannot be changed like fields. */
function isInternal(name: string): boolean {
  return name.startsWith(':') || isAuthority(name);
}

const defaultRetryOn = [
  'connect-failure',
  'refused-stream',
  'unavailable',
  'cancelled',
  'retriable-status-codes',
];

/** Istio's default for every outbound HTTP route. */
export const defaultRetry: RetryPolicy = {
  retryOn: defaultRetryOn,
  statusCodes: [],
  numRetries: 2,
  perTryTimeoutMs: 0,
  backoffBaseMs: 25,
  backoffMaxMs: 250,
  from: [defaultOrigin('retries')],
};

/** What the mesh's own configuration makes of it. */
export function meshDefaultRetry({ defaultHttpRetryPolicy }: MeshSettings): RetryPolicy {
  return defaultHttpRetryPolicy === undefined
    ? defaultRetry
    : translateRetry(defaultHttpRetryPolicy, defaultOrigin('defaultHttpRetryPolicy'));
}

/** Without retries: inbound routes, which leave retrying to the caller. */
export const noRetry: RetryPolicy = { ...defaultRetry, retryOn: [], numRetries: 0 };

export function translateRetry(retries: HttpRetry, from: Origin): RetryPolicy {
  const tokens = (retries.retryOn ?? '')
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
  const statusCodes = tokens.filter((token) => /^\d+$/.test(token)).map(Number);
  const named = tokens.filter((token) => !/^\d+$/.test(token));
  const retryOn = tokens.length === 0 ? defaultRetryOn : named;
  const backoffBaseMs = durationMs(retries.backoff ?? '25ms') ?? 25;
  return {
    retryOn:
      statusCodes.length > 0 && !retryOn.includes('retriable-status-codes')
        ? [...retryOn, 'retriable-status-codes']
        : retryOn,
    statusCodes,
    // A policy that does not say how often does not retry.
    numRetries: retries.attempts ?? 0,
    perTryTimeoutMs: durationMs(retries.perTryTimeout ?? '0s') ?? 0,
    backoffBaseMs,
    backoffMaxMs: backoffBaseMs * 10,
    ...(retries.retryIgnorePreviousHosts === false ? { avoidPreviousHosts: false } : {}),
    ...(retries.retryRemoteLocalities === true ? { remoteLocalities: true } : {}),
    from: [from],
  };
}

/** A percentage that is not given is 0: nothing is delayed or aborted. */
function translateFault({ delay, abort }: HttpFault, from: Origin): FaultInjection {
  const share = (percent: number | undefined) => Math.round((percent ?? 0) * 10_000);
  return {
    ...(delay === undefined
      ? {}
      : {
          delay: {
            ms: durationMs(delay.fixedDelay ?? '0s') ?? 0,
            share: share(delay.percentage?.value ?? delay.percent),
          },
        }),
    ...(abort === undefined ? {} : translateAbort(abort, share(abort.percentage?.value))),
    from: [from],
  };
}

/** A gRPC status comes with the HTTP status 200. */
function translateAbort(
  { httpStatus, grpcStatus }: NonNullable<HttpFault['abort']>,
  share: number,
): Pick<FaultInjection, 'abort'> {
  if (httpStatus !== undefined) return { abort: { status: httpStatus, share } };
  const code = grpcStatus === undefined ? undefined : grpcStatusCodes[grpcStatus];
  return code === undefined ? {} : { abort: { status: 200, grpcStatus: code, share } };
}

function mirrorsOf(rule: HttpRoute, context: ActionContext): MirrorPolicy[] {
  const mirror = (destination: Destination, percent: number | undefined): MirrorPolicy[] => {
    const { cluster, invalidStatus } = context.resolve(destination);
    const share = Math.round((percent ?? 100) * 10_000);
    return invalidStatus === undefined && share > 0 ? [{ cluster, share }] : [];
  };
  if (rule.mirrors !== undefined) {
    return rule.mirrors.flatMap(({ destination, percentage }) => mirror(destination, percentage?.value));
  }
  return rule.mirror === undefined
    ? []
    : mirror(rule.mirror, rule.mirrorPercentage?.value ?? rule.mirrorPercent ?? rule.mirror_percent);
}

export function headerMutation(operations: IstioHeaders['request']): HeaderMutation {
  if (operations === undefined) return noHeaderMutation;
  // An empty value is not written, nor does it take the place of another (Istio).
  const fields = (values: Readonly<Record<string, string>> | undefined) =>
    Object.entries(values ?? {})
      .filter(([name, value]) => !isInternal(name) && value !== '')
      .map(([name, value]) => ({ name: name.toLowerCase(), value }));
  return {
    set: fields(operations.set),
    add: fields(operations.add),
    remove: (operations.remove ?? []).filter((name) => !isInternal(name)).map((name) => name.toLowerCase()),
  };
}
