/** Where a path such as `spec.http[0].match[1]` stands in the text of a document. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';

/** Lines from 1, both included. */
export interface Place {
  readonly from: number;
  readonly to: number;
  /** False when only a part of the path is in the text: the rest is a default, or was left out. */
  readonly whole: boolean;
}

/** Keys in brackets may be quoted: `metadata.annotations["a.b/c"]`. */
export function pathKeys(path: string): (string | number)[] {
  return [...path.matchAll(/\["([^"]*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, key]) => quoted ?? (index === undefined ? (key ?? '') : Number(index)),
  );
}

/** @returns the place of the longest part of the path that is there; null for text without any of it */
export function placeOf(source: string, path: string): Place | null {
  const counter = new LineCounter();
  const document = parseDocument(source, { lineCounter: counter, logLevel: 'silent' });
  const keys = pathKeys(path);
  let node: unknown = document.contents;
  let found: { from: number; node: Node | null } | null = null;
  let depth = 0;
  for (const key of keys) {
    const step = stepInto(node, key);
    if (step === null) break;
    found = step;
    node = step.node;
    depth += 1;
  }
  if (found === null) return null;
  const from = counter.linePos(found.from).line;
  const end = found.node === null ? found.from : lastOffset(found.node, source);
  return { from, to: Math.max(from, counter.linePos(end).line), whole: depth === keys.length };
}

function stepInto(node: unknown, key: string | number): { from: number; node: Node | null } | null {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
    if (pair === undefined || !isScalar(pair.key)) return null;
    return { from: pair.key.range?.[0] ?? 0, node: isNode(pair.value) ? pair.value : null };
  }
  if (isSeq(node) && typeof key === 'number') {
    const item = node.items[key];
    return isNode(item) ? { from: item.range?.[0] ?? 0, node: item } : null;
  }
  return null;
}

/** The last character of what a node says, without the blank lines and comments that block nodes claim behind them. */
function lastOffset(node: Node, source: string): number {
  if ((isMap(node) || isSeq(node)) && node.flow !== true) {
    const last = isMap(node) ? node.items.at(-1)?.value : node.items.at(-1);
    if (isNode(last)) return lastOffset(last, source);
  }
  let end = node.range?.[1] ?? 0;
  while (end > (node.range?.[0] ?? 0) && /\s/.test(source[end - 1] ?? '')) end -= 1;
  return Math.max(0, end - 1);
}

function isNode(value: unknown): value is Node {
  return isMap(value) || isSeq(value) || isScalar(value);
}
