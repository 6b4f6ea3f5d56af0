import { hash32 } from '@heddle/traffic';
import type { Candidate } from './endpoint-loads.ts';
import { endpointKey } from './endpoint-loads.ts';

/** The endpoint that a hash belongs to; undefined when there is none. */
export type HashedPicker = (hash: number) => Candidate | undefined;

/** Beyond this the shares of endpoints do not get noticeably truer, only the ring larger (Envoy's default maximum). */
const maxRingSize = 8_388_608;

/**
 * A ring of points, each endpoint with as many as its weight asks: an endpoint that comes or goes moves only its own share.
 *
 * @param minimumSize points on the ring at the least
 * @see Karger et al. 1997, "Consistent Hashing and Random Trees"; Envoy, ring hash
 */
export function ringHash(candidates: readonly Candidate[], minimumSize: number): HashedPicker {
  const total = candidates.reduce((sum, { endpoint }) => sum + endpoint.weight, 0);
  const least = Math.min(...candidates.map(({ endpoint }) => endpoint.weight));
  // The lightest endpoint has a whole number of points, so that no share is rounded away.
  const scale = Math.min(Math.ceil((least / total) * minimumSize) * (total / least), maxRingSize);
  const points: { readonly at: number; readonly candidate: Candidate }[] = [];
  for (const candidate of candidates) {
    const key = endpointKey(candidate.endpoint);
    const count = Math.max(Math.round((candidate.endpoint.weight / total) * scale), 1);
    for (let i = 0; i < count; i++) points.push({ at: hash32(`${key}_${i}`), candidate });
  }
  points.sort((a, b) => a.at - b.at);
  const places = Uint32Array.from(points, ({ at }) => at);
  return (hash) => points[firstFrom(places, hash) % points.length]?.candidate;
}

/** Index of the first place that is not before the hash; the length where there is none. */
function firstFrom(places: Uint32Array, hash: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((places[middle] ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A table in which each endpoint has its share of the places, taken in turns by an order of its own: looked up in one step.
 *
 * @param size a prime, so that every order visits every place
 * @see Eisenbud et al. 2016, "Maglev: A Fast and Reliable Software Network Load Balancer", §3.4
 */
export function maglevHash(candidates: readonly Candidate[], size: number): HashedPicker {
  const heaviest = Math.max(...candidates.map(({ endpoint }) => endpoint.weight));
  const builders = candidates.map((candidate, index) => {
    const key = endpointKey(candidate.endpoint);
    return {
      index,
      weight: candidate.endpoint.weight / heaviest,
      credit: 0,
      at: hash32(key) % size,
      step: (hash32(key, 0x9747b28c) % (size - 1)) + 1,
    };
  });
  const table = new Int32Array(size).fill(-1);
  for (let taken = 0; taken < size;) {
    for (const builder of builders) {
      builder.credit += builder.weight;
      if (builder.credit < 1) continue;
      builder.credit -= 1;
      while (table[builder.at] !== -1) builder.at = (builder.at + builder.step) % size;
      table[builder.at] = builder.index;
      if (++taken === size) break;
    }
  }
  return (hash) => candidates[table[hash % size] ?? 0];
}
