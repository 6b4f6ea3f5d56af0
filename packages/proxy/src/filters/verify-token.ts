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
  if (verdict.kind === 'valid') pass(verdict.token, exchange);
  return undefined;
}

function pass({ provider, claims, payload, header }: VerifiedToken, exchange: Exchange): void {
  const { requestHeaders } = exchange;
  exchange.claims = claims;
  if (!provider.forwardToken && header !== '') requestHeaders.removeWhere((name) => name === header);
  if (provider.payloadHeader !== '') requestHeaders.set(provider.payloadHeader.toLowerCase(), payload);
  for (const { claim, header: target } of provider.claimToHeaders) {
    const value = claim.split('.').reduce<unknown>(memberOf, claims);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      requestHeaders.set(target.toLowerCase(), String(value));
    }
  }
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
