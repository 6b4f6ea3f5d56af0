import { request as httpRequest } from 'node:http';
import { hostOf, isInShare, type ForwardAction, type MirrorPolicy } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import { UpstreamConnectError } from './connect-error.ts';
import type { UpstreamContext } from './send.ts';

const maxInFlight = 64;
const timeoutMs = 10_000;

/**
 * Copies of requests to other clusters: fire and forget, the answers are read off and dropped.
 *
 * Bounded: beyond 64 in flight, and for bodies too large to keep, there is no copy; `dropped` counts them.
 */
export class Mirrors {
  readonly #context: UpstreamContext;
  #inFlight = 0;
  dropped = 0;

  constructor(context: UpstreamContext) {
    this.#context = context;
  }

  /** Sends the copies that the dice want, once the body has arrived. */
  start(exchange: Exchange, action: ForwardAction): void {
    for (const mirror of action.mirrors) {
      if (!isInShare(mirror.share, this.#context.runtime.random())) continue;
      exchange.body.whenWhole((body) => {
        if (body === undefined || this.#inFlight >= maxInFlight) this.dropped++;
        else this.#send(exchange, mirror, body);
      });
    }
  }

  #send(exchange: Exchange, mirror: MirrorPolicy, body: Buffer): void {
    const { pools, runtime } = this.#context;
    const cluster = exchange.snapshot.clusters.get(mirror.cluster);
    const endpoint = cluster?.pick(() => runtime.random(), new Set())?.endpoint;
    if (cluster === undefined || endpoint === undefined) {
      this.dropped++;
      return;
    }
    let agent;
    try {
      agent = pools.poolFor(cluster.cluster, endpoint, exchange.upstreamAuthority, this.#context);
    } catch (error) {
      if (!(error instanceof UpstreamConnectError)) throw error;
      this.dropped++;
      return;
    }
    this.#inFlight++;
    const headers = exchange.requestHeaders.clone();
    headers.set('host', shadowHost(exchange.upstreamAuthority));
    headers.set('content-length', String(body.length));
    headers.remove('upgrade');
    const request = httpRequest({
      agent,
      method: exchange.method,
      path: exchange.path,
      headers: headers.toFlat(),
      setHost: false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    request.on('response', (response) => {
      response.on('error', () => {});
      response.resume();
    });
    request.on('error', () => this.dropped++);
    request.on('close', () => this.#inFlight--);
    request.end(body);
  }
}

/** `reviews:9080` -> `reviews-shadow:9080`, so that the receiver can tell a copy. @see Envoy RequestMirrorPolicy */
function shadowHost(authority: string): string {
  const host = hostOf(authority);
  return `${host}-shadow${authority.slice(host.length)}`;
}
