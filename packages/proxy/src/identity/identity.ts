import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { spiffeIdOf } from './peer.ts';

/** What a workload proves itself with. The key is generated beside it and never leaves. */
export interface IdentityMaterial {
  readonly privateKeyPem: string;
  /** Leaf first. */
  readonly certificateChainPem: string;
  /** Trust bundle of the mesh. */
  readonly rootsPem: string;
}

/** An identity ready for use. Immutable: a rotation makes another one with a higher generation. */
export interface Identity extends IdentityMaterial {
  readonly generation: number;
  readonly spiffeId: string;
  readonly trustDomain: string;
  readonly serialNumber: string;
  /** Unix milliseconds. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly secureContext: SecureContext;
}

/** @throws when the certificate is not an X.509-SVID, or does not belong to the key */
export function openIdentity(material: IdentityMaterial, generation: number): Identity {
  const leaf = new X509Certificate(material.certificateChainPem);
  const peer = spiffeIdOf({ subjectaltname: leaf.subjectAltName });
  if (peer === undefined) {
    throw new Error(
      `certificate ${leaf.serialNumber} names ${leaf.subjectAltName ?? 'nobody'}: expected one SPIFFE ID`,
    );
  }
  return {
    ...material,
    generation,
    spiffeId: peer.spiffeId,
    trustDomain: peer.trustDomain,
    serialNumber: leaf.serialNumber,
    notBeforeMs: Date.parse(leaf.validFrom),
    notAfterMs: Date.parse(leaf.validTo),
    secureContext: createSecureContext(meshTlsOptions(material)),
  };
}

/** TLS 1.3 and the AEAD suites of TLS 1.2: what a mesh peer may speak. */
const meshCiphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
].join(':');

/** What both sides of a mesh connection speak, with this certificate. */
export function meshTlsOptions(
  { privateKeyPem, certificateChainPem, rootsPem }: IdentityMaterial,
  minVersion?: 'TLSv1_3',
) {
  return {
    key: privateKeyPem,
    cert: certificateChainPem,
    ca: rootsPem,
    minVersion: minVersion === undefined ? 'TLSv1.2' : 'TLSv1.3',
    ciphers: meshCiphers,
    honorCipherOrder: true,
  } as const;
}
