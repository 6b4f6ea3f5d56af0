/**
 * FilterChain with its DownstreamTls <-> envoy.config.listener.v3.FilterChain.
 *
 * PERMISSIVE is two chains to Envoy, one for TLS and one for plaintext; the second is marked and folded back on decode.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import type { FilterChain } from '@heddle/traffic';
import { decodeAuthorization, encodeAuthorization } from './authorization.ts';
import { decodeDownstreamTls, encodeDownstreamTls, encodeDownstreamTlsMetadata } from './downstream-tls.ts';
import { decodeExtAuthz, encodeExtAuthz } from './ext-authz.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeHttpConnectionManager, encodeHttpConnectionManager } from './http-connection-manager.ts';
import { decodeJwtProviders, encodeJwtProviders } from './jwt-authn.ts';
import { definedFields, encodeMetadata, heddleMetadata } from './metadata.ts';
import { encodeClientMetadata } from './client-settings.ts';
import { encodeRouteProviders } from './route-provider.ts';
import { encodeRouteLogins, encodeRouteTokens } from './route-security.ts';
import { isTcpChain } from './tcp-chain.ts';

const alpn = ['h2', 'http/1.1'];

export function encodeFilterChain(chain: FilterChain): JsonObject[] {
  const mode = chain.tls?.mode ?? 'DISABLE';
  if (mode === 'DISABLE') return [encodeChain(chain, {})];
  const encrypted = encodeChain(chain, { transportProtocol: 'tls' });
  if (mode !== 'PERMISSIVE') return [encrypted];
  return [encrypted, encodeChain(chain, { transportProtocol: 'raw_buffer' })];
}

export function decodeFilterChains(listener: FieldReader): readonly FilterChain[] {
  return listener
    .list('filterChains')
    .filter((chain) => !heddleMetadata(chain).boolean('plaintextTwin') && !isTcpChain(chain))
    .map(decodeFilterChain);
}

function encodeChain(chain: FilterChain, match: { transportProtocol?: 'tls' | 'raw_buffer' }): JsonObject {
  const isTwin = match.transportProtocol === 'raw_buffer';
  const filterChainMatch = definedFields({
    destinationPort: chain.destinationPort,
    serverNames: chain.serverNames?.length ? [...chain.serverNames] : undefined,
    ...match,
  });
  return definedFields({
    name: isTwin ? `${chain.name}|plaintext` : chain.name,
    filterChainMatch: Object.keys(filterChainMatch).length > 0 ? filterChainMatch : undefined,
    filters: [...encodeConnectionLimit(chain), encodeHttpConnectionManager(chain.http, chain)],
    transportSocket:
      match.transportProtocol === 'tls' ? chain.tls && encodeDownstreamTls(chain.tls, alpn) : undefined,
    metadata: isTwin
      ? encodeMetadata({ plaintextTwin: true })
      : encodeMetadata({
          tls: chain.tls && encodeDownstreamTlsMetadata(chain.tls),
          calledAs: chain.calledAs?.map(({ host, port }) => ({ host, port })),
          anyName: chain.serverNames?.length === 0 ? true : undefined,
          jwt: chain.jwt && encodeJwtProviders(chain.jwt),
          authorization: chain.authorization && encodeAuthorization(chain.authorization),
          extAuthz: chain.extAuthz && encodeExtAuthz(chain.extAuthz),
          pathNormalization: chain.http.pathNormalization,
          client: chain.http.client && encodeClientMetadata(chain.http.client),
          routeTokens: chain.http.routeTokens && encodeRouteTokens(chain.http.routeTokens),
          routeAuthorizers: chain.http.routeAuthorizers && encodeExtAuthz(chain.http.routeAuthorizers),
          routeLogins: chain.http.routeLogins && encodeRouteLogins(chain.http.routeLogins),
          routeProviders: chain.http.routeProviders && encodeRouteProviders(chain.http.routeProviders),
          routeFilters: chain.http.routeFilters && [...chain.http.routeFilters],
        }),
  });
}

function decodeFilterChain(chain: FieldReader): FilterChain {
  const match = chain.field('filterChainMatch');
  const authorization = heddleMetadata(chain).field('authorization');
  return {
    name: chain.string('name'),
    ...(match.has('destinationPort') ? { destinationPort: match.number('destinationPort') } : {}),
    ...(match.has('serverNames') || heddleMetadata(chain).boolean('anyName')
      ? { serverNames: match.strings('serverNames') }
      : {}),
    ...(heddleMetadata(chain).has('calledAs')
      ? {
          calledAs: heddleMetadata(chain)
            .list('calledAs')
            .map((one) => ({ host: one.string('host'), port: one.number('port') })),
        }
      : {}),
    ...decodeDownstreamTls(chain),
    ...decodeConnectionLimit(chain),
    ...(heddleMetadata(chain).has('jwt') ? { jwt: decodeJwtProviders(heddleMetadata(chain), 'jwt') } : {}),
    ...(authorization.isPresent ? { authorization: decodeAuthorization(authorization) } : {}),
    ...(heddleMetadata(chain).has('extAuthz')
      ? { extAuthz: decodeExtAuthz(heddleMetadata(chain), 'extAuthz') }
      : {}),
    http: decodeHttpConnectionManager(chain),
  };
}

const limitType = 'type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit';

function encodeConnectionLimit({ connectionLimit }: FilterChain): JsonObject[] {
  if (connectionLimit === undefined) return [];
  const { max, closeDelayMs } = connectionLimit;
  return [
    {
      name: 'envoy.filters.network.connection_limit',
      typedConfig: definedFields({
        '@type': limitType,
        statPrefix: 'http',
        maxConnections: String(max),
        delay: closeDelayMs === 0 ? undefined : encodeDuration(closeDelayMs),
      }),
    },
  ];
}

function decodeConnectionLimit(chain: FieldReader): Pick<FilterChain, 'connectionLimit'> {
  const limit = chain
    .list('filters')
    .map((filter) => filter.field('typedConfig'))
    .find((config) => config.string('@type') === limitType);
  if (limit === undefined) return {};
  return {
    connectionLimit: {
      max: limit.unsigned('maxConnections') ?? 0,
      closeDelayMs: decodeDuration(limit, 'delay'),
    },
  };
}
