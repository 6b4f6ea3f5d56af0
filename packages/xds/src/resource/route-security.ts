/**
 * Tokens and authorization of a route <-> its part of the filters `jwt_authn` and `rbac`, which stand in the chain a second time
 * under names of their own: what a route says does not take the place of what the chain says.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import {
  type Authorization,
  type AuthorizationRule,
  type HttpConnectionManager,
  noAuthorization,
  type Route,
  type RouteLogin,
  type RouteTokens,
} from '@heddle/traffic';
import { decodeAuthorization, encodeAuthorization } from './authorization.ts';
import { encodeRouteExtAuthz, encodeRouteExtAuthzFilter } from './ext-authz.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeJwtProviders, encodeJwtProviders, encodeRouteJwtFilter } from './jwt-authn.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';
import { emptyLocalRateLimit } from './rate-limit.ts';
import { encodeRouteProvider, encodeRouteProviderFilter } from './route-provider.ts';
import { emptyRouteRbacFilters, encodeRouteRbac } from './rbac.ts';

const routeJwtFilter = 'heddle.route.jwt_authn';
const perRouteType = 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig';

type RouteSecurity = Pick<Route, 'tokens' | 'authorizer' | 'logins' | 'provider' | 'authorization'>;

/** Filters of the chain that do nothing until a route says what. */
export function encodeRouteFilters({
  routeTokens,
  routeAuthorizers = [],
  routeProviders = [],
  routeFilters = [],
}: HttpConnectionManager): JsonObject[] {
  return [
    ...routeAuthorizers.map(encodeRouteExtAuthzFilter),
    ...routeProviders.map(encodeRouteProviderFilter),
    ...(routeTokens === undefined ? [] : [encodeRouteJwtFilter(routeJwtFilter, routeTokens)]),
    ...(routeFilters.includes('authorization') ? emptyRouteRbacFilters() : []),
    ...(routeFilters.includes('local-rate-limit') ? [emptyLocalRateLimit] : []),
  ];
}

/** The route's `typed_per_filter_config`. */
export function encodeRouteSecurity({ tokens, authorizer, provider, ...access }: RouteSecurity): JsonObject {
  const authorization = forEnvoy(access);
  return {
    ...(tokens === undefined ? {} : { [routeJwtFilter]: { '@type': perRouteType, requirementName: tokens } }),
    ...(authorizer === undefined ? {} : encodeRouteExtAuthz(authorizer)),
    ...(provider === undefined ? {} : encodeRouteProvider(provider)),
    ...(authorization === undefined ? {} : encodeRouteRbac(authorization)),
  };
}

export function decodeRouteSecurity(perFilter: FieldReader, metadata: FieldReader): RouteSecurity {
  const jwt = perFilter.field(routeJwtFilter);
  const authorization = metadata.field('authorization');
  return {
    ...(jwt.isPresent ? { tokens: jwt.string('requirementName') } : {}),
    ...(metadata.has('logins') ? { logins: metadata.string('logins') } : {}),
    ...(metadata.has('provider') ? { provider: metadata.string('provider') } : {}),
    ...(metadata.has('authorizer') ? { authorizer: metadata.string('authorizer') } : {}),
    ...(authorization.isPresent ? { authorization: decodeAuthorization(authorization) } : {}),
  };
}

export function encodeRouteSecurityMetadata({
  authorizer,
  logins,
  provider,
  authorization,
}: RouteSecurity): Record<string, JsonObject[string] | undefined> {
  return { authorizer, logins, provider, authorization: authorization && encodeAuthorization(authorization) };
}

/** What goes into the chain's metadata; to an Envoy nobody can log in, because it knows the secrets only inline. */
export function encodeRouteLogins(all: readonly RouteLogin[]): JsonObject[] {
  return all.map(({ secrets, places, from, ...login }) =>
    definedFields({
      ...login,
      secrets: [...secrets],
      places: places.map((place) => ({ ...place })),
      from: encodeOrigins(from),
    }),
  );
}

export function decodeRouteLogins(metadata: FieldReader): readonly RouteLogin[] {
  return metadata.list('routeLogins').map((login) => ({
    name: login.string('name'),
    kind: login.oneOf('kind', ['basic', 'api-key'], 'basic'),
    secrets: login.strings('secrets'),
    places: login.list('places').map((place) => ({
      kind: place.oneOf('kind', ['header', 'query', 'cookie'], 'header'),
      name: place.string('name'),
    })),
    forwardHeader: login.string('forwardHeader'),
    sanitizes: login.boolean('sanitizes'),
    from: decodeOrigins(login),
  }));
}

const nobody: AuthorizationRule = {
  policy: { namespace: '', name: 'login' },
  rule: 0,
  dryRun: false,
  condition: { kind: 'any' },
  from: [],
};

/** Who needs a login is not let in by an Envoy. */
function forEnvoy({
  logins,
  authorization,
}: Pick<Route, 'logins' | 'authorization'>): Authorization | undefined {
  if (logins === undefined) return authorization;
  const { custom, audit, deny, allow } = authorization ?? noAuthorization;
  return { custom, audit, deny: [nobody, ...deny], allow };
}

/** What goes into the chain's metadata. */
export function encodeRouteTokens(all: readonly RouteTokens[]): JsonObject[] {
  return all.map(({ name, providers, failsOpen, recomputesRoute }) => ({
    name,
    providers: encodeJwtProviders(providers),
    failsOpen,
    recomputesRoute,
  }));
}

export function decodeRouteTokens(metadata: FieldReader): readonly RouteTokens[] {
  return metadata.list('routeTokens').map((one) => ({
    name: one.string('name'),
    providers: decodeJwtProviders(one, 'providers'),
    failsOpen: one.boolean('failsOpen'),
    recomputesRoute: one.boolean('recomputesRoute'),
  }));
}
