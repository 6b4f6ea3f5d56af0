/** What a workload lets in: the compiled form of all policies that select it, for one protocol. */
import type { Origin, StringMatch } from './values.ts';

/** Boolean tree over the attributes of a request. An attribute that the request does not have matches nothing. */
export type Condition =
  | { readonly kind: 'any' }
  | { readonly kind: 'never' }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'some'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  /** The SPIFFE ID of the peer, with `spiffe://`. */
  | { readonly kind: 'principal'; readonly match: StringMatch }
  /** Peer of the connection. The block is an address or CIDR of IPv4 or IPv6. */
  | { readonly kind: 'source-ip'; readonly block: string }
  /** The client, by X-Forwarded-For and trusted hops. */
  | { readonly kind: 'remote-ip'; readonly block: string }
  | { readonly kind: 'destination-ip'; readonly block: string }
  | { readonly kind: 'destination-port'; readonly port: number }
  | { readonly kind: 'sni'; readonly match: StringMatch }
  /** Without `match`: the header only has to be present. `:method` and `:authority` are headers here. */
  | { readonly kind: 'header'; readonly name: string; readonly match?: StringMatch }
  /** The normalised path without its query. */
  | { readonly kind: 'path'; readonly match: StringMatch }
  /** `{*}` is one segment, `{**}` any number of characters of a path. */
  | { readonly kind: 'path-template'; readonly template: string }
  /** A claim of the verified token; `lists`: the claim may be a list that holds the value. */
  | {
      readonly kind: 'claim';
      readonly path: readonly string[];
      readonly match: StringMatch;
      readonly lists: boolean;
    }
  /** Dynamic metadata of a filter before; `list`: only a list that holds the value. */
  | {
      readonly kind: 'metadata';
      readonly filter: string;
      readonly key: string;
      readonly match: StringMatch;
      readonly list: boolean;
    };

export interface AuthorizationRule {
  readonly policy: { readonly namespace: string; readonly name: string };
  /** Its place in the policy; 0 for a policy without rules. */
  readonly rule: number;
  /** Evaluated and reported, never enforced. */
  readonly dryRun: boolean;
  /** Of CUSTOM: who is asked when the rule matches. */
  readonly provider?: string;
  readonly condition: Condition;
  readonly from: readonly Origin[];
}

/**
 * Rules by action, each list by namespace, name and rule: the order in which Envoy tries them. A rule that cannot hold is kept
 * with the condition `never`, because an ALLOW list that is not empty denies what no rule of it allows.
 */
export interface Authorization {
  readonly custom: readonly AuthorizationRule[];
  readonly audit: readonly AuthorizationRule[];
  readonly deny: readonly AuthorizationRule[];
  readonly allow: readonly AuthorizationRule[];
}

/** Somebody outside of the proxy who says whether a request may pass: what CUSTOM rules of that provider match, it is asked. */
export interface ExtAuthz {
  /** As rules name it. */
  readonly name: string;
  /** Name of a cluster of the same snapshot. */
  readonly cluster: string;
  readonly service: ExtAuthzHttp | ExtAuthzGrpc;
  readonly timeoutMs: number;
  /** A request passes when nobody answers; if not, it is refused with `statusOnError`. */
  readonly failOpen: boolean;
  readonly statusOnError: number;
  /** Routes are chosen by what the authorizer made of the headers; if not, by what the client sent. */
  readonly clearRouteCache: boolean;
  /** The body goes along; absent: it does not. */
  readonly requestBody?: {
    readonly maxBytes: number;
    /** Of a longer body the beginning; if not, the request is refused with 413. */
    readonly allowPartial: boolean;
    /** gRPC alone: bytes in place of text. */
    readonly packAsBytes: boolean;
  };
  readonly from: readonly Origin[];
}

/** Asked by a request like the client's: 200 lets it pass, 5xx is a failure, anything else is relayed to the client. */
export interface ExtAuthzHttp {
  readonly kind: 'http';
  /** Host of the provider. */
  readonly host: string;
  /** Before the path of the request. */
  readonly pathPrefix: string;
  /** Besides Host, method, path, Content-Length and Authorization. */
  readonly requestHeaders: readonly StringMatch[];
  readonly addedHeaders: readonly { readonly name: string; readonly value: string }[];
  /** Of the answer, on the request that passes. */
  readonly upstreamHeadersOnAllow: readonly StringMatch[];
  /** Of the answer, on the response to a request that passes. */
  readonly downstreamHeadersOnAllow: readonly StringMatch[];
  /** Of the answer, on the refusal, besides Location, WWW-Authenticate and the length; none: all. */
  readonly downstreamHeadersOnDeny: readonly StringMatch[];
}

/** envoy.service.auth.v3.Authorization: the answer says by itself which headers it sets where. */
export interface ExtAuthzGrpc {
  readonly kind: 'grpc';
  readonly authority: string;
}

export const noAuthorization: Authorization = { custom: [], audit: [], deny: [], allow: [] };

/** How tokens of one issuer are verified, and where they are found. */
export interface JwtProvider {
  readonly issuer: string;
  /** One of them must be in `aud`; empty is any. */
  readonly audiences: readonly string[];
  readonly jwks:
    | { readonly kind: 'inline'; readonly keys: string }
    | { readonly kind: 'uri'; readonly uri: string; readonly timeoutMs: number }
    /** Discovered from the issuer by OpenID Connect. */
    | { readonly kind: 'issuer'; readonly timeoutMs: number };
  /** None of the three named: `Authorization: Bearer` and the parameter `access_token`. */
  readonly fromHeaders: readonly { readonly name: string; readonly prefix: string }[];
  readonly fromParams: readonly string[];
  readonly fromCookies: readonly string[];
  readonly forwardToken: boolean;
  /** "" is none. */
  readonly payloadHeader: string;
  readonly claimToHeaders: readonly { readonly claim: string; readonly header: string }[];
  /** Claims that are lists written with spaces; always with `permission` and `scope`. */
  readonly spaceDelimitedClaims: readonly string[];
  /** A request without this token is refused with 401; on a route, one without the token of any of its providers. */
  readonly required: boolean;
  readonly from: readonly Origin[];
}
