import type { IstioStringMatch } from '@heddle/schema';
import { RE2JS } from 're2js';
import { errorIf, exclusive, type RuleFinding, schemaError } from './rule.ts';

/** What is wrong with a regular expression; undefined when it is right. Istio's limit bounds the work of compiling it. */
export function patternError(pattern: string): string | undefined {
  if (pattern === '') return 'the pattern is empty; write one, or remove it';
  if (pattern.length > 1024) return `the pattern has ${pattern.length} characters, at most 1024`;
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return `"${pattern}" is not a regular expression of RE2: ${why}`;
  }
}

/** One of exact, prefix and regex, the pattern compiles, and a prefix says something unless it is a path's. */
export function* stringMatchFindings(
  path: string,
  match: IstioStringMatch | undefined,
  options: { readonly emptyPrefix?: boolean } = {},
): Iterable<RuleFinding> {
  if (match === undefined) return;
  yield* exclusive(path, match, ['exact', 'prefix', 'regex']);
  if (match.prefix === '' && options.emptyPrefix !== true) {
    yield schemaError(`${path}.prefix`, 'the prefix is empty; write one, or {} to match any value');
  }
  if (match.regex !== undefined) yield* errorIf(`${path}.regex`, patternError(match.regex));
}
