/**
 * Request facts on the wire: a byte that tells them from a frame of cells, then the JSON of a `FactFrame`. They are few, so bytes
 * are no concern.
 */
import type { FactFrame } from '@heddle/schema';
import { FrameError } from '../live/frame.ts';

/** The first byte of a frame of cells is 1. */
const factFrameVersion = 2;

export function encodeFacts(frame: FactFrame): Uint8Array {
  return Buffer.concat([Uint8Array.of(factFrameVersion), Buffer.from(JSON.stringify(frame))]);
}

export function isFactFrame(bytes: Uint8Array): boolean {
  return bytes[0] === factFrameVersion;
}

/**
 * What stands in the frame; the reader checks it against the schema, which proxies need not load.
 * @throws FrameError on anything that is not JSON behind the byte of facts
 */
export function readFacts(bytes: Uint8Array): unknown {
  if (!isFactFrame(bytes)) throw new FrameError(`version ${bytes[0]}, expected ${factFrameVersion}`, 0);
  try {
    const json: unknown = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.byteLength - 1).toString('utf8'),
    );
    return json;
  } catch {
    throw new FrameError('not JSON', 1);
  }
}
