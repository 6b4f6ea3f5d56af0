import type { SplitWeight, TrafficSplitDocument } from '@heddle/schema';
import {
  noHeaderMutation,
  type Origin,
  type Route,
  type RouteMatch,
  type WeightedCluster,
} from '@heddle/traffic';
import { serviceSuffix } from '../../world/hostname.ts';
import { type MeshService, originOf, type Typed, type World } from '../../world/world.ts';
import { clusterName } from '../istio/destination.ts';
import { meshDefaultRetry } from '../istio/http-action.ts';
import { matchAll } from '../istio/http-match.ts';
import { groupMatches, routeMatchOf } from './route-group.ts';

type Split = Typed<TrafficSplitDocument>;

/** The split of a root service: the oldest of those in the service's own namespace. */
export function splitOf(service: MeshService, world: World): Split | undefined {
  return world.documents.trafficSplits.find(
    ({ key, object }) =>
      key.namespace === service.namespace &&
      splitHost(object.spec.service, key.namespace, world) === service.hostname,
  );
}

/** The host that a split means: a Service of its namespace, or one by its full name or as much of that as says which (`web.shop`). */
export function splitHost(service: string, namespace: string, world: World): string {
  const hostname = world.resolve(service, namespace);
  const completed = `${hostname.replace(/\.svc$/, '')}${serviceSuffix}`;
  return world.service(hostname) === undefined && world.service(completed) !== undefined
    ? completed
    : hostname;
}

/**
 * The routes of a root service's port. Requests that no match of the split names, and all of them where the split leaves nobody
 * to send to, go to the service itself.
 *
 * @param plain the route to the service itself
 * @see SMI traffic split
 */
export function translateTrafficSplit(split: Split, port: number, plain: Route, world: World): Route[] {
  const clusters = clustersOf(split, port, world);
  if (clusters.every(({ weight }) => weight === 0)) return [plain];
  const route = (match: RouteMatch, from: readonly Origin[], name: string): Route => ({
    name: `${split.key.namespace}/${split.key.name} ${name}`,
    match,
    action: { kind: 'forward', clusters, timeoutMs: 0, retry: meshDefaultRetry(world.settings), mirrors: [] },
    requestHeaders: noHeaderMutation,
    responseHeaders: noHeaderMutation,
    from,
  });
  const own = originOf(split, 'spec');
  const { matches } = split.object.spec;
  if (matches === undefined || matches.length === 0) return [route(matchAll, [own], 'split')];
  const matched = matches
    .filter(({ kind }) => kind === 'HTTPRouteGroup')
    .flatMap(({ name }) => groupMatches(world, split.key.namespace, name) ?? [])
    .map(({ match, document, path }) =>
      route(routeMatchOf(match), [own, originOf(document, path)], `split ${document.key.name}/${match.name}`),
    );
  return [...matched, plain];
}

/** A backend that does not have the port, or is not there, is left out and gets nothing. */
function clustersOf(split: Split, port: number, world: World): WeightedCluster[] {
  const weights = split.object.spec.backends.map(({ weight }) => thousandths(weight));
  const unit = weights.every((weight) => weight % 1000 === 0) ? 1000 : 1;
  return split.object.spec.backends.flatMap(({ service }, i) => {
    const hostname = splitHost(service, split.key.namespace, world);
    const backend = world.service(hostname);
    if (backend === undefined || !backend.ports.some((one) => one.port === port)) return [];
    return {
      cluster: clusterName(port, '', hostname),
      weight: (weights[i] ?? 0) / unit,
      requestHeaders: noHeaderMutation,
      responseHeaders: noHeaderMutation,
      from: [originOf(split, `spec.backends[${i}]`)],
    };
  });
}

/** A quantity (v1alpha1: `500m`, `1`, `1k`) or a number, in thousandths. None is 0. */
export function thousandths(weight: SplitWeight | undefined): number {
  if (weight === undefined) return 0;
  if (typeof weight === 'number') return weight * 1000;
  const unit = weight.endsWith('m') ? 1 : weight.endsWith('k') ? 1_000_000 : 1000;
  return Math.round(Number.parseFloat(weight) * unit);
}
