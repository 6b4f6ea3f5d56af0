import type { ResourceKey, SecretObjectReference } from '@heddle/schema';
import type { World } from '../../world/world.ts';
import { isGranted } from './backend.ts';

/** Why a listener cannot have a certificate, in the words of its status. */
export interface CertificateProblem {
  readonly reason: 'InvalidCertificateRef' | 'RefNotPermitted';
  readonly message: string;
}

/** A certificate is a Secret with `tls.crt` and `tls.key`, in the Gateway's namespace or granted to it. */
export function certificateProblem(
  ref: SecretObjectReference,
  gateway: ResourceKey,
  world: World,
): CertificateProblem | undefined {
  const { group = '', kind = 'Secret', name, namespace = gateway.namespace } = ref;
  const invalid = (message: string) => ({ reason: 'InvalidCertificateRef', message }) as const;
  if (group !== '' || kind !== 'Secret') return invalid(`${kind} "${name}" is not a Secret`);
  if (
    namespace !== gateway.namespace &&
    !isGranted({ group, kind, name }, namespace, { world, route: gateway })
  ) {
    return {
      reason: 'RefNotPermitted',
      message: `no ReferenceGrant in ${namespace} lets this Gateway name Secret "${name}"`,
    };
  }
  const secret = world.documents.secrets.find(({ key }) => key.namespace === namespace && key.name === name);
  if (secret === undefined) return invalid(`no Secret "${namespace}/${name}" is known`);
  const { data = {}, stringData = {} } = secret.object;
  const missing = ['tls.crt', 'tls.key'].filter((field) => !(field in data) && !(field in stringData));
  return missing.length === 0
    ? undefined
    : invalid(`Secret "${namespace}/${name}" has no ${missing.join(' and no ')}`);
}
