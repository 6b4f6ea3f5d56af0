/** What a TLS client says first: read before the handshake, because the name in it chooses who shakes hands. */

/** A record is 16 KiB at the most; a greeting that needs more than one says nothing that we would understand. */
export const maxHelloBytes = 16 * 1024 + 5;

export type ClientHello =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'not-tls' }
  /** `serverName` undefined: it asks for none. */
  | { readonly kind: 'hello'; readonly serverName: string | undefined };

const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
const hostName = 0;

/** @see RFC 8446 §4.1.2 and §5.1, RFC 6066 §3 */
export function readClientHello(bytes: Buffer): ClientHello {
  if (bytes.length === 0) return { kind: 'incomplete' };
  if (bytes[0] !== handshakeRecord) return { kind: 'not-tls' };
  const message = joinRecords(bytes);
  if (message === undefined) return { kind: 'not-tls' };
  if (message.length < 4) return { kind: 'incomplete' };
  if (message[0] !== clientHello) return { kind: 'not-tls' };
  const length = message.readUIntBE(1, 3);
  if (message.length < 4 + length) return { kind: 'incomplete' };
  try {
    return { kind: 'hello', serverName: serverNameIn(new Cursor(message.subarray(4, 4 + length))) };
  } catch {
    // The handshake will tell the client what is wrong with it.
    return { kind: 'hello', serverName: undefined };
  }
}

/** A handshake message may be cut into several records. @returns undefined when another kind of record is among them */
function joinRecords(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    if (bytes[at] !== handshakeRecord) return parts.length === 0 ? undefined : Buffer.concat(parts);
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return Buffer.concat(parts);
}

function serverNameIn(hello: Cursor): string | undefined {
  hello.take(2 + 32); // version and random
  hello.take(hello.number(1)); // session
  hello.take(hello.number(2)); // cipher suites
  hello.take(hello.number(1)); // compression
  if (hello.isAtEnd) return undefined;
  const extensions = new Cursor(hello.take(hello.number(2)));
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const content = extensions.take(extensions.number(2));
    if (type !== serverNameExtension) continue;
    const names = new Cursor(content);
    names.number(2);
    return names.number(1) === hostName
      ? names.take(names.number(2)).toString('latin1').toLowerCase()
      : undefined;
  }
  return undefined;
}

class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** @throws RangeError beyond the end */
  number(size: number): number {
    const value = this.#bytes.readUIntBE(this.#at, size);
    this.#at += size;
    return value;
  }

  take(size: number): Buffer {
    if (this.#at + size > this.#bytes.length) throw new RangeError('the greeting is shorter than it says');
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
}
