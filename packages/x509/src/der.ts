/** DER, the part of ASN.1's distinguished encoding that certificates need. @see ITU-T X.690 */

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export function encode(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return encode(tags.sequence, ...parts);
}

/** `[number]` with structure inside. */
export function explicit(number: number, ...parts: readonly Uint8Array[]): Buffer {
  return encode(0xa0 | number, ...parts);
}

/** `[number]` in place of the tag of a primitive. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return encode(0x80 | number, content);
}

/** @param magnitude  of a number that is not negative, big endian */
export function unsignedInteger(magnitude: Uint8Array): Buffer {
  const firstByte = magnitude.findIndex((byte) => byte !== 0);
  const digits = firstByte < 0 ? Buffer.from([0]) : magnitude.subarray(firstByte);
  // A leading 1 bit would make it negative.
  return (digits[0] ?? 0) >= 0x80
    ? encode(tags.integer, Buffer.from([0]), digits)
    : encode(tags.integer, digits);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return encode(tags.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return encode(tags.bitString, Buffer.from([unusedBits]), bytes);
}

export function octetString(bytes: Uint8Array): Buffer {
  return encode(tags.octetString, bytes);
}

export function utf8String(text: string): Buffer {
  return encode(tags.utf8String, Buffer.from(text, 'utf8'));
}

export const derTrue = encode(tags.boolean, Buffer.from([0xff]));
export const derNull = encode(tags.null);

/** RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on; whole seconds. */
export function time(unixMs: number): Buffer {
  const digits = new Date(unixMs).toISOString().replaceAll(/[-T:]|\.\d+/g, '');
  const isUtcTime = digits < '2050';
  return encode(
    isUtcTime ? tags.utcTime : tags.generalizedTime,
    Buffer.from(isUtcTime ? digits.slice(2) : digits, 'ascii'),
  );
}

/** One element as it was read. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length: what a signature is over. */
  readonly raw: Buffer;
}

/** @throws RangeError when `bytes` are not exactly a series of whole elements */
export function readElements(bytes: Buffer): readonly DerElement[] {
  const elements: DerElement[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const element = readElement(rest);
    elements.push(element);
    rest = rest.subarray(element.raw.length);
  }
  return elements;
}

function readElement(bytes: Buffer): DerElement {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined) throw new RangeError('DER ends within an element');
  if ((tag & 0x1f) === 0x1f) throw new RangeError('DER tag of more than one byte');
  let length = first;
  let headerBytes = 2;
  if (first >= 0x80) {
    const lengthBytes = first & 0x7f;
    if (lengthBytes === 0 || lengthBytes > 3 || bytes.length < 2 + lengthBytes) {
      throw new RangeError('DER length that is indefinite, cut off or beyond 16 MiB');
    }
    length = bytes.readUIntBE(2, lengthBytes);
    headerBytes += lengthBytes;
  }
  const end = headerBytes + length;
  if (end > bytes.length) throw new RangeError('DER ends within an element');
  return { tag, content: bytes.subarray(headerBytes, end), raw: bytes.subarray(0, end) };
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function base128(value: number): number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift((rest % 128) | 0x80);
  return digits;
}
