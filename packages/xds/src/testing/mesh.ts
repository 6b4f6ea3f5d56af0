/** A control plane and proxies around the real server and client, over real sockets, that write down what they see. */
import {
  noHeaderMutation,
  type Cluster,
  type LoadAssignment,
  type ProxySnapshot,
  type RouteConfiguration,
  type TlsSecret,
} from '@heddle/traffic';
import { connectAds, type AdsClient, type AdsClientOptions } from '../client/ads-client.ts';
import type { Identity } from '../client/identity-session.ts';
import type { SnapshotChanges } from '../client/resource-store.ts';
import { systemClock } from '../clock.ts';
import { proxyId, type ProxyNode } from '../node.ts';
import { createAdsServer, type AdsServer, type AdsServerOptions } from '../server/ads-server.ts';
import type { AdsHooks } from '../server/ads-service.ts';
import type { ProxySync } from '../server/proxy-record.ts';
import { EventLog } from './event-log.ts';

export const token = 'open sesame';

export type ServerEvent =
  | { readonly kind: 'connected'; readonly node: ProxyNode }
  | { readonly kind: 'disconnected'; readonly id: string }
  | { readonly kind: 'health'; readonly id: string; readonly healthy: boolean; readonly reason: string }
  | { readonly kind: 'telemetry'; readonly id: string; readonly frame: string }
  | { readonly kind: 'status'; readonly sync: ProxySync };

export type ClientEvent =
  | { readonly kind: 'snapshot'; readonly snapshot: ProxySnapshot; readonly changes: SnapshotChanges }
  | { readonly kind: 'identity'; readonly identity: Identity }
  | { readonly kind: 'secret'; readonly secret: TlsSecret }
  | { readonly kind: 'identity-refused'; readonly reason: string }
  | { readonly kind: 'state'; readonly state: string; readonly reason: string };

export function nodeNamed(name: string): ProxyNode {
  return {
    id: proxyId({
      kind: 'sidecar',
      address: '127.0.0.1',
      name,
      namespace: 'default',
      clusterDomain: 'cluster.local',
    }),
    kind: 'sidecar',
    workload: name,
    namespace: 'default',
    serviceAccount: 'bookinfo',
    labels: { app: name },
    version: 'v1',
    userAgent: 'heddle/test',
    address: '127.0.0.1',
    inboundPort: 15_006,
    appPort: 9080,
  };
}

/** What a test starts, and the fixture stops, newest first. */
export class TestMesh {
  readonly events = new EventLog<ServerEvent>();
  readonly #closers: (() => void | Promise<void>)[] = [];
  #server: AdsServer | undefined;

