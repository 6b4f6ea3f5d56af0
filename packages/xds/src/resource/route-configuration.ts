/** RouteConfiguration <-> envoy.config.route.v3.RouteConfiguration, the resource of RDS. */
import type { JsonObject } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { Route, RouteConfiguration, RouteMatch, VirtualHost } from '@heddle/traffic';
import { decodeClaimMatch, encodeClaimMatch } from './claim-match.ts';
import { bytesToJson, jsonToBytes } from '../descriptors/registry.ts';
import { FieldReader } from './field-reader.ts';
import {
  decodeHeaderMatch,
  decodeQueryParamMatch,
  encodeHeaderMatch,
  encodeQueryParamMatch,
} from './header-match.ts';
import { decodeHeaderMutations, encodeHeaderMutations } from './header-mutation.ts';
import { decodeOrigins, definedFields, encodeMetadata, encodeOrigins, heddleMetadata } from './metadata.ts';
import { decodePathMatch, encodePathMatch } from './path-match.ts';
import {
  decodeRateLimits,
  encodeLocalRateLimit,
  encodeRateLimitMetadata,
  encodeRateLimits,
} from './rate-limit.ts';
import { decodeRouteAction, encodeRouteAction } from './route-action.ts';
import { decodeRouteSecurity, encodeRouteSecurity, encodeRouteSecurityMetadata } from './route-security.ts';

/** Envoy's limit for the body of a direct response unless the configuration says more. */
const envoyDirectBodyLimit = 4096;

const messageType = 'envoy.config.route.v3.RouteConfiguration';
const hostType = 'envoy.config.route.v3.VirtualHost';
/** `repeated VirtualHost virtual_hosts = 2`. */
const hostField = 2;
const hostTag = (hostField << 3) | WireType.LengthDelimited;

/** A virtual host is encoded once, however many configurations and revisions hold it. */
const encodedHosts = new WeakMap<VirtualHost, Uint8Array>();

/**
 * Put together from its virtual hosts' bytes: one host that changes among a thousand costs one host.
 * @see Protocol Buffers encoding, "Length-Delimited Records" and "Repeated Elements"
 */
export function encodeRouteConfiguration({ name, virtualHosts }: RouteConfiguration): Uint8Array {
  let largestBody = 0;
  for (const { routes } of virtualHosts) {
    for (const route of routes) largestBody = Math.max(largestBody, directBodyBytes(route));
  }
  const parts = [
    jsonToBytes(
      messageType,
      definedFields({
        name,
        maxDirectResponseBodySizeBytes: largestBody > envoyDirectBodyLimit ? largestBody : undefined,
      }),
    ),
  ];
  for (const host of virtualHosts) {
    const bytes = hostBytes(host);
    parts.push(Uint8Array.of(hostTag, ...varint(bytes.length)), bytes);
  }
  return Buffer.concat(parts);
}

function hostBytes(host: VirtualHost): Uint8Array {
  let bytes = encodedHosts.get(host);
  if (bytes === undefined) {
    bytes = jsonToBytes(hostType, encodeVirtualHost(host));
    encodedHosts.set(host, bytes);
  }
  return bytes;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  bytes.push(value);
  return bytes;
}

/** The bytes a virtual host was read from; a copy, so that no message is kept for one of its parts. */
const readFrom = new WeakMap<VirtualHost, Uint8Array>();

/**
 * @param before the same configuration as it was read last: of a thousand hosts only those that changed are read, in a proxy that
 *   serves requests meanwhile
 */
export function decodeRouteConfiguration(bytes: Uint8Array, before?: RouteConfiguration): RouteConfiguration {
  const { hosts, rest } = takeApart(bytes);
  const known = new Map(before?.virtualHosts.map((host) => [host.name, host]));
  return {
    name: new FieldReader(bytesToJson(messageType, rest), '').string('name'),
    virtualHosts: hosts.map((own, i) => {
      const candidate = known.get(nameOf(own));
      const itsBytes = candidate && readFrom.get(candidate);
      if (candidate !== undefined && itsBytes !== undefined && Buffer.compare(itsBytes, own) === 0) {
        return candidate;
      }
      const host = decodeVirtualHost(new FieldReader(bytesToJson(hostType, own), `virtualHosts[${i}]`));
      readFrom.set(host, Uint8Array.from(own));
      return host;
    }),
  };
}

