/** What a BackendTrafficPolicy says to a route: time, retries, faults, limits, what is hashed. */
import type { BackendTrafficPolicySpec } from '@heddle/schema';
import type { FaultInjection, ForwardAction, HashPolicy, RetryPolicy, Route } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import type { World } from '../../world/world.ts';
import type { RuleFacts } from '../gateway-api/routes.ts';
import { hasClusterSettings, policyClusterName } from './cluster-settings.ts';
import { type EffectivePolicy, originsOf } from './effective.ts';
import { globalRateLimit, localRateLimit } from './rate-limit.ts';

type Policy = EffectivePolicy<'envoyBackendPolicies'>;

/** What the rule says of its own time and retries comes first, as in Envoy Gateway. Answers of the proxy itself are left as they are. */
export function withBackendTraffic(route: Route, rule: RuleFacts, policy: Policy, world: World): Route {
  const { action } = route;
  if (action.kind !== 'forward') return route;
  const own = { ...action, ...hashPoliciesOf(policy.spec), ...clustersOf(action, policy, world) };
  return withRouteTraffic(route, own, rule, policy);
}

/** Without clusters of its own. */
export function withRouteTraffic(
  route: Route,
  action: ForwardAction,
  rule: RuleFacts,
  policy: Policy,
): Route {
  const local = localRateLimit(policy);
  const global = globalRateLimit(policy);
  return {
    ...route,
    action: {
      ...action,
      ...timeoutsOf(action, rule, policy),
      ...(rule.hasRetry ? {} : retryOf(policy)),
      ...faultOf(policy),
    },
    ...(local === undefined ? {} : { localRateLimit: local }),
    ...(global === undefined ? {} : { globalRateLimit: global }),
    from: [...route.from, ...saidOf(policy)],
  };
}

/** Fields that change a route by themselves. */
const routeFields = [
  'timeout',
  'retry',
  'faultInjection',
  'loadBalancer',
  'rateLimit',
] as const satisfies readonly (keyof BackendTrafficPolicySpec)[];

function saidOf(policy: Policy) {
  return routeFields.flatMap((field) => originsOf(policy, field));
}

function timeoutsOf(
  { timeoutMs }: ForwardAction,
  { hasTimeout }: RuleFacts,
  { spec }: Policy,
): Pick<ForwardAction, 'timeoutMs' | 'idleTimeoutMs' | 'maxStreamDurationMs'> {
  const { requestTimeout, streamIdleTimeout, maxStreamDuration } = spec.timeout?.http ?? {};
  const own = requestTimeout === undefined ? undefined : durationMs(requestTimeout);
  return {
    timeoutMs: hasTimeout ? timeoutMs : (own ?? timeoutMs),
    ...(streamIdleTimeout === undefined ? {} : { idleTimeoutMs: durationMs(streamIdleTimeout) ?? 0 }),
    ...(maxStreamDuration === undefined ? {} : { maxStreamDurationMs: durationMs(maxStreamDuration) ?? 0 }),
  };
}

/** Envoy Gateway's own where the policy does not say what is retried. */
const defaultRetryOn = [
  'connect-failure',
  'refused-stream',
  'unavailable',
  'cancelled',
  'retriable-status-codes',
];

function retryOf(policy: Policy): { readonly retry?: RetryPolicy } {
  const { retry } = policy.spec;
  if (retry === undefined) return {};
  const { retryOn, perRetry, numRetries = 2 } = retry;
  const baseMs = durationMs(perRetry?.backOff?.baseInterval ?? '25ms') ?? 25;
  const maxInterval = perRetry?.backOff?.maxInterval;
  return {
    retry: {
      retryOn: retryOn?.triggers?.length ? retryOn.triggers : defaultRetryOn,
      statusCodes: retryOn === undefined ? [503] : (retryOn.httpStatusCodes ?? []),
      numRetries,
      perTryTimeoutMs: durationMs(perRetry?.timeout ?? '0s') ?? 0,
      backoffBaseMs: baseMs,
      // Envoy's: ten times the base.
      backoffMaxMs: (maxInterval === undefined ? undefined : durationMs(maxInterval)) ?? baseMs * 10,
      from: originsOf(policy, 'retry'),
    },
  };
}

function faultOf(policy: Policy): { readonly fault?: FaultInjection } {
  const { faultInjection } = policy.spec;
  if (faultInjection === undefined) return {};
  const { delay, abort } = faultInjection;
  const share = (percent = 100) => Math.round(Math.min(100, Math.max(0, percent)) * 10_000);
  return {
    fault: {
      ...(delay === undefined
        ? {}
        : { delay: { ms: durationMs(delay.fixedDelay) ?? 0, share: share(delay.percentage) } }),
      ...(abort === undefined
        ? {}
        : {
            abort: {
              status: abort.httpStatus ?? 200,
              ...(abort.grpcStatus === undefined ? {} : { grpcStatus: abort.grpcStatus }),
              share: share(abort.percentage),
            },
          }),
      from: originsOf(policy, 'faultInjection'),
    },
  };
}

/** Of a cluster that hashes by itself: one thing. */
export function hashPolicyOf(spec: BackendTrafficPolicySpec): HashPolicy | undefined {
  return hashPoliciesOf(spec).hashPolicies?.[0];
}

/** The route tells what is hashed; how the cluster uses it, its own settings say. */
function hashPoliciesOf(spec: BackendTrafficPolicySpec): { readonly hashPolicies?: readonly HashPolicy[] } {
  const { type, consistentHash } = spec.loadBalancer ?? {};
  if (type !== 'ConsistentHash' || consistentHash === undefined) return {};
  const header = (name: string): HashPolicy => ({ kind: 'header', name: name.toLowerCase() });
  switch (consistentHash.type) {
    case 'SourceIP':
      return { hashPolicies: [{ kind: 'source-ip' }] };
    case 'Header':
      return { hashPolicies: [header(consistentHash.header?.name ?? '')] };
    case 'Headers':
      return { hashPolicies: (consistentHash.headers ?? []).map(({ name }) => header(name)) };
    case 'QueryParams':
      return {
        hashPolicies: (consistentHash.queryParams ?? []).map(({ name }) => ({ kind: 'query', name })),
      };
    case 'Cookie': {
      const { name = '', ttl, attributes = {} } = consistentHash.cookie ?? {};
      return {
        hashPolicies: [
          {
            kind: 'cookie',
            name,
            path: '',
            ...(ttl === undefined ? {} : { ttlMs: durationMs(ttl) ?? 0 }),
            attributes: Object.entries(attributes).map(([one, value]) => ({ name: one, value })),
          },
        ],
      };
    }
  }
}

/** Clusters of their own for what the policy says of connections and endpoints; what leads nowhere stays as it is. */
function clustersOf(
  { clusters }: ForwardAction,
  { id, spec }: Policy,
  world: World,
): { readonly clusters?: ForwardAction['clusters'] } {
  if (!hasClusterSettings(spec)) return {};
  return {
    clusters: clusters.map((one) =>
      one.invalidStatus === undefined && isKnown(one.cluster, world)
        ? { ...one, cluster: policyClusterName(one.cluster, id) }
        : one,
    ),
  };
}

function isKnown(cluster: string, world: World): boolean {
  const [, , , host = ''] = cluster.split('|');
  return world.service(host) !== undefined;
}
