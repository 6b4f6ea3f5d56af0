/** Where connections come in, and whose they are. */
import type { Authorization, ExtAuthz, JwtProvider } from './authorization.ts';
import type { ClientSettings } from './client.ts';
import type { HeaderMatch, WeightedCluster } from './route.ts';
import type { DownstreamTls, EndedTls } from './tls.ts';
import type { Origin, PerMillion } from './values.ts';
import type { PathNormalization } from '../normalize-path.ts';

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
  /** Gateway: ends here, and nothing but TLS is taken. Absent: what comes is passed on as it is. */
  readonly tls?: EndedTls;
  /** Who may connect; absent: everybody. Nobody is asked for its CUSTOM rules, so that they deny. */
  readonly authorization?: Authorization;
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
  /** Providers at which people log in, that routes send them to by name. */
  readonly routeProviders?: readonly RouteProvider[];
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

/**
 * Where people log in (OpenID Connect): who has not is sent there, and what the provider issues is kept in cookies. The secrets are
 * of kind `opaque`; without one of them nobody comes in.
 */
export interface RouteProvider {
  /** As routes ask for it. */
  readonly name: string;
  readonly issuer: string;
  /** What is absent the issuer is asked for (discovery); an Envoy cannot ask, and lets nobody in. */
  readonly authorizationEndpoint?: string;
  readonly tokenEndpoint?: {
    readonly url: string;
    /** Name of a cluster of the same snapshot. */
    readonly cluster: string;
  };
  readonly endSessionEndpoint?: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Of what seals the cookies. */
  readonly cookieKey: string;
  /** With `openid`. */
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  /** Where the provider sends people back to; may hold Envoy's command operators. */
  readonly redirectUrl: string;
  readonly redirectPath: string;
  readonly logoutPath: string;
  /** Upstream gets the access token in `Authorization`. */
  readonly forwardsAccessToken: boolean;
  /** Upstream gets the ID token in this header, after `Bearer` in `Authorization`; "" is none. */
  readonly idTokenHeader: string;
  readonly cookies: {
    readonly accessToken: string;
    readonly idToken: string;
    /** Ends the names of all others. */
    readonly suffix: string;
    /** "": the host that was called. */
    readonly domain: string;
    readonly sameSite?: 'Lax' | 'Strict' | 'None';
  };
  /** How long a login may take. */
  readonly loginTtlMs: number;
  /** Of tokens whose provider does not say it; 0: such a login fails. */
  readonly tokenTtlMs: number;
  readonly refreshTokenTtlMs: number;
  /** Tokens that are over are replaced without asking the person again. */
  readonly refreshes: boolean;
  /** Requests that are answered 401 in place of a redirect: any of these matches. */
  readonly denyRedirect: readonly HeaderMatch[];
  /** Requests that bring a token which the route verifies itself: any of these matches. */
  readonly passThrough: readonly HeaderMatch[];
  readonly from: readonly Origin[];
}

export type RouteFilter = 'authorization' | 'local-rate-limit';
