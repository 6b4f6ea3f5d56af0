/** From the text a person wrote to documents with a key, each with its own verbatim text and a way back to lines. */
import type { Finding, ResourceKey } from '@heddle/schema';
import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import { coreGroup, keyWords } from './key.ts';
import { isForeign, kindLike, kindsNamed, knownKind, type KnownKind } from './kinds.ts';
import { kubernetesYaml } from './kubernetes-yaml.ts';
import { expansionError, itemSizeError, mergeError, sizeError, tooDeep, tooManyAliases } from './size.ts';
import { structuralFindings } from './structure.ts';

export type JsonObject = Record<string, unknown>;

export interface ParsedDocument {
  readonly key: ResourceKey;
  readonly apiVersion: string;
  readonly known: KnownKind;
  readonly yaml: string;
  readonly object: JsonObject;
  /** Lines of paths in the text that was given, where other documents may stand before this one. It is parsed again for that. */
  readonly lines: () => LineFinder;
}

/** The line of a path, of its key where it has one, or of the nearest parent that is written. */
export type LineFinder = (path: string) => number | undefined;

export interface ParseResult {
  readonly documents: readonly ParsedDocument[];
  /** What is wrong with the text or the structure, with lines. Documents with errors are not in `documents`. */
  readonly findings: readonly Finding[];
}

export interface ParseOptions {
  /** For documents that name none. */
  readonly defaultNamespace?: string;
}

/** YAML or JSON, by itself or with the path of its file. */
export type SourceText = string | { readonly text: string; readonly file: string };

/** Documents in one text at the most: a file with more is refused as a whole. */
export const maxDocuments = 10_000;

/** One document of a text, in its place: what it says it is, and what is wrong with it. */
export interface ParsedEntry {
  /** As far as it can be read; "" where it cannot. The core group is "". */
  readonly named: ResourceKey;
  /** Absent when it has errors. */
  readonly document: ParsedDocument | undefined;
  readonly findings: readonly Finding[];
  readonly file?: string;
}

/** Reads YAML or JSON, one or several documents. Never throws: what is wrong comes back as findings. */
export function parseDocuments(text: string, options: ParseOptions = {}): ParseResult {
  const entries = parseEntries(text, options);
  return {
    documents: entries.flatMap(({ document }) => document ?? []),
    findings: entries.flatMap(({ findings }) => findings),
  };
}

/** Every document of a text in order, the broken ones too. */
export function parseEntries(text: string, options: ParseOptions = {}): ParsedEntry[] {
  const chunks = splitDocuments(text);
  if (chunks.length <= maxDocuments) return chunks.flatMap((chunk) => parseChunk(chunk, options));
  const message = `${chunks.length} documents in one text; split it, at most ${maxDocuments} are taken`;
  return [unreadable(finding('HDL0010', '', message))];
}

/** Of several texts, each with the file that it is from. */
export function parseSources(sources: readonly SourceText[]): ParsedEntry[] {
  return sources.flatMap((source) =>
    typeof source === 'string'
      ? parseEntries(source)
      : parseEntries(source.text).map((entry) => ({ ...entry, file: source.file })),
  );
}

function unreadable(one: Finding): ParsedEntry {
  return { named: { group: '', kind: '', namespace: '', name: '' }, document: undefined, findings: [one] };
}

interface Chunk {
  readonly text: string;
  readonly firstLine: number;
}

/** Control characters, which YAML 1.2 §5.1 and JSON leave out, and what stands where the bytes of a file are not UTF-8. */
// oxlint-disable-next-line no-control-regex
const unreadableSign = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffd-\uffff]/;

function signError(text: string): TextError | undefined {
  const at = text.search(unreadableSign);
  if (at === -1) return undefined;
  const code = text.charCodeAt(at);
  const message =
    code === 0xfffd
      ? 'its bytes are not UTF-8; save it as UTF-8'
      : `U+${code.toString(16).toUpperCase().padStart(4, '0')} is a control character; remove it, or write it as an escape`;
  return { message, code: message, pos: [at, at] };
}

