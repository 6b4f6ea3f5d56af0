/** A small mesh for the tests of this package, and golden pairs. */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stableStringify } from '@heddle/traffic';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { ProxySnapshot } from '@heddle/traffic';
import { ControlPlane } from './control-plane.ts';
import { type ParsedDocument, parseDocuments } from './documents/parse.ts';
import type { DebounceTimers } from './leading-debounce.ts';
import { SqliteConfigStore } from './store/sqlite-config-store.ts';
import type { WorkloadInstance } from './world/instance.ts';
import { World } from './world/world.ts';

/** A clock that moves only when told to. */
export class FakeTimers implements DebounceTimers {
  #nowMs = 1_700_000_000_000;
  #pending: { readonly at: number; readonly run: () => void }[] = [];

  readonly now = (): number => this.#nowMs;

  readonly setTimeout = (run: () => void, ms: number): { clear(): void } => {
    const timer = { at: this.#nowMs + ms, run };
    this.#pending.push(timer);
    return { clear: () => (this.#pending = this.#pending.filter((one) => one !== timer)) };
  };

  advance(ms: number): void {
    const until = this.#nowMs + ms;
    for (;;) {
      const next = this.#pending.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#pending = this.#pending.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.at);
      next.run();
    }
    this.#nowMs = until;
  }
}

export function instance(
  name: string,
  app: string,
  version: string,
  over: Partial<WorkloadInstance> = {},
): WorkloadInstance {
  return {
    id: `sidecar~127.0.0.1~${name}.default~cluster.local`,
    kind: 'sidecar',
    namespace: 'default',
    workload: name,
    labels: { app, version },
    serviceAccount: `bookinfo-${app}`,
    address: '127.0.0.1',
    inboundPort: 20_000 + name.length * 100 + Number(version.slice(1)),
    appPort: 9080,
    ready: true,
    reason: '',
    ...over,
  };
}

export const service = (name: string) => `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 9080, name: http }] }
---
`;

export const reviewsRule = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
---
`;

export const reviewsSplit = (v1: number, v2: number) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews # the canary
spec:
  hosts: [reviews]
  http:
    - route:
        - destination: { host: reviews, subset: v1 }
          weight: ${v1}
        - destination: { host: reviews, subset: v2 }
          weight: ${v2}
`;

export interface TestMesh {
  readonly timers: FakeTimers;
  readonly plane: ControlPlane;
  /** Everything that was published, in order. */
  readonly published: { proxyId: string; snapshot: ProxySnapshot; revision: number }[];
}

export const meta = { actor: 'test', via: 'api', reason: 'a test' } as const;

/** @param path of the database */
export function testMesh(path = ':memory:'): TestMesh {
  const timers = new FakeTimers();
  const published: TestMesh['published'] = [];
  const plane = new ControlPlane({
    store: new SqliteConfigStore(path, timers.now),
    timers,
    publish: (proxyId, snapshot, revision) => published.push({ proxyId, snapshot, revision }),
  });
  return { timers, plane, published };
}

/** A world of documents by themselves, the first the oldest. */
export function worldOf(
  documents: readonly ParsedDocument[],
  instances: readonly WorkloadInstance[] = [],
): World {
  const stored = documents.map((one, i) => ({ ...one, generation: 1, createdAtMs: i, revision: 1 }));
  return new World(stored, instances);
}

/**
 * A test for each `x.in.yaml` of a folder: its first document is the question, the others are the mesh; `x.out.yaml` is the answer.
 * @param answer to be compared as plain data
 */
export function goldenPairs<Question>(
  folder: string,
  answer: (question: Question, documents: readonly ParsedDocument[]) => unknown,
): void {
  it.each(globSync('*.in.yaml', { cwd: folder }).toSorted())('%s', (file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const end = text.indexOf('\n---\n');
    const question: Question = parse(text.slice(0, end));
    const { documents, findings } = parseDocuments(text.slice(end));
    expect(findings).toEqual([]);
    const shown: unknown = JSON.parse(stableStringify(answer(question, documents)));
    const out = join(folder, basename(file).replace('.in.', '.out.'));
    // A new pair is written once, to be read with care before it is committed.
    if (!existsSync(out)) writeFileSync(out, stringify(shown, { aliasDuplicateObjects: false }));
    expect(shown).toEqual(parse(readFileSync(out, 'utf8')));
  });
}
