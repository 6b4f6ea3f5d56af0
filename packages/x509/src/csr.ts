/** PKCS#10 certificate requests: a public key and the proof that the sender has its private half. @see RFC 2986 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { bitString, encode, explicit, readElements, sequence, tags, unsignedInteger } from './der.ts';
import { fromPem, toPem } from './pem.ts';
import { algorithmIdentifier, isSignedBy, signWith } from './signature-algorithm.ts';

const label = 'CERTIFICATE REQUEST';

/** Larger is no request of ours: an RSA key of 8192 bits makes 2 KB. */
const maxPemLength = 16 * 1024;

/**
 * A request in PEM, signed with `privateKey` (EC P-256 or RSA).
 *
 * It names nobody: who gets the certificate is decided by how the sender authenticates.
 */
export function createCsr(privateKey: KeyObject): string {
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const info = sequence(unsignedInteger(Buffer.from([0])), sequence(), publicKey, explicit(0));
  return toPem(label, sequence(info, algorithmIdentifier(privateKey), bitString(signWith(privateKey, info))));
}

/**
 * The public key of a request, whose own signature is verified. Names and extensions in it are not looked at.
 *
 * @throws RangeError saying why it is not a request, or why its key is refused: P-256 or RSA of 2048 bits and more
 */
export function readCsr(pem: string): KeyObject {
  if (pem.length > maxPemLength) throw new RangeError(`a certificate request of ${pem.length} characters`);
  const [request, ...rest] = readElements(fromPem(label, pem));
  if (request === undefined || request.tag !== tags.sequence || rest.length > 0) {
    throw new RangeError('a certificate request is one sequence');
  }
  const [info, algorithm, signature] = readElements(request.content);
  if (info === undefined || algorithm === undefined || signature?.tag !== tags.bitString) {
    throw new RangeError('a certificate request has information, algorithm and signature');
  }
  const publicKey = readPublicKey(readElements(info.content)[2]?.raw);
  requireStrength(publicKey);
  if (!isSignedBy(publicKey, algorithm.raw, info.raw, signature.content.subarray(1))) {
    throw new RangeError('the certificate request is not signed with its own key');
  }
  return publicKey;
}

function readPublicKey(spki: Buffer | undefined): KeyObject {
  try {
    return createPublicKey({ key: spki ?? encode(tags.sequence), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new RangeError('the certificate request has no public key that can be read', { cause });
  }
}

function requireStrength({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): void {
  const curve = asymmetricKeyDetails?.namedCurve;
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (asymmetricKeyType === 'ec' && curve === 'prime256v1') return;
  if (asymmetricKeyType === 'rsa' && bits >= 2048) return;
  const found =
    asymmetricKeyType === 'rsa' ? `RSA of ${bits} bits` : `${asymmetricKeyType} ${curve ?? ''}`.trim();
  throw new RangeError(`key ${found}: expected EC P-256 or RSA of at least 2048 bits`);
}
