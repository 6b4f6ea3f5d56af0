import { coreGroup, keyWords } from '../documents/key.ts';
import { serviceNamed } from '../translate/gateway-api/backend.ts';
import type { Typed, World } from '../world/world.ts';
import { type Condition, conditionsOf, controllerName } from './condition.ts';

interface TargetRef {
  readonly group: string;
  readonly kind: string;
  /** Absent: the policy's own. */
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
}

/** A BackendTLSPolicy or an XBackendTrafficPolicy. */
export type BackendPolicy = Typed<{ readonly spec: { readonly targetRefs: readonly TargetRef[] } }>;

export interface PolicyStatus {
  readonly ancestors: readonly {
    readonly ancestorRef: TargetRef;
    readonly controllerName: string;
    readonly conditions: readonly Condition[];
  }[];
}

/**
 * Whether a policy holds for each of its targets: of several for one target the oldest does, the others are Conflicted.
 * @param policies of the same kind, oldest first
 * @see GEP-713
 */
export function policyStatus(
  policy: BackendPolicy,
  policies: readonly BackendPolicy[],
  world: World,
): PolicyStatus {
  return {
    ancestors: policy.object.spec.targetRefs.map((ancestorRef) => ({
      ancestorRef,
      controllerName,
      conditions: [accepted(policy, ancestorRef, policies, world)],
    })),
  };
}

function accepted(
  policy: BackendPolicy,
  target: TargetRef,
  policies: readonly BackendPolicy[],
  world: World,
): Condition {
  const condition = conditionsOf(policy.generation);
  const { namespace } = policy.key;
  const key = { ...target, group: target.group || coreGroup, namespace };
  if (!targetKinds.has(`${key.group}/${key.kind}`)) {
    const message = `${target.kind} cannot be a target; name a Service or a ServiceEntry`;
    return condition('Accepted', false, 'Invalid', message);
  }
  if (serviceNamed(key, world) === undefined) {
    return condition('Accepted', false, 'TargetNotFound', `no ${keyWords(key)} is known`);
  }
  const holder = policies.find(
    (one) => one.key.namespace === namespace && one.object.spec.targetRefs.some((ref) => isSame(ref, target)),
  );
  return holder === undefined || holder.key.name === policy.key.name
    ? condition('Accepted', true, 'Accepted', 'the policy is for this target')
    : condition('Accepted', false, 'Conflicted', `${keyWords(holder.key)} is older and has the same target`);
}

const targetKinds: ReadonlySet<string> = new Set(['core/Service', 'networking.istio.io/ServiceEntry']);

function isSame(a: TargetRef, b: TargetRef): boolean {
  return a.group === b.group && a.kind === b.kind && a.name === b.name && a.sectionName === b.sectionName;
}
