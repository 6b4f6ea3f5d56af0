/**
 * Weights changed in the text of the document itself: numbers are replaced and lines inserted at their places, so that
 * comments, key order, quotes and indentation stay as their authors wrote them. Nothing is dumped anew.
 */
import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

export interface WeightChange {
  /**
   * Path of the weight where the destination is there already, such as `spec.http[0].route[1].weight`,
   * `spec.rules[0].backendRefs[1].weight` or `spec.backends[0].weight`.
   */
  readonly weightPath: string | null;
  /** For a destination to be added. */
  readonly subset: string | null;
  /** In percent of the rule. */
  readonly weight: number;
}

export type WeightEdit =
  | { readonly kind: 'edited'; readonly yaml: string }
  | { readonly kind: 'refused'; readonly reason: string };

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** @param rulePath  such as `spec.http[1]`; destinations are added to its `route` */
export function editWeights(source: string, rulePath: string, changes: readonly WeightChange[]): WeightEdit {
  const document = parseDocument(source);
  if (document.errors.length > 0)
    return { kind: 'refused', reason: 'The stored document is not valid YAML.' };
  const splices: Splice[] = [];
  const percentInThousandths = scaleOf(document, changes);
  for (const change of changes) {
    const splice =
      change.weightPath === null
        ? change.weight === 0
          ? null
          : addDestination(source, document, rulePath, change)
        : setWeightAt(source, document, change.weightPath, change.weight * percentInThousandths);
    if (typeof splice === 'string') return { kind: 'refused', reason: splice };
    if (splice !== null) splices.push(splice);
  }
  // From the end backwards, so that earlier offsets stay true. Of two at one place the later change is inserted first.
  const ordered = splices
    .map((splice, index) => ({ splice, index }))
    .toSorted((a, b) => b.splice.from - a.splice.from || b.index - a.index);
  let text = source;
  for (const { splice } of ordered) text = text.slice(0, splice.from) + splice.text + text.slice(splice.to);
  return { kind: 'edited', yaml: text };
}

/** `spec.http[0].route[1].weight` as keys and indices. */
export function parsePath(path: string): (string | number)[] {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, key, index]) =>
    index === undefined ? (key ?? '') : Number(index),
  );
}

/** Of a quantity (SMI v1alpha1): `500m` are thousandths, `2k` thousands. */
const units: Readonly<Record<string, number>> = { m: 1, '': 1000, k: 1_000_000 };

function unitOf(written: unknown): string {
  return typeof written === 'string' ? (/^[0-9.]+([mk])$/.exec(written)?.[1] ?? '') : '';
}

/**
 * What one percent is, in thousandths: 1 of the greatest unit that is written, so that each weight is whole in the unit it has; of
 * thousandths alone 10, so that they sum to 1.
 */
function scaleOf(document: Document, changes: readonly WeightChange[]): number {
  const written = changes.flatMap(({ weightPath }) =>
    weightPath === null ? [] : [units[unitOf(document.getIn(parsePath(weightPath)))] ?? 1000],
  );
  const greatest = written.length === 0 ? 1000 : Math.max(...written);
  return greatest === 1 ? 10 : greatest;
}

