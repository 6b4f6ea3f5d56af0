/** Listener <-> envoy.config.listener.v3.Listener, the resource of LDS. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Listener } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { decodeTcpChain, encodeTcpChain, isTcpChain } from './tcp-chain.ts';
import { decodeFilterChains, encodeFilterChain } from './filter-chain.ts';
import { definedFields, encodeMetadata, heddleMetadata } from './metadata.ts';
import { decodeReadiness, encodeReadiness } from './readiness-probe.ts';

/** The two listeners that captured connections arrive at; the port that was called is in the socket. */
const captureListeners: readonly string[] = ['virtualOutbound', 'virtualInbound'];

const originalDst = {
  name: 'envoy.filters.listener.original_dst',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
  },
};
const tlsInspector = {
  name: 'envoy.filters.listener.tls_inspector',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  },
};

export function encodeListener(listener: Listener): JsonObject {
  return definedFields({
    name: listener.name,
    address: { socketAddress: { address: listener.address, portValue: listener.port } },
    bindToPort: listener.bind ? undefined : false,
    useOriginalDst: listener.name === 'virtualOutbound' ? true : undefined,
    // To Envoy a gateway is one more client of the mesh.
    trafficDirection: listener.direction === 'INBOUND' ? 'INBOUND' : 'OUTBOUND',
    perConnectionBufferLimitBytes: listener.bufferLimitBytes,
    socketOptions: listener.keepalive && encodeKeepalive(listener.keepalive),
    listenerFilters: encodeListenerFilters(listener),
    filterChains: [
      ...(listener.tcpChains ?? []).map(encodeTcpChain),
      ...listener.filterChains.flatMap(encodeFilterChain),
    ],
    metadata: encodeMetadata({
      direction: listener.direction === 'GATEWAY' ? 'GATEWAY' : undefined,
      keepalive: listener.keepalive && { ...listener.keepalive },
      proxyProtocol: listener.proxyProtocol,
      readiness: listener.readiness && encodeReadiness(listener.readiness),
    }),
  });
}

export function decodeListener(message: FieldReader): Listener {
  const socket = message.field('address').field('socketAddress');
  if (!socket.isPresent) return socket.fail('expected an address and a port');
  const metadata = heddleMetadata(message);
  const keepalive = metadata.field('keepalive');
  const readiness = metadata.field('readiness');
  const tcpChains = message.list('filterChains').filter(isTcpChain).map(decodeTcpChain);
  return {
    name: message.string('name'),
    address: socket.string('address'),
    port: socket.number('portValue'),
    bind: message.boolean('bindToPort', true),
    direction: decodeDirection(message),
    filterChains: decodeFilterChains(message),
    ...(metadata.has('proxyProtocol')
      ? { proxyProtocol: metadata.oneOf('proxyProtocol', ['REQUIRED', 'OPTIONAL'] as const, 'REQUIRED') }
      : {}),
    ...(keepalive.isPresent
      ? {
          keepalive: {
            probes: keepalive.number('probes'),
            timeMs: keepalive.number('timeMs'),
            intervalMs: keepalive.number('intervalMs'),
          },
        }
      : {}),
    ...(message.has('perConnectionBufferLimitBytes')
      ? { bufferLimitBytes: message.number('perConnectionBufferLimitBytes') }
      : {}),
    ...(tcpChains.length === 0 ? {} : { tcpChains }),
    ...(readiness.isPresent ? { readiness: decodeReadiness(readiness) } : {}),
  };
}

function encodeListenerFilters(listener: Listener): JsonObject[] {
  const filters: JsonObject[] = [];
  if (captureListeners.includes(listener.name)) filters.push(originalDst);
  if (listener.proxyProtocol !== undefined) {
    filters.push({
      name: 'envoy.filters.listener.proxy_protocol',
      typedConfig: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol',
        allowRequestsWithoutProxyProtocol: listener.proxyProtocol === 'OPTIONAL',
      },
    });
  }
  const looksAtTls = listener.tcpChains?.some(
    ({ serverNames, tls }) => serverNames.length > 0 || tls !== undefined,
  );
  if (
    looksAtTls === true ||
    listener.filterChains.some(({ tls }) => (tls?.mode ?? 'DISABLE') !== 'DISABLE')
  ) {
    filters.push(tlsInspector);
  }
  return filters;
}

/** SO_KEEPALIVE, and TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT as Linux numbers them. 0 is left to the system. */
function encodeKeepalive({ probes, timeMs, intervalMs }: NonNullable<Listener['keepalive']>): JsonObject[] {
  const option = (level: number, name: number, value: number) => ({
    level: String(level),
    name: String(name),
    intValue: String(value),
    state: 'STATE_PREBIND',
  });
  const seconds = (ms: number) => Math.max(1, Math.round(ms / 1000));
  return [
    option(1, 9, 1),
    ...(timeMs === 0 ? [] : [option(6, 4, seconds(timeMs))]),
    ...(intervalMs === 0 ? [] : [option(6, 5, seconds(intervalMs))]),
    ...(probes === 0 ? [] : [option(6, 6, probes)]),
  ];
}

function decodeDirection(message: FieldReader): Listener['direction'] {
  if (heddleMetadata(message).string('direction') === 'GATEWAY') return 'GATEWAY';
  return message.oneOf('trafficDirection', ['INBOUND', 'OUTBOUND'], 'OUTBOUND');
}
