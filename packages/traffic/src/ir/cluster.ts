/** Where requests go: groups of endpoints, and how each is reached. */
import type { HashPolicy } from './route.ts';
import type { UpstreamTls } from './tls.ts';
import type { Origin } from './values.ts';

/** RING_HASH and MAGLEV send what hashes alike to the same endpoint. */
export type LbPolicy = 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RANDOM' | 'RING_HASH' | 'MAGLEV';

/** New endpoints get their share little by little. */
export interface SlowStart {
  readonly windowMs: number;
  readonly minWeightPercent: number;
  readonly aggression: number;
}

/** Limits of one proxy towards one cluster; beyond them 503, flag UO. 4,294,967,295 is none. */
export interface CircuitBreaker {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  /** In flight at once; a budget takes its place. */
  readonly maxRetries: number;
  readonly retryBudget?: { readonly percent: number; readonly minConcurrency: number };
  /** Connections to one endpoint; absent: no limit. */
  readonly maxConnectionsPerEndpoint?: number;
}

/** Each endpoint is asked now and then; one that does not answer as expected gets no requests. */
export interface HealthCheck {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** The first time is somewhere in this; 0: at once. */
  readonly initialJitterMs: number;
  /** Answers in a row that change what is thought of an endpoint. */
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
  readonly probe:
    | {
        readonly kind: 'http';
        /** "": the name of the cluster. */
        readonly host: string;
        readonly path: string;
        readonly method: string;
        readonly expectedStatuses: readonly number[];
        /** Failures that count only when they come in a row. */
        readonly retriableStatuses: readonly number[];
        /** Payloads in hexadecimal; "" is none. */
        readonly send: string;
        readonly receive: string;
      }
    | { readonly kind: 'tcp'; readonly send: string; readonly receive: string }
    /** grpc.health.v1; "" is the server as a whole. */
    | { readonly kind: 'grpc'; readonly service: string };
}

/** Endpoints that fail are left out for a while. 0 of a count is off. */
export interface OutlierDetection {
  readonly consecutive5xx: number;
  readonly consecutiveGatewayFailure: number;
  /** Counted by itself when local failures are split from the endpoint's. */
  readonly consecutiveLocalOriginFailure: number;
  readonly splitLocalOrigin: boolean;
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionPercent: number;
  /** Below this share of healthy endpoints all are used. */
  readonly minHealthPercent: number;
  /** An endpoint of which this share of requests fails is ejected; absent: by counts alone. */
  readonly failurePercentageThreshold?: number;
  /** One may be ejected whatever the greatest share says. */
  readonly alwaysEjectsOne?: boolean;
}

/** How connections to a cluster live. */
export interface UpstreamConnections {
  /** 0: no limit. */
  readonly maxRequestsPerConnection: number;
  /** 0: Envoy's default, an hour. */
  readonly idleTimeoutMs: number;
  /** 0: none. */
  readonly maxConnectionDurationMs: number;
  /** `client`: what the client speaks. */
  readonly protocol: 'http1' | 'http2' | 'client';
  /** 0: what the peer says. */
  readonly maxConcurrentStreams: number;
  readonly keepalive?: { readonly probes: number; readonly timeMs: number; readonly intervalMs: number };
  /** Read from one connection before the other side is made to wait; absent: Envoy's default, 1 MiB. */
  readonly bufferLimitBytes?: number;
}

/** Which endpoints are preferred, by where they are. Acts only together with outlier detection, but for `distribute`. */
export type LocalityPreference =
  | {
      readonly kind: 'failover';
      readonly failover: readonly { readonly from: string; readonly to: string }[];
      /** Labels, optionally with a value, from the most to the least telling. */
      readonly failoverPriority: readonly string[];
    }
  /** Shares sum to 100 for each place. */
  | {
      readonly kind: 'distribute';
      readonly distribute: readonly {
        readonly from: string;
        readonly to: Readonly<Record<string, number>>;
      }[];
    };

export interface Cluster {
  /** `outbound|9080|v1|reviews.default.svc.cluster.local`, `inbound|9080||`, `PassthroughCluster`. */
  readonly name: string;
  /**
   * EDS: endpoints come in a LoadAssignment of the same name. STATIC: they are in `endpoints`. STRICT_DNS and LOGICAL_DNS: so are
   * host names, of which all addresses are endpoints, or one at a time. ORIGINAL_DST and DYNAMIC_FORWARD_PROXY: where the client
   * wanted to go, by address or by host.
   */
  readonly discovery:
    | 'EDS'
    | 'STATIC'
    | 'STRICT_DNS'
    | 'LOGICAL_DNS'
    | 'ORIGINAL_DST'
    | 'DYNAMIC_FORWARD_PROXY';
  readonly endpoints: readonly Endpoint[];
  /** ORIGINAL_DST: this port in place of the one that was called. */
  readonly portOverride?: number;
  readonly lb: LbPolicy;
  /** RING_HASH: the least size of the ring; MAGLEV: the size of the table, a prime. */
  readonly hashTableSize?: number;
  readonly hashPolicy?: HashPolicy;
  readonly slowStart?: SlowStart;
  readonly locality?: LocalityPreference;
  readonly connectTimeoutMs: number;
  readonly circuitBreaker?: CircuitBreaker;
  readonly outlierDetection?: OutlierDetection;
  readonly healthCheck?: HealthCheck;
  /** Below this share of healthy endpoints all are used, where outlier detection does not say it. */
  readonly panicThresholdPercent?: number;
  readonly connections?: UpstreamConnections;
  /** Header of the PROXY protocol before anything else. */
  readonly proxyProtocol?: 'V1' | 'V2';
  /** The connection goes through this host by HTTP CONNECT or POST. */
  readonly tunnel?: { readonly protocol: 'CONNECT' | 'POST'; readonly host: string; readonly port: number };
  readonly tls?: UpstreamTls;
  /** What telemetry calls the destination; absent for inbound and passthrough clusters. */
  readonly service?: ServiceRef;
  readonly from: readonly Origin[];
}

export interface ServiceRef {
  readonly hostname: string;
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** "" without a subset. */
  readonly subset: string;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly health: 'HEALTHY' | 'UNHEALTHY' | 'DRAINING';
  /** `istio`: it has a sidecar that speaks mesh mTLS. `disabled`: plaintext. */
  readonly tlsMode: 'istio' | 'disabled';
  readonly workload?: WorkloadRef;
}

export interface WorkloadRef {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly spiffeId: string;
}

export interface LoadAssignment {
  readonly cluster: string;
  readonly endpoints: readonly Endpoint[];
}
