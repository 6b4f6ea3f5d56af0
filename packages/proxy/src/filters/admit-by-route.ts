import { admitByPolicies } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import type { LocalReply } from '../local-reply.ts';
import { authorizationRequestOf } from './authorize-request.ts';
import type { Filter } from './filter.ts';
import { decide } from './match-route.ts';
import { asksBeforehand, heedToken } from './verify-token.ts';

/** Refuses what the route does not take: first for its token, then by the route's own policies. Answers of CORS came before. */
export const admitByRoute: Filter = {
  name: 'admit-by-route',

  onRequest(exchange) {
    const name = exchange.route?.tokens;
    if (name === undefined || asksBeforehand(exchange)) return admit(exchange);
    const tokens = exchange.chain?.routeTokens.get(name);
    // Nobody can say whose tokens are meant: nobody is let in.
    if (tokens === undefined) return { status: 401, flag: undefined, body: 'Jwt verification fails' };
    const { requestHeaders } = exchange;
    const verdict = tokens.verifier.verify({
      header: (one) => requestHeaders.get(one),
      path: exchange.originalPath,
    });
    return verdict instanceof Promise
      ? verdict.then((settled) => heed(settled, exchange, tokens))
      : heed(verdict, exchange, tokens);
  },
};

type Tokens = NonNullable<ReturnType<NonNullable<Exchange['chain']>['routeTokens']['get']>>;

function heed(
  verdict: Parameters<typeof heedToken>[0],
  exchange: Exchange,
  { verifier, failsOpen, recomputesRoute }: Tokens,
): LocalReply | undefined {
  const settled = verdict.kind === 'refused' && failsOpen ? ({ kind: 'none' } as const) : verdict;
  const refused = heedToken(settled, exchange, verifier);
  if (refused !== undefined) return refused;
  if (recomputesRoute && settled.kind === 'valid') {
    const reply = decide(exchange);
    if (reply !== undefined) return reply;
  }
  return admit(exchange);
}

function admit(exchange: Exchange): LocalReply | undefined {
  const admission = admitByPolicies(exchange.route?.authorization, authorizationRequestOf(exchange));
  return admission.kind === 'admitted'
    ? undefined
    : { status: 403, flag: undefined, body: 'RBAC: access denied' };
}
