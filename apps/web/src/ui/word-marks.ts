/** Within a line that became another: which words went and which came. */
import type { DiffLine } from '@heddle/schema';

/** Parts of a text in order; those that are marked are in one of the two lines alone. */
export interface Part {
  readonly text: string;
  readonly isMarked: boolean;
}

/**
 * A run of removed lines and the run of added lines after it are paired in order, as an edit of each.
 *
 * @returns by line, only for lines that are paired and have something in common
 */
export function wordMarks(lines: readonly DiffLine[]): Map<DiffLine, readonly Part[]> {
  const marks = new Map<DiffLine, readonly Part[]>();
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const pair = () => {
    removed.forEach((old, index) => {
      const fresh = added[index];
      const parts = fresh === undefined ? null : partsOf(old.text, fresh.text);
      if (fresh === undefined || parts === null) return;
      marks.set(old, parts.old);
      marks.set(fresh, parts.fresh);
    });
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.op === ' ' || (line.op === '-' && added.length > 0)) pair();
    if (line.op === '-') removed.push(line);
    if (line.op === '+') added.push(line);
  }
  pair();
  return marks;
}

/** What two lines share at their ends is not marked; null where that is nothing but blanks. */
function partsOf(old: string, fresh: string): { old: Part[]; fresh: Part[] } | null {
  const a = wordsOf(old);
  const b = wordsOf(fresh);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    tail += 1;
  const shared = [...a.slice(0, head), ...a.slice(a.length - tail)].join('');
  if (shared.trim().replace(/^-/, '') === '') return null;
  return { old: cut(a, head, tail), fresh: cut(b, head, tail) };
}

function cut(words: readonly string[], head: number, tail: number): Part[] {
  const middle = words.length - tail;
  return [
    { text: words.slice(0, head).join(''), isMarked: false },
    { text: words.slice(head, middle).join(''), isMarked: true },
    { text: words.slice(middle).join(''), isMarked: false },
  ].filter(({ text }) => text !== '');
}

function wordsOf(line: string): string[] {
  return line.match(/[\w./-]+|\s+|[^\w\s]/g) ?? [];
}
