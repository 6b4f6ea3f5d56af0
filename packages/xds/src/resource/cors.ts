/** CorsPolicy <-> the per-route CorsPolicy of `envoy.filters.http.cors`. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { CorsPolicy } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { encodeFraction } from './fraction.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';
import { decodeStringMatch, encodeStringMatch } from './string-match.ts';

export const corsFilter = 'envoy.filters.http.cors';
export const corsType = 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors';
const policyType = 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy';

/** The route's `typed_per_filter_config`. */
export function encodeCors(cors: CorsPolicy | undefined): JsonObject {
  if (cors === undefined) return {};
  return {
    [corsFilter]: definedFields({
      '@type': policyType,
      allowOriginStringMatch: cors.allowOrigins.map(encodeStringMatch),
      allowMethods: cors.allowMethods.join(','),
      allowHeaders: cors.allowHeaders.join(','),
      exposeHeaders: cors.exposeHeaders.join(','),
      maxAge: cors.maxAgeSeconds === undefined ? undefined : String(cors.maxAgeSeconds),
      allowCredentials: cors.allowCredentials,
      filterEnabled: { defaultValue: encodeFraction(1_000_000) },
      forwardNotMatchingPreflights: cors.forwardUnmatchedPreflights,
    }),
  };
}

/** What goes into the route's metadata beside it. */
export function encodeCorsMetadata({ from }: CorsPolicy): JsonObject {
  return definedFields({ from: encodeOrigins(from) });
}

export function decodeCors(perFilterConfig: FieldReader, metadata: FieldReader): CorsPolicy | undefined {
  const cors = perFilterConfig.field(corsFilter);
  if (!cors.isPresent) return undefined;
  const type = cors.string('@type');
  if (type !== policyType) return cors.fail(`expected ${policyType}, got "${type}"`);
  const maxAge = cors.string('maxAge');
  return {
    allowOrigins: cors.list('allowOriginStringMatch').map(decodeStringMatch),
    allowMethods: split(cors.string('allowMethods')),
    allowHeaders: split(cors.string('allowHeaders')),
    exposeHeaders: split(cors.string('exposeHeaders')),
    ...(maxAge === '' ? {} : { maxAgeSeconds: Number(maxAge) }),
    allowCredentials: cors.boolean('allowCredentials'),
    forwardUnmatchedPreflights: cors.boolean('forwardNotMatchingPreflights', true),
    from: decodeOrigins(metadata),
  };
}

function split(joined: string): string[] {
  return joined === '' ? [] : joined.split(',');
}