  get server(): AdsServer {
    if (this.#server === undefined) throw new Error('no server is running');
    return this.#server;
  }

  async serve(
    options: Partial<Omit<AdsServerOptions, 'hooks'>> & { readonly hooks?: Partial<AdsHooks> } = {},
  ): Promise<AdsServer> {
    const { events } = this;
    const { hooks, ...rest } = options;
    const server = await createAdsServer({
      host: '127.0.0.1',
      port: 0,
      clock: systemClock,
      ...rest,
      hooks: {
        authenticate: (given) =>
          given === token ? { ok: true } : { ok: false, reason: 'this token was never issued' },
        issueSvid: () => {
          throw new Error('no certificate authority in this test');
        },
        connected: (node) => events.push({ kind: 'connected', node }),
        disconnected: (id) => events.push({ kind: 'disconnected', id }),
        health: (id, healthy, reason) => events.push({ kind: 'health', id, healthy, reason }),
        telemetry: (id, frame) =>
          events.push({ kind: 'telemetry', id, frame: Buffer.from(frame).toString() }),
        status: (id) => {
          const sync = server.proxyStatus(id);
          if (sync !== undefined) events.push({ kind: 'status', sync });
        },
        ...hooks,
      },
    });
    this.#server = server;
    this.onStop(() => server.close());
    return server;
  }

  connect(
    name: string,
    options: Partial<Omit<AdsClientOptions, 'hooks'>> & {
      readonly accept?: (snapshot: ProxySnapshot) => void;
      readonly takeSecret?: (secret: TlsSecret) => void;
    } = {},
  ): { readonly client: AdsClient; readonly events: EventLog<ClientEvent>; readonly id: string } {
    const events = new EventLog<ClientEvent>();
    const { accept, takeSecret, ...rest } = options;
    const node = nodeNamed(name);
    const client = connectAds({
      url: `http://127.0.0.1:${this.server.port}`,
      token,
      node,
      createCsr: () => `csr of ${name}`,
      ...rest,
      hooks: {
        snapshot: (snapshot, changes) => {
          accept?.(snapshot);
          events.push({ kind: 'snapshot', snapshot, changes });
          return Promise.resolve();
        },
        identity: (identity) => events.push({ kind: 'identity', identity }),
        secret: (secret) => {
          takeSecret?.(secret);
          events.push({ kind: 'secret', secret });
        },
        identityRefused: (reason) => events.push({ kind: 'identity-refused', reason }),
        state: (state, reason) => events.push({ kind: 'state', state, reason }),
      },
    });
    this.onStop(() => client.close());
    return { client, events, id: node.id };
  }

  /** When the proxy has accepted `revision` in full. */
  async accepted(id: string, revision: number): Promise<ProxySync> {
    return (await this.syncWhere(id, (sync) => sync.revision >= revision)).sync;
  }

  syncWhere(id: string, matches: (sync: ProxySync) => boolean, from = 0) {
    const isMatch = (event: ServerEvent): event is Extract<ServerEvent, { kind: 'status' }> =>
      event.kind === 'status' && event.sync.id === id && matches(event.sync);
    return this.events.waitFor(isMatch, from);
  }

  connected(id: string, from = 0) {
    return this.events.waitFor((event) => event.kind === 'connected' && event.node.id === id, from);
  }

  onStop(close: () => void | Promise<void>): void {
    this.#closers.push(close);
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close();
  }
}

export function clusterNamed(name: string): Cluster {
  return {
    name,
    discovery: 'EDS',
    endpoints: [],
    lb: 'LEAST_REQUEST',
    connectTimeoutMs: 1000,
    from: [],
  };
}

function endpointsOf({ name }: Cluster, port: number): LoadAssignment {
  return {
    cluster: name,
    endpoints: [{ address: '127.0.0.1', port, weight: 1, health: 'HEALTHY', tlsMode: 'istio' }],
  };
}

/** A route configuration that splits all requests by `weights`, cluster name to weight. */
export function split(name: string, weights: Readonly<Record<string, number>>): RouteConfiguration {
  const clusters = Object.entries(weights).map(([cluster, weight]) => ({
    cluster,
    weight,
    requestHeaders: noHeaderMutation,
    responseHeaders: noHeaderMutation,
    from: [],
  }));
  const retry = {
    retryOn: [],
    statusCodes: [],
    numRetries: 0,
    perTryTimeoutMs: 0,
    backoffBaseMs: 25,
    backoffMaxMs: 250,
    from: [],
  };
  const route = {
    name: `${name} all`,
    match: { path: { kind: 'prefix', value: '/', caseSensitive: true }, headers: [], queryParams: [] },
    action: { kind: 'forward', clusters, timeoutMs: 0, retry, mirrors: [] },
    requestHeaders: noHeaderMutation,
    responseHeaders: noHeaderMutation,
    from: [],
  } as const;
  return { name, virtualHosts: [{ name: 'all', domains: ['*'], routes: [route], from: [] }] };
}

const reviewsV1 = clusterNamed('outbound|9080|v1|reviews');
const reviewsV2 = clusterNamed('outbound|9080|v2|reviews');

/** Two versions of reviews behind one split, everything else equal from call to call. */
export const reviewsMesh = {
  listeners: [
    {
      name: 'virtualOutbound',
      address: '127.0.0.1',
      port: 15_001,
      bind: true,
      direction: 'OUTBOUND',
      filterChains: [{ name: 'outbound', http: { routeConfig: '9080', tracingShare: 10_000 } }],
    },
  ],
  clusters: [reviewsV1, reviewsV2],
  loadAssignments: [endpointsOf(reviewsV1, 9081), endpointsOf(reviewsV2, 9082)],
} as const satisfies Partial<ProxySnapshot>;

export function reviewsSplit(v1: number, v2: number): ProxySnapshot {
  return {
    ...reviewsMesh,
    routeConfigurations: [split('9080', { [reviewsV1.name]: v1, [reviewsV2.name]: v2 })],
  };
}
