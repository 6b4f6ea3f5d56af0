/** Lists of certificates that are not trusted any more, for tests of those who heed them. @see RFC 5280 section 5 */
import { X509Certificate } from 'node:crypto';
import type { Issuer } from '../certificate.ts';
import { bitString, encode, oid, sequence, tags, time, unsignedInteger, utf8String } from '../der.ts';
import { toPem } from '../pem.ts';
import { algorithmIdentifier, signWith } from '../signature-algorithm.ts';

/** In PEM, valid for a day around `nowMs`. */
export function signRevocationList(
  certificatePems: readonly string[],
  { commonName, privateKey }: Issuer,
  nowMs: number,
): string {
  const algorithm = algorithmIdentifier(privateKey);
  const revoked = certificatePems.map((pem) => {
    const serial = Buffer.from(new X509Certificate(pem).serialNumber.padStart(40, '0'), 'hex');
    return sequence(unsignedInteger(serial), time(nowMs));
  });
  const issuer = sequence(encode(tags.set, sequence(oid('2.5.4.3'), utf8String(commonName))));
  const dayMs = 86_400_000;
  const body = sequence(
    unsignedInteger(Buffer.from([1])),
    algorithm,
    issuer,
    time(nowMs - dayMs),
    time(nowMs + dayMs),
    ...(revoked.length === 0 ? [] : [sequence(...revoked)]),
  );
  return toPem('X509 CRL', sequence(body, algorithm, bitString(signWith(privateKey, body))));
}
