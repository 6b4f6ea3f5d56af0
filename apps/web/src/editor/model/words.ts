/**
 * The words of a line of YAML by what they are, read line by line: of a document of a megabyte only the lines in view are looked at,
 * where a parser would have to read all of it first.
 */

export interface Word {
  readonly from: number;
  readonly to: number;
  readonly kind: 'key' | 'value' | 'comment' | 'sign' | 'name';
}

/** Lines above that are looked at for the `|` that a text belongs to. */
const mostLinesAbove = 400;
const blockHeader = /(?:^|[\s:-])[|>][-+\d]*\s*(?:#.*)?$/;

/** Whether a line is part of a text that `|` or `>` began above it: there nothing has a meaning. */
export function isInText(lineAt: (index: number) => string, index: number): boolean {
  let least = Infinity;
  for (let at = index; at >= Math.max(0, index - mostLinesAbove); at -= 1) {
    const line = lineAt(at);
    if (line.trim() === '') continue;
    const indent = indentOf(line);
    if (indent < least && at < index && blockHeader.test(line)) return true;
    least = Math.min(least, indent);
    if (least === 0) return false;
  }
  return false;
}

export function wordsOf(line: string): Word[] {
  const words: Word[] = [];
  const add = (from: number, to: number, kind: Word['kind']) => {
    if (to > from) words.push({ from, to, kind });
  };
  if (/^(---|\.\.\.)(\s|$)/.test(line)) add(0, 3, 'sign');
  let at = words.length === 0 ? 0 : 3;
  let depth = 0;
  while (at < line.length) {
    const sign = line[at] ?? '';
    if (sign === ' ') at += 1;
    else if (sign === '#' && (at === 0 || line[at - 1] === ' ')) {
      add(at, line.length, 'comment');
      break;
    } else if (isSign(line, at, depth)) {
      if (sign === '{' || sign === '[') depth += 1;
      if (sign === '}' || sign === ']') depth -= 1;
      add(at, at + 1, 'sign');
      at += 1;
    } else {
      const end = endOfScalar(line, at, depth);
      const colon = /^\s*:(?=\s|$|[{}[\],])/.exec(line.slice(end));
      const kind = colon !== null ? 'key' : sign === '&' || sign === '*' || sign === '!' ? 'name' : 'value';
      add(at, end, kind);
      at = end;
      if (colon !== null) {
        at += colon[0].length;
        add(at - 1, at, 'sign');
      }
    }
  }
  return words;
}

function isSign(line: string, at: number, depth: number): boolean {
  const sign = line[at] ?? '';
  const isLast = line[at + 1] === undefined || line[at + 1] === ' ';
  if (sign === '{' || sign === '[') return true;
  if (depth > 0 && (sign === '}' || sign === ']' || sign === ',')) return true;
  return ((sign === '-' || sign === '?') && isLast) || sign === '|' || sign === '>';
}

function endOfScalar(line: string, start: number, depth: number): number {
  const quote = line[start];
  if (quote === '"' || quote === "'") {
    for (let at = start + 1; at < line.length; at += 1) {
      if (quote === '"' && line[at] === '\\') at += 1;
      else if (line[at] === quote) return at + 1;
    }
    return line.length;
  }
  const isName = quote === '&' || quote === '*' || quote === '!';
  let at = start;
  while (at < line.length) {
    const sign = line[at] ?? '';
    const next = line[at + 1];
    if (sign === ':' && (next === undefined || next === ' ' || (depth > 0 && /[{}[\],]/.test(next)))) break;
    if (sign === ' ' && (next === '#' || isName)) break;
    if (depth > 0 && /[{}[\],]/.test(sign)) break;
    at += 1;
  }
  return start + line.slice(start, at).trimEnd().length;
}

export function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
