/** RouteAction <-> `route`, `redirect` and `direct_response` of envoy.config.route.v3.Route. */
import type { JsonObject } from '@bufbuild/protobuf';
import type {
  DirectResponseAction,
  ForwardAction,
  PathMatch,
  RedirectAction,
  RouteAction,
} from '@heddle/traffic';
import { decodeCors, encodeCors, encodeCorsMetadata } from './cors.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeFault, encodeFault, encodeFaultMetadata } from './fault.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeFraction, encodeFraction } from './fraction.ts';
import { decodeHashPolicy, encodeHashPolicy } from './hash-policy.ts';
import { definedFields } from './metadata.ts';
import { decodePathRewrite, encodePathRewrite } from './path-rewrite.ts';
import { decodeRetryPolicy, encodeRetryMetadata, encodeRetryPolicy } from './retry-policy.ts';
import {
  decodeWeightedClusters,
  encodeWeightedClusterMetadata,
  encodeWeightedClusters,
} from './weighted-clusters.ts';

/** What an action adds to the Route message, and to our part of the route's metadata. */
interface EncodedAction {
  readonly fields: JsonObject;
  /** The route's `typed_per_filter_config`. */
  readonly perFilter: JsonObject;
  readonly metadata: Record<string, JsonObject[string] | undefined>;
}

/** @param rateLimits of requests that are passed on */
export function encodeRouteAction(
  action: RouteAction,
  path: PathMatch,
  rateLimits: readonly JsonObject[],
): EncodedAction {
  switch (action.kind) {
    case 'forward':
      return encodeForward(action, path, rateLimits);
    case 'redirect':
      return { fields: { redirect: encodeRedirect(action) }, perFilter: {}, metadata: {} };
    case 'direct':
      return { fields: { directResponse: encodeDirectResponse(action) }, perFilter: {}, metadata: {} };
  }
}

export function decodeRouteAction(route: FieldReader, metadata: FieldReader): RouteAction {
  if (route.has('route')) return decodeForward(route, metadata);
  if (route.has('redirect')) return decodeRedirect(route.field('redirect'));
  if (route.has('directResponse')) return decodeDirectResponse(route.field('directResponse'));
  return route.fail('expected route, redirect or directResponse');
}

function encodeForward(
  action: ForwardAction,
  path: PathMatch,
  rateLimits: readonly JsonObject[],
): EncodedAction {
  const matchedPrefix =
    path.kind === 'prefix' || path.kind === 'path-separated-prefix' ? path.value : undefined;
  const rewrite = encodePathRewrite(action.pathRewrite, matchedPrefix);
  const answers500 = action.clusters.some(({ invalidStatus }) => invalidStatus === 500);
  const route = definedFields({
    weightedClusters: encodeWeightedClusters(action.clusters),
    clusterNotFoundResponseCode: answers500 ? 'INTERNAL_SERVER_ERROR' : undefined,
    ...rewrite.action,
    hostRewriteLiteral: action.hostRewrite,
    // Said even when it is 0: Envoy's default is 15 s.
    timeout: encodeDuration(action.timeoutMs),
    idleTimeout: action.idleTimeoutMs === undefined ? undefined : encodeDuration(action.idleTimeoutMs),
    maxStreamDuration:
      action.maxStreamDurationMs === undefined
        ? undefined
        : { maxStreamDuration: encodeDuration(action.maxStreamDurationMs) },
    retryPolicy: encodeRetryPolicy(action.retry),
    requestMirrorPolicies: action.mirrors.map(({ cluster, share }) => ({
      cluster,
      runtimeFraction: { defaultValue: encodeFraction(share) },
    })),
    hashPolicy: action.hashPolicies?.map(encodeHashPolicy),
    rateLimits: rateLimits.length === 0 ? undefined : [...rateLimits],
  });
  return {
    fields: { route },
    perFilter: { ...encodeFault(action.fault), ...encodeCors(action.cors) },
    metadata: {
      clusters: encodeWeightedClusterMetadata(action.clusters),
      pathRewrite: rewrite.written,
      retry: encodeRetryMetadata(action.retry),
      fault: action.fault && encodeFaultMetadata(action.fault),
      cors: action.cors && encodeCorsMetadata(action.cors),
    },
  };
}

