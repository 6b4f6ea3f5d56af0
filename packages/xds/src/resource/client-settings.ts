/**
 * ClientSettings <-> fields of the HttpConnectionManager. They travel in the chain's metadata, too: what is told to an Envoy in several
 * places, and with defaults of its own, is not read back from there.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import type { ClientAddress, ClientSettings } from '@heddle/traffic';
import { encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';

const detection = 'envoy.extensions.http.original_ip_detection';

export function encodeClientSettings(client: ClientSettings | undefined): JsonObject {
  if (client === undefined) return {};
  const duration = (ms: number | undefined) => (ms === undefined ? undefined : encodeDuration(ms));
  const common = definedFields({
    idleTimeout: duration(client.idleTimeoutMs),
    maxConnectionDuration: duration(client.maxConnectionDurationMs),
    maxStreamDuration: duration(client.maxStreamDurationMs),
    maxRequestsPerConnection: client.maxRequestsPerConnection,
    headersWithUnderscoresAction: client.underscores,
  });
  const { maxConcurrentStreams } = client;
  return definedFields({
    requestTimeout: duration(client.requestTimeoutMs),
    requestHeadersTimeout: duration(client.requestHeadersTimeoutMs),
    streamIdleTimeout: duration(client.streamIdleTimeoutMs),
    mergeSlashes: client.mergesSlashes,
    pathWithEscapedSlashesAction: client.escapedSlashes,
    commonHttpProtocolOptions: Object.keys(common).length === 0 ? undefined : common,
    http2ProtocolOptions: maxConcurrentStreams === undefined ? undefined : { maxConcurrentStreams },
    ...encodeAddress(client.address),
  });
}

/** Envoy counts trusted proxies, of which the last address is the first client. It has no words here for blocks of addresses. */
function encodeAddress(address: ClientAddress | undefined): JsonObject {
  if (address === undefined || address.kind === 'trusted-blocks') return {};
  const [name, config]: readonly [string, JsonObject] =
    address.kind === 'header'
      ? [
          'custom_header',
          definedFields({
            headerName: address.name,
            allowExtensionToSetAddressAsTrusted: true,
            rejectWithStatus: address.failsClosed ? { code: 'Forbidden' } : undefined,
          }),
        ]
      : ['xff', { xffNumTrustedHops: address.hops - 1 }];
  const type = name === 'xff' ? 'XffConfig' : 'CustomHeaderConfig';
  return {
    originalIpDetectionExtensions: [
      {
        name: `envoy.http.original_ip_detection.${name}`,
        typedConfig: { '@type': `type.googleapis.com/${detection}.${name}.v3.${type}`, ...config },
      },
    ],
  };
}

export function encodeClientMetadata({ address, from, ...client }: ClientSettings): JsonObject {
  return definedFields({ ...client, address: address && addressJson(address), from: encodeOrigins(from) });
}

function addressJson(address: ClientAddress): JsonObject {
  return address.kind === 'trusted-blocks' ? { ...address, blocks: [...address.blocks] } : { ...address };
}

const numbers = [
  'requestTimeoutMs',
  'requestHeadersTimeoutMs',
  'idleTimeoutMs',
  'streamIdleTimeoutMs',
  'maxConnectionDurationMs',
  'maxStreamDurationMs',
  'maxRequestsPerConnection',
  'maxConcurrentStreams',
] as const satisfies readonly (keyof ClientSettings)[];
const slashes = [
  'KEEP_UNCHANGED',
  'REJECT_REQUEST',
  'UNESCAPE_AND_FORWARD',
  'UNESCAPE_AND_REDIRECT',
] as const;
const underscores = ['ALLOW', 'REJECT_REQUEST', 'DROP_HEADER'] as const;

export function decodeClientSettings(metadata: FieldReader): { client?: ClientSettings } {
  const client = metadata.field('client');
  if (!client.isPresent) return {};
  const counted: Partial<Record<(typeof numbers)[number], number>> = {};
  for (const name of numbers) if (client.has(name)) counted[name] = client.number(name);
  return {
    client: {
      ...(client.has('address') ? { address: decodeAddress(client.field('address')) } : {}),
      ...counted,
      ...(client.has('mergesSlashes') ? { mergesSlashes: client.boolean('mergesSlashes') } : {}),
      ...(client.has('escapedSlashes')
        ? { escapedSlashes: client.oneOf('escapedSlashes', slashes, 'REJECT_REQUEST') }
        : {}),
      ...(client.has('underscores')
        ? { underscores: client.oneOf('underscores', underscores, 'ALLOW') }
        : {}),
      from: decodeOrigins(client),
    },
  };
}

function decodeAddress(address: FieldReader): ClientAddress {
  const kind = address.oneOf('kind', ['forwarded-for', 'trusted-blocks', 'header'], 'forwarded-for');
  switch (kind) {
    case 'forwarded-for':
      return { kind, hops: address.number('hops') };
    case 'trusted-blocks':
      return { kind, blocks: address.strings('blocks') };
    case 'header':
      return { kind, name: address.string('name'), failsClosed: address.boolean('failsClosed') };
  }
}
