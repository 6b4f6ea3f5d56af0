import { describe, expect, it } from 'vitest';
import type { Candidate } from './endpoint-loads.ts';
import { type HashedPicker, maglevHash, ringHash } from './consistent-hash.ts';

const candidates = (...weights: number[]): Candidate[] =>
  weights.map((weight, i) => ({
    endpoint: { address: `10.0.0.${i + 1}`, port: 80, weight, health: 'HEALTHY', tlsMode: 'istio' },
    load: { inFlight: 0 },
  }));
const samples = Array.from({ length: 20_000 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 0);
const shareOf = (pick: HashedPicker, address: string) =>
  samples.filter((hash) => pick(hash)?.endpoint.address === address).length / samples.length;

describe.each([
  ['a ring', (from: readonly Candidate[]) => ringHash(from, 1024)],
  ['a Maglev table', (from: readonly Candidate[]) => maglevHash(from, 65_537)],
])('%s', (_, build) => {
  it('gives each endpoint about the share of its weight', () => {
    const pick = build(candidates(1, 1, 2));
    expect(shareOf(pick, '10.0.0.1')).toBeCloseTo(0.25, 1);
    expect(shareOf(pick, '10.0.0.3')).toBeCloseTo(0.5, 1);
  });

  it('keeps what an endpoint had that stays, when another one goes', () => {
    const all = candidates(1, 1, 1, 1);
    const before = build(all);
    const after = build(all.slice(0, 3));
    const kept = samples.filter((hash) => before(hash)?.endpoint.address !== '10.0.0.4');
    const moved = kept.filter((hash) => before(hash) !== after(hash));
    // Without hashing three of four would move. A ring keeps its size, so those that stay get more points; Maglev moves a few.
    expect(moved.length / kept.length).toBeLessThan(0.2);
  });

  it('has one answer with one endpoint', () => {
    expect(shareOf(build(candidates(1)), '10.0.0.1')).toBe(1);
  });
});
