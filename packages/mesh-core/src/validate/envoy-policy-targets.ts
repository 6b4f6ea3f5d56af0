import { keyWords } from '../documents/key.ts';
import { gatewayApiGroup } from '../translate/gateway-api/gateway.ts';
import {
  attachmentAt,
  type EnvoyPolicy,
  type EnvoyPolicyList,
  targetKindsOf,
  targetsOf,
} from '../translate/envoy-gateway/targets.ts';
import type { World } from '../world/world.ts';
import { type Rule, type RuleFinding, schemaError } from './rule.ts';

/**
 * What the policies of Envoy Gateway are for: kinds that they can be for (IST0106), which are there (HDL0027), and have no older
 * policy of the same kind (HDL0026).
 */
export const envoyPolicyTargets: Rule = function* (world) {
  for (const list of ['envoyBackendPolicies', 'clientTrafficPolicies', 'securityPolicies'] as const) {
    for (const document of world.documents[list]) {
      for (const finding of shapeFindings(document, list)) yield [document, finding];
      for (const finding of placeFindings(document, list, world)) yield [document, finding];
    }
  }
};

const routeKinds: readonly string[] = ['HTTPRoute', 'GRPCRoute', 'UDPRoute', 'TCPRoute', 'TLSRoute'];

function* shapeFindings({ object: { spec } }: EnvoyPolicy, list: EnvoyPolicyList): Iterable<RuleFinding> {
  const { targetRef, targetRefs, targetSelectors = [] } = spec;
  if (targetRef === undefined && targetRefs === undefined && targetSelectors.length === 0) {
    yield schemaError('spec', 'the policy is for nothing; name what it is for in targetRefs');
  }
  if (targetRef !== undefined && targetRefs !== undefined && targetSelectors.length === 0) {
    yield schemaError('spec.targetRef', 'targetRef and targetRefs exclude each other; keep targetRefs');
  }
  const refs = [
    ...(targetRef === undefined ? [] : [[targetRef, 'spec.targetRef'] as const]),
    ...(targetRefs ?? []).map((ref, i) => [ref, `spec.targetRefs[${i}]`] as const),
  ];
  const kinds = targetKindsOf(list);
  for (const [{ group, kind }, path] of refs) {
    const wanted = kind === 'Service' ? '' : gatewayApiGroup;
    if (!kinds.includes(kind)) {
      yield schemaError(
        `${path}.kind`,
        `the policy cannot be for ${kind}; expected one of ${kinds.join(', ')}`,
      );
    } else if (group !== wanted) {
      yield schemaError(`${path}.group`, `${kind} is of the group "${wanted}", not of "${group}"`);
    }
  }
  for (const [i, { group = gatewayApiGroup, kind, namespaces }] of targetSelectors.entries()) {
    const path = `spec.targetSelectors[${i}]`;
    if (group !== gatewayApiGroup) {
      yield schemaError(`${path}.group`, `targets are of the group ${gatewayApiGroup}, not of "${group}"`);
    }
    if (!kinds.includes(kind) || kind === 'Service') {
      const those = kinds.filter((one) => one !== 'Service').join(', ');
      yield schemaError(`${path}.kind`, `${kind} cannot be selected; expected one of ${those}`);
    }
    if (namespaces?.from === 'Selector' && namespaces.selector === undefined) {
      yield schemaError(`${path}.namespaces.selector`, 'from: Selector goes with a selector of namespaces');
    }
  }
  const named = [...refs.map(([{ kind }]) => kind), ...targetSelectors.map(({ kind }) => kind)];
  if (
    'mergeType' in spec &&
    spec.mergeType !== undefined &&
    named.some((kind) => !routeKinds.includes(kind))
  ) {
    yield schemaError(
      'spec.mergeType',
      'only policies of routes are merged; name routes alone, or remove mergeType',
    );
  }
  const isControlled = 'admissionControl' in spec && spec.admissionControl !== undefined;
  if (isControlled && named.some((kind) => /^(?:UDP|TCP|TLS)Route$/.test(kind))) {
    yield schemaError(
      'spec.admissionControl',
      'admission is controlled for HTTP alone; name no UDPRoute, TCPRoute or TLSRoute',
    );
  }
}

function* placeFindings(document: EnvoyPolicy, list: EnvoyPolicyList, world: World): Iterable<RuleFinding> {
  for (const target of targetsOf(document, world)) {
    if (!targetKindsOf(list).includes(target.key.kind) || notServed.has(target.key.kind)) continue;
    const attachment = attachmentAt(list, document, target, world);
    switch (attachment.kind) {
      case 'attached':
        break;
      case 'not-found':
        yield {
          code: 'HDL0027',
          severity: 'warning',
          path: target.path,
          message: `${attachment.message}: the policy is for nothing there`,
        };
        break;
      case 'conflicted':
        yield {
          code: 'HDL0026',
          severity: 'warning',
          path: target.path,
          message: `${keyWords(attachment.holder)} is older and has the same target: this policy is not heard there; join the two, or give this one another target`,
        };
    }
  }
}

/** Kinds that the mesh does not read as targets; they are named as not yet enforced. */
const notServed: ReadonlySet<string> = new Set(['ListenerSet', 'UDPRoute']);
