/** How many requests may pass. */
import type { Origin, StringMatch } from './values.ts';

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
