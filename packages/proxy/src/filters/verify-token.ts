import { isPreflight } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import type { TokenVerdict, TokenVerifier, VerifiedToken } from '../identity/token-verifier.ts';
import type { LocalReply } from '../local-reply.ts';
import type { Filter } from './filter.ts';

/**
 * Refuses a token that does not hold (RequestAuthentication); one that is missing passes: a policy that wants one says so. What
 * the token says is there for policies and routes after this.
 */
export const verifyToken: Filter = {
  name: 'verify-token',
  onRequest(exchange) {
    const tokens = exchange.chain?.tokens;
    if (tokens === undefined || asksBeforehand(exchange)) return undefined;
    const { requestHeaders } = exchange;
    const verdict = tokens.verify({
      header: (name) => requestHeaders.get(name),
      path: exchange.originalPath,
    });
    return verdict instanceof Promise
      ? verdict.then((settled) => heedToken(settled, exchange, tokens))
      : heedToken(verdict, exchange, tokens);
  },
};

/** Refuses the request, or passes on what its token says. */
export function heedToken(
  verdict: TokenVerdict,
  exchange: Exchange,
  tokens: TokenVerifier,
): LocalReply | undefined {
  if (verdict.kind === 'refused') {
    const realm = `${exchange.scheme}://${exchange.authority}${exchange.path.split('?', 1)[0]}`.replaceAll(
      /["\\]/g,
      '',
    );
    const error = verdict.why === 'Jwt is missing' ? '' : ', error="invalid_token"';
    return {
      status: verdict.status,
      flag: undefined,
      body: verdict.why,
      headers: [['www-authenticate', `Bearer realm="${realm}"${error}`]],
    };
  }
  const own = new Set(tokens.ownHeaders());
  if (own.size > 0) exchange.requestHeaders.removeWhere((name) => own.has(name));
  if (verdict.kind === 'valid') {
    exchange.claims = verdict.token.claims;
    for (const token of [verdict.token, ...verdict.others]) pass(token, exchange);
  }
  return undefined;
}

function pass({ provider, written, payload, places }: VerifiedToken, exchange: Exchange): void {
  const { requestHeaders } = exchange;
  if (!provider.forwardToken) {
    for (const { kind, name } of places) {
      if (kind === 'header') requestHeaders.remove(name);
      if (kind === 'param') {
        exchange.path = withoutParam(exchange.path, name);
        exchange.originalPath = withoutParam(exchange.originalPath, name);
      }
    }
  }
  if (provider.payloadHeader !== '') requestHeaders.set(provider.payloadHeader.toLowerCase(), payload);
  for (const { claim, header } of provider.claimToHeaders) {
    const text = headerText(claim.split('.').reduce<unknown>(memberOf, written));
    if (text !== undefined) requestHeaders.set(header.toLowerCase(), text);
  }
}

/** As Envoy writes claims: lists and objects as base64 of their JSON. Nothing where nothing is said, or what a header cannot hold. */
function headerText(claim: unknown): string | undefined {
  switch (typeof claim) {
    case 'string':
      // Node writes a character of a header as one byte.
      return claim === '' || /\p{Cc}/u.test(claim) ? undefined : Buffer.from(claim).toString('latin1');
    case 'number':
      return Number.isInteger(claim) ? String(claim) : claim.toFixed(6);
    case 'boolean':
      return String(claim);
    case 'object':
      return claim === null ? undefined : Buffer.from(JSON.stringify(claim)).toString('base64');
    default:
      return undefined;
  }
}

function withoutParam(path: string, name: string): string {
  const start = path.indexOf('?');
  if (start === -1) return path;
  const kept = path
    .slice(start + 1)
    .split('&')
    .filter((part) => !new URLSearchParams(part).has(name));
  return path.slice(0, start) + (kept.length === 0 ? '' : `?${kept.join('&')}`);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Browsers send no credentials with one. */
export function asksBeforehand({ method, requestHeaders }: Exchange): boolean {
  return isPreflight({ method, header: (name) => requestHeaders.get(name) });
}
