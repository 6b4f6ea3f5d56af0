/**
 * The typed intermediate representation: what one proxy is told, in Envoy's nouns.
 *
 * Plain readonly data, JSON-serialisable. No selectors, short names, unit strings or open defaults: durations are
 * milliseconds, shares are parts per million, a default is written out with an origin of kind `Default`.
 */

import type { Authorization, ExtAuthz, JwtProvider } from './authorize/ir.ts';
import type { PathNormalization } from './normalize-path.ts';

/** Where a node came from: a document and the path in it. `kind: 'Default'` marks a default of the mesh. */
export interface Origin {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly path: string;
}

/** 1,000,000 = always. */
export type PerMillion = number;

export type StringMatch =
  | { readonly kind: 'exact'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'prefix'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'suffix'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'contains'; readonly value: string; readonly ignoreCase: boolean }
  /** RE2 syntax, the whole value must match. */
  | { readonly kind: 'regex'; readonly value: string };

export type PathMatch =
  | { readonly kind: 'exact'; readonly value: string; readonly caseSensitive: boolean }
  /** Textual: `/api` matches `/apix`. */
  | { readonly kind: 'prefix'; readonly value: string; readonly caseSensitive: boolean }
  /** By segment: `/api` matches `/api` and `/api/x`, not `/apix`. */
  | { readonly kind: 'path-separated-prefix'; readonly value: string; readonly caseSensitive: boolean }
  /** RE2 syntax, the whole path without the query must match. */
  | { readonly kind: 'regex'; readonly value: string };

export interface HeaderMatch {
  /** Lower case; `:method`, `:authority` and `:scheme` are the pseudo headers. */
  readonly name: string;
  /** undefined: the header only has to be present. */
  readonly match?: StringMatch;
  readonly invert: boolean;
  /** An absent header counts as the empty string. */
  readonly treatMissingAsEmpty: boolean;
}

export interface QueryParamMatch {
  readonly name: string;
  readonly match?: StringMatch;
}

/** A claim of the request's verified token: a string, or a list of strings of which one has to match. */
export interface ClaimMatch {
  /** From the outside in. */
  readonly path: readonly string[];
  /** undefined: no value matches it. */
  readonly match?: StringMatch;
  readonly invert: boolean;
}

export interface RouteMatch {
  readonly path: PathMatch;
  readonly headers: readonly HeaderMatch[];
  readonly queryParams: readonly QueryParamMatch[];
  readonly claims?: readonly ClaimMatch[];
}

/** Values may hold Envoy's command operators: `%%` is a percent sign, `%REQ(x-user)%` a header of the request. */
export interface HeaderMutation {
  readonly set: readonly { readonly name: string; readonly value: string }[];
  readonly add: readonly { readonly name: string; readonly value: string }[];
  readonly remove: readonly string[];
}

export interface WeightedCluster {
  /** Name of a cluster of the same snapshot. */
  readonly cluster: string;
  /** Share of the route; the shares of a route are proportions of their sum. */
  readonly weight: number;
  readonly requestHeaders: HeaderMutation;
  readonly responseHeaders: HeaderMutation;
  /** The destination cannot be resolved: its share is answered with this status by the proxy itself. */
  readonly invalidStatus?: number;
  /** Its share is told this host, unless the action rewrites it for all. */
  readonly hostRewrite?: string;
  readonly from: readonly Origin[];
}

export interface RetryPolicy {
  /** Envoy's tokens, such as `connect-failure`, `5xx`, `reset`, `gateway-error`, `retriable-status-codes`. */
  readonly retryOn: readonly string[];
  readonly statusCodes: readonly number[];
  /** Retries after the first try; 0 is off. */
  readonly numRetries: number;
  /** 0: the route's timeout. */
  readonly perTryTimeoutMs: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** A retry goes to an endpoint that was not tried yet, as long as there is one; true unless it says otherwise. */
  readonly avoidPreviousHosts?: boolean;
  /** Retries may leave the localities that were tried. */
  readonly remoteLocalities?: boolean;
  readonly from: readonly Origin[];
}

export interface FaultInjection {
  readonly delay?: { readonly ms: number; readonly share: PerMillion };
  /** With a `grpcStatus` the HTTP status is 200. */
  readonly abort?: { readonly status: number; readonly grpcStatus?: number; readonly share: PerMillion };
  readonly from: readonly Origin[];
}

