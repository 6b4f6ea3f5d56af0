/** DownstreamTls <-> the transport socket of a filter chain, and what its metadata keeps of it. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { AcceptedMeshTls, DownstreamTls } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { decodeOrigins, definedFields, encodeOrigins, heddleMetadata } from './metadata.ts';
import { bundleSecret, identitySecret, secretReference } from './secret.ts';
import { decodeTerminatedTls, encodeTerminatedTls, encodeTerminatedTlsMetadata } from './terminated-tls.ts';

const tlsContext = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';

/** @param alpn what clients from outside are offered */
export function encodeDownstreamTls(tls: DownstreamTls, alpn: readonly string[]): JsonObject {
  if ('certificates' in tls) return encodeTerminatedTls(tls, alpn);
  const trusted = tls.trustDomains?.map((domain) => ({
    sanType: 'URI',
    matcher: { prefix: `spiffe://${domain}/` },
  }));
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: {
      '@type': tlsContext,
      requireClientCertificate: true,
      commonTlsContext: definedFields({
        tlsParams: tls.minVersion && { tlsMinimumProtocolVersion: tls.minVersion },
        tlsCertificateSdsSecretConfigs: [secretReference(identitySecret)],
        combinedValidationContext: {
          defaultValidationContext: trusted === undefined ? {} : { matchTypedSubjectAltNames: trusted },
          validationContextSdsSecretConfig: secretReference(bundleSecret),
        },
      }),
    },
  };
}

export function encodeDownstreamTlsMetadata(tls: DownstreamTls): JsonObject {
  if ('certificates' in tls) return encodeTerminatedTlsMetadata(tls);
  const { mode, trustDomains, minVersion, from } = tls;
  return definedFields({
    mode,
    trustDomains: trustDomains && [...trustDomains],
    minVersion,
    from: encodeOrigins(from),
  });
}

export function decodeDownstreamTls(chain: FieldReader): { tls?: DownstreamTls } {
  const tls = heddleMetadata(chain).field('tls');
  if (tls.isPresent) {
    return { tls: tls.has('certificates') ? decodeTerminatedTls(tls) : decodeAcceptedTls(tls) };
  }
  const socket = chain.field('transportSocket');
  if (!socket.isPresent) return {};
  const context = socket.field('typedConfig');
  if (context.string('@type') !== tlsContext || !context.boolean('requireClientCertificate')) {
    return context.fail('only mutual TLS of the mesh is supported');
  }
  return { tls: { mode: 'STRICT', from: [] } };
}

function decodeAcceptedTls(tls: FieldReader): AcceptedMeshTls {
  return {
    mode: tls.oneOf('mode', ['STRICT', 'PERMISSIVE', 'DISABLE'], 'STRICT'),
    ...(tls.has('trustDomains') ? { trustDomains: tls.strings('trustDomains') } : {}),
    ...(tls.string('minVersion') === 'TLSv1_3' ? { minVersion: 'TLSv1_3' } : {}),
    from: decodeOrigins(tls),
  };
}
