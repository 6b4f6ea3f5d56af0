import type { AuthorizationPolicyDocument } from '@heddle/schema';
import { isAttached } from '../translate/istio/policy-attachment.ts';
import { inboundTls } from '../translate/istio/peer-authentication.ts';
import type { Typed, World } from '../world/world.ts';
import { knownPorts } from './known-hosts.ts';
import type { Rule, RuleFinding } from './rule.ts';

/**
 * What an AuthorizationPolicy names and the mesh does not know: namespaces (KIA0101), hosts (KIA0104), service accounts
 * (KIA0106), trust domains (KIA0108); methods that no request has (KIA0102); identities where mTLS is off (KIA0105).
 */
export const authorizationPolicyReferences: Rule = function* (world) {
  const known = knownNames(world);
  for (const document of world.documents.authorizationPolicies) {
    for (const finding of ruleFindings(document, world, known)) yield [document, finding];
  }
};

interface KnownNames {
  readonly namespaces: ReadonlySet<string>;
  /** `namespace/name` */
  readonly serviceAccounts: ReadonlySet<string>;
  readonly trustDomains: ReadonlySet<string>;
}

function knownNames(world: World): KnownNames {
  const { services, deployments, instances, documents } = world;
  const workloads = [...deployments, ...instances];
  return {
    namespaces: new Set([
      ...documents.namespaces.map(({ key }) => key.name),
      ...[...services, ...workloads].map(({ namespace }) => namespace),
    ]),
    serviceAccounts: new Set([
      ...documents.serviceAccounts.map(({ key }) => `${key.namespace}/${key.name}`),
      ...workloads.map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`),
    ]),
    trustDomains: new Set(['cluster.local', ...world.trustDomains]),
  };
}

function* ruleFindings(
  { key, object }: Typed<AuthorizationPolicyDocument>,
  world: World,
  known: KnownNames,
): Iterable<RuleFinding> {
  const plaintext = plaintextTarget(object, key.namespace, world);
  for (const [r, { from = [], to = [] }] of (object.spec?.rules ?? []).entries()) {
    for (const [i, { source }] of from.entries()) {
      const path = `spec.rules[${r}].from[${i}].source`;
      for (const [n, namespace] of (source?.namespaces ?? []).entries()) {
        if (namespace.includes('*') || known.namespaces.has(namespace)) continue;
        yield warning(
          'KIA0101',
          `${path}.namespaces[${n}]`,
          `no namespace "${namespace}" is known; check the name`,
        );
      }
      for (const [n, principal] of (source?.principals ?? []).entries()) {
        const [, domain, namespace, name] = /^([^/*]+)\/ns\/([^/*]+)\/sa\/([^/*]+)$/.exec(principal) ?? [];
        if (domain !== undefined && !known.trustDomains.has(domain)) {
          yield warning(
            'KIA0108',
            `${path}.principals[${n}]`,
            `"${domain}" is no trust domain of this mesh, so nobody here proves this identity; check the name, or federate`,
          );
          continue;
        }
        if (name === undefined || known.serviceAccounts.has(`${namespace}/${name}`)) continue;
        yield warning(
          'KIA0106',
          `${path}.principals[${n}]`,
          `no service account ${namespace}/${name} is known, nor a workload that runs as it; check the name`,
        );
      }
      for (const field of ['principals', 'namespaces', 'serviceAccounts'] as const) {
        if (plaintext === undefined || (source?.[field] ?? []).length === 0) continue;
        yield warning(
          'KIA0105',
          `${path}.${field}`,
          `${plaintext}, so no caller has an identity; allow mTLS there`,
        );
      }
    }
    for (const [i, { operation }] of to.entries()) {
      const path = `spec.rules[${r}].to[${i}].operation`;
      for (const [n, method] of (operation?.methods ?? []).entries()) {
        if (/^(?:[A-Z*]+|\/?[\w.]+\/\w+)$/.test(method)) continue;
        yield warning(
          'KIA0102',
          `${path}.methods[${n}]`,
          `"${method}" is no method that requests have; write it in capitals, such as GET`,
        );
      }
      for (const [n, host] of (operation?.hosts ?? []).entries()) {
        if (host.includes('*')) continue;
        const name = world.resolve(host.replace(/:\d+$/, ''), key.namespace);
        if (knownPorts(world, name) !== undefined) continue;
        yield warning(
          'KIA0104',
          `${path}.hosts[${n}]`,
          `no service "${host}" is known; check the name, and whether clients call it so`,
        );
      }
    }
  }
}

/** Where the policy is for and plaintext alone is spoken: by what runs there, else by what the documents say of whoever will. */
function plaintextTarget(
  { spec = {} }: AuthorizationPolicyDocument,
  namespace: string,
  world: World,
): string | undefined {
  const { rootNamespace } = world.settings;
  const targets = world.instances.filter((instance) => isAttached(spec, namespace, instance, rootNamespace));
  const found = targets.find((instance) => inboundTls(instance, instance.appPort, world).mode === 'DISABLE');
  if (found !== undefined) return `mTLS is off for ${found.namespace}/${found.workload}`;
  if (targets.length > 0 || spec.targetRef !== undefined || spec.targetRefs !== undefined) return undefined;
  const labels = spec.selector?.matchLabels ?? {};
  if (inboundTls({ namespace, labels }, 0, world).mode === 'DISABLE') {
    return `mTLS is off for such workloads of namespace ${namespace}`;
  }
  const [rule] = world.rulesCovering(`*.${namespace}.svc.cluster.local`);
  return rule?.object.spec.trafficPolicy?.tls?.mode === 'DISABLE'
    ? `DestinationRule ${rule.key.namespace}/${rule.key.name} lets callers speak plaintext to the services of namespace ${namespace}`
    : undefined;
}

function warning(code: string, path: string, message: string): RuleFinding {
  return { code, severity: 'warning', path, message };
}
