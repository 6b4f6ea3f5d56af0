/** PathRewrite <-> `prefix_rewrite` and `regex_rewrite` of envoy.config.route.v3.RouteAction. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { PathRewrite } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';

/**
 * The fields of RouteAction, and the rewrite itself where Envoy can act on it but cannot say it: replacing the whole path
 * is a regex to Envoy, and its empty `prefix_rewrite` means none.
 *
 * @param matchedPrefix  what the route's path match takes off; undefined after an exact or a regex match
 */
export function encodePathRewrite(
  rewrite: PathRewrite | undefined,
  matchedPrefix: string | undefined,
): { readonly action: JsonObject; readonly written?: JsonObject } {
  if (rewrite === undefined) return { action: {} };
  switch (rewrite.kind) {
    case 'regex':
      return {
        action: { regexRewrite: { pattern: { regex: rewrite.pattern }, substitution: rewrite.substitution } },
      };
    case 'full':
      return { action: replaceWith('.+', rewrite.value), written: { kind: 'full', value: rewrite.value } };
    case 'prefix':
      if (rewrite.value !== '') return { action: { prefixRewrite: rewrite.value } };
      return {
        action: replaceWith(matchedPrefix === undefined ? '.+' : `^${quoteRegex(matchedPrefix)}/*`, '/'),
        written: { kind: 'prefix', value: '' },
      };
  }
}

export function decodePathRewrite(action: FieldReader, written: FieldReader): PathRewrite | undefined {
  if (written.isPresent) {
    return { kind: written.oneOf('kind', ['prefix', 'full'], 'full'), value: written.string('value') };
  }
  if (action.string('prefixRewrite') !== '') return { kind: 'prefix', value: action.string('prefixRewrite') };
  if (!action.has('regexRewrite')) return undefined;
  const rewrite = action.field('regexRewrite');
  return {
    kind: 'regex',
    pattern: rewrite.field('pattern').string('regex'),
    substitution: rewrite.string('substitution'),
  };
}

function replaceWith(regex: string, literal: string): JsonObject {
  // RE2 reads `\1` in a substitution as a group.
  return { regexRewrite: { pattern: { regex }, substitution: literal.replaceAll('\\', '\\\\') } };
}

function quoteRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
