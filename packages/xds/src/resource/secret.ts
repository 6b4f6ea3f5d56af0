/** Secrets of SDS: names, references to them, and envoy.extensions.transport_sockets.tls.v3.Secret both ways. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { FieldReader } from './field-reader.ts';

/** The proxy's own certificate chain. The private key never leaves the proxy, so this resource has none. */
export const identitySecret = 'default';
/** The roots that peers are verified with. */
export const bundleSecret = 'ROOTCA';

export type Secret =
  | { readonly kind: 'identity'; readonly chainPem: string }
  | { readonly kind: 'bundle'; readonly bundlePem: string };

/** "Comes over this ADS stream." */
export const adsConfigSource = { ads: {}, resourceApiVersion: 'V3' } as const;

export function secretReference(name: string): JsonObject {
  return { name, sdsConfig: adsConfigSource };
}

export function encodeSecret(secret: Secret): JsonObject {
  return secret.kind === 'identity'
    ? { name: identitySecret, tlsCertificate: { certificateChain: { inlineString: secret.chainPem } } }
    : { name: bundleSecret, validationContext: { trustedCa: { inlineString: secret.bundlePem } } };
}

export function decodeSecret(message: FieldReader): Secret {
  if (message.has('tlsCertificate')) {
    return {
      kind: 'identity',
      chainPem: decodePem(message.field('tlsCertificate').field('certificateChain')),
    };
  }
  if (message.has('validationContext')) {
    return { kind: 'bundle', bundlePem: decodePem(message.field('validationContext').field('trustedCa')) };
  }
  return message.fail('expected tlsCertificate or validationContext');
}

function decodePem(source: FieldReader): string {
  if (source.has('inlineBytes')) return Buffer.from(source.string('inlineBytes'), 'base64').toString('utf8');
  return source.has('inlineString')
    ? source.string('inlineString')
    : source.fail('expected inlineString or inlineBytes');
}
