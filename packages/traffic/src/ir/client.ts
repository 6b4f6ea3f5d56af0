/** What is known of those who call a gateway, and what they may do. */
import type { Origin } from './values.ts';

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
