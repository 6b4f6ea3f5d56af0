/** Keys of a provider as Envoy takes them: it refuses a whole listener for a provider that has none. */
import { createHash, ECDH } from 'node:crypto';
import type { JwtProvider } from '@heddle/traffic';

/**
 * Keys behind a URL are not fetched for Envoys. Where there are none a key stands in that nobody can sign with, so that every token
 * of the provider is refused.
 */
export function envoyKeys({ jwks }: Pick<JwtProvider, 'jwks'>): string {
  return jwks.kind === 'inline' && hasKeys(jwks.keys) ? jwks.keys : nobodysKey();
}

function hasKeys(text: string): boolean {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null) return false;
    return !('keys' in read) || (Array.isArray(read.keys) && read.keys.length > 0);
  } catch {
    return false;
  }
}

let made: string | undefined;

/** A point of P-256 that was found by hashing: no one knows the number that it is a multiple by. */
function nobodysKey(): string {
  for (let i = 0; made === undefined; i++) {
    const x = createHash('sha256').update(`a key that nobody has, ${i}`).digest();
    const point = pointAt(x);
    if (point === undefined) continue;
    const y = point.subarray(33);
    const key = { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: y.toString('base64url') };
    made = JSON.stringify({ keys: [{ ...key, kid: 'nobody', alg: 'ES256' }] });
  }
  return made;
}

/** @returns undefined where the curve has no point of this x, as for one in two */
function pointAt(x: Buffer): Buffer | undefined {
  try {
    const compressed = Buffer.concat([Buffer.of(2), x]);
    const point = ECDH.convertKey(compressed, 'prime256v1', undefined, undefined, 'uncompressed');
    return typeof point === 'string' ? Buffer.from(point, 'latin1') : point;
  } catch {
    return undefined;
  }
}
