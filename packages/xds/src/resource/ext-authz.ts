/** ExtAuthz <-> our own form of it in the metadata of the chain; for Envoys the HTTP filter `envoy.filters.http.ext_authz`. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { ExtAuthz, StringMatch } from '@heddle/traffic';
import { encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';
import { decodeStringMatch, encodeStringMatch } from './string-match.ts';

const type = 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz';

/** Under this the RBAC filter leaves the name of the rule that matched, as Istio has it. */
export const shadowPrefix = 'istio_ext_authz_';

/** What the names of all rules of a provider begin with. */
export function matchedPrefix(provider: string): string {
  return `istio-ext-authz-${provider}`;
}

/** @param rbacFilter the filter before it, which says whether a rule of the provider has matched */
export function encodeExtAuthzFilter(authorizer: ExtAuthz, rbacFilter: string): JsonObject {
  return {
    name: 'envoy.filters.http.ext_authz',
    typedConfig: {
      ...encodeSettings(authorizer),
      filterEnabledMetadata: {
        filter: rbacFilter,
        path: [{ key: `${shadowPrefix}shadow_effective_policy_id` }],
        value: { stringMatch: { prefix: matchedPrefix(authorizer.name) } },
      },
    },
  };
}

const perRouteType = 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute';

function routeFilterName(authorizer: string): string {
  return `heddle.route.ext_authz.${authorizer}`;
}

/** It asks about the requests of those routes alone that name it. */
export function encodeRouteExtAuthzFilter(authorizer: ExtAuthz): JsonObject {
  return { name: routeFilterName(authorizer.name), disabled: true, typedConfig: encodeSettings(authorizer) };
}

/** The route's `typed_per_filter_config`. */
export function encodeRouteExtAuthz(authorizer: string): JsonObject {
  return { [routeFilterName(authorizer)]: { '@type': perRouteType, checkSettings: {} } };
}

function encodeSettings(authorizer: ExtAuthz): JsonObject {
  const { service, requestBody, failOpen, statusOnError, clearRouteCache } = authorizer;
  return definedFields({
    '@type': type,
    transportApiVersion: 'V3',
    ...encodeService(authorizer),
    allowedHeaders: service.kind === 'http' ? matchers(service.requestHeaders) : undefined,
    failureModeAllow: failOpen,
    statusOnError: { code: statusOnError },
    clearRouteCache,
    withRequestBody: requestBody && {
      maxRequestBytes: requestBody.maxBytes,
      allowPartialMessage: requestBody.allowPartial,
      packAsBytes: requestBody.packAsBytes,
    },
  });
}

function encodeService({ cluster, timeoutMs, service }: ExtAuthz): JsonObject {
  const timeout = encodeDuration(timeoutMs);
  if (service.kind === 'grpc') {
    return {
      grpcService: { envoyGrpc: { clusterName: cluster, authority: service.authority }, timeout },
    };
  }
  const { addedHeaders } = service;
  return {
    httpService: definedFields({
      serverUri: { uri: `http://${service.host}`, cluster, timeout },
      pathPrefix: service.pathPrefix,
      authorizationRequest:
        addedHeaders.length === 0
          ? undefined
          : { headersToAdd: addedHeaders.map(({ name, value }) => ({ key: name, value })) },
      authorizationResponse: definedFields({
        allowedUpstreamHeaders: matchers(service.upstreamHeadersOnAllow),
        allowedClientHeaders: matchers(service.downstreamHeadersOnDeny),
        allowedClientHeadersOnSuccess: matchers(service.downstreamHeadersOnAllow),
      }),
    }),
  };
}

function matchers(names: readonly StringMatch[]): JsonObject | undefined {
  return names.length === 0 ? undefined : { patterns: names.map(encodeStringMatch) };
}

export function encodeExtAuthz(authorizers: readonly ExtAuthz[]): JsonObject[] {
  return authorizers.map(({ service, requestBody, from, ...settings }) =>
    definedFields({
      ...settings,
      service:
        service.kind === 'grpc'
          ? { ...service }
          : {
              ...service,
              requestHeaders: service.requestHeaders.map(encodeStringMatch),
              addedHeaders: service.addedHeaders.map(({ name, value }) => ({ name, value })),
              upstreamHeadersOnAllow: service.upstreamHeadersOnAllow.map(encodeStringMatch),
              downstreamHeadersOnAllow: service.downstreamHeadersOnAllow.map(encodeStringMatch),
              downstreamHeadersOnDeny: service.downstreamHeadersOnDeny.map(encodeStringMatch),
            },
      requestBody: requestBody && { ...requestBody },
      from: encodeOrigins(from),
    }),
  );
}

export function decodeExtAuthz(parent: FieldReader, name: string): readonly ExtAuthz[] {
  return parent.list(name).map((one): ExtAuthz => {
    const body = one.field('requestBody');
    return {
      name: one.string('name'),
      cluster: one.string('cluster'),
      service: decodeService(one.field('service')),
      timeoutMs: one.number('timeoutMs'),
      failOpen: one.boolean('failOpen'),
      statusOnError: one.number('statusOnError', 403),
      clearRouteCache: one.boolean('clearRouteCache'),
      ...(body.isPresent
        ? {
            requestBody: {
              maxBytes: body.number('maxBytes'),
              allowPartial: body.boolean('allowPartial'),
              packAsBytes: body.boolean('packAsBytes'),
            },
          }
        : {}),
      from: decodeOrigins(one),
    };
  });
}

function decodeService(service: FieldReader): ExtAuthz['service'] {
  if (!service.has('kind')) return service.fail('expected a kind');
  if (service.oneOf('kind', ['http', 'grpc'], 'http') === 'grpc') {
    return { kind: 'grpc', authority: service.string('authority') };
  }
  const names = (list: string) => service.list(list).map(decodeStringMatch);
  return {
    kind: 'http',
    host: service.string('host'),
    pathPrefix: service.string('pathPrefix'),
    requestHeaders: names('requestHeaders'),
    addedHeaders: service
      .list('addedHeaders')
      .map((header) => ({ name: header.string('name'), value: header.string('value') })),
    upstreamHeadersOnAllow: names('upstreamHeadersOnAllow'),
    downstreamHeadersOnAllow: names('downstreamHeadersOnAllow'),
    downstreamHeadersOnDeny: names('downstreamHeadersOnDeny'),
  };
}