/** What browsers are told of requests from pages of other origins. */
export interface CorsPolicy {
  /** The origin has to match one of them; a match that takes `*` takes every origin. */
  readonly allowOrigins: readonly StringMatch[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  /** How long a browser keeps the answer to a preflight. */
  readonly maxAgeSeconds?: number;
  readonly allowCredentials: boolean;
  /** A preflight whose origin does not match goes upstream; if not, it is answered 200 without the origin's permission. */
  readonly forwardUnmatchedPreflights: boolean;
  readonly from: readonly Origin[];
}

export type PathRewrite =
  /** Replaces the matched prefix; after an exact or regex match, the whole path. The query stays. */
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'full'; readonly value: string }
  | { readonly kind: 'regex'; readonly pattern: string; readonly substitution: string };

export interface MirrorPolicy {
  readonly cluster: string;
  readonly share: PerMillion;
}

export interface ForwardAction {
  readonly kind: 'forward';
  /** At least one; weights sum to more than 0 unless there is a single one. */
  readonly clusters: readonly WeightedCluster[];
  readonly pathRewrite?: PathRewrite;
  readonly hostRewrite?: string;
  /** Whole request with its retries; 0 is none. */
  readonly timeoutMs: number;
  /** Without a byte in either direction; 0 is none, absent the proxy's own. */
  readonly idleTimeoutMs?: number;
  /** Of a request and its response, streams included; 0 is none. */
  readonly maxStreamDurationMs?: number;
  readonly retry: RetryPolicy;
  readonly fault?: FaultInjection;
  readonly cors?: CorsPolicy;
  readonly mirrors: readonly MirrorPolicy[];
  /** Of those of its clusters that hash. */
  readonly hashPolicies?: readonly HashPolicy[];
}

export interface RedirectAction {
  readonly kind: 'redirect';
  readonly status: number;
  readonly host?: string;
  readonly path?: string;
  /** In place of the matched prefix, as text; excludes `path`. After an exact or regex match, the whole path. */
  readonly prefixRewrite?: string;
  readonly scheme?: string;
  readonly port?: number;
}

export interface DirectResponseAction {
  readonly kind: 'direct';
  readonly status: number;
  readonly body: string;
}

export type RouteAction = ForwardAction | RedirectAction | DirectResponseAction;

/** Fills with time, empties with requests. */
export interface TokenBucket {
  readonly maxTokens: number;
  readonly tokensPerFill: number;
  readonly fillIntervalMs: number;
}

/** What a request has to be to count against a limit. `each` counts every value by itself. */
export type RateLimitMatch =
  /** `:method` and `:path` are headers here. */
  | { readonly kind: 'header'; readonly name: string; readonly match: StringMatch; readonly invert: boolean }
  | { readonly kind: 'each-header'; readonly name: string }
  | { readonly kind: 'query'; readonly name: string; readonly match: StringMatch; readonly invert: boolean }
  | { readonly kind: 'each-query'; readonly name: string }
  /** By address or CIDR block of the client. */
  | { readonly kind: 'source-ip'; readonly block: string; readonly invert: boolean }
  | { readonly kind: 'each-source-ip' };

/** Counted by each proxy for itself; what is over is answered 429. */
export interface LocalRateLimit {
  /** Of requests that no rule has; absent: they are not limited. */
  readonly bucket?: TokenBucket;
  /** A request counts against every rule of which all matches hold. */
  readonly rules: readonly {
    readonly matches: readonly RateLimitMatch[];
    readonly bucket: TokenBucket;
    /** Counted and reported, never enforced. */
    readonly isShadow: boolean;
  }[];
  /** Responses tell how much is left (`x-ratelimit-*`). */
  readonly tellsLimits: boolean;
  readonly from: readonly Origin[];
}

/** Counted for all proxies together by a service of rate limits. */
export interface GlobalRateLimit {
  readonly rules: readonly {
    /** `namespace/policy/rule/0`: what the service knows the rule by. */
    readonly name: string;
    readonly matches: readonly RateLimitMatch[];
    readonly requests: number;
    readonly unit: 'Second' | 'Minute' | 'Hour' | 'Day' | 'Week' | 'Month' | 'Year';
    /** Counted together on all routes that have the rule. */
    readonly isShared: boolean;
    readonly isShadow: boolean;
  }[];
  readonly from: readonly Origin[];
}

