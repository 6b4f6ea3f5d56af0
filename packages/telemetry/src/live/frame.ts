/**
 * The telemetry frame: what a proxy sends every 250 ms.
 *
 * A frame stands alone: strings are written once in a table of the frame and cells refer to them by index, so a frame that was
 * lost costs its own counts and nothing else.
 *
 * Layout: version u8 | strings: varint count, (varint length, UTF-8)* | cells: varint count, cell*.
 * Cell: bits u8 (1 = source reporter, 2 = mTLS) | protocol u8 | status varint | 13 string indexes (varint, order of `stringFields`)
 * | second varint | n varint | sumMs f64 | requestBytes varint | responseBytes varint | lastEndedAtMs f64
 * | buckets: varint pairs, (zigzag varint difference to the previous bucket, varint count)*. Numbers are little endian.
 */
import type { Cell, CellKey } from './cell.ts';
import { bucketCount, maxBucket, minBucket } from './histogram.ts';

const version = 1;
const maxCells = 10_000;
const protocols = ['http', 'grpc', 'tcp'] as const;
const stringFields = [
  'sourceNamespace',
  'sourceWorkload',
  'sourceVersion',
  'sourceId',
  'destinationNamespace',
  'destinationService',
  'destinationWorkload',
  'destinationVersion',
  'destinationId',
  'route',
  'method',
  'path',
  'flags',
] as const;

/** The bytes are not a frame. `offset` is where reading stopped. */
export class FrameError extends Error {
  readonly code = 'TELEMETRY_FRAME';
  readonly offset: number;
  constructor(what: string, offset: number) {
    super(`telemetry frame: ${what} at byte ${offset}`);
    this.offset = offset;
  }
}

export function encodeFrame(cells: readonly Cell[]): Uint8Array {
  const strings = new Map<string, number>();
  const body = new Writer();
  body.varint(cells.length);
  for (const { key, counts } of cells) {
    body.byte((key.reporter === 'source' ? 1 : 0) | (key.mtls ? 2 : 0));
    body.byte(protocols.indexOf(key.protocol));
    body.varint(key.status);
    for (const field of stringFields) body.varint(indexOf(strings, key[field]));
    body.varint(counts.second);
    body.varint(counts.n);
    body.float(counts.sumMs);
    body.varint(counts.requestBytes);
    body.varint(counts.responseBytes);
    body.float(counts.lastEndedAtMs);
    body.varint(counts.buckets.length / 2);
    let previous = 0;
    for (let i = 0; i < counts.buckets.length; i += 2) {
      const bucket = counts.buckets[i] ?? 0;
      body.zigzag(bucket - previous);
      body.varint(counts.buckets[i + 1] ?? 0);
      previous = bucket;
    }
  }
  const head = new Writer();
  head.byte(version);
  head.varint(strings.size);
  for (const text of strings.keys()) head.string(text);
  return Buffer.concat([head.bytes(), body.bytes()]);
}

function indexOf(strings: Map<string, number>, text: string): number {
  const known = strings.get(text);
  if (known !== undefined) return known;
  strings.set(text, strings.size);
  return strings.size - 1;
}

/** @throws FrameError on anything that is not a frame; nothing of such a frame counts */
export function decodeFrame(bytes: Uint8Array): Cell[] {
  const reader = new Reader(bytes);
  const found = reader.byte();
  if (found !== version) throw new FrameError(`version ${found}, expected ${version}`, 0);
  const strings = Array.from({ length: reader.count(bytes.length) }, () => reader.string());
  const cells = Array.from({ length: reader.count(maxCells) }, () => decodeCell(reader, strings));
  reader.end();
  return cells;
}

function decodeCell(reader: Reader, strings: readonly string[]): Cell {
  const bits = reader.byte();
  const protocol = protocols[reader.byte()];
  if (protocol === undefined) throw reader.error('unknown protocol');
  const status = reader.varint();
  const text = () => {
    const string = strings[reader.varint()];
    if (string === undefined) throw reader.error('string index out of the table');
    return string;
  };
  const key: CellKey = {
    reporter: (bits & 1) === 1 ? 'source' : 'destination',
    mtls: (bits & 2) === 2,
    protocol,
    status,
    sourceNamespace: text(),
    sourceWorkload: text(),
    sourceVersion: text(),
    sourceId: text(),
    destinationNamespace: text(),
    destinationService: text(),
    destinationWorkload: text(),
    destinationVersion: text(),
    destinationId: text(),
    route: text(),
    method: text(),
    path: text(),
    flags: text(),
  };
  const counts = {
    second: reader.varint(),
    n: reader.varint(),
    sumMs: reader.float(),
    requestBytes: reader.varint(),
    responseBytes: reader.varint(),
    lastEndedAtMs: reader.float(),
    buckets: decodeBuckets(reader),
  };
  return { key, counts };
}

function decodeBuckets(reader: Reader): Int32Array {
  const length = reader.count(bucketCount);
  const buckets = new Int32Array(length * 2);
  let bucket = 0;
  for (let i = 0; i < length; i++) {
    const step = reader.zigzag();
    bucket += step;
    if (bucket < minBucket || bucket > maxBucket || (i > 0 && step <= 0)) throw reader.error('bad bucket');
    buckets[i * 2] = bucket;
    buckets[i * 2 + 1] = reader.varint();
  }
  return buckets;
}

class Writer {
  #buffer = Buffer.allocUnsafe(4096);
  #at = 0;

  #room(size: number): void {
    if (this.#at + size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + size));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#at++] = value;
  }

  /** Up to 2^53. */
  varint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#at++] = rest;
  }

  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  float(value: number): void {
    this.#room(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  string(text: string): void {
    const length = Buffer.byteLength(text);
    this.varint(length);
    this.#room(length);
    this.#at += this.#buffer.write(text, this.#at);
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#at);
  }
}

class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  error(what: string): FrameError {
    return new FrameError(what, this.#at);
  }

  byte(): number {
    const value = this.#buffer[this.#at];
    if (value === undefined) throw this.error('ends too early');
    this.#at++;
    return value;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 8; shift++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 0x80 ** shift;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
    }
    throw this.error('number too large');
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  count(limit: number): number {
    const value = this.varint();
    if (value > limit) throw this.error(`${value} entries, at most ${limit}`);
    return value;
  }

  float(): number {
    if (this.#at + 8 > this.#buffer.length) throw this.error('ends too early');
    const value = this.#buffer.readDoubleLE(this.#at);
    if (!Number.isFinite(value)) throw this.error('not a finite number');
    this.#at += 8;
    return value;
  }

  string(): string {
    const length = this.varint();
    if (this.#at + length > this.#buffer.length) throw this.error('string ends too early');
    const text = this.#buffer.toString('utf8', this.#at, this.#at + length);
    this.#at += length;
    return text;
  }

  end(): void {
    if (this.#at !== this.#buffer.length) throw this.error('bytes after the last cell');
  }
}
