import type { KubernetesGatewayDocument } from '@heddle/schema';
import type { EndedTls, TlsMaterial } from '@heddle/traffic';
import { originOf, type World } from '../../world/world.ts';
import { authoritiesSuffix, configMap, grantedSecret, noSecret } from '../istio/credential.ts';
import { meshTlsSettings } from '../istio/peer-authentication.ts';
import { tlsParameters } from '../istio/server-tls.ts';
import { isGranted } from './backend.ts';
import { certificateProblem } from './certificate.ts';
import type { PlacedListener } from './gateway.ts';

export const modeOption = 'gateway.istio.io/tls-terminate-mode';
const cipherOption = 'gateway.istio.io/tls-cipher-suites';

/** How a listener ends TLS. A certificate that it must not name is left out; without any it refuses every connection. */
export function listenerTls({ gateway, listener, index }: PlacedListener, world: World): EndedTls {
  const { certificateRefs = [], options = {} } = listener.tls ?? {};
  const { key } = gateway;
  const from = [originOf(gateway, `spec.listeners[${index}].tls`)];
  const mode = options[modeOption];
  if (mode === 'ISTIO_MUTUAL') return { ...meshTlsSettings(world), mode: 'STRICT', from };
  const permitted = certificateRefs.filter(
    (ref) => certificateProblem(ref, key, world)?.reason !== 'RefNotPermitted',
  );
  const names = permitted.map(
    ({ namespace = key.namespace, name }) => `${grantedSecret}${namespace}/${name}`,
  );
  const [first] = names;
  const validation = frontendValidation(gateway.object, listener.port);
  const written = mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL' ? mode : undefined;
  const allowsInsecure = validation?.mode === 'AllowInsecureFallback' && written === undefined;
  const own: TlsMaterial =
    first === undefined ? noSecret : { kind: 'secret', name: `${first}${authoritiesSuffix}` };
  const authorities =
    validation === undefined ? written && own : clientAuthorities(validation, gateway, world);
  return {
    mode: written ?? (validation === undefined ? 'SIMPLE' : allowsInsecure ? 'OPTIONAL_MUTUAL' : 'MUTUAL'),
    certificates:
      first === undefined ? [noSecret] : names.map((name): TlsMaterial => ({ kind: 'secret', name })),
    ...(authorities === undefined ? {} : { authorities }),
    subjectAltNames: [],
    certificateHashes: [],
    publicKeyHashes: [],
    isInsecure: allowsInsecure,
    ...tlsParameters({ cipherSuites: ciphersOf(options[cipherOption]) }),
    from,
  };
}

function ciphersOf(option = ''): string[] {
  return option
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

type Frontend = NonNullable<NonNullable<KubernetesGatewayDocument['spec']['tls']>['frontend']>;
type Validation = NonNullable<Frontend['default']['validation']>;

/** What the Gateway asks of clients on one port; the port's own word replaces the default. */
function frontendValidation({ spec }: KubernetesGatewayDocument, port: number): Validation | undefined {
  const { frontend } = spec.tls ?? {};
  const own = frontend?.perPort?.find((one) => one.port === port);
  return own === undefined ? frontend?.default.validation : own.tls.validation;
}

/** A reference that is not allowed names nothing: nobody vouches for a client then, and all are refused. */
function clientAuthorities(
  { caCertificateRefs }: Validation,
  { key }: PlacedListener['gateway'],
  world: World,
): TlsMaterial {
  const [ref] = caCertificateRefs;
  if (ref === undefined) return noSecret;
  const { group, kind, name, namespace = key.namespace } = ref;
  const isAllowed =
    namespace === key.namespace || isGranted({ group, kind, name }, namespace, { world, route: key });
  if (!isAllowed) return noSecret;
  const scheme = kind === 'ConfigMap' ? configMap : grantedSecret;
  return { kind: 'secret', name: `${scheme}${namespace}/${name}${authoritiesSuffix}` };
}
