/** TlsMaterial as it stands in our metadata, and as Envoy's list of certificates. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { TlsMaterial } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { definedFields } from './metadata.ts';
import { secretReference } from './secret.ts';

export function decodeMaterial(field: FieldReader): TlsMaterial {
  return field.oneOf('kind', ['files', 'secret'], 'files') === 'secret'
    ? { kind: 'secret', name: field.string('name') }
    : {
        kind: 'files',
        certificate: field.string('certificate'),
        privateKey: field.string('privateKey'),
        ...(field.has('revocationList') ? { revocationList: field.string('revocationList') } : {}),
      };
}

/** The fields of a CertificateValidationContext for authorities in files. */
export function encodeAuthorityFiles({
  certificate,
  revocationList,
}: Extract<TlsMaterial, { kind: 'files' }>): JsonObject {
  return definedFields({
    trustedCa: { filename: certificate },
    crl: revocationList === undefined ? undefined : { filename: revocationList },
  });
}

/** The fields of a CommonTlsContext for the certificates that one side shows. */
export function encodeCertificates(materials: readonly TlsMaterial[]): JsonObject {
  const secrets = materials.filter((one) => one.kind === 'secret');
  const files = materials.filter((one) => one.kind === 'files');
  return definedFields({
    tlsCertificateSdsSecretConfigs:
      secrets.length === 0 ? undefined : secrets.map(({ name }) => secretReference(name)),
    tlsCertificates:
      files.length === 0
        ? undefined
        : files.map(({ certificate, privateKey }) => ({
            certificateChain: { filename: certificate },
            privateKey: { filename: privateKey },
          })),
  });
}
