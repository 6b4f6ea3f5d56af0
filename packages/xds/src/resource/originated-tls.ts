/** OriginatedTls <-> the transport socket of a cluster that leaves the mesh. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { OriginatedTls } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { definedFields } from './metadata.ts';
import { secretReference } from './secret.ts';
import { decodeMaterial, encodeAuthorityFiles, encodeCertificates } from './tls-material.ts';

const context = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

export function encodeOriginatedTls(tls: OriginatedTls): JsonObject {
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: {
      '@type': context,
      sni: tls.sni,
      commonTlsContext: definedFields({
        ...encodeCertificates(tls.certificate === undefined ? [] : [tls.certificate]),
        ...(tls.isInsecure ? {} : encodeValidation(tls)),
      }),
    },
  };
}

/** What goes into the cluster's metadata beside it: what Envoy leaves out when nobody is verified. */
export function encodeOriginatedTlsMetadata(tls: OriginatedTls): JsonObject {
  return definedFields({
    mode: tls.mode,
    isInsecure: tls.isInsecure,
    authorities: { ...tls.authorities },
    subjectAltNames: [...tls.subjectAltNames],
    certificate: tls.certificate && { ...tls.certificate },
  });
}

function encodeValidation({ authorities, subjectAltNames }: OriginatedTls): JsonObject {
  const names = {
    matchTypedSubjectAltNames: subjectAltNames.map((name) => ({ sanType: 'DNS', matcher: { exact: name } })),
  };
  switch (authorities.kind) {
    case 'system':
      return { validationContext: { ...names, systemRootCerts: {} } };
    case 'files':
      return { validationContext: { ...names, ...encodeAuthorityFiles(authorities) } };
    case 'secret':
      return {
        combinedValidationContext: {
          defaultValidationContext: names,
          validationContextSdsSecretConfig: secretReference(authorities.name),
        },
      };
  }
}

/** undefined when the cluster does not leave the mesh by TLS of its own. */
export function decodeOriginatedTls(cluster: FieldReader, metadata: FieldReader): OriginatedTls | undefined {
  const socket = cluster.field('transportSocket').field('typedConfig');
  if (!socket.isPresent) return undefined;
  if (socket.string('@type') !== context) return socket.fail(`expected ${context}`);
  const written = metadata.field('tls');
  if (!written.isPresent) return socket.fail('expected what the TLS is for in the metadata of the cluster');
  const authorities = written.field('authorities');
  return {
    mode: written.oneOf('mode', ['SIMPLE', 'MUTUAL'], 'SIMPLE'),
    sni: socket.string('sni'),
    subjectAltNames: written.strings('subjectAltNames'),
    authorities: authorities.string('kind') === 'system' ? { kind: 'system' } : decodeMaterial(authorities),
    ...(written.has('certificate') ? { certificate: decodeMaterial(written.field('certificate')) } : {}),
    isInsecure: written.boolean('isInsecure'),
  };
}
