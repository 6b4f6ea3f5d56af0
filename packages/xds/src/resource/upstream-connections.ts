/** UpstreamConnections <-> HttpProtocolOptions and `upstream_connection_options` of a cluster. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { UpstreamConnections } from '@heddle/traffic';
import { decodeDuration, encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { definedFields } from './metadata.ts';

const extension = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const type = `type.googleapis.com/${extension}`;

export function encodeConnections(
  connections: UpstreamConnections,
): Record<string, JsonObject[string] | undefined> {
  const { maxRequestsPerConnection, idleTimeoutMs, maxConnectionDurationMs, keepalive } = connections;
  const common = definedFields({
    idleTimeout: idleTimeoutMs === 0 ? undefined : encodeDuration(idleTimeoutMs),
    maxConnectionDuration:
      maxConnectionDurationMs === 0 ? undefined : encodeDuration(maxConnectionDurationMs),
    maxRequestsPerConnection: maxRequestsPerConnection === 0 ? undefined : maxRequestsPerConnection,
  });
  return {
    perConnectionBufferLimitBytes: connections.bufferLimitBytes,
    typedExtensionProtocolOptions: {
      [extension]: { '@type': type, commonHttpProtocolOptions: common, ...protocolOf(connections) },
    },
    upstreamConnectionOptions: keepalive && {
      tcpKeepalive: {
        keepaliveProbes: keepalive.probes,
        keepaliveTime: Math.round(keepalive.timeMs / 1000),
        keepaliveInterval: Math.round(keepalive.intervalMs / 1000),
      },
    },
  };
}

function protocolOf({ protocol, maxConcurrentStreams }: UpstreamConnections): JsonObject {
  const http2ProtocolOptions: JsonObject = maxConcurrentStreams === 0 ? {} : { maxConcurrentStreams };
  switch (protocol) {
    case 'http1':
      return { explicitHttpConfig: { httpProtocolOptions: {} } };
    case 'http2':
      return { explicitHttpConfig: { http2ProtocolOptions } };
    case 'client':
      return { useDownstreamProtocolConfig: { httpProtocolOptions: {}, http2ProtocolOptions } };
  }
}

/** What goes into the cluster's metadata beside it: streams are a matter of HTTP/2 alone, and keepalive counts in seconds. */
export function encodeConnectionsMetadata({
  protocol,
  maxConcurrentStreams,
  keepalive,
}: UpstreamConnections): JsonObject {
  return definedFields({
    maxConcurrentStreams:
      protocol === 'http1' && maxConcurrentStreams !== 0 ? maxConcurrentStreams : undefined,
    keepalive: keepalive && { timeMs: keepalive.timeMs, intervalMs: keepalive.intervalMs },
  });
}

export function decodeConnections(
  cluster: FieldReader,
  metadata: FieldReader,
): { connections?: UpstreamConnections } {
  const options = cluster.field('typedExtensionProtocolOptions').field(extension);
  const keepalive = cluster.field('upstreamConnectionOptions').field('tcpKeepalive');
  if (!options.isPresent && !keepalive.isPresent) return {};
  const common = options.field('commonHttpProtocolOptions');
  const isClient = options.has('useDownstreamProtocolConfig');
  const http2 = (
    isClient ? options.field('useDownstreamProtocolConfig') : options.field('explicitHttpConfig')
  ).field('http2ProtocolOptions');
  return {
    connections: {
      maxRequestsPerConnection: common.number('maxRequestsPerConnection'),
      idleTimeoutMs: decodeDuration(common, 'idleTimeout'),
      maxConnectionDurationMs: decodeDuration(common, 'maxConnectionDuration'),
      protocol: isClient ? 'client' : http2.isPresent ? 'http2' : 'http1',
      maxConcurrentStreams: http2.number('maxConcurrentStreams', metadata.number('maxConcurrentStreams')),
      ...(cluster.has('perConnectionBufferLimitBytes')
        ? { bufferLimitBytes: cluster.number('perConnectionBufferLimitBytes') }
        : {}),
      ...(keepalive.isPresent
        ? {
            keepalive: {
              probes: keepalive.number('keepaliveProbes'),
              timeMs: metadata.field('keepalive').number('timeMs', keepalive.number('keepaliveTime') * 1000),
              intervalMs: metadata
                .field('keepalive')
                .number('intervalMs', keepalive.number('keepaliveInterval') * 1000),
            },
          }
        : {}),
    },
  };
}
