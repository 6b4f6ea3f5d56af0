import type { Cluster, LbPolicy } from '@heddle/traffic';
import { type HashedPicker, maglevHash, ringHash } from './consistent-hash.ts';
import { type Candidate, endpointKey } from './endpoint-loads.ts';

/**
 * One endpoint for one try.
 *
 * @param random uniform in [0, 1)
 * @param tried endpoints (as `endpointKey`) of earlier tries; avoided while there is another
 * @param hash of the request, where the cluster balances by it: then it alone decides, also on a retry
 * @returns undefined when the cluster has no healthy endpoint (the caller replies 503, flag UH)
 */
export type Picker = (
  random: () => number,
  tried: ReadonlySet<string>,
  hash?: number,
) => Candidate | undefined;

export function createPicker(
  { lb, hashTableSize }: Pick<Cluster, 'lb' | 'hashTableSize'>,
  candidates: readonly Candidate[],
): Picker {
  const pickFrom = balancers[lb]();
  const buildTable = tables[lb];
  let byHash: HashedPicker | undefined;
  return (random, tried, hash) => {
    if (buildTable !== undefined && hash !== undefined && candidates.length > 0) {
      // Most clusters of a snapshot are never called by this proxy: a table is built at its first use.
      byHash ??= buildTable(candidates, hashTableSize);
      return byHash(hash);
    }
    if (tried.size === 0) return pickFrom(candidates, random);
    const untried = candidates.filter(({ endpoint }) => !tried.has(endpointKey(endpoint)));
    return pickFrom(untried.length === 0 ? candidates : untried, random);
  };
}

type Balancer = (candidates: readonly Candidate[], random: () => number) => Candidate | undefined;

const balancers: Readonly<Record<LbPolicy, () => Balancer>> = {
  LEAST_REQUEST: () => leastRequest,
  ROUND_ROBIN: smoothRoundRobin,
  RANDOM: () => weightedRandom,
  // A request without a hash goes anywhere (Envoy).
  RING_HASH: () => weightedRandom,
  MAGLEV: () => weightedRandom,
};

const tables: Partial<
  Record<LbPolicy, (candidates: readonly Candidate[], size: number | undefined) => HashedPicker>
> = {
  RING_HASH: (candidates, size = 1024) => ringHash(candidates, size),
  MAGLEV: (candidates, size = 65_537) => maglevHash(candidates, size),
};

/**
 * Power of two choices: of two candidates drawn by weight, the one with fewer requests in flight per weight.
 *
 * @see Mitzenmacher 2001, "The Power of Two Choices in Randomized Load Balancing"
 */
function leastRequest(candidates: readonly Candidate[], random: () => number): Candidate | undefined {
  if (candidates.length <= 1) return candidates[0];
  const first = weightedRandom(candidates, random);
  const second = weightedRandom(
    candidates.filter((candidate) => candidate !== first),
    random,
  );
  if (first === undefined || second === undefined) return first ?? second;
  return pressure(second) < pressure(first) ? second : first;
}

function pressure({ endpoint, load }: Candidate): number {
  return (load.inFlight + 1) / endpoint.weight;
}

function weightedRandom(candidates: readonly Candidate[], random: () => number): Candidate | undefined {
  let total = 0;
  for (const { endpoint } of candidates) total += endpoint.weight;
  let rest = random() * total;
  for (const candidate of candidates) {
    rest -= candidate.endpoint.weight;
    if (rest < 0) return candidate;
  }
  return undefined;
}

/** Weights 2:1 give a b a, a b a ... and never a a b: the credit of the one that was taken falls by the sum of all. */
function smoothRoundRobin(): Balancer {
  const credits = new Map<string, number>();
  return (candidates) => {
    let best: Candidate | undefined;
    let bestCredit = -Infinity;
    let total = 0;
    for (const candidate of candidates) {
      const key = endpointKey(candidate.endpoint);
      const credit = (credits.get(key) ?? 0) + candidate.endpoint.weight;
      credits.set(key, credit);
      total += candidate.endpoint.weight;
      if (credit > bestCredit) [best, bestCredit] = [candidate, credit];
    }
    if (best !== undefined) credits.set(endpointKey(best.endpoint), bestCredit - total);
    return best;
  };
}
