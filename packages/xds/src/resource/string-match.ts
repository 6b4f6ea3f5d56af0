/** StringMatch <-> envoy.type.matcher.v3.StringMatcher. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { StringMatch } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';

export function encodeStringMatch(match: StringMatch): JsonObject {
  if (match.kind === 'regex') return { safeRegex: { regex: match.value } };
  return { [match.kind]: match.value, ignoreCase: match.ignoreCase };
}

export function decodeStringMatch(matcher: FieldReader): StringMatch {
  if (matcher.has('safeRegex')) {
    return { kind: 'regex', value: matcher.field('safeRegex').string('regex') };
  }
  for (const kind of ['exact', 'prefix', 'suffix', 'contains'] as const) {
    if (matcher.has(kind)) {
      return { kind, value: matcher.string(kind), ignoreCase: matcher.boolean('ignoreCase') };
    }
  }
  return matcher.fail('expected exact, prefix, suffix, contains or safeRegex');
}
