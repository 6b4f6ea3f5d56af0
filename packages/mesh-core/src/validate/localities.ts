import type { LoadBalancerSettings } from '@heddle/schema';
import { errorIf, type RuleFinding, schemaError } from './rule.ts';

const topologyLabels: ReadonlySet<string> = new Set([
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
]);

/** Shares of localities sum to 100 and do not overlap, or failover is by region (IST0106). */
export function* localityFindings(
  path: string,
  setting: LoadBalancerSettings['localityLbSetting'],
): Iterable<RuleFinding> {
  const { distribute = [], failover = [], failoverPriority = [] } = setting ?? {};
  if (distribute.length > 0 && failover.length > 0) {
    yield schemaError(`${path}.failover`, 'distribute and failover exclude each other; keep one of them');
    return;
  }
  const topology =
    failover.length === 0 ? -1 : failoverPriority.findIndex((label) => topologyLabels.has(label));
  if (topology !== -1) {
    yield schemaError(
      `${path}.failoverPriority[${topology}]`,
      `"${failoverPriority[topology]}" and failover exclude each other; keep one of them`,
    );
    return;
  }
  for (const [i, { to = {} }] of distribute.entries()) {
    const at = `${path}.distribute[${i}].to`;
    const shares = Object.entries(to);
    for (const [locality, share] of shares) {
      if (share >= 1 && share <= 100) continue;
      yield schemaError(`${at}[${JSON.stringify(locality)}]`, `${share} is not a share; expected 1 to 100`);
    }
    const total = shares.reduce((sum, [, share]) => sum + share, 0);
    if (total !== 100) yield schemaError(at, `the shares sum to ${total}, expected 100`);
    yield* errorIf(at, overlapError(shares.map(([locality]) => locality)));
  }
  yield* errorIf(`${path}.distribute`, overlapError(distribute.map(({ from = '' }) => from)));
  yield* regionPairFindings(`${path}.failover`, failover);
}

/** Labels that place no endpoint twice, and failover by region (IST0106). */
export function* zoneAwareFindings(
  path: string,
  setting: LoadBalancerSettings['zoneAwareLbSetting'],
): Iterable<RuleFinding> {
  for (const [i, label] of (setting?.failoverPriority ?? []).entries()) {
    if (!topologyLabels.has(label)) continue;
    yield schemaError(
      `${path}.failoverPriority[${i}]`,
      `"${label}" is taken into account by itself; remove it`,
    );
  }
  yield* regionPairFindings(`${path}.failover`, setting?.failover);
}

/** Failover leads from one region to another. */
function* regionPairFindings(
  path: string,
  failover: NonNullable<LoadBalancerSettings['localityLbSetting']>['failover'],
): Iterable<RuleFinding> {
  for (const [i, { from = '', to = '' }] of (failover ?? []).entries()) {
    const at = `${path}[${i}]`;
    if (from === to) yield schemaError(at, `from and to are both "${from}"; name two regions`);
    if (`${from}${to}`.includes('/')) yield schemaError(at, 'failover is between regions; leave zones out');
    if (`${from}${to}`.includes('*')) yield schemaError(at, 'failover takes no wildcards; name the region');
  }
}

/** Localities `region/zone/subzone`, each part maybe `*` at the end, that are one within the other. */
function overlapError(localities: readonly string[]): string | undefined {
  const seen: (readonly string[])[] = [];
  for (const locality of localities) {
    const star = locality.indexOf('*');
    if (star !== -1 && star !== locality.length - 1) {
      return `"${locality}": a * is possible at the end alone`;
    }
    const [region = '', zone, ...rest] = locality.split('/');
    const parts = [
      region,
      ...(zone === undefined ? [] : [zone]),
      ...(rest.length === 0 ? [] : [rest.join('/')]),
    ];
    if (parts.includes('')) return `"${locality}" has an empty part; write it as region/zone/subzone`;
    // `region` and `region/*` are the same place, and `*` is every place.
    const place = parts.at(-1) === '*' && parts.length > 1 ? parts.slice(0, -1) : parts;
    const other = seen.find((one) => isWithin(place, one));
    if (other !== undefined) return `"${locality}" overlaps with "${other.join('/')}"; keep one of them`;
    seen.push(place);
  }
  return undefined;
}

function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return (outer.length === 1 && outer[0] === '*') || outer.every((part, i) => part === inner[i]);
}