/** Cut at lines that begin with `---`, so that each document keeps its own comments. Documents without content are left out. */
function splitDocuments(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let lines: string[] = [];
  let firstLine = 1;
  const end = (nextLine: number) => {
    if (lines.some((line) => !/^\s*(#.*)?$/.test(line))) {
      const chunk = { text: `${lines.join('\n').replace(/\n+$/, '')}\n`, firstLine };
      if (chunks.length <= maxDocuments) chunks.push(...splitObjects(chunk));
      else chunks.push(chunk);
    }
    lines = [];
    firstLine = nextLine;
  };
  text.split(/\r?\n/).forEach((line, i) => {
    const separator = /^---(\s.*)?$/.exec(line);
    if (separator === null && !/^\.\.\.\s*$/.test(line)) {
      lines.push(line);
      return;
    }
    end(i + 2);
    const rest = separator?.[1]?.trim() ?? '';
    if (rest !== '' && !rest.startsWith('#')) {
      lines.push(rest);
      firstLine = i + 1;
    }
  });
  end(0);
  return chunks;
}

/** Objects of JSON one after another, as tools print them, are documents each. */
function splitObjects(chunk: Chunk): Chunk[] {
  const { text } = chunk;
  const ends = objectEnds(text);
  if (ends === undefined || ends.length < 2 || !isJson(text.slice(0, ends[0]))) return [chunk];
  let line = chunk.firstLine;
  return ends.map((end, i) => {
    const before = text.slice(ends[i - 1] ?? 0, end);
    const [blank = ''] = /^\s*/.exec(before) ?? [];
    const firstLine = line + countLines(blank);
    line += countLines(before);
    return { text: `${before.trim()}\n`, firstLine };
  });
}

/** Where each object of a text ends; undefined where something else stands between them. */
function objectEnds(text: string): number[] | undefined {
  const ends: number[] = [];
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? '';
    if (isQuoted) {
      if (sign === '\\') at++;
      else if (sign === '"') isQuoted = false;
    } else if (sign === '{') depth++;
    else if (depth === 0) {
      if (sign.trim() !== '') return undefined;
    } else if (sign === '"') isQuoted = true;
    else if (sign === '}' && --depth === 0) ends.push(at + 1);
  }
  return depth === 0 ? ends : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

function parseChunk(chunk: Chunk, options: ParseOptions): ParsedEntry[] {
  const counter = new LineCounter();
  let parsed: Document;
  let value: unknown;
  const tooLarge = sizeError(chunk.text);
  if (tooLarge !== undefined) {
    return [unreadable({ ...finding('HDL0010', '', tooLarge), line: chunk.firstLine })];
  }
  try {
    parsed = parseText(chunk.text, counter);
    const error: TextError | undefined = signError(chunk.text) ?? parsed.errors[0] ?? keyError(parsed);
    if (error !== undefined) {
      const { line: inChunk, col } = counter.linePos(error.pos[0]);
      const line = inChunk + chunk.firstLine - 1;
      const why = /call stack/.test(error.message) ? tooDeep : wordsOf(error, chunk.text);
      const message = `not YAML: ${why} (line ${line}, column ${col})`;
      return [unreadable({ ...finding('HDL0010', '', message), line })];
    }
    const hasAliases = chunk.text.includes('*');
    let tooMany = hasAliases ? mergeError(parsed) : undefined;
    if (tooMany === undefined) {
      value = parsed.toJS({ maxAliasCount: 100 });
      if (hasAliases) tooMany = expansionError(value);
    }
    if (tooMany !== undefined) {
      return [unreadable({ ...finding('HDL0010', '', `not YAML: ${tooMany}`), line: chunk.firstLine })];
    }
  } catch (error) {
    const why = error instanceof Error ? wordsOf(error, chunk.text) : String(error);
    return [unreadable({ ...finding('HDL0010', '', `not YAML: ${why}`), line: chunk.firstLine })];
  }
  const lineOf: LineOf = (path) => lineIn(parsed, counter, path) + chunk.firstLine - 1;
  const lines = linesOf(chunk);
  if (!isObject(value) || !isListKind(value['kind']) || !Array.isArray(value['items'])) {
    return [toEntry(value, chunk.text, { lineOf, lines }, options)];
  }
  return value['items'].map((item: unknown, i) => {
    const itemText = `${JSON.stringify(item, null, 2)}\n`;
    const large = itemSizeError(itemText);
    return large === undefined
      ? toEntry(
          item,
          itemText,
          {
            lineOf: (path) => lineOf(['items', i, ...path]),
            lines: linesOf(chunk, `items[${i}]`),
          },
          options,
        )
      : unreadable({ ...finding('HDL0010', `items[${i}]`, large), line: lineOf(['items', i]) });
  });
}

/** `List`, or the list of one kind as the API server gives it. */
function isListKind(kind: unknown): boolean {
  return typeof kind === 'string' && kind.endsWith('List');
}

/** The reader makes an error of each wrong sign, and only the first is told: their stacks would take most of the time. */
function parseText(text: string, lineCounter: LineCounter): Document {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parseDocument(text, { ...kubernetesYaml, lineCounter });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Words about a Secret's text repeat nothing of it. */
function wordsOf(
  { message, code }: { readonly message: string; readonly code?: string },
  text: string,
): string {
  if (message.startsWith('Excessive alias count')) return tooManyAliases;
  const isSecret = /["']?kind["']?\s*:\s*["']?Secret\b/.test(text);
  return isSecret ? (code ?? 'it cannot be read') : message;
}

interface TextError {
  readonly message: string;
  readonly code?: string;
  readonly pos: readonly [number, number];
}

/** Keys are words, each once in its mapping. */
function keyError(document: Document): TextError | undefined {
  let found: TextError | undefined;
  const tell = (key: unknown, code: string, message = code) => {
    const [start, end] = (isNode(key) ? key.range : undefined) ?? [0, 0];
    found = { message, code, pos: [start, end] };
    return visit.BREAK;
  };
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (isCollection(key)) return tell(key, 'a key is a word, never a mapping or a list');
        if (!isScalar(key) || key.value === '<<') continue;
        if (seen.has(key.value)) {
          const message = `the key "${String(key.value)}" is there twice in one mapping`;
          return tell(key, 'a key is there twice in one mapping', message);
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

type LineOf = (path: readonly (string | number)[]) => number;

/** Made here, where nothing of what was parsed is in sight: documents outlive that, which is large, and few of them are asked. */
function linesOf({ text, firstLine }: Chunk, within = ''): ParsedDocument['lines'] {
  return () => {
    const find = lineFinder(text, firstLine);
    return (path) => find(path === '' || within === '' ? within + path : `${within}.${path}`);
  };
}

/** In the whole text: while a document is parsed, and later. */
interface Lines extends Pick<ParsedDocument, 'lines'> {
  readonly lineOf: LineOf;
}

function toEntry(value: unknown, yaml: string, { lineOf, lines }: Lines, options: ParseOptions): ParsedEntry {
  const identified = identify(value, options);
  if ('finding' in identified) {
    const line = lineOf(segmentsOf(identified.finding.path));
    return { ...unreadable({ ...identified.finding, line }), named: namesIn(value, options) };
  }
  const { key, known, apiVersion } = identified;
  const object = withoutNulls(identified.object);
  const findings = structuralFindings(known, object).map((one) => ({
    ...one,
    line: lineOf(segmentsOf(one.path)),
    resource: keyWords(key),
  }));
  const isBroken = findings.some(({ severity }) => severity === 'error');
  return {
    named: { ...key, group: known.group },
    document: isBroken ? undefined : { key, apiVersion, known, yaml, object, lines },
    findings,
  };
}

/** A field that is null is a field that is not given, as Kubernetes has it; an item of a list is not. */
function withoutNulls(object: JsonObject): JsonObject {
  const given = Object.entries(object).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([name, value]) => [name, withoutNullFields(value)]));
}

function withoutNullFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullFields);
  return isObject(value) ? withoutNulls(value) : value;
}

/** What a document that is not known says of itself. */
function namesIn(value: unknown, options: ParseOptions): ResourceKey {
  const object = isObject(value) ? value : {};
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const text = (member: unknown) => (typeof member === 'string' ? member : '');
  const apiVersion = text(object['apiVersion']);
  return {
    group: apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '',
    kind: text(object['kind']),
    namespace: text(metadata['namespace']) || (options.defaultNamespace ?? 'default'),
    name: text(metadata['name']),
  };
}

type Identified =
  | { readonly finding: Finding }
  | {
      readonly key: ResourceKey;
      readonly known: KnownKind;
      readonly apiVersion: string;
      readonly object: JsonObject;
    };

function identify(value: unknown, options: ParseOptions): Identified {
  if (!isObject(value)) {
    return {
      finding: finding(
        'HDL0010',
        '',
        'not a Kubernetes-style document: expected a mapping with apiVersion, kind and metadata',
      ),
    };
  }
  const { apiVersion, kind: kindName } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    return {
      finding: finding('HDL0011', 'apiVersion', 'apiVersion is missing; for example networking.istio.io/v1'),
    };
  }
  if (typeof kindName !== 'string' || kindName === '') {
    return { finding: finding('HDL0011', 'kind', 'kind is missing; for example VirtualService') };
  }
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const known = knownKind(group, kindName);
  if (known === undefined) return { finding: unknownKind(group, apiVersion, kindName) };
  if (!known.versions.includes(version)) {
    return {
      finding: finding(
        'HDL0012',
        'apiVersion',
        `${kindName} has no version "${version}"; use ${known.versions.map((one) => (group === '' ? one : `${group}/${one}`)).join(' or ')}`,
      ),
    };
  }
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  const { name, namespace } = metadata;
  for (const [field, given] of Object.entries({ name, namespace })) {
    if (typeof given !== 'number' && typeof given !== 'boolean') continue;
    const message = `metadata.${field} is the ${typeof given} ${given}, expected text; put it in quotes`;
    return { finding: finding('HDL0013', `metadata.${field}`, message) };
  }
  if (typeof name !== 'string' || name === '') {
    return {
      finding: finding(
        'HDL0013',
        'metadata.name',
        'metadata.name is missing: a document is stored by its name',
      ),
    };
  }
  const given = typeof namespace === 'string' && namespace !== '' ? namespace : undefined;
  return {
    key: {
      group: group === '' ? coreGroup : group,
      kind: kindName,
      namespace: known.namespaced ? (given ?? options.defaultNamespace ?? 'default') : '',
      name,
    },
    known,
    apiVersion,
    object: value,
  };
}

