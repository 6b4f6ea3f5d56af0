/**
 * Values of Secrets stay in the store and go to the proxies that need them. Everywhere else a placeholder stands for them, with a
 * fingerprint that tells whether two are the same; a text that comes back with placeholders keeps what is stored.
 */
import { createHash } from 'node:crypto';
import type { Finding, ResourceKey } from '@heddle/schema';
import { parseDocument, stringify } from 'yaml';
import { coreGroup, keyText, keyWords } from './key.ts';
import { join } from './structure.ts';
import { type JsonObject, type ParsedDocument, parseDocuments } from './parse.ts';

/** What may be shown of a Secret, whatever else somebody wrote into it. */
const openFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'type', 'immutable']);
/** kubectl keeps the whole document in it. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const placeholder = /^\(hidden, sha256 [0-9a-f]{8}\)$/;

type Path = readonly (string | number)[];

interface Shown {
  readonly key: ResourceKey;
  readonly yaml: string;
  readonly object: JsonObject;
}

/** A document as it may be seen: itself, unless it is a Secret. */
export function withHiddenValues<T extends Shown>(document: T): T {
  if (!holdsSecrets(document.key)) return document;
  const object = hideIn(document.object, []);
  return { ...document, object, yaml: stringify(object) };
}

/** A document's text as it may be seen; one that cannot be read is not shown at all. */
export function shownText(key: ResourceKey, text: string | null): string | null {
  if (text === null || !holdsSecrets(key)) return text;
  const [document] = parseDocuments(text, { defaultNamespace: key.namespace }).documents;
  return document === undefined ? `${hide(text)}\n` : withHiddenValues(document).yaml;
}

/** Puts what is stored in the place of placeholders. One that stands for something else is told: nobody may store it as a value. */
export function withStoredValues(
  document: ParsedDocument,
  stored: Shown | undefined,
): { readonly document: ParsedDocument; readonly findings: readonly Finding[] } {
  const hidden = holdsSecrets(document.key) ? placeholdersIn(document.object, []) : [];
  if (hidden.length === 0) return { document, findings: [] };
  const yaml = parseDocument(document.yaml);
  const findings: Finding[] = [];
  for (const { path, value } of hidden) {
    const kept = stored && valueAt(stored.object, path);
    if (kept !== undefined && hide(kept) === value) yaml.setIn(path, kept);
    else findings.push(unknownPlaceholder(document.key, path));
  }
  if (findings.length > 0) return { document, findings };
  const text = yaml.toString();
  const [restored] = parseDocuments(text, { defaultNamespace: document.key.namespace }).documents;
  if (restored === undefined || keyText(restored.key) !== keyText(document.key)) {
    return { document, findings: hidden.map(({ path }) => unknownPlaceholder(document.key, path)) };
  }
  // Nothing else was edited: the text stays as it was written.
  const isSame = stored !== undefined && JSON.stringify(restored.object) === JSON.stringify(stored.object);
  const { lineOf } = document;
  return {
    document: { ...restored, lineOf, ...(isSame ? { yaml: stored.yaml } : {}) },
    findings: [],
  };
}

export function holdsSecrets({ group, kind }: Pick<ResourceKey, 'group' | 'kind'>): boolean {
  return group === coreGroup && kind === 'Secret';
}

function hide(value: string): string {
  return `(hidden, sha256 ${createHash('sha256').update(value).digest('hex').slice(0, 8)})`;
}

function isOpen(path: Path): boolean {
  const [field] = path;
  return typeof field === 'string' && openFields.has(field) && path.at(-1) !== lastApplied;
}

function hideIn(object: JsonObject, path: Path): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, hideValue(value, [...path, name])]),
  );
}

function hideValue(value: unknown, path: Path): unknown {
  if (Array.isArray(value)) return value.map((one, i) => hideValue(one, [...path, i]));
  if (isObject(value)) return hideIn(value, path);
  if (isOpen(path)) return value;
  return hide(typeof value === 'string' ? value : JSON.stringify(value));
}

function placeholdersIn(value: unknown, path: Path): { readonly path: Path; readonly value: string }[] {
  if (typeof value === 'string') return placeholder.test(value) ? [{ path, value }] : [];
  if (Array.isArray(value)) return value.flatMap((one, i) => placeholdersIn(one, [...path, i]));
  return isObject(value)
    ? Object.entries(value).flatMap(([name, one]) => placeholdersIn(one, [...path, name]))
    : [];
}

function valueAt(object: JsonObject, path: Path): string | undefined {
  let value: unknown = object;
  for (const step of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return typeof value === 'string' ? value : undefined;
}

function unknownPlaceholder(key: ResourceKey, path: Path): Finding {
  return {
    code: 'HDL0017',
    severity: 'error',
    path: path.map(String).reduce(join, ''),
    message:
      'the placeholder of a hidden value is not of what is stored here now; write the value, or read the document again',
    resource: keyWords(key),
  };
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
