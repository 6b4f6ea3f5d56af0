/** Where in a document of YAML the cursor stands: which mapping, which of its keys are there, and what is being written. */

export interface Cursor {
  /** What the document says of itself, "" where it does not yet. */
  readonly apiVersion: string;
  readonly kind: string;
  /** From the root to the mapping or list that the cursor is in: keys, and `[]` for an item of a list. */
  readonly path: readonly string[];
  /** The key whose value is being written; null while a key is, or an item of a list. */
  readonly valueOf: string | null;
  /** Where in its line the word at the cursor begins. */
  readonly from: number;
  /** Keys that the mapping has already. */
  readonly present: ReadonlySet<string>;
  /** Written in `{}` or `[]`: what follows stays in the line. */
  readonly isFlow: boolean;
}

/** Lines below the cursor that are looked at for keys of the same mapping: more only delays the typing. */
const mostLinesBelow = 2000;

/**
 * Read by indentation and not from a parsed tree: what is being typed is seldom whole.
 *
 * @param index of the line, from 0
 * @param column in the line, from 0
 * @returns null in a comment
 */
export function cursorAt(lines: readonly string[], index: number, column: number): Cursor | null {
  const line = lines[index] ?? '';
  const before = line.slice(0, column);
  if (/(^|\s)#/.test(withoutQuoted(before))) return null;
  const here = shapeOf(before) ?? { dashes: [], column: before.length, content: '' };
  const start = documentStart(lines, index);
  const block = ancestors(lines, index, start, here);
  const flow = flowAt(here.content);
  const { apiVersion, kind } = selfDescription(lines, start);
  return {
    apiVersion,
    kind,
    path: [...block.path, ...flow.path],
    valueOf: flow.valueOf,
    from: column - flow.word.length,
    present: flow.isFlow
      ? flow.present
      : new Set([...block.present, ...keysBelow(lines, index, here.column)]),
    isFlow: flow.isFlow,
  };
}

interface Shape {
  /** Columns of the `-` that begin the line. */
  readonly dashes: readonly number[];
  /** Where what follows them begins. */
  readonly column: number;
  readonly content: string;
}

/** @returns null for a line that says nothing */
function shapeOf(line: string): Shape | null {
  const dashes: number[] = [];
  let column = 0;
  for (;;) {
    while (line[column] === ' ') column += 1;
    if (line[column] !== '-' || (line[column + 1] !== undefined && line[column + 1] !== ' ')) break;
    dashes.push(column);
    column += 1;
  }
  const content = line.slice(column);
  if (dashes.length === 0 && (content === '' || content.startsWith('#'))) return null;
  return { dashes, column, content };
}

const keyPattern = /^(?:"([^"]*)"|'([^']*)'|([^\s#'"{}[\],:&*!|>%@`][^:#]*?))\s*:(?=\s|$)/;

function keyOf(content: string): string | null {
  const found = keyPattern.exec(content);
  return found === null ? null : (found[1] ?? found[2] ?? found[3] ?? null);
}

function documentStart(lines: readonly string[], index: number): number {
  for (let at = index; at > 0; at -= 1) if (/^---(\s|$)/.test(lines[at - 1] ?? '')) return at;
  return 0;
}

function ancestors(
  lines: readonly string[],
  index: number,
  start: number,
  here: Shape,
): { path: string[]; present: Set<string> } {
  const path: string[] = [];
  const present = new Set<string>();
  /** Keys of the mapping that is left next stand at `column`, or its item of a list begins there. */
  let column = here.column;
  let inList = false;
  const leave = (dashes: readonly number[]) => {
    for (const dash of dashes.toReversed()) {
      path.unshift('[]');
      column = dash;
      inList = true;
    }
  };
  leave(here.dashes);
  let isOwn = here.dashes.length === 0;
  for (let at = index - 1; at >= start; at -= 1) {
    const shape = shapeOf(lines[at] ?? '');
    if (shape === null) continue;
    const key = keyOf(shape.content);
    if (shape.column > column) continue;
    if (!inList && shape.column === column) {
      if (isOwn && key !== null) present.add(key);
      if (shape.dashes.length === 0) continue;
      isOwn = false;
      leave(shape.dashes);
      continue;
    }
    // The key of the mapping that is left; of a list it may stand right above the first `-`.
    path.unshift(key ?? '');
    column = shape.column;
    inList = false;
    isOwn = false;
    leave(shape.dashes);
  }
  return { path, present };
}

function keysBelow(lines: readonly string[], index: number, column: number): string[] {
  const keys: string[] = [];
  for (let at = index + 1; at < Math.min(lines.length, index + mostLinesBelow); at += 1) {
    const line = lines[at] ?? '';
    if (/^---(\s|$)/.test(line)) break;
    const shape = shapeOf(line);
    if (shape === null || shape.column > column) continue;
    if (shape.column < column || shape.dashes.length > 0) break;
    const key = keyOf(shape.content);
    if (key !== null) keys.push(key);
  }
  return keys;
}

interface Flow {
  readonly path: string[];
  readonly valueOf: string | null;
  readonly word: string;
  readonly present: Set<string>;
  readonly isFlow: boolean;
}

/** What stands open in a line: `destination: { host: rev` is in the mapping of `destination`, at the value of `host`. */
function flowAt(content: string): Flow {
  const open: { readonly isMap: boolean; readonly keys: Set<string>; readonly steps: readonly string[] }[] =
    [];
  let key = keyOf(content);
  const rest = key === null ? content : content.slice(keyPattern.exec(content)?.[0].length ?? 0).trimStart();
  if (!/^[{[]/.test(rest)) return { path: [], valueOf: key, word: rest, present: new Set(), isFlow: false };
  let word = '';
  let quote = '';
  for (const sign of rest) {
    const top = open.at(-1);
    if (quote !== '') {
      if (sign === quote) quote = '';
      word += sign;
    } else if (sign === '"' || sign === "'") {
      quote = sign;
      word += sign;
    } else if (sign === '{' || sign === '[') {
      const steps = [...(key === null ? [] : [key]), ...(top?.isMap === false ? ['[]'] : [])];
      open.push({ isMap: sign === '{', keys: new Set(), steps });
      key = null;
      word = '';
    } else if (sign === '}' || sign === ']' || sign === ',') {
      if (sign !== ',') open.pop();
      key = null;
      word = '';
    } else if (sign === ':' && top?.isMap === true) {
      key = unquoted(word.trim());
      top.keys.add(key);
      word = '';
    } else word += sign;
  }
  const top = open.at(-1);
  const path = open.flatMap(({ steps }) => steps);
  return {
    path: top?.isMap === false ? [...path, '[]'] : path,
    // Behind the last bracket nothing more can be said.
    valueOf: top === undefined ? '' : key,
    word: word.trimStart(),
    present: top?.keys ?? new Set(),
    isFlow: true,
  };
}

function unquoted(text: string): string {
  return /^(["']).*\1$/.test(text) ? text.slice(1, -1) : text;
}

function withoutQuoted(text: string): string {
  return text.replaceAll(/"[^"]*("|$)|'[^']*('|$)/g, '""');
}

/** Read from the top of the document, where it is said. */
function selfDescription(lines: readonly string[], start: number): { apiVersion: string; kind: string } {
  let apiVersion = '';
  let kind = '';
  for (let at = start; at < lines.length && (apiVersion === '' || kind === ''); at += 1) {
    const line = lines[at] ?? '';
    if (at > start && /^---(\s|$)/.test(line)) break;
    const [, key, value = ''] = /^(apiVersion|kind):\s*["']?([^\s"'#]*)/.exec(line) ?? [];
    if (key === 'apiVersion') apiVersion = value;
    if (key === 'kind') kind = value;
  }
  return { apiVersion, kind };
}