export interface Route {
  /** Stable and readable: `default/reviews http[0]`. The `route` label of metrics. */
  readonly name: string;
  readonly match: RouteMatch;
  readonly action: RouteAction;
  readonly requestHeaders: HeaderMutation;
  readonly responseHeaders: HeaderMutation;
  /** What a request has to bring: the name of logins of the connection manager; without any of that name nobody comes in. */
  readonly logins?: string;
  /** Whose tokens a request needs: the name of a requirement of the connection manager. */
  readonly tokens?: string;
  /** Who is asked about such a request: the name of an authorizer of the connection manager. */
  readonly authorizer?: string;
  /** Who may send such a request, beside what the filter chain says. */
  readonly authorization?: Authorization;
  readonly localRateLimit?: LocalRateLimit;
  readonly globalRateLimit?: GlobalRateLimit;
  readonly from: readonly Origin[];
}

export interface VirtualHost {
  readonly name: string;
  /** Lower case; exact, `*suffix`, `prefix*` or `*`. Ports are part of a domain only where they were written. */
  readonly domains: readonly string[];
  /** First match wins. No match: 404, flag NR. */
  readonly routes: readonly Route[];
  readonly from: readonly Origin[];
}

export interface RouteConfiguration {
  /**
   * Outbound: the service port, such as `9080`. Inbound: `inbound|9080`. Gateway: `http.8080`, and of each server that ends TLS
   * its own, `https.443.<port name>.<gateway>.<namespace>`.
   */
  readonly name: string;
  readonly virtualHosts: readonly VirtualHost[];
}

/** RING_HASH and MAGLEV send what hashes alike to the same endpoint. */
export type LbPolicy = 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RANDOM' | 'RING_HASH' | 'MAGLEV';

/** What of a request is hashed to choose its endpoint. */
export type HashPolicy =
  | { readonly kind: 'header'; readonly name: string }
  /** With a lifetime the proxy makes the cookie when the request has none; 0 is a cookie of the session. */
  | {
      readonly kind: 'cookie';
      readonly name: string;
      readonly path: string;
      readonly ttlMs?: number;
      readonly attributes: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly kind: 'source-ip' }
  | { readonly kind: 'query'; readonly name: string };

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

export type UpstreamTls = MeshTls | OriginatedTls;

/** Mesh mTLS towards the endpoints of a cluster (ISTIO_MUTUAL): own SVID, peers verified by SPIFFE ID. */
export interface MeshTls {
  readonly mode: 'ISTIO_MUTUAL';
  readonly sni: string;
  /** SPIFFE IDs one of which the peer must prove. Never empty. */
  readonly spiffeIds: readonly string[];
}

/** TLS to a server outside of the mesh, which proves its name; MUTUAL with a certificate of the client. */
export interface OriginatedTls {
  readonly mode: 'SIMPLE' | 'MUTUAL';
  /** "": the host that was called. */
  readonly sni: string;
  /** One of them must be in the peer's certificate; empty: the SNI. */
  readonly subjectAltNames: readonly string[];
  /** Who vouches for the peer. `system`: the machine's trusted roots. */
  readonly authorities: TlsMaterial | { readonly kind: 'system' };
  readonly certificate?: TlsMaterial;
  /** The peer is not verified at all. */
  readonly isInsecure: boolean;
}

/**
 * Where a certificate is read: files beside the proxy, or a secret that travels by itself under this name. The names are Istio's:
 * `kubernetes://shop` of the proxy's namespace, `kubernetes-gateway://edge/shop` of another that allows it,
 * `configmap://edge/roots`; with `-cacert` at the end the authorities of that Secret.
 */
export type TlsMaterial =
  | {
      readonly kind: 'files';
      readonly certificate: string;
      readonly privateKey: string;
      /** Of authorities: who of theirs is not trusted any more. */
      readonly revocationList?: string;
    }
  | { readonly kind: 'secret'; readonly name: string };

/** What a material of kind `secret` stands for. Never a part of a snapshot: it goes to the proxies that name it, and nowhere else. */
export type TlsSecret =
  | {
      readonly kind: 'certificate';
      readonly name: string;
      /** Leaf first. */
      readonly chainPem: string;
      readonly privateKeyPem: string;
    }
  | {
      readonly kind: 'authorities';
      readonly name: string;
      readonly rootsPem: string;
      /** Of each of them that has signed what a peer shows. */
      readonly revocationListPem?: string;
    }
  /** Who may come in: users with the SHA-1 of their passwords in base64, or clients with their keys. */
  | {
      readonly kind: 'credentials';
      readonly name: string;
      readonly entries: readonly { readonly id: string; readonly value: string }[];
    };

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

export type DownstreamTls = AcceptedMeshTls | TerminatedTls;

