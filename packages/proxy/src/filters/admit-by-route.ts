import { admitByPolicies, type ExtAuthz } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import type { LocalReply } from '../local-reply.ts';
import { applyChanges } from '../upstream/authorizers.ts';
import { tellFailure, tooLarge } from './ask-authorizer.ts';
import { accessDenied, authorizationRequestOf } from './authorize-request.ts';
import { checkLogin } from './check-login.ts';
import type { Filter, FilterContext } from './filter.ts';
import { decide } from './match-route.ts';
import { requireSession } from './require-session.ts';
import { asksBeforehand, heedToken } from './verify-token.ts';

/**
 * Refuses what the route does not take: first what its authorizer refuses, then for what it has to bring, then who has not logged in,
 * then for its token, then by the route's own policies.
 * Answers of CORS came before.
 */
export const admitByRoute: Filter = {
  name: 'admit-by-route',

  onRequest(exchange, context) {
    const name = exchange.route?.authorizer;
    if (name === undefined) return admitByLogin(exchange, context);
    const authorizer = exchange.chain?.chain.http.routeAuthorizers?.find((one) => one.name === name);
    // Nobody can be asked: nobody is let in.
    if (authorizer === undefined) return accessDenied(403);
    return askFor(exchange, authorizer, context);
  },

  onResponse({ sessionCookies }, { headers }) {
    for (const cookie of sessionCookies) headers.add('set-cookie', cookie);
  },
};

async function askFor(
  exchange: Exchange,
  authorizer: ExtAuthz,
  context: FilterContext,
): Promise<LocalReply | undefined> {
  const verdict = await context.authorizers.ask(exchange, authorizer);
  switch (verdict.kind) {
    case 'deny':
      return verdict.reply;
    case 'too-large':
      return tooLarge;
    case 'error': {
      const { name, failOpen, statusOnError } = authorizer;
      tellFailure(exchange, name, verdict.why, context);
      if (!failOpen) return { ...accessDenied(statusOnError), flag: 'UAEX' };
      break;
    }
    case 'allow':
      applyChanges(exchange, verdict.changes);
      if (authorizer.clearRouteCache) {
        const reply = decide(exchange);
        if (reply !== undefined) return reply;
      }
  }
  return admitByLogin(exchange, context);
}

function admitByLogin(
  exchange: Exchange,
  context: FilterContext,
): LocalReply | undefined | Promise<LocalReply | undefined> {
  const name = exchange.route?.logins;
  if (name === undefined) return admitBySession(exchange, context);
  const logins = (exchange.chain?.chain.http.routeLogins ?? []).filter((one) => one.name === name);
  // Nobody can say what is asked for: nobody is let in.
  if (logins.length === 0) return accessDenied(401);
  for (const login of logins) {
    const reply = checkLogin(exchange, login, context.secrets);
    if (reply !== undefined) return reply;
  }
  return admitBySession(exchange, context);
}

function admitBySession(
  exchange: Exchange,
  context: FilterContext,
): LocalReply | undefined | Promise<LocalReply | undefined> {
  const name = exchange.route?.provider;
  if (name === undefined) return admitByToken(exchange);
  const provider = exchange.chain?.chain.http.routeProviders?.find((one) => one.name === name);
  // Nobody can say where to log in: nobody is let in.
  if (provider === undefined) return accessDenied(403);
  const reply = requireSession(exchange, provider, context);
  if (reply instanceof Promise) return reply.then((settled) => settled ?? admitByToken(exchange));
  return reply ?? admitByToken(exchange);
}

function admitByToken(exchange: Exchange): LocalReply | undefined | Promise<LocalReply | undefined> {
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
}

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
  const authorization = exchange.route?.authorization;
  if (authorization === undefined) return undefined;
  const admission = admitByPolicies(authorization, authorizationRequestOf(exchange));
  return admission.kind === 'admitted' ? undefined : accessDenied(403);
}
