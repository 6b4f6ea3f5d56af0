/**
 * Tokens and authorization of a route <-> its part of the filters `jwt_authn` and `rbac`, which stand in the chain a second time
 * under names of their own: what a route says does not take the place of what the chain says.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import type { HttpConnectionManager, Route, RouteTokens } from '@heddle/traffic';
import { decodeAuthorization, encodeAuthorization } from './authorization.ts';
import { encodeRouteExtAuthz, encodeRouteExtAuthzFilter } from './ext-authz.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeJwtProviders, encodeJwtProviders, encodeRouteJwtFilter } from './jwt-authn.ts';
import { emptyLocalRateLimit } from './rate-limit.ts';
import { emptyRouteRbacFilters, encodeRouteRbac } from './rbac.ts';

const routeJwtFilter = 'heddle.route.jwt_authn';
const perRouteType = 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig';

/** Filters of the chain that do nothing until a route says what. */
export function encodeRouteFilters({
  routeTokens,
  routeAuthorizers = [],
  routeFilters = [],
}: HttpConnectionManager): JsonObject[] {
  return [
    ...routeAuthorizers.map(encodeRouteExtAuthzFilter),
    ...(routeTokens === undefined ? [] : [encodeRouteJwtFilter(routeJwtFilter, routeTokens)]),
    ...(routeFilters.includes('authorization') ? emptyRouteRbacFilters() : []),
    ...(routeFilters.includes('local-rate-limit') ? [emptyLocalRateLimit] : []),
  ];
}

/** The route's `typed_per_filter_config`. */
export function encodeRouteSecurity({
  tokens,
  authorizer,
  authorization,
}: Pick<Route, 'tokens' | 'authorizer' | 'authorization'>): JsonObject {
  return {
    ...(tokens === undefined ? {} : { [routeJwtFilter]: { '@type': perRouteType, requirementName: tokens } }),
    ...(authorizer === undefined ? {} : encodeRouteExtAuthz(authorizer)),
    ...(authorization === undefined ? {} : encodeRouteRbac(authorization)),
  };
}

export function decodeRouteSecurity(
  perFilter: FieldReader,
  metadata: FieldReader,
): Pick<Route, 'tokens' | 'authorizer' | 'authorization'> {
  const jwt = perFilter.field(routeJwtFilter);
  const authorization = metadata.field('authorization');
  return {
    ...(jwt.isPresent ? { tokens: jwt.string('requirementName') } : {}),
    ...(metadata.has('authorizer') ? { authorizer: metadata.string('authorizer') } : {}),
    ...(authorization.isPresent ? { authorization: decodeAuthorization(authorization) } : {}),
  };
}

export function encodeRouteSecurityMetadata({
  authorizer,
  authorization,
}: Pick<Route, 'authorizer' | 'authorization'>): Record<string, JsonObject[string] | undefined> {
  return { authorizer, authorization: authorization && encodeAuthorization(authorization) };
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
