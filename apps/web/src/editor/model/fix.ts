/** How a finding can be mended in its line, where that is plain: a misspelt word has a near one, a field too many can go. */
import type { Finding } from '@heddle/schema';

export interface Fix {
  readonly label: string;
  /** In the line, from 0. */
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  /** The whole line goes. */
  readonly removesLine: boolean;
}

/**
 * @param line in which the finding is
 * @param isAlone what the field holds ends with the line
 * @param known what may stand there: names of fields for an unknown field
 */
export function fixOf(
  { message, path }: Pick<Finding, 'message' | 'path'>,
  line: string,
  isAlone: boolean,
  known: readonly string[],
): Fix | null {
  const [, unknown] = /^unknown (?:field|kind) "([^"]+)"/.exec(message) ?? [];
  if (unknown !== undefined) {
    const place = wordIn(line, unknown);
    if (place === null) return null;
    const near = nearest(unknown, known);
    if (near !== null) return { label: `Use ${near}`, ...place, insert: near, removesLine: false };
    const [key = ''] = /[^.[\]]+$/.exec(path) ?? [];
    const isField = message.startsWith('unknown field') && key === unknown;
    const isWholeLine =
      isAlone && line.slice(0, place.from).trim() === '' && /^\s*:/.test(line.slice(place.to));
    return isField && isWholeLine
      ? { label: 'Remove it', from: 0, to: line.length, insert: '', removesLine: true }
      : null;
  }
  const [, value, allowed] = / is "([^"]+)", expected one of (.+)$/.exec(message) ?? [];
  if (value === undefined || allowed === undefined) return null;
  const place = wordIn(line, value);
  const near = nearest(value, allowed.split(', '));
  return place === null || near === null
    ? null
    : { label: `Use ${near}`, ...place, insert: near, removesLine: false };
}

/** Where a word stands in a line as a word of its own. */
export function wordIn(line: string, word: string): { from: number; to: number } | null {
  const isPart = (sign: string | undefined) => sign !== undefined && /[\w.-]/.test(sign);
  let from = word === '' ? -1 : line.indexOf(word);
  while (from !== -1 && (isPart(line[from - 1]) || isPart(line[from + word.length])))
    from = line.indexOf(word, from + 1);
  return from === -1 ? null : { from, to: from + word.length };
}

/** One of a few letters other than the word; null when none is like it. */
export function nearest(word: string, known: readonly string[]): string | null {
  const most = Math.max(1, Math.floor(word.length / 3));
  let best: string | null = null;
  let least = most + 1;
  for (const one of known) {
    const far = distance(word.toLowerCase(), one.toLowerCase(), least);
    if (far < least && one !== word) [best, least] = [one, far];
  }
  return best;
}

/** Insertions, deletions, changes and swaps of neighbours; not counted further than `stop`. */
function distance(a: string, b: string, stop: number): number {
  if (Math.abs(a.length - b.length) >= stop) return stop;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return Math.min(stop, last[b.length] ?? stop);
}
