import type { RequestFact, RequestShape } from '@heddle/schema';
import { encodeFacts } from '@heddle/telemetry';
import type { Exchange } from '../exchange.ts';

/** Facts in one frame at the most: with four frames a second, 100 requests a second of one proxy. */
const maxFacts = 25;
const maxHeaders = 32;
const maxValueLength = 256;
const maxPathLength = 1024;

/** Names of headers and query parameters whose values nobody should read in a console. */
const secret = /auth|cookie|token|secret|passw|api-?key|session|credential|signature|jwt/i;
/** They differ with every request and no rule asks for them. */
const noise =
  /^(traceparent|tracestate|b3|x-b3-.*|x-request-id|x-envoy-.*|content-length|date|if-.*|age|connection)$/;

/**
 * A sample of single requests, for trying a change on them: each request of a frame's time is as likely to be in it as any other.
 *
 * @see Vitter 1985, "Random Sampling with a Reservoir", algorithm R
 */
export class FactSampler {
  readonly #random: () => number;
  #facts: RequestFact[] = [];
  #seen = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  record(exchange: Exchange, durationMs: number): void {
    this.#seen++;
    const at = this.#facts.length < maxFacts ? this.#facts.length : Math.floor(this.#random() * this.#seen);
    if (at < maxFacts) this.#facts[at] = factOf(exchange, durationMs);
  }

  /** @param send false: not taken; the sample is given up, the next one stands by itself */
  flush(send: (frame: Uint8Array) => boolean): void {
    if (this.#seen === 0) return;
    send(encodeFacts({ seen: this.#seen, facts: this.#facts }));
    this.#facts = [];
    this.#seen = 0;
  }
}

const directions = { OUTBOUND: 'outbound', INBOUND: 'inbound', GATEWAY: 'gateway' } as const;

function factOf(exchange: Exchange, durationMs: number): RequestFact {
  const { downstream } = exchange;
  const { headers, hidden } = headersOf(downstream.request.headers);
  const shape: RequestShape = {
    direction: directions[exchange.direction],
    authority: downstream.request.headers.host ?? exchange.authority,
    port: exchange.port,
    method: exchange.method,
    path: withoutSecrets(exchange.originalPath),
    scheme: exchange.scheme,
    headers,
    hidden,
    peer: downstream.peer?.spiffeId ?? '',
    sourceIp: downstream.remoteAddress,
    ...(exchange.claims === undefined ? {} : { claims: claimsOf(exchange.claims) }),
  };
  return { shape, atMs: exchange.startedAtMs, status: exchange.status, durationMs };
}

/** As they came in: what rules ask for is not what routes have added. */
function headersOf(all: NodeJS.Dict<string | string[]>): Pick<RequestShape, 'headers' | 'hidden'> {
  const headers: Record<string, string> = {};
  const hidden: string[] = [];
  let kept = 0;
  for (const name in all) {
    const value = all[name];
    if (value === undefined || name === 'host' || noise.test(name)) continue;
    if (secret.test(name) || kept === maxHeaders) {
      hidden.push(name);
      continue;
    }
    kept++;
    headers[name] = (typeof value === 'string' ? value : value.join(',')).slice(0, maxValueLength);
  }
  return { headers, hidden };
}

/** Claims that differ with every token, and that no rule asks for. */
const noisyClaims = new Set(['exp', 'iat', 'nbf', 'jti', 'auth_time', 'nonce', 'at_hash', 'sid']);

function claimsOf(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(claims).filter(([name, value]) => {
      return !noisyClaims.has(name) && JSON.stringify(value).length <= maxValueLength;
    }),
  );
}

/** Query parameters keep their names; values of those that may be secret are left out. */
function withoutSecrets(path: string): string {
  const start = path.indexOf('?');
  if (start === -1) return path.slice(0, maxPathLength);
  const query = path
    .slice(start + 1)
    .split('&')
    .map((pair) => {
      const [name = ''] = pair.split('=', 1);
      return secret.test(name) ? `${name}=` : pair;
    })
    .join('&');
  return `${path.slice(0, start)}?${query}`.slice(0, maxPathLength);
}