function takeApart(bytes: Uint8Array): { hosts: readonly Uint8Array[]; rest: Uint8Array } {
  const reader = new BinaryReader(bytes);
  const hosts: Uint8Array[] = [];
  const rest: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, wireType] = reader.tag();
    if (field === hostField && wireType === WireType.LengthDelimited) hosts.push(reader.bytes());
    else {
      reader.skip(wireType, field);
      rest.push(bytes.subarray(start, reader.pos));
    }
  }
  return { hosts, rest: Buffer.concat(rest) };
}

/** Of a virtual host; "" when it does not come first, as it does from whoever writes fields in order. */
function nameOf(host: Uint8Array): string {
  const reader = new BinaryReader(host);
  const [field, wireType] = host.length === 0 ? [] : reader.tag();
  return field === 1 && wireType === WireType.LengthDelimited ? reader.string() : '';
}

function encodeVirtualHost(host: VirtualHost): JsonObject {
  return definedFields({
    name: host.name,
    domains: [...host.domains],
    routes: host.routes.map(encodeRoute),
    metadata: encodeMetadata({ from: encodeOrigins(host.from) }),
  });
}

function decodeVirtualHost(host: FieldReader): VirtualHost {
  return {
    name: host.string('name'),
    domains: host.strings('domains'),
    routes: host.list('routes').map(decodeRoute),
    from: decodeOrigins(heddleMetadata(host)),
  };
}

function encodeRoute(route: Route): JsonObject {
  const path = encodePathMatch(route.match.path);
  const action = encodeRouteAction(route.action, route.match.path, encodeRateLimits(route));
  const typedPerFilterConfig = {
    ...action.perFilter,
    ...encodeRouteSecurity(route),
    ...encodeLocalRateLimit(route.localRateLimit),
  };
  return definedFields({
    name: route.name,
    match: {
      ...path.match,
      headers: route.match.headers.map(encodeHeaderMatch),
      queryParameters: route.match.queryParams.map(encodeQueryParamMatch),
      dynamicMetadata: (route.match.claims ?? []).map(encodeClaimMatch),
    },
    ...action.fields,
    typedPerFilterConfig,
    ...encodeHeaderMutations(route),
    metadata: encodeMetadata({
      from: encodeOrigins(route.from),
      pathSeparatedPrefix: path.written,
      ...action.metadata,
      ...encodeRouteSecurityMetadata(route),
      ...encodeRateLimitMetadata(route),
    }),
  });
}

function decodeRoute(route: FieldReader): Route {
  const metadata = heddleMetadata(route);
  return {
    name: route.string('name'),
    match: decodeRouteMatch(route.field('match'), metadata),
    action: decodeRouteAction(route, metadata),
    ...decodeHeaderMutations(route),
    ...decodeRouteSecurity(route.field('typedPerFilterConfig'), metadata),
    ...decodeRateLimits(metadata),
    from: decodeOrigins(metadata),
  };
}

function decodeRouteMatch(match: FieldReader, metadata: FieldReader): RouteMatch {
  return {
    path: decodePathMatch(match, metadata.field('pathSeparatedPrefix')),
    headers: match.list('headers').map(decodeHeaderMatch),
    queryParams: match.list('queryParameters').map(decodeQueryParamMatch),
    ...(match.has('dynamicMetadata') ? { claims: match.list('dynamicMetadata').map(decodeClaimMatch) } : {}),
  };
}

function directBodyBytes({ action }: Route): number {
  return action.kind === 'direct' ? Buffer.byteLength(action.body) : 0;
}
