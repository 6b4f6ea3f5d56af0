/** A small mesh for the tests of this package. */
import type { ProxySnapshot } from '@heddle/traffic';
import { ControlPlane } from './control-plane.ts';
import type { DebounceTimers } from './leading-debounce.ts';
import { SqliteConfigStore } from './store/sqlite-config-store.ts';
import type { WorkloadInstance } from './world/instance.ts';

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
