import { describe, expect, it } from 'vitest';
import type { Candidate } from './endpoint-loads.ts';
import { createPicker } from './load-balancer.ts';

function candidate(port: number, inFlight = 0, weight = 1): Candidate {
  return {
    endpoint: { address: '10.0.0.1', port, weight, health: 'HEALTHY', tlsMode: 'istio' },
    load: { inFlight },
  };
}

function dice(...values: number[]): () => number {
  return () => values.shift() ?? 0;
}

const none = new Set<string>();

describe('LEAST_REQUEST', () => {
  it('takes the less busy of the two that were drawn, also when a third is idle', () => {
    const pick = createPicker({ lb: 'LEAST_REQUEST' }, [candidate(1, 5), candidate(2, 2), candidate(3, 0)]);
    expect(pick(dice(0, 0), none)?.endpoint.port).toBe(2);
  });

  it('weighs requests in flight: 3 at weight 4 is less than 1 at weight 1', () => {
    const pick = createPicker({ lb: 'LEAST_REQUEST' }, [candidate(1, 1), candidate(2, 3, 4)]);
    expect(pick(dice(0, 0), none)?.endpoint.port).toBe(2);
  });

  it('draws each of equal ones equally often', () => {
    const pick = createPicker({ lb: 'LEAST_REQUEST' }, [candidate(1), candidate(2), candidate(3)]);
    const hits = new Map<number, number>();
    for (let i = 0; i < 3000; i++) {
      const port = pick(Math.random, none)?.endpoint.port ?? 0;
      hits.set(port, (hits.get(port) ?? 0) + 1);
    }
    // 1000 each; the standard deviation is 26.
    for (const n of hits.values()) expect(Math.abs(n - 1000)).toBeLessThan(160);
  });
});

describe('ROUND_ROBIN', () => {
  it('spreads a heavy endpoint instead of serving it in a row', () => {
    const pick = createPicker({ lb: 'ROUND_ROBIN' }, [candidate(1, 0, 5), candidate(2), candidate(3)]);
    const order = Array.from({ length: 7 }, () => pick(Math.random, none)?.endpoint.port);
    expect(order).toEqual([1, 1, 2, 1, 3, 1, 1]); // smooth weighted round robin by hand: 5, 1, 1
  });
});

describe('RANDOM', () => {
  it('draws in proportion to weight', () => {
    const pick = createPicker({ lb: 'RANDOM' }, [candidate(1, 0, 3), candidate(2, 0, 1)]);
    expect([0, 0.74, 0.75, 0.99].map((value) => pick(() => value, none)?.endpoint.port)).toEqual([
      1, 1, 2, 2,
    ]);
  });
});

describe('any policy', () => {
  it.each(['LEAST_REQUEST', 'ROUND_ROBIN', 'RANDOM'] as const)(
    '%s avoids what was tried while there is another, and has nothing without endpoints',
    (policy) => {
      const pick = createPicker({ lb: policy }, [candidate(1), candidate(2)]);
      for (const value of [0, 0.5, 0.99]) {
        expect(pick(() => value, new Set(['10.0.0.1:1']))?.endpoint.port).toBe(2);
      }
      expect(pick(() => 0, new Set(['10.0.0.1:1', '10.0.0.1:2']))).toBeDefined();
      expect(createPicker({ lb: policy }, [])(() => 0, none)).toBeUndefined();
    },
  );
});
