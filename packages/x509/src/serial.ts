import { randomBytes } from 'node:crypto';

/**
 * A serial number for a new certificate, 16 bytes.
 *
 * The highest bit is 0 and the next is 1: a leading zero byte would not be shown, and a leading 1 would be shown with a zero
 * byte before it (DER integers have a sign), so that the number and its bytes would not look the same.
 *
 * @param random  as many random bytes as asked for
 */
export function newSerial(random: (size: number) => Uint8Array = randomBytes): Uint8Array {
  const serial = random(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}