/** A document of a group that is not the mesh's is passed over, and said to be; a wrong kind of the mesh's own is a mistake. */
function unknownKind(group: string, apiVersion: string, kindName: string): Finding {
  const groups = kindsNamed(kindName).map((known) => known.group || coreGroup);
  if (groups.length === 0 && isForeign(group, kindName)) {
    return {
      code: 'HDL0016',
      severity: 'info',
      path: 'kind',
      message: `${kindName} of ${apiVersion} is not read by the mesh: the document is passed over`,
    };
  }
  return groups.length === 0
    ? finding('HDL0011', 'kind', `unknown kind "${kindName}"; ${meantBy(kindName)}`)
    : finding(
        'HDL0012',
        'apiVersion',
        `${kindName} is not in "${apiVersion}"; it belongs to ${groups.join(' or ')}`,
      );
}

function meantBy(kindName: string): string {
  const meant = kindLike(kindName);
  return meant === undefined
    ? 'the mesh takes Kubernetes, Istio and Gateway API kinds'
    : `write ${meant.kind} of ${meant.group || coreGroup}`;
}

function finding(code: string, path: string, message: string): Finding {
  return { code, severity: 'error', path, message };
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** `spec.http[0].route` as keys and indexes. */
export function segmentsOf(path: string): (string | number)[] {
  if (path === '') return [];
  return [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(([, index, quoted, name]) =>
    index === undefined ? (quoted ?? name ?? '') : Number(index),
  );
}

function lineIn(document: Document, counter: LineCounter, path: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let start = document.contents?.range?.[0];
  for (const segment of path) {
    let written: unknown;
    if (isMap(node)) {
      // A key may be a number: 8080 is "8080".
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
      written = pair?.key;
      node = pair?.value;
    } else {
      node = isCollection(node) ? node.get(segment, true) : undefined;
      written = node;
    }
    if (!isNode(written) || !written.range) break;
    start = written.range[0];
  }
  return start === undefined ? 1 : counter.linePos(start).line;
}

/**
 * Parses a document's text: keep it no longer than it is asked.
 *
 * @param firstLine of the document in the text that it is from
 */
export function lineFinder(yaml: string, firstLine = 1): LineFinder {
  const counter = new LineCounter();
  const document = parseText(yaml, counter);
  if (document.errors.length > 0) return () => undefined;
  return (path) => lineIn(document, counter, segmentsOf(path)) + firstLine - 1;
}
