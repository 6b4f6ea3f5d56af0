/** The policy that holds for a route: the most specific one, alone or joined to the one of the Gateway. */
import type { ResourceKey } from '@heddle/schema';
import type { Origin } from '@heddle/traffic';
import { originOf, type World } from '../../world/world.ts';
import type { PlacedListener } from '../gateway-api/gateway.ts';
import { mergePolicies } from './merge.ts';
import { type EnvoyPolicyOf, type EnvoyPolicySpecs, holderOf, policyNamed } from './targets.ts';

export type RoutePolicyList = 'envoyBackendPolicies' | 'securityPolicies';

export interface EffectivePolicy<L extends RoutePolicyList> {
  /** `shop/retries`, or `shop/retries+edge/defaults` of a route's policy that is joined to the Gateway's. */
  readonly id: string;
  readonly spec: EnvoyPolicySpecs[L];
  /** The route's, then the one that it is joined to. */
  readonly documents: readonly [EnvoyPolicyOf<L>, ...EnvoyPolicyOf<L>[]];
}

/** Where a rule of a route is served. */
export interface RoutePlace {
  readonly route: ResourceKey;
  /** The rule's name. */
  readonly rule: string | undefined;
  /** undefined: in the mesh. */
  readonly listener: PlacedListener | undefined;
}

/** A rule's policy comes before its route's, that before the listener's, and that before the Gateway's; only one of them counts. */
export function effectivePolicy<L extends RoutePolicyList>(
  list: L,
  { route, rule, listener }: RoutePlace,
  world: World,
): EffectivePolicy<L> | undefined {
  if (world.documents[list].length === 0) return undefined;
  const own =
    (rule === undefined ? undefined : holderOf(list, route, rule, world)) ??
    holderOf(list, route, undefined, world);
  const gateway = listener?.gateway.key;
  const parent =
    gateway &&
    (holderOf(list, gateway, listener?.listener.name, world) ?? holderOf(list, gateway, undefined, world));
  const [first, second] = own === undefined ? [parent] : [own, parent];
  if (first === undefined) return undefined;
  const isJoined = own?.object.spec.mergeType !== undefined && second !== undefined;
  return joined(isJoined ? [first, second] : [first]);
}

/** The same again, by its id. */
export function effectivePolicyNamed<L extends RoutePolicyList>(
  list: L,
  id: string,
  world: World,
): EffectivePolicy<L> | undefined {
  const [first, ...others] = id.split('+').flatMap((one) => {
    const [namespace = '', name = ''] = one.split('/');
    return policyNamed(list, { namespace, name }, world) ?? [];
  });
  return first === undefined ? undefined : joined([first, ...others]);
}

/** A policy that is joined to no other. */
export function lonePolicy<L extends RoutePolicyList>(document: EnvoyPolicyOf<L>): EffectivePolicy<L> {
  return joined<L>([document]);
}

function joined<L extends RoutePolicyList>(
  documents: readonly [EnvoyPolicyOf<L>, ...EnvoyPolicyOf<L>[]],
): EffectivePolicy<L> {
  const [own, parent] = documents;
  return {
    id: documents.map(({ key }) => `${key.namespace}/${key.name}`).join('+'),
    spec: parent === undefined ? own.object.spec : mergePolicies(parent.object.spec, own.object.spec),
    documents,
  };
}

/** Of the policies that say something of a field. */
export function originsOf<L extends RoutePolicyList>(
  { documents }: EffectivePolicy<L>,
  field: keyof EnvoyPolicySpecs[L] & string,
): Origin[] {
  return documents
    .filter(({ object }) => Object.hasOwn(object.spec, field))
    .map((document) => originOf(document, `spec.${field}`));
}
