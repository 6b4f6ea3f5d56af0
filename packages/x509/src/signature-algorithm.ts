/** Signature algorithms by their identifiers: we sign with SHA-256, and read SHA-384 and SHA-512 too. */
import { sign, verify, type KeyObject } from 'node:crypto';
import { derNull, oid, sequence } from './der.ts';

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const rsaWithSha256 = sequence(oid('1.2.840.113549.1.1.11'), derNull);

const readable = [
  { keyType: 'ec', hash: 'sha256', identifier: ecdsaWithSha256 },
  { keyType: 'ec', hash: 'sha384', identifier: sequence(oid('1.2.840.10045.4.3.3')) },
  { keyType: 'ec', hash: 'sha512', identifier: sequence(oid('1.2.840.10045.4.3.4')) },
  { keyType: 'rsa', hash: 'sha256', identifier: rsaWithSha256 },
  { keyType: 'rsa', hash: 'sha384', identifier: sequence(oid('1.2.840.113549.1.1.12'), derNull) },
  { keyType: 'rsa', hash: 'sha512', identifier: sequence(oid('1.2.840.113549.1.1.13'), derNull) },
] as const;

/** The AlgorithmIdentifier of what `signWith` makes. */
export function algorithmIdentifier(key: KeyObject): Buffer {
  return key.asymmetricKeyType === 'ec' ? ecdsaWithSha256 : rsaWithSha256;
}

export function signWith(key: KeyObject, bytes: Uint8Array): Buffer {
  return sign('sha256', bytes, key);
}

/** false also when the identifier is unknown or does not go with the key. */
export function isSignedBy(
  key: KeyObject,
  identifier: Buffer,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const algorithm = readable.find((candidate) => candidate.identifier.equals(identifier));
  if (algorithm === undefined || algorithm.keyType !== key.asymmetricKeyType) return false;
  return verify(algorithm.hash, bytes, key, signature);
}
