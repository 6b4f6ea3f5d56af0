import { RE2JS } from 're2js';
import type { StringMatch } from './ir/index.ts';

export type Predicate = (value: string) => boolean;

/**
 * A predicate for one string match; regular expressions are compiled here, once.
 *
 * Regexes are RE2: linear in the input whatever a person writes, and the whole value must match.
 * @throws RE2JSSyntaxException when the pattern is not RE2; validation reports it before it can get here
 */
export function compileStringMatch(match: StringMatch): Predicate {
  switch (match.kind) {
    case 'exact':
      return folded(match.ignoreCase, match.value, (value, wanted) => value === wanted);
    case 'prefix':
      return folded(match.ignoreCase, match.value, (value, wanted) => value.startsWith(wanted));
    case 'suffix':
      return folded(match.ignoreCase, match.value, (value, wanted) => value.endsWith(wanted));
    case 'contains':
      return folded(match.ignoreCase, match.value, (value, wanted) => value.includes(wanted));
    case 'regex': {
      const pattern = RE2JS.compile(match.value);
      return (value) => pattern.matches(value);
    }
  }
}

function folded(
  ignoreCase: boolean,
  wanted: string,
  compare: (value: string, wanted: string) => boolean,
): Predicate {
  if (!ignoreCase) return (value) => compare(value, wanted);
  const lower = wanted.toLowerCase();
  return (value) => compare(value.toLowerCase(), lower);
}
