/** From the text a person wrote to documents with a key, each with its own verbatim text and a way back to lines. */
import type { Finding, ResourceKey } from '@heddle/schema';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { coreGroup, keyWords } from './key.ts';
import { isForeign, kindsNamed, knownKind, type KnownKind } from './kinds.ts';
import { kubernetesYaml } from './kubernetes-yaml.ts';
import { expansionError, itemSizeError, mergeError, sizeError } from './size.ts';
import { structuralFindings } from './structure.ts';

export type JsonObject = Record<string, unknown>;

export interface ParsedDocument {
  readonly key: ResourceKey;
  readonly apiVersion: string;
  readonly known: KnownKind;
  readonly yaml: string;
  readonly object: JsonObject;
  /** The line of a path in the text that was given, where other documents may stand before this one. */
  readonly lineOf: (path: string) => number;
}

export interface ParseResult {
  readonly documents: readonly ParsedDocument[];
  /** What is wrong with the text or the structure, with lines. Documents with errors are not in `documents`. */
  readonly findings: readonly Finding[];
}

export interface ParseOptions {
  /** For documents that name none. */
  readonly defaultNamespace?: string;
}

/** Documents in one text at the most: a file with more is refused as a whole. */
export const maxDocuments = 10_000;

/** One document of a text, in its place: what it says it is, and what is wrong with it. */
export interface ParsedEntry {
  /** As far as it can be read; "" where it cannot. The core group is "". */
  readonly named: ResourceKey;
  /** Absent when it has errors. */
  readonly document: ParsedDocument | undefined;
  readonly findings: readonly Finding[];
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

function unreadable(one: Finding): ParsedEntry {
  return { named: { group: '', kind: '', namespace: '', name: '' }, document: undefined, findings: [one] };
}

interface Chunk {
  readonly text: string;
  readonly firstLine: number;
}

/** Cut at lines that begin with `---`, so that each document keeps its own comments. Documents without content are left out. */
function splitDocuments(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let lines: string[] = [];
  let firstLine = 1;
  const end = (nextLine: number) => {
    if (lines.some((line) => !/^\s*(#.*)?$/.test(line))) {
      chunks.push({ text: `${lines.join('\n').replace(/\n+$/, '')}\n`, firstLine });
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

function parseChunk(chunk: Chunk, options: ParseOptions): ParsedEntry[] {
  const counter = new LineCounter();
  let parsed: Document;
  let value: unknown;
  const tooLarge = sizeError(chunk.text);
  if (tooLarge !== undefined) {
    return [unreadable({ ...finding('HDL0010', '', tooLarge), line: chunk.firstLine })];
  }
  try {
    parsed = parseDocument(chunk.text, { ...kubernetesYaml, lineCounter: counter });
    const error: TextError | undefined = parsed.errors[0] ?? repeatedKey(parsed);
    if (error !== undefined) {
      const { line: inChunk, col } = counter.linePos(error.pos[0]);
      const line = inChunk + chunk.firstLine - 1;
      const why = /call stack/.test(error.message) ? 'it is nested too deeply' : wordsOf(error, chunk.text);
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
  if (!isObject(value) || value['kind'] !== 'List' || !Array.isArray(value['items'])) {
    return [toEntry(value, chunk.text, lineOf, options)];
  }
  return value['items'].map((item: unknown, i) => {
    const itemText = `${JSON.stringify(item, null, 2)}\n`;
    const large = itemSizeError(itemText);
    return large === undefined
      ? toEntry(item, itemText, (path) => lineOf(['items', i, ...path]), options)
      : unreadable({ ...finding('HDL0010', `items[${i}]`, large), line: lineOf(['items', i]) });
  });
}

/** Words about a Secret's text repeat nothing of it. */
function wordsOf(
  { message, code }: { readonly message: string; readonly code?: string },
  text: string,
): string {
  const isSecret = /["']?kind["']?\s*:\s*["']?Secret\b/.test(text);
  return isSecret ? (code ?? 'it cannot be read') : message;
}

interface TextError {
  readonly message: string;
  readonly code?: string;
  readonly pos: readonly [number, number];
}

function repeatedKey(document: Document): TextError | undefined {
  let found: TextError | undefined;
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key) || key.value === '<<') continue;
        if (seen.has(key.value)) {
          const [start, end] = key.range ?? [0, 0];
          found = {
            message: `the key "${String(key.value)}" is there twice in one mapping`,
            code: 'a key is there twice in one mapping',
            pos: [start, end],
          };
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

type LineOf = (path: readonly (string | number)[]) => number;

function toEntry(value: unknown, yaml: string, lineOf: LineOf, options: ParseOptions): ParsedEntry {
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
    document: isBroken
      ? undefined
      : { key, apiVersion, known, yaml, object, lineOf: (path) => lineOf(segmentsOf(path)) },
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
    ? finding(
        'HDL0011',
        'kind',
        `unknown kind "${kindName}"; the mesh takes Kubernetes, Istio and Gateway API kinds`,
      )
    : finding(
        'HDL0012',
        'apiVersion',
        `${kindName} is not in "${apiVersion}"; it belongs to ${groups.join(' or ')}`,
      );
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

/** The line of a path, of its key where it has one, or of the nearest parent that is written. */
function lineIn(document: Document, counter: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const item = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && key.value === last)?.key
      : document.getIn(path.slice(0, length), true);
    if (isNode(item) && item.range) return counter.linePos(item.range[0]).line;
  }
  const root = document.contents;
  return root?.range ? counter.linePos(root.range[0]).line : 1;
}

/** Tells the line of a path in a stored text; the text is parsed at the first question. */
export function lineFinder(yaml: string): (path: string) => number | undefined {
  let find: ((path: string) => number | undefined) | undefined;
  return (path) => {
    find ??= parsedLineFinder(yaml);
    return find(path);
  };
}

function parsedLineFinder(yaml: string): (path: string) => number | undefined {
  const counter = new LineCounter();
  const document = parseDocument(yaml, { ...kubernetesYaml, lineCounter: counter });
  return (path) => (document.errors.length > 0 ? undefined : lineIn(document, counter, segmentsOf(path)));
}
