import type { ParentReference, ResourceKey } from '@heddle/schema';
import { keyWords } from '../documents/key.ts';
import { gatewayApiGroup, namesGateway } from '../translate/gateway-api/gateway.ts';
import { routeDocuments } from '../translate/gateway-api/parents.ts';
import {
  attachmentAt,
  type EnvoyPolicy,
  type EnvoyPolicyList,
  type PolicyTarget,
  targetKindsOf,
  targetsOf,
} from '../translate/envoy-gateway/targets.ts';
import type { World } from '../world/world.ts';
import { type Condition, conditionsOf, controllerName } from './condition.ts';
import type { PolicyStatus } from './policy-status.ts';

type Ancestor = PolicyStatus['ancestors'][number];

/**
 * Whether a policy of Envoy Gateway holds for each Gateway that it comes to: of a route those that the route names. Of several
 * policies for one place the oldest holds, the others are Conflicted; one for less than a whole Gateway or route is heard before it.
 */
export function envoyPolicyStatus(policy: EnvoyPolicy, list: EnvoyPolicyList, world: World): PolicyStatus {
  const ancestors = new Map<string, Ancestor>();
  for (const target of targetsOf(policy, world)) {
    const conditions = conditionsAt(policy, list, target, world);
    for (const ancestorRef of ancestorsOf(target, world)) {
      const { kind, namespace, name, sectionName } = ancestorRef;
      const id = [kind, namespace, name, sectionName].join('/');
      // What holds at one target of an ancestor holds there, whatever becomes of the others.
      const before = ancestors.get(id)?.conditions[0];
      if (before === undefined || (before.status === 'False' && conditions[0]?.status === 'True')) {
        ancestors.set(id, { ancestorRef, controllerName, conditions });
      }
    }
  }
  return { ancestors: [...ancestors.values()] };
}

function conditionsAt(
  policy: EnvoyPolicy,
  list: EnvoyPolicyList,
  target: PolicyTarget,
  world: World,
): Condition[] {
  const condition = conditionsOf(policy.generation);
  const { kind } = target.key;
  if (!targetKindsOf(list).includes(kind)) {
    return [condition('Accepted', false, 'Invalid', `${kind} cannot be a target of this policy`)];
  }
  const attachment = attachmentAt(list, policy, target, world);
  switch (attachment.kind) {
    case 'not-found':
      return [condition('Accepted', false, 'TargetNotFound', attachment.message)];
    case 'conflicted': {
      const message = `${keyWords(attachment.holder)} is older and has the same target`;
      return [condition('Accepted', false, 'Conflicted', message)];
    }
    case 'attached': {
      const { overriding, merging } = closerTargets(policy, list, target, world);
      return [
        condition('Accepted', true, 'Accepted', 'the policy is for this target'),
        ...(merging.length === 0
          ? []
          : [condition('Merged', true, 'Merged', `joined to the policies of ${merging.join(', ')}`)]),
        ...(overriding.length === 0
          ? []
          : [condition('Overridden', true, 'Overridden', `not heard for ${overriding.join(', ')}`)]),
      ];
    }
  }
}

/** Parts of a target that have policies of their own. */
function closerTargets(
  policy: EnvoyPolicy,
  list: EnvoyPolicyList,
  target: PolicyTarget,
  world: World,
): { readonly overriding: readonly string[]; readonly merging: readonly string[] } {
  const overriding = new Set<string>();
  const merging = new Set<string>();
  for (const other of world.documents[list]) {
    if (other.key.namespace === policy.key.namespace && other.key.name === policy.key.name) continue;
    for (const one of targetsOf(other, world)) {
      if (!isWithin(one, target, world) || attachmentAt(list, other, one, world).kind !== 'attached')
        continue;
      const { spec } = other.object;
      const isMerged = 'mergeType' in spec && spec.mergeType !== undefined && isGateway(target.key);
      (isMerged ? merging : overriding).add(placeWords(one));
    }
  }
  return { overriding: [...overriding].toSorted(), merging: [...merging].toSorted() };
}

function placeWords({ key, sectionName }: PolicyTarget): string {
  return sectionName === undefined ? keyWords(key) : `${keyWords(key)} section ${sectionName}`;
}

/** Whether one target is a part of another: a section of it, or a route of a Gateway or its listener. */
function isWithin(part: PolicyTarget, whole: PolicyTarget, world: World): boolean {
  const isSame =
    part.key.kind === whole.key.kind &&
    part.key.namespace === whole.key.namespace &&
    part.key.name === whole.key.name;
  if (isSame) return whole.sectionName === undefined && part.sectionName !== undefined;
  return (
    isGateway(whole.key) &&
    gatewaysOf(part.key, world).some(
      ({ namespace, name, sectionName }) =>
        namespace === whole.key.namespace &&
        name === whole.key.name &&
        (whole.sectionName === undefined || sectionName === undefined || sectionName === whole.sectionName),
    )
  );
}

function isGateway({ group, kind }: ResourceKey): boolean {
  return group === gatewayApiGroup && kind === 'Gateway';
}

function ancestorsOf({ key, sectionName }: PolicyTarget, world: World): Ancestor['ancestorRef'][] {
  const { group, kind, namespace, name } = key;
  const own = {
    group: group === 'core' ? '' : group,
    kind,
    namespace,
    name,
    ...(sectionName === undefined ? {} : { sectionName }),
  };
  const parents = isGateway(key) ? [] : gatewaysOf(key, world);
  return parents.length === 0 ? [own] : parents;
}

/** The Gateways that a route names. */
function gatewaysOf(route: ResourceKey, world: World): Ancestor['ancestorRef'][] {
  const found = routeDocuments(world).find(
    ({ document: { key } }) =>
      key.kind === route.kind && key.namespace === route.namespace && key.name === route.name,
  );
  return (found?.parentRefs ?? []).flatMap((ref: ParentReference) => {
    const gateway = world.documents.kubernetesGateways.find((one) => namesGateway(ref, route.namespace, one));
    return gateway === undefined
      ? []
      : {
          group: gatewayApiGroup,
          kind: 'Gateway',
          namespace: gateway.key.namespace,
          name: gateway.key.name,
          ...(ref.sectionName === undefined ? {} : { sectionName: ref.sectionName }),
        };
  });
}
