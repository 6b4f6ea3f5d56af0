import { describe, expect, it } from 'vitest';
import type { CellKey } from './cell.ts';
import { decodeFrame, encodeFrame, FrameError } from './frame.ts';
import { CellRecorder } from './recorder.ts';

const key: CellKey = {
  reporter: 'source',
  sourceNamespace: 'default',
  sourceWorkload: 'productpage-v1',
  sourceVersion: 'v1',
  sourceId: 'spiffe://cluster.local/ns/default/sa/bookinfo-productpage',
  destinationNamespace: 'default',
  destinationService: 'reviews',
  destinationWorkload: 'reviews-v2',
  destinationVersion: 'v2',
  destinationId: 'spiffe://cluster.local/ns/default/sa/bookinfo-reviews',
  route: 'default/reviews http[0]',
  method: 'GET',
  path: '/reviews/{id}',
  protocol: 'http',
  status: 200,
  flags: '',
  mtls: true,
};
const sample = {
  durationMs: 12,
  requestBytes: 3,
  responseBytes: 5_000_000_000,
  endedAtMs: 1_700_000_000_250,
};

function frameOf(...keys: CellKey[]): Uint8Array {
  const recorder = new CellRecorder();
  for (const one of keys) recorder.record(one, sample);
  let sent: Uint8Array = new Uint8Array();
  recorder.flush((frame) => {
    sent = frame;
    return true;
  });
  return sent;
}

describe('a telemetry frame', () => {
  it('reads back what was recorded', () => {
    const other = { ...key, reporter: 'destination', mtls: false, status: 503, flags: 'UF' } as const;
    const cells = decodeFrame(frameOf(key, other, key));
    expect(cells.map((cell) => [cell.key, cell.counts.n])).toEqual([
      [key, 2],
      [other, 1],
    ]);
    expect(cells[0]?.counts).toMatchObject({
      second: 1_700_000_000,
      sumMs: 24,
      requestBytes: 6,
      responseBytes: 10_000_000_000,
      lastEndedAtMs: 1_700_000_000_250,
    });
  });

  it('writes each string once', () => {
    const one = frameOf(key).length;
    const two = frameOf(key, { ...key, status: 500 }).length;
    expect(two - one).toBeLessThan(60);
  });

  it('refuses every truncation and every flipped bit without hanging', () => {
    const frame = frameOf(key);
    for (let length = 0; length < frame.length; length++) {
      expect(() => decodeFrame(frame.subarray(0, length))).toThrow(FrameError);
    }
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const damaged = Uint8Array.from(frame);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        decodeFrame(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError);
      }
    }
  });

  it('names the version it expected', () => {
    expect(() => decodeFrame(Uint8Array.of(9))).toThrow('version 9, expected 1');
  });

  it('refuses a count that promises more than there can be', () => {
    expect(() => decodeFrame(Uint8Array.of(1, 0xff, 0xff, 0x03))).toThrow('at most 4');
  });
});

describe('the recorder', () => {
  it('keeps what could not be sent', () => {
    const recorder = new CellRecorder();
    recorder.record(key, sample);
    recorder.flush(() => false);
    recorder.record(key, sample);
    const frames: Uint8Array[] = [];
    recorder.flush((frame) => frames.push(frame) > 0);
    expect(decodeFrame(frames[0] ?? new Uint8Array())[0]?.counts.n).toBe(2);
    recorder.flush((frame) => frames.push(frame) > 0);
    expect(frames).toHaveLength(1);
  });

  it('counts combinations beyond its bound as other', () => {
    const recorder = new CellRecorder(2);
    for (const path of ['/a', '/b', '/c', '/d']) recorder.record({ ...key, path }, sample);
    recorder.flush((frame) => {
      expect(decodeFrame(frame).map((cell) => [cell.key.path, cell.counts.n])).toEqual([
        ['/a', 1],
        ['/b', 1],
        ['other', 2],
      ]);
      return true;
    });
  });

  it('encodes an empty list as a frame', () => {
    expect(decodeFrame(encodeFrame([]))).toEqual([]);
  });
});
