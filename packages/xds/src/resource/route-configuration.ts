/** RouteConfiguration <-> envoy.config.route.v3.RouteConfiguration, the resource of RDS. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Route, RouteConfiguration, RouteMatch, VirtualHost } from '@heddle/traffic';
import { decodeClaimMatch, encodeClaimMatch } from './claim-match.ts';
import { jsonToBytes } from '../descriptors/registry.ts';
import type { FieldReader } from './field-reader.ts';
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
/** `repeated VirtualHost virtual_hosts = 2`, length-delimited. */
const hostTag = (2 << 3) | 2;

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

export function decodeRouteConfiguration(message: FieldReader): RouteConfiguration {
  return { name: message.string('name'), virtualHosts: message.list('virtualHosts').map(decodeVirtualHost) };
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
