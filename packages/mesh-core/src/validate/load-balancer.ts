import type { LoadBalancerSettings } from '@heddle/schema';
import { durationFindings } from './durations.ts';
import { localityFindings, zoneAwareFindings } from './localities.ts';
import { exclusive, type RuleFinding, schemaError, schemaWarning } from './rule.ts';

/** One way of choosing endpoints, with a hash that works and localities that add up (IST0106). */
export function* loadBalancerFindings(
  path: string,
  settings: LoadBalancerSettings | undefined,
  hasOutlierDetection: boolean,
): Iterable<RuleFinding> {
  if (settings === undefined) return;
  yield* exclusive(path, settings, ['simple', 'consistentHash', 'backendUtilization']);
  yield* exclusive(path, settings, ['localityLbSetting', 'zoneAwareLbSetting']);
  yield* hashFindings(`${path}.consistentHash`, settings.consistentHash);
  yield* localityFindings(`${path}.localityLbSetting`, settings.localityLbSetting);
  yield* zoneAwareFindings(`${path}.zoneAwareLbSetting`, settings.zoneAwareLbSetting);
  for (const field of ['localityLbSetting', 'zoneAwareLbSetting'] as const) {
    const { failover = [], failoverPriority = [] } = settings[field] ?? {};
    if (failover.length + failoverPriority.length > 0 && !hasOutlierDetection) {
      yield schemaWarning(
        `${path}.${field}`,
        'failover acts on endpoints that were found unhealthy; add outlierDetection',
      );
    }
  }
  yield* durationFindings(`${path}.warmup.duration`, settings.warmup?.duration);
  yield* durationFindings(`${path}.warmupDurationSecs`, settings.warmupDurationSecs, 'any');
}

function* hashFindings(path: string, hash: LoadBalancerSettings['consistentHash']): Iterable<RuleFinding> {
  if (hash === undefined) return;
  yield* exclusive(path, hash, ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName']);
  yield* exclusive(path, hash, ['ringHash', 'maglev']);
  const { httpCookie, maglev } = hash;
  if (httpCookie?.name === '')
    yield schemaError(`${path}.httpCookie.name`, 'the cookie has no name; name it');
  const attributes = new Set<string>();
  for (const [i, { name }] of (httpCookie?.attributes ?? []).entries()) {
    const at = `${path}.httpCookie.attributes[${i}].name`;
    if (name === '') yield schemaError(at, 'the attribute has no name; name it');
    else if (attributes.has(name))
      yield schemaError(at, `there is an attribute "${name}" already; remove one`);
    attributes.add(name);
  }
  if ((hash.minimumRingSize ?? 0) !== 0) {
    yield schemaWarning(
      `${path}.minimumRingSize`,
      'minimumRingSize is deprecated here; write it under ringHash',
    );
    if (hash.ringHash !== undefined || maglev !== undefined) {
      yield schemaError(`${path}.minimumRingSize`, 'the ring is described twice; keep ringHash or maglev');
    }
  }
  if (maglev === undefined) return;
  const { tableSize = 0 } = maglev;
  if (tableSize >= 5_000_011 || !isPrime(tableSize)) {
    yield schemaError(
      `${path}.maglev.tableSize`,
      `${tableSize} is not a prime number below 5000011; the default of Envoy is 65537`,
    );
  }
}

/** 1 is a prime number to Envoy. */
function isPrime(n: number): boolean {
  if (n > 0 && n < 4) return true;
  if (n % 2 === 0) return false;
  for (let factor = 3; factor * factor <= n; factor += 2) {
    if (n % factor === 0) return false;
  }
  return true;
}
