import {
  noHeaderMutation,
  type Cluster,
  type Endpoint,
  type ForwardAction,
  type Listener,
  type ProxySnapshot,
  type RetryPolicy,
  type Route,
  type RouteMatch,
  type UpstreamTls,
  type VirtualHost,
  type WeightedCluster,
} from '@heddle/traffic';

/** Snapshots as a control plane writes them, reduced to what a test is about. */

export const noRetry: RetryPolicy = {
  retryOn: [],
  statusCodes: [],
  numRetries: 0,
  perTryTimeoutMs: 0,
  backoffBaseMs: 25,
  backoffMaxMs: 250,
  from: [],
};

export const everything: RouteMatch = {
  path: { kind: 'prefix', value: '/', caseSensitive: true },
  headers: [],
  queryParams: [],
};

export function weighted(name: string, weight = 100, more: Partial<WeightedCluster> = {}): WeightedCluster {
  return {
    cluster: name,
    weight,
    requestHeaders: noHeaderMutation,
    responseHeaders: noHeaderMutation,
    from: [],
    ...more,
  };
}

export function forward(
  clusters: readonly WeightedCluster[],
  more: Partial<ForwardAction> = {},
): ForwardAction {
  return { kind: 'forward', clusters, timeoutMs: 0, retry: noRetry, mirrors: [], ...more };
}

export function route(action: Route['action'], more: Partial<Route> = {}): Route {
  return {
    name: 'default/reviews http[0]',
    match: everything,
    action,
    requestHeaders: noHeaderMutation,
    responseHeaders: noHeaderMutation,
    from: [],
    ...more,
  };
}

export function virtualHost(name: string, domains: readonly string[], routes: readonly Route[]): VirtualHost {
  return { name, domains, routes, from: [] };
}

export function endpoint(port: number, more: Partial<Endpoint> = {}): Endpoint {
  return { address: '127.0.0.1', port, weight: 1, health: 'HEALTHY', tlsMode: 'disabled', ...more };
}

export function cluster(name: string, more: Partial<Cluster> = {}): Cluster {
  const [, port, subset = '', hostname = ''] = name.split('|');
  const [host = '', namespace = ''] = hostname.split('.');
  return {
    name,
    discovery: 'EDS',
    endpoints: [],
    lb: 'LEAST_REQUEST',
    connectTimeoutMs: 10_000,
    ...(hostname === '' ? {} : { service: { hostname, namespace, name: host, port: Number(port), subset } }),
    from: [],
    ...more,
  };
}

export const passthrough = cluster('PassthroughCluster', { discovery: 'ORIGINAL_DST' });

export function meshTls(sni: string, ...spiffeIds: readonly string[]): UpstreamTls {
  return { mode: 'ISTIO_MUTUAL', sni, spiffeIds };
}

function listener(
  name: string,
  more: Partial<Listener>,
  routeConfig: string,
  tracingShare: number,
): Listener {
  return {
    name,
    address: '127.0.0.1',
    port: 0,
    bind: false,
    direction: 'OUTBOUND',
    filterChains: [{ name: 'default', http: { routeConfig, tracingShare } }],
    ...more,
  };
}

/** A sidecar that calls services on port 9080. */
export function outboundSnapshot(
  virtualHosts: readonly VirtualHost[],
  clusters: readonly Cluster[],
  endpoints: Readonly<Record<string, readonly Endpoint[]>>,
  tracingShare = 1_000_000,
): ProxySnapshot {
  return {
    listeners: [listener('0.0.0.0_9080', { port: 9080 }, '9080', tracingShare)],
    routeConfigurations: [{ name: '9080', virtualHosts }],
    clusters,
    loadAssignments: Object.entries(endpoints).map(([name, list]) => ({ cluster: name, endpoints: list })),
  };
}

/** A gateway with one listener on a free port. */
export function gatewaySnapshot(
  virtualHosts: readonly VirtualHost[],
  clusters: readonly Cluster[],
  endpoints: Readonly<Record<string, readonly Endpoint[]>>,
): ProxySnapshot {
  return {
    listeners: [listener('0.0.0.0_8080', { bind: true, direction: 'GATEWAY' }, 'http.8080', 1_000_000)],
    routeConfigurations: [{ name: 'http.8080', virtualHosts }],
    clusters,
    loadAssignments: Object.entries(endpoints).map(([name, list]) => ({ cluster: name, endpoints: list })),
  };
}

/** A sidecar in front of an application. */
export function inboundSnapshot(
  appPort: number,
  mode: 'STRICT' | 'PERMISSIVE' | 'DISABLE' = 'STRICT',
): ProxySnapshot {
  const name = `inbound|${appPort}||`;
  const chain = {
    name: 'inbound',
    destinationPort: appPort,
    tls: { mode, from: [] },
    http: { routeConfig: `inbound|${appPort}`, tracingShare: 1_000_000 },
  } as const;
  return {
    listeners: [
      {
        name: 'virtualInbound',
        address: '127.0.0.1',
        port: 15006,
        bind: true,
        direction: 'INBOUND',
        filterChains: [chain],
      },
    ],
    routeConfigurations: [
      {
        name: `inbound|${appPort}`,
        virtualHosts: [
          virtualHost('inbound', ['*'], [route(forward([weighted(name)]), { name: 'inbound' })]),
        ],
      },
    ],
    clusters: [cluster(name, { discovery: 'STATIC', endpoints: [endpoint(appPort)] })],
    loadAssignments: [],
  };
}
