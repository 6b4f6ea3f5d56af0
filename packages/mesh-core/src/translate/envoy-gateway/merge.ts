/** A route's policy joined to the one of its Gateway (mergeType). */
import type { BackendTrafficPolicySpec, SecurityPolicySpec } from '@heddle/schema';

/** Lists whose elements are joined by one of their fields in a strategic merge; all other lists are replaced. */
const mergedLists: Readonly<Record<string, string>> = {
  compression: 'type',
  compressor: 'type',
  httpUpgrade: 'type',
  contextExtensions: 'name',
};

/**
 * @param parent of the Gateway or its listener
 * @param own of the route; what it says counts
 * @see RFC 7386 for JSONMerge; StrategicMerge differs in some lists, as the definitions of the policies say
 */
export function mergePolicies<S extends BackendTrafficPolicySpec | SecurityPolicySpec>(parent: S, own: S): S {
  const isStrategic = own.mergeType === 'StrategicMerge';
  const { targetRef: _ref, targetRefs: _refs, targetSelectors: _selectors, ...settings } = parent;
  const merged = mergeObjects({ ...settings }, withDefaults({ ...own }, defaults), isStrategic);
  // Both have passed the schema, and what is joined is taken from them whole or field by field.
  return merged as S; // oxlint-disable-line typescript/no-unsafe-type-assertion
}

type Fields = Record<string, unknown>;

interface Defaults {
  readonly [field: string]: Defaults | number | string | boolean;
}

/** The API server writes them into a policy before anything is joined: what a block leaves out is not the Gateway's then. */
const defaults: Defaults = {
  circuitBreaker: {
    maxConnections: 1024,
    maxParallelRequests: 1024,
    maxParallelRetries: 1024,
    maxPendingRequests: 1024,
    perEndpoint: { maxConnections: 1024 },
  },
  retry: { numRetries: 2 },
  oidc: { refreshToken: true },
  healthCheck: {
    active: { interval: '3s', timeout: '1s', healthyThreshold: 1, unhealthyThreshold: 3 },
    passive: {
      alwaysEjectOneEndpoint: false,
      baseEjectionTime: '30s',
      consecutive5XxErrors: 5,
      consecutiveLocalOriginFailures: 5,
      interval: '3s',
      maxEjectionPercent: 10,
      splitExternalLocalOriginErrors: false,
    },
  },
  loadBalancer: { consistentHash: { tableSize: 65_537 } },
  faultInjection: { abort: { percentage: 100 }, delay: { percentage: 100 } },
};

/** Blocks that are not there stay away. */
function withDefaults(fields: Fields, known: Defaults): Fields {
  const filled: Fields = { ...fields };
  for (const [name, value] of Object.entries(known)) {
    const own = fields[name];
    if (typeof value !== 'object') filled[name] = own ?? value;
    else if (isFields(own)) filled[name] = withDefaults(own, value);
  }
  return filled;
}

function mergeObjects(parent: Fields, own: Fields, isStrategic: boolean): Fields {
  const merged: Fields = { ...parent };
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined) continue;
    merged[name] = mergeValues(name, parent[name], value, isStrategic);
  }
  return merged;
}

function mergeValues(name: string, parent: unknown, own: unknown, isStrategic: boolean): unknown {
  if (isFields(parent) && isFields(own)) return mergeObjects(parent, own, isStrategic);
  const key = isStrategic ? mergedLists[name] : undefined;
  if (key === undefined || !Array.isArray(parent) || !Array.isArray(own)) return own;
  return mergeLists(parent.filter(isFields), own.filter(isFields), key);
}

function mergeLists(parent: readonly Fields[], own: readonly Fields[], key: string): Fields[] {
  const merged = new Map(parent.map((one) => [one[key], one]));
  for (const one of own) merged.set(one[key], mergeObjects(merged.get(one[key]) ?? {}, one, true));
  return [...merged.values()];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
