/** Secrets of SDS: names, references to them, and envoy.extensions.transport_sockets.tls.v3.Secret both ways. */
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { TlsSecret } from '@heddle/traffic';
import { FieldReader } from './field-reader.ts';

/** The proxy's own certificate chain. The private key never leaves the proxy, so this resource has none. */
export const identitySecret = 'default';
/** The roots that peers are verified with. */
export const bundleSecret = 'ROOTCA';

export type Secret =
  | { readonly kind: 'identity'; readonly chainPem: string }
  | { readonly kind: 'bundle'; readonly bundlePem: string }
  | TlsSecret;

export function secretName(secret: Secret): string {
  if (secret.kind === 'identity') return identitySecret;
  return secret.kind === 'bundle' ? bundleSecret : secret.name;
}

/** "Comes over this ADS stream." */
export const adsConfigSource = { ads: {}, resourceApiVersion: 'V3' } as const;

export function secretReference(name: string): JsonObject {
  return { name, sdsConfig: adsConfigSource };
}

export function encodeSecret(secret: Secret): JsonObject {
  const name = secretName(secret);
  switch (secret.kind) {
    case 'identity':
      return { name, tlsCertificate: { certificateChain: { inlineString: secret.chainPem } } };
    case 'bundle':
      return { name, validationContext: { trustedCa: { inlineString: secret.bundlePem } } };
    case 'certificate':
      return {
        name,
        tlsCertificate: {
          certificateChain: { inlineString: secret.chainPem },
          privateKey: { inlineString: secret.privateKeyPem },
        },
      };
    case 'authorities': {
      const trustedCa = { inlineString: secret.rootsPem };
      const crl = secret.revocationListPem;
      return {
        name,
        validationContext: crl === undefined ? { trustedCa } : { trustedCa, crl: { inlineString: crl } },
      };
    }
    case 'credentials':
      return { name, genericSecret: { secret: { inlineString: JSON.stringify(secret.entries) } } };
    // As bytes: that tells it from a list.
    case 'opaque': {
      const inlineBytes = Buffer.from(secret.value).toString('base64');
      return { name, genericSecret: { secret: { inlineBytes } } };
    }
  }
}

export function decodeSecret(message: FieldReader): Secret {
  const name = message.string('name');
  if (message.has('tlsCertificate')) {
    const certificate = message.field('tlsCertificate');
    const chainPem = decodePem(certificate.field('certificateChain'));
    return name === identitySecret
      ? { kind: 'identity', chainPem }
      : { kind: 'certificate', name, chainPem, privateKeyPem: decodePem(certificate.field('privateKey')) };
  }
  if (message.has('validationContext')) {
    const context = message.field('validationContext');
    const rootsPem = decodePem(context.field('trustedCa'));
    if (name === bundleSecret) return { kind: 'bundle', bundlePem: rootsPem };
    const revocation = context.has('crl') ? { revocationListPem: decodePem(context.field('crl')) } : {};
    return { kind: 'authorities', name, rootsPem, ...revocation };
  }
  if (message.has('genericSecret')) {
    const list = message.field('genericSecret').field('secret');
    if (list.has('inlineBytes')) return { kind: 'opaque', name, value: decodePem(list) };
    return { kind: 'credentials', name, entries: entriesOf(decodePem(list), list) };
  }
  return message.fail('expected tlsCertificate, validationContext or genericSecret');
}

function entriesOf(text: string, list: FieldReader): { readonly id: string; readonly value: string }[] {
  const entries: JsonValue = parseJson(text, list);
  const reader = new FieldReader({ entries }, list.path);
  return reader.list('entries').map((one) => ({ id: one.string('id'), value: one.string('value') }));
}

function parseJson(text: string, list: FieldReader): JsonValue {
  try {
    // JSON is a JsonValue, whatever it holds.
    return JSON.parse(text) as JsonValue; // oxlint-disable-line typescript/no-unsafe-type-assertion
  } catch {
    return list.fail('expected JSON');
  }
}

function decodePem(source: FieldReader): string {
  if (source.has('inlineBytes')) return Buffer.from(source.string('inlineBytes'), 'base64').toString('utf8');
  return source.has('inlineString')
    ? source.string('inlineString')
    : source.fail('expected inlineString or inlineBytes');
}
