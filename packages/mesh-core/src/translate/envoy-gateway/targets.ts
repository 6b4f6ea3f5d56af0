/** What the policies of Envoy Gateway are for: Gateways and routes, whole or one section of them, by name or by labels. */
import type {
  BackendTrafficPolicySpec,
  ClientTrafficPolicySpec,
  ResourceKey,
  SecurityPolicySpec,
} from '@heddle/schema';
import { coreGroup, keyWords } from '../../documents/key.ts';
import { selectsLabels } from '../../world/label-selector.ts';
import type { Typed, World, WorldDocuments } from '../../world/world.ts';
import { gatewayApiGroup, selectsNamespace } from '../gateway-api/gateway.ts';
import { isGranted, serviceNamed } from '../gateway-api/backend.ts';

export const envoyGatewayGroup = 'gateway.envoyproxy.io';

type Targeting = Pick<BackendTrafficPolicySpec, 'targetRef' | 'targetRefs' | 'targetSelectors'>;

/** A BackendTrafficPolicy, ClientTrafficPolicy or SecurityPolicy. */
export type EnvoyPolicy = Typed<{ readonly spec: Targeting }>;

/** What the three kinds say, by their lists. */
export interface EnvoyPolicySpecs {
  readonly envoyBackendPolicies: BackendTrafficPolicySpec;
  readonly clientTrafficPolicies: ClientTrafficPolicySpec;
  readonly securityPolicies: SecurityPolicySpec;
}

export type EnvoyPolicyList = keyof EnvoyPolicySpecs;
export type EnvoyPolicyOf<L extends EnvoyPolicyList> = Typed<{ readonly spec: EnvoyPolicySpecs[L] }>;

export interface PolicyTarget {
  readonly key: ResourceKey;
  /** Of a Gateway the name of a listener, of a route the name of a rule. */
  readonly sectionName?: string;
  /** In the policy. */
  readonly path: string;
}

/** Kinds that a policy may be for. A Service is one for calls in the mesh, which Envoy Gateway does not know. */
const targetKinds: Readonly<Record<EnvoyPolicyList, readonly string[]>> = {
  envoyBackendPolicies: [
    'Gateway',
    'ListenerSet',
    'HTTPRoute',
    'GRPCRoute',
    'UDPRoute',
    'TCPRoute',
    'TLSRoute',
    'Service',
  ],
  clientTrafficPolicies: ['Gateway', 'ListenerSet'],
  securityPolicies: ['Gateway', 'ListenerSet', 'HTTPRoute', 'GRPCRoute', 'TCPRoute'],
};

export function targetKindsOf(list: EnvoyPolicyList): readonly string[] {
  return targetKinds[list];
}

/** Those that the policy names, and of those that it selects the ones that are there. */
export function targetsOf(policy: EnvoyPolicy, world: World): PolicyTarget[] {
  const { targetRef, targetRefs = [], targetSelectors = [] } = policy.object.spec;
  const named = [
    ...(targetRef === undefined ? [] : [[targetRef, 'spec.targetRef'] as const]),
    ...targetRefs.map((ref, i) => [ref, `spec.targetRefs[${i}]`] as const),
  ].map(([{ group, kind, name, sectionName }, path]) => ({
    key: { group: group || coreGroup, kind, namespace: policy.key.namespace, name },
    ...(sectionName === undefined ? {} : { sectionName }),
    path,
  }));
  const selected = targetSelectors.flatMap((selector, i) =>
    candidates(selector.kind, world)
      .filter((one) => isSelected(one, selector, policy, world))
      .map(({ key }) => ({ key, path: `spec.targetSelectors[${i}]` })),
  );
  const isNamed = ({ key }: PolicyTarget) =>
    named.some((one) => one.sectionName === undefined && placeOf(one.key) === placeOf(key));
  return [...named, ...selected.filter((one) => !isNamed(one))];
}

type Candidate = Pick<WorldDocuments['httpRoutes'][number], 'key'> & {
  readonly object: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } };
};

function candidates(kind: string, { documents }: World): readonly Candidate[] {
  switch (kind) {
    case 'Gateway':
      return documents.kubernetesGateways;
    case 'HTTPRoute':
      return documents.httpRoutes;
    case 'GRPCRoute':
      return documents.grpcRoutes;
    case 'TCPRoute':
      return documents.tcpRoutes;
    case 'TLSRoute':
      return documents.tlsRoutes;
    default:
      return [];
  }
}

type Selector = NonNullable<Targeting['targetSelectors']>[number];

/** Of another namespace it needs a ReferenceGrant there. */
function isSelected(one: Candidate, selector: Selector, { key }: EnvoyPolicy, world: World): boolean {
  const { matchLabels, matchExpressions, namespaces } = selector;
  const labels = {
    ...(matchLabels === undefined ? {} : { matchLabels }),
    ...(matchExpressions === undefined ? {} : { matchExpressions }),
  };
  if (!selectsLabels(labels, one.object.metadata.labels ?? {})) return false;
  const { namespace, name, kind } = one.key;
  if (namespace === key.namespace) {
    return namespaces?.from !== 'Selector' || selectsNamespace(namespaces.selector ?? {}, namespace, world);
  }
  const isLookedAt =
    namespaces?.from === 'All' ||
    (namespaces?.from === 'Selector' && selectsNamespace(namespaces.selector ?? {}, namespace, world));
  return isLookedAt && isGranted({ group: one.key.group, kind, name }, namespace, { world, route: key });
}

