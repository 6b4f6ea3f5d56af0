/** HttpConnectionManager <-> the network filter of that name. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { FilterChain, HttpConnectionManager, PathNormalization, RouteFilter } from '@heddle/traffic';
import { decodeClientSettings, encodeClientSettings } from './client-settings.ts';
import { corsFilter, corsType } from './cors.ts';
import { decodeExtAuthz } from './ext-authz.ts';
import { faultFilter, faultType } from './fault.ts';
import type { FieldReader } from './field-reader.ts';
import { encodeJwtFilter } from './jwt-authn.ts';
import { heddleMetadata } from './metadata.ts';
import { encodeCustomFilters, encodeRbacFilters } from './rbac.ts';
import { decodeRouteProviders } from './route-provider.ts';
import { decodeRouteLogins, decodeRouteTokens, encodeRouteFilters } from './route-security.ts';
import { adsConfigSource } from './secret.ts';

const filterName = 'envoy.filters.network.http_connection_manager';
const managerType =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

export function encodeHttpConnectionManager(
  http: HttpConnectionManager,
  {
    name: statPrefix,
    jwt,
    authorization,
    extAuthz = [],
  }: Pick<FilterChain, 'name' | 'jwt' | 'authorization' | 'extAuthz'>,
): JsonObject {
  return {
    name: filterName,
    typedConfig: {
      '@type': managerType,
      statPrefix,
      rds: { configSource: adsConfigSource, routeConfigName: http.routeConfig },
      // Envoy counts in percent.
      tracing: { randomSampling: { value: http.tracingShare / 10_000 } },
      ...encodePathNormalization(http.pathNormalization),
      ...encodeClientSettings(http.client),
      // What a route says to a filter works only when it is in the chain; the router has to be last.
      httpFilters: [
        // Before the token, as in Istio: an authorizer may bring one.
        ...(authorization === undefined ? [] : encodeCustomFilters(authorization, extAuthz)),
        ...(jwt === undefined ? [] : [encodeJwtFilter(jwt)]),
        ...(authorization === undefined ? [] : encodeRbacFilters(authorization)),
        { name: faultFilter, typedConfig: { '@type': faultType } },
        { name: corsFilter, typedConfig: { '@type': corsType } },
        ...encodeRouteFilters(http),
        {
          name: 'envoy.filters.http.router',
          typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
        },
      ],
    },
  };
}

export function decodeHttpConnectionManager(filterChain: FieldReader): HttpConnectionManager {
  const filters = filterChain.list('filters');
  const config = filters.at(-1)?.field('typedConfig');
  if (config === undefined || config.string('@type') !== managerType) {
    return filterChain.field('filters').fail('expected an HTTP connection manager as the last filter');
  }
  const routeConfig = config.field('rds').string('routeConfigName');
  if (routeConfig === '') return config.fail('expected rds.routeConfigName');
  const percent = config.field('tracing').field('randomSampling').number('value');
  const metadata = heddleMetadata(filterChain);
  return {
    routeConfig,
    tracingShare: Math.round(percent * 10_000),
    ...(metadata.has('pathNormalization')
      ? { pathNormalization: metadata.oneOf('pathNormalization', pathNormalizations, 'BASE') }
      : {}),
    ...decodeClientSettings(metadata),
    ...(metadata.has('routeTokens') ? { routeTokens: decodeRouteTokens(metadata) } : {}),
    ...(metadata.has('routeAuthorizers')
      ? { routeAuthorizers: decodeExtAuthz(metadata, 'routeAuthorizers') }
      : {}),
    ...(metadata.has('routeLogins') ? { routeLogins: decodeRouteLogins(metadata) } : {}),
    ...(metadata.has('routeProviders') ? { routeProviders: decodeRouteProviders(metadata) } : {}),
    ...(metadata.has('routeFilters') ? { routeFilters: decodeRouteFilters(metadata) } : {}),
  };
}

/** As Istio has it; without a level what our proxy does without being told. */
function encodePathNormalization(level: PathNormalization | undefined): JsonObject {
  switch (level) {
    case undefined:
      return { normalizePath: true, pathWithEscapedSlashesAction: 'REJECT_REQUEST' };
    case 'NONE':
      return { normalizePath: false };
    case 'BASE':
      return { normalizePath: true };
    case 'MERGE_SLASHES':
      return { normalizePath: true, mergeSlashes: true };
    case 'DECODE_AND_MERGE_SLASHES':
      return {
        normalizePath: true,
        mergeSlashes: true,
        pathWithEscapedSlashesAction: 'UNESCAPE_AND_FORWARD',
      };
  }
}

const pathNormalizations: readonly PathNormalization[] = [
  'NONE',
  'BASE',
  'MERGE_SLASHES',
  'DECODE_AND_MERGE_SLASHES',
];

const routeFilters: readonly RouteFilter[] = ['authorization', 'local-rate-limit'];

function decodeRouteFilters(metadata: FieldReader): readonly RouteFilter[] {
  const named = new Set(metadata.strings('routeFilters'));
  return routeFilters.filter((one) => named.has(one));
}
