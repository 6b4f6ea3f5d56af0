/** TcpFilterChain <-> an envoy.config.listener.v3.FilterChain that ends in the TCP proxy. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { TcpFilterChain, WeightedTarget } from '@heddle/traffic';
import { decodeAuthorization, encodeAuthorization } from './authorization.ts';
import { decodeDownstreamTls, encodeDownstreamTls, encodeDownstreamTlsMetadata } from './downstream-tls.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeOrigins, definedFields, encodeMetadata, encodeOrigins, heddleMetadata } from './metadata.ts';
import { encodeNetworkRbacFilters } from './rbac.ts';

const proxyType = 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';

export function encodeTcpChain({
  name,
  prefixRanges,
  serverNames,
  tls,
  authorization,
  clusters,
  from,
}: TcpFilterChain): JsonObject {
  const filterChainMatch = {
    ...(prefixRanges.length === 0 ? {} : { prefixRanges: prefixRanges.map(encodeBlock) }),
    ...(serverNames.length === 0 ? {} : { serverNames: [...serverNames] }),
    ...(tls === undefined ? {} : { transportProtocol: 'tls' }),
  };
  return definedFields({
    name,
    filterChainMatch: Object.keys(filterChainMatch).length > 0 ? filterChainMatch : undefined,
    filters: [
      ...(authorization === undefined ? [] : encodeNetworkRbacFilters(authorization, name)),
      {
        name: 'envoy.filters.network.tcp_proxy',
        typedConfig: {
          '@type': proxyType,
          statPrefix: name,
          weightedClusters: {
            // Envoy refuses a weight of 0, which gets nothing.
            clusters: clusters.map(({ cluster, weight }) => ({ name: cluster, weight: Math.max(1, weight) })),
          },
        },
      },
    ],
    // What speaks over it is not known, so that no protocol can be offered.
    transportSocket: tls && encodeDownstreamTls(tls, []),
    metadata: encodeMetadata({
      tls: tls && encodeDownstreamTlsMetadata(tls),
      clusters: clusters.map((one) =>
        definedFields({
          weight: one.weight === 0 ? 0 : undefined,
          invalidStatus: one.invalidStatus,
          from: encodeOrigins(one.from),
        }),
      ),
      authorization: authorization && encodeAuthorization(authorization),
      from: encodeOrigins(from),
    }),
  });
}

export function isTcpChain(chain: FieldReader): boolean {
  return chain.list('filters').at(-1)?.field('typedConfig').string('@type') === proxyType;
}

export function decodeTcpChain(chain: FieldReader): TcpFilterChain {
  const match = chain.field('filterChainMatch');
  const metadata = heddleMetadata(chain);
  const proxy = chain.list('filters').at(-1)?.field('typedConfig') ?? chain.fail('expected a TCP proxy');
  return {
    name: chain.string('name'),
    prefixRanges: match
      .list('prefixRanges')
      .map((range) => `${range.string('addressPrefix')}/${range.number('prefixLen')}`),
    serverNames: match.strings('serverNames'),
    ...decodeEndedTls(chain),
    ...(metadata.has('authorization')
      ? { authorization: decodeAuthorization(metadata.field('authorization')) }
      : {}),
    clusters: decodeTargets(proxy, metadata.list('clusters')),
    from: decodeOrigins(metadata),
  };
}

function decodeEndedTls(chain: FieldReader): Pick<TcpFilterChain, 'tls'> {
  const { tls } = decodeDownstreamTls(chain);
  if (tls === undefined) return {};
  if ('certificates' in tls) return { tls };
  return tls.mode === 'STRICT'
    ? { tls: { ...tls, mode: 'STRICT' } }
    : chain.fail('expected TLS that always ends here');
}

function decodeTargets(proxy: FieldReader, metadata: readonly FieldReader[]): readonly WeightedTarget[] {
  if (proxy.has('cluster')) return [{ cluster: proxy.string('cluster'), weight: 100, from: [] }];
  const clusters = proxy.field('weightedClusters').list('clusters');
  if (clusters.length === 0) return proxy.fail('expected cluster or weightedClusters');
  return clusters.map((cluster, i) => ({
    cluster: cluster.string('name'),
    weight: metadata[i]?.has('weight') === true ? 0 : cluster.number('weight'),
    ...(metadata[i]?.has('invalidStatus') === true
      ? { invalidStatus: metadata[i].number('invalidStatus') }
      : {}),
    from: metadata[i] === undefined ? [] : decodeOrigins(metadata[i]),
  }));
}

function encodeBlock(block: string): JsonObject {
  const [addressPrefix = '', length] = block.split('/');
  return { addressPrefix, prefixLen: Number(length ?? (addressPrefix.includes(':') ? 128 : 32)) };
}
