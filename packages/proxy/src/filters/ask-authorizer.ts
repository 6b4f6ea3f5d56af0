import { authorizeCustom, type AuthorizationRequest, authorizerOf } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import type { LocalReply } from '../local-reply.ts';
import type { CompiledChain } from '../snapshot/compiled-snapshot.ts';
import { applyChanges, changeHeaders, type Verdict } from '../upstream/authorizers.ts';
import { accessDenied, authorizationRequestOf } from './authorize-request.ts';
import type { Filter, FilterContext } from './filter.ts';

type Authorization = NonNullable<CompiledChain['authorization']>;

/**
 * Where a CUSTOM rule matches, its provider is asked: what it refuses it answers itself, and what it lets pass other policies may
 * still deny. Before the token is verified, as in Istio: the authorizer may bring one.
 */
export const askAuthorizer: Filter = {
  name: 'ask-authorizer',
  onRequest(exchange, context) {
    const authorization = exchange.chain?.authorization;
    // Most workloads have policies without anybody to ask.
    if (authorization === undefined || authorization.enforced.custom.length === 0) return undefined;
    const request = authorizationRequestOf(exchange);
    const authorizer = authorizerOf(authorization, request);
    if (authorizer === undefined) return decide(exchange, authorization, request, undefined);
    return context.authorizers.ask(exchange, authorizer).then((verdict) => {
      if (verdict.kind === 'error') tellFailure(exchange, authorizer.name, verdict.why, context);
      const reply = decide(exchange, authorization, request, verdict);
      if (reply === undefined && verdict.kind === 'allow') {
        const { path, requestHeaders } = exchange;
        if (!authorizer.clearRouteCache) exchange.asRouted = { path, headers: requestHeaders.clone() };
        applyChanges(exchange, verdict.changes);
      }
      return reply;
    });
  },
  onResponse({ authorizerHeaders }, { headers }) {
    changeHeaders(headers, authorizerHeaders);
  },
};

/** @param verdict undefined: nobody was asked */
function decide(
  exchange: Exchange,
  authorization: Authorization,
  request: AuthorizationRequest,
  verdict: Verdict | undefined,
): LocalReply | undefined {
  if (verdict?.kind === 'too-large') return tooLarge;
  const provider = () => verdict?.kind;
  exchange.custom = authorizeCustom(authorization, { ...request, provider });
  if (exchange.custom?.decision !== 'deny') return undefined;
  if (verdict?.kind === 'deny') return verdict.reply;
  const { status, body } = accessDenied(exchange.custom.status ?? 403);
  return { status, flag: verdict === undefined ? undefined : 'UAEX', body };
}

/** The body is longer than the authorizer takes. */
export const tooLarge: LocalReply = { status: 413, flag: undefined, body: 'Payload Too Large' };

export function tellFailure(
  { path }: Exchange,
  provider: string,
  why: string,
  { runtime }: FilterContext,
): void {
  runtime.log('warn', 'an external authorizer could not be asked', { provider, why, path });
}
