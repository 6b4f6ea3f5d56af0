/** BackendTLSPolicy and XBackendTrafficPolicy of a Service: what a DestinationRule says in other words. */
import type { ServicePort, TrafficPolicy } from '@heddle/schema';
import type { Origin, OriginatedTls, TlsMaterial } from '@heddle/traffic';
import { coreGroup } from '../../documents/key.ts';
import { authoritiesSuffix, configMap, grantedSecret } from '../istio/credential.ts';
import { type MeshService, originOf, type World, type WorldDocuments } from '../../world/world.ts';

export interface BackendSettings {
  readonly retryBudget?: NonNullable<TrafficPolicy['retryBudget']>;
  readonly tls?: OriginatedTls;
  readonly from: readonly Origin[];
}

/** What the policies say of one port; of several for one target the oldest holds, and one for the port before one for the Service. */
export function backendSettings(service: MeshService, port: ServicePort, world: World): BackendSettings {
  const tls = tlsPolicyOf(service, port, world);
  const traffic = world.documents.backendTrafficPolicies.find(
    ({ key, object }) =>
      key.namespace === service.namespace &&
      object.spec.retryConstraint !== undefined &&
      object.spec.targetRefs.some((ref) => isService(ref, service)),
  );
  const { budget, minRetryRate } = traffic?.object.spec.retryConstraint ?? {};
  return {
    ...(tls === undefined ? {} : { tls: originated(tls) }),
    ...(traffic === undefined
      ? {}
      : {
          retryBudget: {
            percent: budget?.percent ?? 20,
            // A rate is counted as that many at once, as in Istio.
            minRetryConcurrency: minRetryRate?.count ?? 10,
          },
        }),
    from: [
      ...(tls === undefined ? [] : [originOf(tls, 'spec.validation')]),
      ...(traffic === undefined ? [] : [originOf(traffic, 'spec.retryConstraint')]),
    ],
  };
}

type TlsPolicy = WorldDocuments['backendTlsPolicies'][number];

function tlsPolicyOf(service: MeshService, port: ServicePort, world: World): TlsPolicy | undefined {
  const holding = (sectionName: string | undefined) =>
    world.documents.backendTlsPolicies.find(
      ({ key, object }) =>
        key.namespace === service.namespace &&
        object.spec.targetRefs.some((ref) => isService(ref, service) && ref.sectionName === sectionName),
    );
  return (port.name === undefined ? undefined : holding(port.name)) ?? holding(undefined);
}

function isService(
  ref: { readonly group: string; readonly kind: string; readonly name: string },
  { document: { key } }: MeshService,
): boolean {
  return (ref.group || coreGroup) === key.group && ref.kind === key.kind && ref.name === key.name;
}

/** With names of its own for the certificate the hostname is for SNI alone. */
function originated({ key, object: { spec } }: TlsPolicy): OriginatedTls {
  const { hostname, subjectAltNames = [], caCertificateRefs = [] } = spec.validation;
  const names = subjectAltNames.flatMap((name) => name.hostname ?? name.uri ?? []);
  const [ca] = caCertificateRefs;
  const authorities: TlsMaterial | { readonly kind: 'system' } =
    ca === undefined
      ? { kind: 'system' }
      : {
          kind: 'secret',
          name: `${ca.kind === 'ConfigMap' ? configMap : grantedSecret}${key.namespace}/${ca.name}${authoritiesSuffix}`,
        };
  return {
    mode: 'SIMPLE',
    sni: hostname,
    subjectAltNames: names.length === 0 ? [hostname] : names,
    authorities,
    isInsecure: false,
  };
}