function decodeForward(route: FieldReader, metadata: FieldReader): ForwardAction {
  const action = route.field('route');
  const pathRewrite = decodePathRewrite(action, metadata.field('pathRewrite'));
  const perFilter = route.field('typedPerFilterConfig');
  const fault = decodeFault(perFilter, metadata.field('fault'));
  const cors = decodeCors(perFilter, metadata.field('cors'));
  return {
    kind: 'forward',
    clusters: decodeWeightedClusters(action, metadata.list('clusters')),
    ...(pathRewrite === undefined ? {} : { pathRewrite }),
    ...(action.has('hostRewriteLiteral') ? { hostRewrite: action.string('hostRewriteLiteral') } : {}),
    timeoutMs: decodeDuration(action, 'timeout', 15_000),
    ...(action.has('idleTimeout') ? { idleTimeoutMs: decodeDuration(action, 'idleTimeout') } : {}),
    ...(action.has('maxStreamDuration')
      ? { maxStreamDurationMs: decodeDuration(action.field('maxStreamDuration'), 'maxStreamDuration') }
      : {}),
    retry: decodeRetryPolicy(action.field('retryPolicy'), metadata.field('retry')),
    ...(fault === undefined ? {} : { fault }),
    ...(cors === undefined ? {} : { cors }),
    mirrors: action.list('requestMirrorPolicies').map((mirror) => ({
      cluster: mirror.string('cluster'),
      share: mirror.has('runtimeFraction')
        ? decodeFraction(mirror.field('runtimeFraction'), 'defaultValue')
        : 1_000_000,
    })),
    ...(action.has('hashPolicy') ? { hashPolicies: action.list('hashPolicy').map(decodeHashPolicy) } : {}),
  };
}

const redirectCodes = [
  [301, 'MOVED_PERMANENTLY'],
  [302, 'FOUND'],
  [303, 'SEE_OTHER'],
  [307, 'TEMPORARY_REDIRECT'],
  [308, 'PERMANENT_REDIRECT'],
] as const;

function encodeRedirect(action: RedirectAction): JsonObject {
  const code = redirectCodes.find(([status]) => status === action.status);
  if (code === undefined) {
    throw new RangeError(`redirect status ${action.status}: expected 301, 302, 303, 307 or 308`);
  }
  return definedFields({
    responseCode: code[1],
    hostRedirect: action.host,
    pathRedirect: action.path,
    prefixRewrite: action.prefixRewrite,
    schemeRedirect: action.scheme,
    portRedirect: action.port,
  });
}

function decodeRedirect(redirect: FieldReader): RedirectAction {
  const words = redirectCodes.map(([, word]) => word);
  const word = redirect.oneOf('responseCode', words, 'MOVED_PERMANENTLY');
  return {
    kind: 'redirect',
    status: redirectCodes.find((code) => code[1] === word)?.[0] ?? 301,
    ...(redirect.has('hostRedirect') ? { host: redirect.string('hostRedirect') } : {}),
    ...(redirect.has('pathRedirect') ? { path: redirect.string('pathRedirect') } : {}),
    ...(redirect.has('prefixRewrite') ? { prefixRewrite: redirect.string('prefixRewrite') } : {}),
    ...(redirect.has('schemeRedirect') ? { scheme: redirect.string('schemeRedirect') } : {}),
    ...(redirect.has('portRedirect') ? { port: redirect.number('portRedirect') } : {}),
  };
}

function encodeDirectResponse({ status, body }: DirectResponseAction): JsonObject {
  return body === '' ? { status } : { status, body: { inlineString: body } };
}

function decodeDirectResponse(response: FieldReader): DirectResponseAction {
  return {
    kind: 'direct',
    status: response.number('status'),
    body: response.field('body').string('inlineString'),
  };
}
