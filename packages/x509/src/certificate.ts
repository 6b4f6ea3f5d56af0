/** X.509 v3 certificates of a certificate authority and of what it vouches for. @see RFC 5280, SPIFFE X509-SVID */
import { createHash, type KeyObject } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import {
  bitString,
  derTrue,
  encode,
  explicit,
  implicit,
  octetString,
  oid,
  sequence,
  tags,
  time,
  unsignedInteger,
  utf8String,
} from './der.ts';
import { toPem } from './pem.ts';
import { algorithmIdentifier, signWith } from './signature-algorithm.ts';

export type SubjectAltName =
  | { readonly kind: 'uri'; readonly value: string }
  | { readonly kind: 'dns'; readonly value: string }
  | { readonly kind: 'ip'; readonly value: string };

export interface CertificateProfile {
  /** "" is the empty name: the subject is in `altNames` alone, which are then critical. */
  readonly commonName: string;
  readonly altNames: readonly SubjectAltName[];
  readonly publicKey: KeyObject;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** 1 to 20 bytes; read as a number that is not negative. */
  readonly serial: Uint8Array;
  /**
   * `authority`: signs certificates; `pathLength` is how many authorities may follow it.
   * `peer`: both ends of TLS. `server`: the server's end.
   */
  readonly use:
    | { readonly kind: 'authority'; readonly pathLength: number }
    | { readonly kind: 'peer' | 'server' };
}

export interface Issuer {
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** The certificate in DER. An authority signs itself by being its own issuer. */
export function signCertificate(profile: CertificateProfile, issuer: Issuer): Buffer {
  const algorithm = algorithmIdentifier(issuer.privateKey);
  const body = sequence(
    explicit(0, unsignedInteger(Buffer.from([2]))),
    unsignedInteger(profile.serial),
    algorithm,
    name(issuer.commonName),
    sequence(time(profile.notBeforeMs), time(profile.notAfterMs)),
    name(profile.commonName),
    spki(profile.publicKey),
    explicit(3, sequence(...extensions(profile, issuer))),
  );
  return sequence(body, algorithm, bitString(signWith(issuer.privateKey, body)));
}

export function certificateToPem(der: Uint8Array): string {
  return toPem('CERTIFICATE', der);
}

function extensions(profile: CertificateProfile, issuer: Issuer): Buffer[] {
  const { use, altNames, commonName } = profile;
  const list =
    use.kind === 'authority'
      ? [
          extension('2.5.29.19', true, sequence(derTrue, unsignedInteger(Buffer.from([use.pathLength])))),
          // keyCertSign and cRLSign
          extension('2.5.29.15', true, bitString(Buffer.from([0b0000_0110]), 1)),
        ]
      : [
          extension('2.5.29.19', true, sequence()),
          // digitalSignature
          extension('2.5.29.15', true, bitString(Buffer.from([0b1000_0000]), 7)),
          extension('2.5.29.37', false, sequence(...extendedUses(use.kind))),
        ];
  if (altNames.length > 0) {
    // RFC 5280 4.2.1.6: critical when it is all that names the subject.
    list.push(extension('2.5.29.17', commonName === '', sequence(...altNames.map(generalName))));
  }
  list.push(extension('2.5.29.14', false, octetString(keyId(profile.publicKey))));
  list.push(extension('2.5.29.35', false, sequence(implicit(0, keyId(issuer.publicKey)))));
  return list;
}

function extension(id: string, isCritical: boolean, value: Uint8Array): Buffer {
  return isCritical ? sequence(oid(id), derTrue, octetString(value)) : sequence(oid(id), octetString(value));
}

function extendedUses(kind: 'peer' | 'server'): Buffer[] {
  const serverAuth = oid('1.3.6.1.5.5.7.3.1');
  return kind === 'server' ? [serverAuth] : [serverAuth, oid('1.3.6.1.5.5.7.3.2')];
}

function name(commonName: string): Buffer {
  if (commonName === '') return sequence();
  return sequence(encode(tags.set, sequence(oid('2.5.4.3'), utf8String(commonName))));
}

function generalName({ kind, value }: SubjectAltName): Buffer {
  switch (kind) {
    case 'dns':
      return implicit(2, Buffer.from(value, 'ascii'));
    case 'uri':
      return implicit(6, Buffer.from(value, 'ascii'));
    case 'ip':
      return implicit(7, addressBytes(value));
  }
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  if (!isIPv6(address)) throw new RangeError(`not an IP address: "${address}"`);
  // The URL parser writes any form out in hexadecimal groups with at most one "::".
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const front = hexGroups(head);
  const back = tail === undefined ? [] : hexGroups(tail);
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return Buffer.from([...front, ...zeros, ...back].flatMap((group) => [group >> 8, group & 0xff]));
}

function hexGroups(part: string): number[] {
  return part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
}

function spki(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' });
}

/** RFC 7093 method 4: of the whole SubjectPublicKeyInfo, SHA-256 cut to 160 bits. */
function keyId(key: KeyObject): Buffer {
  return createHash('sha256').update(spki(key)).digest().subarray(0, 20);
}