function setWeightAt(
  source: string,
  document: Document,
  path: string,
  thousandths: number,
): Splice | string | null {
  const keys = parsePath(path);
  const key = keys.at(-1);
  const item = document.getIn(keys.slice(0, -1), true);
  if (!isMap(item) || typeof key !== 'string') return `${path} is not in the stored document.`;
  const present = item.get(key, true);
  if (isScalar(present) && present.range) {
    const unit = unitOf(present.value);
    const weight = `${thousandths / (units[unit] ?? 1000)}${unit}`;
    if (String(present.value) === weight) return null;
    const [from, to] = present.range;
    const quote = /^["']/.exec(source.slice(from, to))?.[0] ?? '';
    return { from, to, text: `${quote}${weight}${quote}` };
  }
  return appendPair(source, item, `${key}: ${thousandths / 1000}`);
}

/** A pair after the last one of a map, on a line of its own unless the map is written in braces. */
function appendPair(source: string, map: YAMLMap, pair: string): Splice | string {
  const last = map.items.at(-1);
  const first = map.items[0];
  if (last === undefined || first === undefined || !isNode(first.key)) return 'The destination is empty.';
  const end = isNode(last.value) ? contentEnd(source, last.value) : null;
  const start = first.key.range?.[0];
  if (end === null || start === undefined) return 'The destination has no place in the text.';
  if (map.flow === true) return { from: end, to: end, text: `, ${pair}` };
  const at = lineEnd(source, end);
  return { from: at, to: at, text: `\n${' '.repeat(columnOf(source, start))}${pair}` };
}

/** A destination after the last one of the rule, in the style and with the host and port of the last one. */
function addDestination(
  source: string,
  document: Document,
  rulePath: string,
  change: WeightChange,
): Splice | string {
  const route = document.getIn([...parsePath(rulePath), 'route'], true);
  if (change.subset === null) return 'A destination without a subset cannot be added here.';
  if (!isSeq(route))
    return `${rulePath} has no list of destinations: only a VirtualService's route can take another one.`;
  const last = route.items.at(-1);
  if (!isMap(last)) return `${rulePath} has no destination to take the host from.`;
  const destination = last.get('destination', true);
  if (!isMap(destination)) return `${rulePath} has no destination to take the host from.`;
  const fields = destinationFields(destination, change.subset);
  const lastEnd = contentEnd(source, last);
  if (lastEnd === null || !last.range) return 'The last destination has no place in the text.';
  const inBraces = `{${fields.map(([key, value]) => `${key}: ${value}`).join(', ')}}`;
  if (route.flow === true) {
    return { from: lastEnd, to: lastEnd, text: `, {destination: ${inBraces}, weight: ${change.weight}}` };
  }
  const dash = ' '.repeat(dashColumn(source, route, last));
  const lines =
    destination.flow === true || last.flow === true
      ? [`${dash}- destination: ${inBraces}`]
      : [`${dash}- destination:`, ...fields.map(([key, value]) => `${dash}    ${key}: ${value}`)];
  const at = lineEnd(source, lastEnd);
  return { from: at, to: at, text: `\n${[...lines, `${dash}  weight: ${change.weight}`].join('\n')}` };
}

function destinationFields(destination: YAMLMap, subset: string): [string, string][] {
  const fields: [string, string][] = [];
  for (const { key, value } of destination.items) {
    const name = isScalar(key) ? String(key.value) : '';
    if (name === 'host' && isScalar(value)) fields.push([name, String(value.value)]);
    if (name === 'port' && isMap(value)) fields.push([name, `{number: ${String(value.get('number'))}}`]);
  }
  return [...fields, ['subset', subset]];
}

/** The end of what a node says: block nodes also claim the blank lines and comments behind them. */
function contentEnd(source: string, node: Node): number | null {
  if (isMap(node) && node.flow !== true) {
    const value = node.items.at(-1)?.value;
    return isNode(value) ? contentEnd(source, value) : null;
  }
  if (isSeq(node) && node.flow !== true) {
    const item = node.items.at(-1);
    return isNode(item) ? contentEnd(source, item) : null;
  }
  if (!node.range) return null;
  let end = node.range[1];
  while (end > node.range[0] && /\s/.test(source[end - 1] ?? '')) end -= 1;
  return end;
}

/** The end of the line, its trailing comment included: what is inserted must not part a comment from its line. */
function lineEnd(source: string, from: number): number {
  const newline = source.indexOf('\n', from);
  const end = newline === -1 ? source.length : newline;
  return source[end - 1] === '\r' ? end - 1 : end;
}

function columnOf(source: string, offset: number): number {
  return offset - (source.lastIndexOf('\n', offset - 1) + 1);
}

/** The column of the list's dashes, read at the last item. */
function dashColumn(source: string, route: YAMLSeq, last: YAMLMap): number {
  const itemStart = last.range?.[0] ?? 0;
  const dash = source.lastIndexOf('-', itemStart);
  return dash === -1 ? columnOf(source, route.range?.[0] ?? 0) : columnOf(source, dash);
}

function isNode(value: unknown): value is Node {
  return isMap(value) || isSeq(value) || isScalar(value);
}
