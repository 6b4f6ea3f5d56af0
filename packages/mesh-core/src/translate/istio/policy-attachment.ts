import type { PolicyAttachment } from '@heddle/schema';

/** Whom a security policy may be for. */
export interface PolicyTarget {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

const gatewayNameLabel = 'gateway.networking.k8s.io/gateway-name';

/**
 * Whether a policy of the target's own namespace or of the root namespace is for it. A policy with targetRefs is for instances
 * of the Gateways that it names, in its own namespace, and for nobody else; one with a selector is for all who have the labels.
 */
export function isAttached(
  policy: PolicyAttachment,
  policyNamespace: string,
  target: PolicyTarget,
  rootNamespace: string,
): boolean {
  if (policyNamespace !== target.namespace && policyNamespace !== rootNamespace) return false;
  const references = policy.targetRefs?.length
    ? policy.targetRefs
    : policy.targetRef
      ? [policy.targetRef]
      : [];
  if (references.length === 0) {
    return Object.entries(policy.selector?.matchLabels ?? {}).every(
      ([name, value]) => target.labels[name] === value,
    );
  }
  const gateway = target.labels[gatewayNameLabel];
  return references.some(
    ({ group, kind, name, namespace }) =>
      gateway !== undefined &&
      group === 'gateway.networking.k8s.io' &&
      kind === 'Gateway' &&
      name === gateway &&
      policyNamespace === target.namespace &&
      (namespace === undefined || namespace === '' || namespace === target.namespace),
  );
}
