import type { TargetRule, TrafficTargetDocument } from '@heddle/schema';
import type { AuthorizationRule, Condition } from '@heddle/traffic';
import { originOf, type Typed, type World } from '../../world/world.ts';
import { conditionOf, groupMatches } from './route-group.ts';

type Target = Typed<TrafficTargetDocument>;
type Identity = NonNullable<TrafficTargetDocument['spec']>['destination'];

/** Whom a target may speak of: SMI knows workloads by their service account. */
export interface TargetWorkload {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** What a TrafficTarget says, whatever its version: v1alpha1 has it beside the metadata. */
export function targetParts({ object }: Pick<Target, 'object'>): {
  readonly destination: Identity | undefined;
  readonly sources: readonly Identity[];
  readonly rules: readonly TargetRule[];
  /** Path of each part in the document. */
  readonly paths: { readonly destination: string; readonly sources: string; readonly rules: string };
} {
  const { spec } = object;
  return spec === undefined
    ? {
        destination: object.destination,
        sources: object.sources ?? [],
        rules: object.specs ?? [],
        paths: { destination: 'destination', sources: 'sources', rules: 'specs' },
      }
    : {
        destination: spec.destination,
        sources: spec.sources ?? [],
        rules: spec.rules ?? [],
        paths: { destination: 'spec.destination', sources: 'spec.sources', rules: 'spec.rules' },
      };
}

/**
 * ALLOW rules of the TrafficTargets that are for a workload, one for each target. As an ALLOW list that is not empty denies
 * everything else, the first of them turns the workload to default deny, as the specification wants it.
 *
 * @param protocol a TCP connection has no HTTP attributes: a target that names HTTP routes lets none in
 * @see SMI traffic access control
 */
export function translateTrafficTargets(
  workload: TargetWorkload,
  protocol: 'http' | 'tcp',
  world: World,
): AuthorizationRule[] {
  return world.documents.trafficTargets
    .filter((target) => isFor(target, workload))
    .map((target) => ({
      policy: { namespace: target.key.namespace, name: target.key.name },
      rule: 0,
      dryRun: false,
      condition: targetCondition(target, protocol, world),
      from: [originOf(target, target.object.spec === undefined ? '' : 'spec')],
    }));
}

function isFor(target: Target, { namespace, serviceAccount }: TargetWorkload): boolean {
  const { destination } = targetParts(target);
  return (
    destination?.kind === 'ServiceAccount' &&
    destination.name === serviceAccount &&
    (destination.namespace ?? target.key.namespace) === namespace
  );
}

function targetCondition(target: Target, protocol: 'http' | 'tcp', world: World): Condition {
  const { sources, rules, destination } = targetParts(target);
  const from = sources
    .filter(({ kind }) => kind === 'ServiceAccount')
    .flatMap((source) => world.spiffeIds(source.namespace ?? target.key.namespace, source.name))
    .map((value): Condition => ({
      kind: 'principal',
      match: { kind: 'exact', value, ignoreCase: false },
    }));
  const tcp = rules.filter(({ kind }) => kind === 'TCPRoute');
  const http = rules.filter(({ kind }) => kind === 'HTTPRouteGroup');
  // Neither kind is named, or none of them can be a connection of ours: nothing is allowed.
  if (from.length === 0 || tcp.length + http.length === 0) return { kind: 'never' };
  const parts: Condition[] = [some(from)];
  if (destination?.port !== undefined) parts.push({ kind: 'destination-port', port: destination.port });
  if (tcp.length > 0) parts.push(some(tcp.map((rule) => portCondition(rule, target.key.namespace, world))));
  if (http.length > 0) {
    parts.push(
      protocol === 'tcp'
        ? { kind: 'never' }
        : some(http.flatMap((rule) => httpConditions(rule, target.key.namespace, world))),
    );
  }
  return { kind: 'all', of: parts };
}

/** A TCPRoute without ports is every port. */
function portCondition({ name }: TargetRule, namespace: string, world: World): Condition {
  const route = world.documents.smiTcpRoutes.find(
    ({ key }) => key.namespace === namespace && key.name === name,
  );
  if (route === undefined) return { kind: 'never' };
  const ports = route.object.spec?.matches?.ports ?? [];
  return ports.length === 0
    ? { kind: 'any' }
    : some(ports.map((port) => ({ kind: 'destination-port', port })));
}

function httpConditions({ name, matches }: TargetRule, namespace: string, world: World): Condition[] {
  const named = matches === undefined || matches.length === 0 ? undefined : matches;
  return (groupMatches(world, namespace, name, named) ?? []).map(({ match }) => conditionOf(match));
}

function some(conditions: readonly Condition[]): Condition {
  const [only] = conditions;
  if (only === undefined) return { kind: 'never' };
  return conditions.length === 1 ? only : { kind: 'some', of: conditions };
}
