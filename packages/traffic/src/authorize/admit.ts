import { isPreflight } from '../cors.ts';
import type { Authorization, Origin, Route, RouteLogin, RouteProvider, RouteTokens } from '../ir/index.ts';
import { presentedLogin } from '../login.ts';
import { bringsSession, providerStep } from '../provider-login.ts';
import { authorize, compileAuthorization, type CompiledAuthorization } from './authorize.ts';
import { type AuthorizationRequest, isForAudience, normalizeClaims } from './request.ts';

/** Whether a route takes a request: by the token that it brings, then by the route's policies. */
export type Admission =
  | { readonly kind: 'admitted' }
  /** To where people log in or out; the location is unknown where only the provider can say it. */
  | {
      readonly kind: 'redirected';
      readonly status: 302;
      readonly location: string | undefined;
      readonly why: string;
      readonly from: readonly Origin[];
    }
  | {
      readonly kind: 'refused';
      readonly status: 401 | 403;
      readonly why: string;
      readonly from: readonly Origin[];
    };

/** What a route asks of a request, by the connection manager that serves it. */
export interface RouteDemands {
  /** undefined: none. */
  readonly tokens: RouteTokens | undefined;
  readonly logins: readonly RouteLogin[];
  readonly provider: RouteProvider | undefined;
}

/** Of a route that asks for nothing. */
export const noDemands: RouteDemands = { tokens: undefined, logins: [], provider: undefined };

/**
 * What a proxy decides, foretold without tokens and secrets at hand: a password or a key that is brought is taken for a good one.
 *
 * @param request its claims are taken for those of a token whose signature holds, its session for a good one
 */
export function foretellAdmission(
  { authorization, logins: name, provider: wanted }: Pick<Route, 'authorization' | 'logins' | 'provider'>,
  { tokens, logins, provider }: RouteDemands,
  request: AuthorizationRequest & { readonly isLoggedIn?: boolean },
): Admission {
  const { method = '', header, path = '/' } = request;
  const unmet = logins.find((login) => presentedLogin(login, { path, header }) === undefined);
  if (unmet !== undefined || (name !== undefined && logins.length === 0)) {
    return { kind: 'refused', status: 401, why: 'credentials are missing', from: unmet?.from ?? [] };
  }
  const led = wanted === undefined ? undefined : foretellLogin(provider, request);
  if (led !== undefined) return led;
  const verified =
    tokens === undefined || isPreflight({ method, header })
      ? undefined
      : foretellToken(tokens, request.claims);
  if (verified?.kind === 'refused') return verified;
  const claims = verified === undefined ? request.claims : verified.claims;
  return admitByPolicies(authorization, { ...request, claims });
}

/** @returns undefined for a request that passes */
function foretellLogin(
  provider: RouteProvider | undefined,
  { isLoggedIn = false, ...request }: AuthorizationRequest & { readonly isLoggedIn?: boolean },
): Exclude<Admission, { kind: 'admitted' }> | undefined {
  if (provider === undefined) {
    return { kind: 'refused', status: 403, why: 'nobody can log in', from: [] };
  }
  const { from, issuer, authorizationEndpoint, endSessionEndpoint } = provider;
  const { authority = '', method = 'GET', path = '/', header } = request;
  const led = (location: string | undefined, why: string) =>
    ({ kind: 'redirected', status: 302, location, why, from }) as const;
  switch (providerStep(provider, { authority, method, path, scheme: '', header })) {
    case 'pass':
      return undefined;
    case 'logout':
      return led(endSessionEndpoint ?? (authorizationEndpoint === undefined ? undefined : '/'), 'log out');
    case 'callback':
      return new URLSearchParams(path.split('?', 2)[1]).has('code')
        ? led(undefined, 'come back from a login')
        : { kind: 'refused', status: 401, why: 'the provider did not log anybody in', from };
    case 'session':
      if (isLoggedIn || bringsSession(provider, request)) return undefined;
      return led(authorizationEndpoint, `log in at ${issuer}`);
    case 'session-or-refuse':
      if (isLoggedIn || bringsSession(provider, request)) return undefined;
      return { kind: 'refused', status: 401, why: 'log in first', from };
  }
}

export function admitByPolicies(
  authorization: Authorization | undefined,
  request: AuthorizationRequest,
): Admission {
  if (authorization === undefined) return { kind: 'admitted' };
  const { decision, rule, why } = authorize(compiledOnce(authorization), request);
  return decision === 'allow'
    ? { kind: 'admitted' }
    : { kind: 'refused', status: 403, why, from: (rule ?? firstRule(authorization))?.from ?? [] };
}

function firstRule({ custom, deny, allow }: Authorization): Authorization['allow'][number] | undefined {
  return [...custom, ...deny, ...allow][0];
}

type Claims = Readonly<Record<string, unknown>>;

function foretellToken(
  { providers, failsOpen }: RouteTokens,
  claims: Claims | undefined,
): { readonly kind: 'taken'; readonly claims: Claims | undefined } | Extract<Admission, { kind: 'refused' }> {
  const refused = (status: 401 | 403, why: string) =>
    failsOpen
      ? ({ kind: 'taken', claims: undefined } as const)
      : ({ kind: 'refused', status, why, from: providers[0]?.from ?? [] } as const);
  if (claims === undefined) {
    return providers.some(({ required }) => required)
      ? refused(401, 'Jwt is missing')
      : { kind: 'taken', claims };
  }
  const ofIssuer = providers.filter(({ issuer }) => issuer === '' || issuer === claims['iss']);
  if (ofIssuer.length === 0) return refused(401, 'Jwt issuer is not configured');
  const provider = ofIssuer.find(({ audiences }) => isForAudience(claims, audiences));
  return provider === undefined
    ? refused(403, 'Audiences in Jwt are not allowed')
    : { kind: 'taken', claims: normalizeClaims(claims, provider.spaceDelimitedClaims) };
}

/** The IR is immutable: its patterns are compiled at the first request, not at each. */
const compiled = new WeakMap<Authorization, CompiledAuthorization>();

function compiledOnce(authorization: Authorization): CompiledAuthorization {
  let known = compiled.get(authorization);
  if (known === undefined) compiled.set(authorization, (known = compileAuthorization(authorization)));
  return known;
}