/** What becomes of a policy at one of its targets. */
export type Attachment =
  | { readonly kind: 'attached' }
  | { readonly kind: 'not-found'; readonly message: string }
  | { readonly kind: 'conflicted'; readonly holder: ResourceKey };

export function attachmentAt(
  list: EnvoyPolicyList,
  policy: EnvoyPolicy,
  target: PolicyTarget,
  world: World,
): Attachment {
  const message = missing(target, world);
  if (message !== undefined) return { kind: 'not-found', message };
  const holder = holdersOf(list, world).get(placeOf(target.key, target.sectionName));
  return holder === undefined || holder.key === policy.key || isSame(holder.key, policy.key)
    ? { kind: 'attached' }
    : { kind: 'conflicted', holder: holder.key };
}

function isSame(a: ResourceKey, b: ResourceKey): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}

/** Why nothing is there to be told; undefined when it is. */
function missing({ key, sectionName }: PolicyTarget, world: World): string | undefined {
  const sections = sectionsOf(key, world);
  if (sections === undefined) return `no ${keyWords(key)} is known`;
  return sectionName === undefined || sections.includes(sectionName)
    ? undefined
    : `${keyWords(key)} has no section "${sectionName}"`;
}

/** @returns undefined when the resource is not there */
function sectionsOf(key: ResourceKey, world: World): readonly (string | undefined)[] | undefined {
  const { kubernetesGateways, httpRoutes, grpcRoutes, tcpRoutes, tlsRoutes } = world.documents;
  const isIt = (one: { readonly key: ResourceKey }) => isSame(one.key, key);
  switch (`${key.group}/${key.kind}`) {
    case `${gatewayApiGroup}/Gateway`:
      return kubernetesGateways.find(isIt)?.object.spec.listeners.map(({ name }) => name);
    case `${gatewayApiGroup}/HTTPRoute`:
      return ruleNames(httpRoutes.find(isIt)?.object.spec);
    case `${gatewayApiGroup}/GRPCRoute`:
      return ruleNames(grpcRoutes.find(isIt)?.object.spec);
    case `${gatewayApiGroup}/TCPRoute`:
      return ruleNames(tcpRoutes.find(isIt)?.object.spec);
    case `${gatewayApiGroup}/TLSRoute`:
      return ruleNames(tlsRoutes.find(isIt)?.object.spec);
    case `${coreGroup}/Service`:
      return serviceNamed(key, world)?.ports.map(({ name }) => name);
    default:
      return undefined;
  }
}

function ruleNames(
  spec: { readonly rules?: readonly { readonly name?: string }[] } | undefined,
): readonly (string | undefined)[] | undefined {
  return spec && (spec.rules ?? []).map(({ name }) => name);
}

/** One place that can hold one policy of a kind. */
function placeOf({ group, kind, namespace, name }: ResourceKey, sectionName = ''): string {
  return `${group}/${kind}/${namespace}/${name}/${sectionName}`;
}

type Holders = ReadonlyMap<string, EnvoyPolicy>;

/** A world never changes. */
const known = new WeakMap<World, Map<EnvoyPolicyList, Holders>>();

/** Of several policies for one place the oldest holds it. */
function holdersOf(list: EnvoyPolicyList, world: World): Holders {
  const ofWorld = known.get(world) ?? new Map<EnvoyPolicyList, Holders>();
  known.set(world, ofWorld);
  const before = ofWorld.get(list);
  if (before !== undefined) return before;
  const holders = new Map<string, EnvoyPolicy>();
  for (const policy of world.documents[list]) {
    for (const { key, sectionName } of targetsOf(policy, world)) {
      if (!targetKinds[list].includes(key.kind)) continue;
      const place = placeOf(key, sectionName);
      if (!holders.has(place)) holders.set(place, policy);
    }
  }
  ofWorld.set(list, holders);
  return holders;
}

/** The policy that holds a place; undefined when none does. */
export function holderOf<L extends EnvoyPolicyList>(
  list: L,
  key: ResourceKey,
  sectionName: string | undefined,
  world: World,
): EnvoyPolicyOf<L> | undefined {
  const holder = holdersOf(list, world).get(placeOf(key, sectionName));
  return holder && policyNamed(list, holder.key, world);
}

export function policyNamed<L extends EnvoyPolicyList>(
  list: L,
  { namespace, name }: Pick<ResourceKey, 'namespace' | 'name'>,
  world: World,
): EnvoyPolicyOf<L> | undefined {
  return policiesOf(list, world).find(({ key }) => key.namespace === namespace && key.name === name);
}

function policiesOf<L extends EnvoyPolicyList>(list: L, { documents }: World): readonly EnvoyPolicyOf<L>[] {
  const lists: { readonly [K in EnvoyPolicyList]: readonly EnvoyPolicyOf<K>[] } = documents;
  return lists[list];
}