/** What peers of the mesh are asked for. */
export interface AcceptedMeshTls {
  /** STRICT: a client certificate of the mesh is required. PERMISSIVE: mTLS or plaintext on the same port. */
  readonly mode: 'STRICT' | 'PERMISSIVE' | 'DISABLE';
  /** Whose identities are let in; absent: those of the trust domain of the proxy's own certificate. */
  readonly trustDomains?: readonly string[];
  /** Absent: TLS 1.2. */
  readonly minVersion?: 'TLSv1_3';
  readonly from: readonly Origin[];
}

export type TlsVersion = 'TLSv1_0' | 'TLSv1_1' | 'TLSv1_2' | 'TLSv1_3';

/** TLS of clients outside of the mesh, which ends at the gateway. */
export interface TerminatedTls {
  /** MUTUAL: the client has to prove who it is. OPTIONAL_MUTUAL: it may, and what it shows has to be good. */
  readonly mode: 'SIMPLE' | 'MUTUAL' | 'OPTIONAL_MUTUAL';
  /** Of different kinds of keys; the client takes what it knows. None: every connection is refused. */
  readonly certificates: readonly TlsMaterial[];
  /** Who vouches for clients; absent in SIMPLE. */
  readonly authorities?: TlsMaterial;
  /** One of them must be in the client's certificate; empty: any name. */
  readonly subjectAltNames: readonly string[];
  /** SHA-256 of the client's certificate in hexadecimal, or of its public key in base64: one of them must fit; empty: any. */
  readonly certificateHashes: readonly string[];
  readonly publicKeyHashes: readonly string[];
  /** Nobody has to vouch for the client's certificate. */
  readonly isInsecure: boolean;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Of TLS before 1.3, in OpenSSL's words; empty: the proxy's own choice. */
  readonly cipherSuites: readonly string[];
  readonly ecdhCurves: readonly string[];
  readonly from: readonly Origin[];
}

export interface Listener {
  /** `virtualOutbound`, `virtualInbound`, `0.0.0.0_9080`. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** false: traffic reaches it through `virtualOutbound`, by the port that was called. */
  readonly bind: boolean;
  readonly direction: 'INBOUND' | 'OUTBOUND' | 'GATEWAY';
  readonly filterChains: readonly FilterChain[];
  /** A header of the PROXY protocol says whose a connection is; OPTIONAL: or it has none. */
  readonly proxyProtocol?: 'REQUIRED' | 'OPTIONAL';
  readonly keepalive?: { readonly probes: number; readonly timeMs: number; readonly intervalMs: number };
  /** Read from one connection before its client is made to wait. */
  readonly bufferLimitBytes?: number;
  /** Connections that are passed on as they are; what matches none of them is for the other chains. */
  readonly tcpChains?: readonly TcpFilterChain[];
  /** Inbound: how the application says that it is ready; absent: it accepts connections. */
  readonly readiness?: ReadinessProbe;
}

/** Asked of the application by the proxy beside it. */
export interface ReadinessProbe {
  readonly check:
    /** A status from 200 to 399 is good. A server's certificate is not verified. */
    | {
        readonly kind: 'http';
        readonly scheme: 'http' | 'https';
        readonly host: string;
        readonly port: number;
        readonly path: string;
        readonly headers: readonly { readonly name: string; readonly value: string }[];
      }
    /** It accepts a connection. */
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number };
  /** Since the proxy has started. */
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** In a row, to become ready and not ready. */
  readonly successThreshold: number;
  readonly failureThreshold: number;
  readonly from: readonly Origin[];
}

/** Connections to some addresses, or for some servers by the name that TLS asks for, and where they go. */
export interface TcpFilterChain {
  readonly name: string;
  /** CIDR blocks of the address that was called; none: any. */
  readonly prefixRanges: readonly string[];
  /** Exact, or `*.suffix`; none: any, and connections without TLS. */
  readonly serverNames: readonly string[];
  /** At least one; a connection goes to one of them in proportion to the weights. */
  readonly clusters: readonly WeightedTarget[];
  readonly from: readonly Origin[];
}

export type WeightedTarget = Pick<WeightedCluster, 'cluster' | 'weight' | 'invalidStatus' | 'from'>;

export interface FilterChain {
  readonly name: string;
  /** Inbound: the port of the application that this chain serves; undefined matches any. */
  readonly destinationPort?: number;
  /** Inbound, where a workload serves several ports: what clients call this one. */
  readonly calledAs?: readonly { readonly host: string; readonly port: number }[];
  /** Gateway: names that TLS asks for, exact or `*.suffix`; absent or none: any, and connections that ask for none. */
  readonly serverNames?: readonly string[];
  readonly tls?: DownstreamTls;
  /** Connections at once; one more is closed after the delay. */
  readonly connectionLimit?: { readonly max: number; readonly closeDelayMs: number };
  /** Whose tokens are verified; absent: nobody's. */
  readonly jwt?: readonly JwtProvider[];
  /** Who may call; absent: everybody, no policy is for this workload. */
  readonly authorization?: Authorization;
  /** Whom its CUSTOM rules ask; a provider that is not here denies what its rules match. Absent: nobody. */
  readonly extAuthz?: readonly ExtAuthz[];
  readonly http: HttpConnectionManager;
}

