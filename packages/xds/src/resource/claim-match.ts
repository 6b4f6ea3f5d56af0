/** ClaimMatch <-> a MetadataMatcher on what the JWT filter leaves behind. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { ClaimMatch } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { decodeStringMatch, encodeStringMatch } from './string-match.ts';
import { jwtFilter } from './jwt-authn.ts';

/** A claim is a string, or a list of strings of which one has to match. */
export function encodeClaimMatch({ path, match, invert }: ClaimMatch): JsonObject {
  // Envoy wants a value; a number is what no claim of ours is compared with.
  const never = { orMatch: { valueMatchers: [{ nullMatch: {} }, { nullMatch: {} }] } };
  const value = match === undefined ? undefined : { stringMatch: encodeStringMatch(match) };
  return {
    filter: jwtFilter,
    path: ['payload', ...path].map((key) => ({ key })),
    value:
      value === undefined ? never : { orMatch: { valueMatchers: [{ listMatch: { oneOf: value } }, value] } },
    invert,
  };
}

export function decodeClaimMatch(matcher: FieldReader): ClaimMatch {
  if (matcher.string('filter') !== jwtFilter) return matcher.fail(`expected metadata of ${jwtFilter}`);
  const value = matcher.field('value').field('orMatch').list('valueMatchers')[1]?.field('stringMatch');
  return {
    path: matcher
      .list('path')
      .slice(1)
      .map((segment) => segment.string('key')),
    ...(value?.isPresent === true ? { match: decodeStringMatch(value) } : {}),
    invert: matcher.boolean('invert'),
  };
}
