/** HeaderMatch and QueryParamMatch <-> HeaderMatcher and QueryParameterMatcher of envoy.config.route.v3. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { HeaderMatch, QueryParamMatch } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { decodeStringMatch, encodeStringMatch } from './string-match.ts';

export function encodeHeaderMatch(header: HeaderMatch): JsonObject {
  return {
    name: header.name,
    ...encodeValue(header),
    invertMatch: header.invert,
    treatMissingHeaderAsEmpty: header.treatMissingAsEmpty,
  };
}

export function decodeHeaderMatch(matcher: FieldReader): HeaderMatch {
  return {
    name: matcher.string('name'),
    ...decodeValue(matcher),
    // `present_match: false` is Envoy's other way to say "absent".
    invert: matcher.boolean('invertMatch') !== !matcher.boolean('presentMatch', true),
    treatMissingAsEmpty: matcher.boolean('treatMissingHeaderAsEmpty'),
  };
}

export function encodeQueryParamMatch(param: QueryParamMatch): JsonObject {
  return { name: param.name, ...encodeValue(param) };
}

export function decodeQueryParamMatch(matcher: FieldReader): QueryParamMatch {
  if (!matcher.boolean('presentMatch', true)) {
    return matcher.field('presentMatch').fail('a query parameter that must be absent is not supported');
  }
  return { name: matcher.string('name'), ...decodeValue(matcher) };
}

function encodeValue({ match }: HeaderMatch | QueryParamMatch): JsonObject {
  return match === undefined ? { presentMatch: true } : { stringMatch: encodeStringMatch(match) };
}

function decodeValue(matcher: FieldReader): Pick<QueryParamMatch, 'match'> {
  return matcher.has('stringMatch') ? { match: decodeStringMatch(matcher.field('stringMatch')) } : {};
}
