/** TerminatedTls <-> the transport socket of a gateway's filter chain. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { TerminatedTls } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';
import { secretReference } from './secret.ts';
import { decodeMaterial, encodeAuthorityFiles, encodeCertificates } from './tls-material.ts';

const context = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
const versions = ['TLSv1_0', 'TLSv1_1', 'TLSv1_2', 'TLSv1_3'] as const;

export function encodeTerminatedTls(tls: TerminatedTls, alpn: readonly string[]): JsonObject {
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: {
      '@type': context,
      requireClientCertificate: tls.mode === 'MUTUAL',
      commonTlsContext: {
        ...(alpn.length === 0 ? {} : { alpnProtocols: [...alpn] }),
        tlsParams: definedFields({
          tlsMinimumProtocolVersion: tls.minVersion,
          tlsMaximumProtocolVersion: tls.maxVersion,
          cipherSuites: tls.cipherSuites.length === 0 ? undefined : [...tls.cipherSuites],
          ecdhCurves: tls.ecdhCurves.length === 0 ? undefined : [...tls.ecdhCurves],
        }),
        ...encodeCertificates(tls.certificates),
        ...encodeValidation(tls),
      },
    },
  };
}

function encodeValidation(tls: TerminatedTls): JsonObject {
  const { authorities } = tls;
  if (tls.mode === 'SIMPLE' || authorities === undefined) return {};
  const expected = definedFields({
    matchTypedSubjectAltNames:
      tls.subjectAltNames.length === 0
        ? undefined
        : tls.subjectAltNames.map((name) => ({
            sanType: name.includes('://') ? 'URI' : 'DNS',
            matcher: { exact: name },
          })),
    verifyCertificateHash: tls.certificateHashes.length === 0 ? undefined : [...tls.certificateHashes],
    verifyCertificateSpki: tls.publicKeyHashes.length === 0 ? undefined : [...tls.publicKeyHashes],
    trustChainVerification: tls.isInsecure ? 'ACCEPT_UNTRUSTED' : undefined,
  });
  return authorities.kind === 'files'
    ? { validationContext: { ...expected, ...encodeAuthorityFiles(authorities) } }
    : {
        combinedValidationContext: {
          defaultValidationContext: expected,
          validationContextSdsSecretConfig: secretReference(authorities.name),
        },
      };
}

/** What goes into the chain's metadata: all of it, to be read back as it was. */
export function encodeTerminatedTlsMetadata(tls: TerminatedTls): JsonObject {
  return definedFields({
    mode: tls.mode,
    certificates: tls.certificates.map((one) => ({ ...one })),
    authorities: tls.authorities && { ...tls.authorities },
    subjectAltNames: [...tls.subjectAltNames],
    certificateHashes: [...tls.certificateHashes],
    publicKeyHashes: [...tls.publicKeyHashes],
    isInsecure: tls.isInsecure,
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    cipherSuites: [...tls.cipherSuites],
    ecdhCurves: [...tls.ecdhCurves],
    from: encodeOrigins(tls.from),
  });
}

export function decodeTerminatedTls(tls: FieldReader): TerminatedTls {
  return {
    mode: tls.oneOf('mode', ['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL'], 'SIMPLE'),
    certificates: tls.list('certificates').map(decodeMaterial),
    ...(tls.has('authorities') ? { authorities: decodeMaterial(tls.field('authorities')) } : {}),
    subjectAltNames: tls.strings('subjectAltNames'),
    certificateHashes: tls.strings('certificateHashes'),
    publicKeyHashes: tls.strings('publicKeyHashes'),
    isInsecure: tls.boolean('isInsecure'),
    minVersion: tls.oneOf('minVersion', versions, 'TLSv1_2'),
    maxVersion: tls.oneOf('maxVersion', versions, 'TLSv1_3'),
    cipherSuites: tls.strings('cipherSuites'),
    ecdhCurves: tls.strings('ecdhCurves'),
    from: decodeOrigins(tls),
  };
}
