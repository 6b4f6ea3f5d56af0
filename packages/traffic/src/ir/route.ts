/** Which requests a proxy takes, and what it does with each. */
import type { Authorization } from './authorization.ts';
import type { GlobalRateLimit, LocalRateLimit } from './rate-limit.ts';
import type { Origin, PerMillion, StringMatch } from './values.ts';

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

export interface Route {
  /** Stable and readable: `default/reviews http[0]`. The `route` label of metrics. */
  readonly name: string;
  readonly match: RouteMatch;
  readonly action: RouteAction;
  readonly requestHeaders: HeaderMutation;
  readonly responseHeaders: HeaderMutation;
  /** What a request has to bring: the name of logins of the connection manager; without any of that name nobody comes in. */
  readonly logins?: string;
  /** Where who sends it has to log in: the name of a provider of the connection manager. */
  readonly provider?: string;
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

export const noHeaderMutation: HeaderMutation = { set: [], add: [], remove: [] };
