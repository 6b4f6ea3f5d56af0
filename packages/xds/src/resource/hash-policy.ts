/** HashPolicy <-> RouteAction.HashPolicy of envoy.config.route.v3. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { HashPolicy } from '@heddle/traffic';
import { decodeDuration, encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { definedFields } from './metadata.ts';

export function encodeHashPolicy(policy: HashPolicy): JsonObject {
  switch (policy.kind) {
    case 'header':
      return { header: { headerName: policy.name } };
    case 'cookie':
      return {
        cookie: definedFields({
          name: policy.name,
          path: policy.path,
          ttl: policy.ttlMs === undefined ? undefined : encodeDuration(policy.ttlMs),
          attributes: policy.attributes.map(({ name, value }) => ({ name, value })),
        }),
      };
    case 'source-ip':
      return { connectionProperties: { sourceIp: true } };
    case 'query':
      return { queryParameter: { name: policy.name } };
  }
}

export function decodeHashPolicy(policy: FieldReader): HashPolicy {
  if (policy.has('header')) return { kind: 'header', name: policy.field('header').string('headerName') };
  if (policy.has('cookie')) {
    const cookie = policy.field('cookie');
    return {
      kind: 'cookie',
      name: cookie.string('name'),
      path: cookie.string('path'),
      ...(cookie.has('ttl') ? { ttlMs: decodeDuration(cookie, 'ttl') } : {}),
      attributes: cookie
        .list('attributes')
        .map((one) => ({ name: one.string('name'), value: one.string('value') })),
    };
  }
  if (policy.field('connectionProperties').boolean('sourceIp')) return { kind: 'source-ip' };
  if (policy.has('queryParameter')) {
    return { kind: 'query', name: policy.field('queryParameter').string('name') };
  }
  return policy.fail('expected header, cookie, connectionProperties.sourceIp or queryParameter');
}
