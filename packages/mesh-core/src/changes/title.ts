import { VirtualServiceDocument, type ResourceKey } from '@heddle/schema';
import { Compile } from 'typebox/compile';
import { keyWords } from '../documents/key.ts';

const virtualService = Compile(VirtualServiceDocument);

export interface TitledWrite {
  readonly key: ResourceKey;
  readonly before: object | null;
  readonly after: object | null;
}

/** What a write did, in one line: `reviews: v1 70 → 80 %, v2 20 %, v3 10 → 0 %`, else the verbs and the names. */
export function changeTitle(writes: readonly TitledWrite[]): string {
  const [first, ...rest] = writes;
  if (first === undefined) return 'nothing';
  if (rest.length === 0) return shiftTitle(first) ?? `${verb(first)} ${keyWords(first.key)}`;
  if (writes.length <= 3) return writes.map((write) => `${verb(write)} ${keyWords(write.key)}`).join(', ');
  const count = (name: string) => writes.filter((write) => verb(write) === name).length;
  const verbs = ['create', 'update', 'delete'].filter((name) => count(name) > 0);
  return verbs.map((name) => `${name} ${count(name)} documents`).join(', ');
}

function verb({ before, after }: TitledWrite): string {
  return before === null ? 'create' : after === null ? 'delete' : 'update';
}

/** Only when nothing but weights of one rule differs in number. */
function shiftTitle({ before, after }: TitledWrite): string | undefined {
  const [old, now] = [splits(before), splits(after)];
  if (old === undefined || now === undefined || old.length !== now.length) return undefined;
  const changed = now.findIndex(
    (split, i) => JSON.stringify([...split]) !== JSON.stringify([...(old[i] ?? [])]),
  );
  const [from, to] = [old[changed], now[changed]];
  if (from === undefined || to === undefined || to.size === 0) return undefined;
  const names = new Set([...from.keys(), ...to.keys()]);
  const parts = [...names].map((name) => {
    const [a, b] = [from.get(name) ?? 0, to.get(name) ?? 0];
    return a === b ? `${name} ${b} %` : `${name} ${a} → ${b} %`;
  });
  const [host = ''] = hostsOf(after);
  return from.size === 0 || JSON.stringify([...from]) === JSON.stringify([...to])
    ? undefined
    : `${host}: ${parts.join(', ')}`;
}

/** Each rule's weights in percent, by subset or host. */
function splits(object: object | null): Map<string, number>[] | undefined {
  if (!virtualService.Check(object)) return undefined;
  return (object.spec.http ?? []).map(({ route = [] }) => {
    const total = route.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
    return new Map(
      route.map(({ destination, weight }): [string, number] => [
        destination.subset ?? destination.host,
        route.length === 1 ? 100 : total === 0 ? 0 : Math.round(((weight ?? 0) / total) * 1000) / 10,
      ]),
    );
  });
}

function hostsOf(object: object | null): readonly string[] {
  return virtualService.Check(object) ? (object.spec.hosts ?? []) : [];
}
