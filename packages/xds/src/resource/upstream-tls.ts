/**
 * MeshTls <-> a cluster's `transport_socket_matches`: mesh mTLS to the endpoints that speak it, plaintext to the rest.
 *
 * An endpoint says which by `envoy.transport_socket_match: {tlsMode: istio}`, as under Istio.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import type { MeshTls } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { bundleSecret, identitySecret, secretReference } from './secret.ts';

export const transportSocketMatch = 'envoy.transport_socket_match';

const tlsSocket = 'envoy.transport_sockets.tls';
const tlsContext = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';
const rawBuffer = 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';

export function encodeUpstreamTls(tls: MeshTls): JsonObject[] {
  return [
    {
      name: 'tlsMode-istio',
      match: { tlsMode: 'istio' },
      transportSocket: { name: tlsSocket, typedConfig: encodeContext(tls) },
    },
    {
      name: 'tlsMode-disabled',
      match: {},
      transportSocket: { name: 'envoy.transport_sockets.raw_buffer', typedConfig: { '@type': rawBuffer } },
    },
  ];
}

/** undefined when no match of the cluster is mesh mTLS. */
export function decodeUpstreamTls(cluster: FieldReader): MeshTls | undefined {
  const mesh = cluster
    .list('transportSocketMatches')
    .find((candidate) => candidate.field('match').string('tlsMode') === 'istio');
  if (mesh === undefined) return undefined;
  const context = mesh.field('transportSocket').field('typedConfig');
  if (context.string('@type') !== tlsContext) return context.fail(`expected ${tlsContext}`);
  const names = context
    .field('commonTlsContext')
    .field('combinedValidationContext')
    .field('defaultValidationContext')
    .list('matchTypedSubjectAltNames');
  if (names.length === 0) return context.fail('expected the SPIFFE IDs that the peer may prove');
  return {
    mode: 'ISTIO_MUTUAL',
    sni: context.string('sni'),
    spiffeIds: names.map((name) => decodeSpiffeId(name)),
  };
}

function encodeContext(tls: MeshTls): JsonObject {
  return {
    '@type': tlsContext,
    sni: tls.sni,
    commonTlsContext: {
      tlsCertificateSdsSecretConfigs: [secretReference(identitySecret)],
      combinedValidationContext: {
        defaultValidationContext: {
          matchTypedSubjectAltNames: tls.spiffeIds.map((id) => ({ sanType: 'URI', matcher: { exact: id } })),
        },
        validationContextSdsSecretConfig: secretReference(bundleSecret),
      },
    },
  };
}

function decodeSpiffeId(name: FieldReader): string {
  name.oneOf('sanType', ['URI'], 'URI');
  const matcher = name.field('matcher');
  return matcher.has('exact') ? matcher.string('exact') : matcher.fail('expected an exact SPIFFE ID');
}
