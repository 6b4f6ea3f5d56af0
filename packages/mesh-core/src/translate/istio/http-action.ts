import type { Destination, HttpFault, HttpRetry, HttpRoute, IstioHeaders } from '@heddle/schema';
import {
  type FaultInjection,
  type ForwardAction,
  type HeaderMutation,
  type MirrorPolicy,
  noHeaderMutation,
  type Origin,
  type PathRewrite,
  type RetryPolicy,
  type RouteAction,
  type WeightedCluster,
} from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { defaultOrigin } from '../../world/world.ts';

/** The cluster a destination stands for, and the status of its share when there is none. */
export interface ResolvedDestination {
  readonly cluster: string;
  readonly invalidStatus?: number;
}

export interface ActionContext {
  /** Origin of a path below this rule, such as `route[0]`. */
  readonly origin: (path: string) => Origin;
  readonly resolve: (destination: Destination) => ResolvedDestination;
}

export function translateAction(rule: HttpRoute, context: ActionContext): RouteAction {
  if (rule.redirect !== undefined) {
    const { uri, authority, scheme, port, redirectCode } = rule.redirect;
    return {
      kind: 'redirect',
      status: redirectCode || 301,
      ...(authority === undefined || authority === '' ? {} : { host: authority }),
      ...(uri === undefined || uri === '' ? {} : { path: uri }),
      ...(scheme === undefined || scheme === '' ? {} : { scheme }),
      ...(port === undefined ? {} : { port }),
    };
  }
  if (rule.directResponse !== undefined) {
    const { status, body } = rule.directResponse;
    const bytes = body?.bytes === undefined ? '' : atob(body.bytes);
    return { kind: 'direct', status, body: body?.string ?? bytes };
  }
  return forward(rule, context);
}

function forward(rule: HttpRoute, context: ActionContext): ForwardAction {
  const pathRewrite = rewriteOf(rule);
  const hostRewrite = rule.rewrite?.authority ?? hostSetBy(rule.headers);
  const fault = rule.fault === undefined ? undefined : translateFault(rule.fault, context.origin('fault'));
  return {
    kind: 'forward',
    clusters: (rule.route ?? []).map(({ destination, weight, headers }, i): WeightedCluster => ({
      ...context.resolve(destination),
      // A lone destination takes everything, whatever its weight says.
      weight: rule.route?.length === 1 ? 100 : (weight ?? 0),
      requestHeaders: headerMutation(headers?.request),
      responseHeaders: headerMutation(headers?.response),
      from: [context.origin(`route[${i}]`)],
    })),
    ...(pathRewrite === undefined ? {} : { pathRewrite }),
    ...(hostRewrite === undefined || hostRewrite === '' ? {} : { hostRewrite }),
    timeoutMs: durationMs(rule.timeout ?? '0s') ?? 0,
    retry:
      rule.retries === undefined ? defaultRetry : translateRetry(rule.retries, context.origin('retries')),
    ...(fault === undefined ? {} : { fault }),
    mirrors: mirrorsOf(rule, context),
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

/** Setting the Host header is a rewrite of the authority. */
function hostSetBy(headers: IstioHeaders | undefined): string | undefined {
  const set = Object.entries(headers?.request?.set ?? {});
  return set.find(([name]) => isAuthority(name))?.[1];
}

function isAuthority(name: string): boolean {
  return name.toLowerCase() === 'host' || name.toLowerCase() === ':authority';
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

/** Without retries: inbound routes, which leave retrying to the caller. */
export const noRetry: RetryPolicy = { ...defaultRetry, retryOn: [], numRetries: 0 };

function translateRetry(retries: HttpRetry, from: Origin): RetryPolicy {
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
    numRetries: retries.attempts ?? 2,
    perTryTimeoutMs: durationMs(retries.perTryTimeout ?? '0s') ?? 0,
    backoffBaseMs,
    backoffMaxMs: backoffBaseMs * 10,
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
    ...(abort?.httpStatus === undefined
      ? {}
      : { abort: { status: abort.httpStatus, share: share(abort.percentage?.value) } }),
    from: [from],
  };
}

function mirrorsOf(rule: HttpRoute, context: ActionContext): MirrorPolicy[] {
  const mirror = (destination: Destination, percent: number | undefined): MirrorPolicy[] => {
    const { cluster, invalidStatus } = context.resolve(destination);
    return invalidStatus === undefined ? [{ cluster, share: Math.round((percent ?? 100) * 10_000) }] : [];
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
  const fields = (values: Readonly<Record<string, string>> | undefined) =>
    Object.entries(values ?? {})
      .filter(([name]) => !isAuthority(name))
      .map(([name, value]) => ({ name: name.toLowerCase(), value }));
  return {
    set: fields(operations.set),
    add: fields(operations.add),
    remove: (operations.remove ?? []).map((name) => name.toLowerCase()),
  };
}