/** How the address of the client is found behind other proxies. Where it is not, the connection's own counts. */
export type ClientAddress =
  /** The address that many places from the right in X-Forwarded-For, as received; 1 is the last. */
  | { readonly kind: 'forwarded-for'; readonly hops: number }
  /** From the right the first that is in none of the blocks, if the connection comes from one of them. */
  | { readonly kind: 'trusted-blocks'; readonly blocks: readonly string[] }
  | {
      readonly kind: 'header';
      readonly name: string;
      /** A request without an address there is refused with 403. */
      readonly failsClosed: boolean;
    };

/** What clients of a listener may do, and how their requests are read. Absent: the proxy's own way. Times of 0: none. */
export interface ClientSettings {
  readonly address?: ClientAddress;
  readonly requestTimeoutMs?: number;
  readonly requestHeadersTimeoutMs?: number;
  /** Of a connection without requests. */
  readonly idleTimeoutMs?: number;
  readonly streamIdleTimeoutMs?: number;
  readonly maxConnectionDurationMs?: number;
  readonly maxStreamDurationMs?: number;
  readonly maxRequestsPerConnection?: number;
  /** Of HTTP/2. */
  readonly maxConcurrentStreams?: number;
  readonly mergesSlashes?: boolean;
  readonly escapedSlashes?:
    | 'KEEP_UNCHANGED'
    | 'REJECT_REQUEST'
    | 'UNESCAPE_AND_FORWARD'
    | 'UNESCAPE_AND_REDIRECT';
  /** Of names of headers. */
  readonly underscores?: 'ALLOW' | 'REJECT_REQUEST' | 'DROP_HEADER';
  readonly from: readonly Origin[];
}

export interface HttpConnectionManager {
  /** Name of a route configuration of the same snapshot. */
  readonly routeConfig: string;
  /** The share of requests without a sampling decision that are traced. */
  readonly tracingShare: PerMillion;
  /** Of paths, before anything looks at them. Absent: BASE, and paths that servers may read in two ways are refused. */
  readonly pathNormalization?: PathNormalization;
  /** Tokens that routes ask for by name. */
  readonly routeTokens?: readonly RouteTokens[];
  /** Authorizers that routes ask by name; a name that is not here refuses. */
  readonly routeAuthorizers?: readonly ExtAuthz[];
  /** Logins that routes ask for by name. */
  readonly routeLogins?: readonly RouteLogin[];
  readonly client?: ClientSettings;
  /** Filters that do nothing by themselves: routes say what. */
  readonly routeFilters?: readonly RouteFilter[];
}

/** One token of any of the providers is needed. */
export interface RouteTokens {
  readonly name: string;
  readonly providers: readonly JwtProvider[];
  /** A request whose tokens do not hold passes as one without any. */
  readonly failsOpen: boolean;
  /** The route is looked for again when a token has changed the request's headers. */
  readonly recomputesRoute: boolean;
}

/** A password or a key that a request has to bring. The secrets are of kind `credentials`; one that is not there lists nobody. */
export interface RouteLogin {
  /** As routes ask for it; they need all of one name. */
  readonly name: string;
  readonly kind: 'basic' | 'api-key';
  readonly secrets: readonly string[];
  /** Of a key, the first that has one counts. */
  readonly places: readonly { readonly kind: 'header' | 'query' | 'cookie'; readonly name: string }[];
  /** Tells the upstream whose request it is; "" is none. */
  readonly forwardHeader: string;
  /** The upstream does not get the key. */
  readonly sanitizes: boolean;
  readonly from: readonly Origin[];
}

export type RouteFilter = 'authorization' | 'local-rate-limit';

/** All that one proxy is told. Replaced whole; each list is sorted by name. */
export interface ProxySnapshot {
  readonly listeners: readonly Listener[];
  readonly routeConfigurations: readonly RouteConfiguration[];
  readonly clusters: readonly Cluster[];
  readonly loadAssignments: readonly LoadAssignment[];
}

export const noHeaderMutation: HeaderMutation = { set: [], add: [], remove: [] };
