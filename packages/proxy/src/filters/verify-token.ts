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
    if (tokens === undefined || isPreflight(exchange)) return undefined;
    const { requestHeaders } = exchange;
    const verdict = tokens.verify({
      header: (name) => requestHeaders.get(name),
      path: exchange.originalPath,
    });
    return verdict instanceof Promise
      ? verdict.then((settled) => heed(settled, exchange, tokens))
      : heed(verdict, exchange, tokens);
  },
};

function heed(verdict: TokenVerdict, exchange: Exchange, tokens: TokenVerifier): LocalReply | undefined {
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

/** Browsers send no credentials with a preflight (Fetch standard, CORS protocol). */
function isPreflight({ method, requestHeaders }: Exchange): boolean {
  return (
    method === 'OPTIONS' &&
    requestHeaders.get('origin') !== undefined &&
    requestHeaders.get('access-control-request-method') !== undefined
  );
}
