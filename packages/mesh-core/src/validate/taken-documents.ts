import { keyText } from '../documents/key.ts';
import { type ParsedDocument, parseSources, type SourceText } from '../documents/parse.ts';
import type { WorldDocument } from '../world/documents.ts';
import { isRefused } from './refusal.ts';
import { unclearPrefix } from './route-rules.ts';
import { type DocumentResult, validateEntries } from './validate-documents.ts';

export interface TakenDocuments {
  readonly documents: readonly (ParsedDocument & WorldDocument)[];
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly kind: string;
  /** A line with the document, where it is, and its first error. */
  readonly note: string;
}

/**
 * Documents by themselves, without those that are invalid, unless what one would do is clear all the same; of two with one key the
 * later one holds.
 */
export function takenDocuments(sources: readonly SourceText[]): TakenDocuments {
  const entries = parseSources(sources);
  const results = validateEntries(entries);
  const latest = new Map<string, ParsedDocument>();
  const leftOut: LeftOut[] = [];
  for (const [i, { document, file }] of entries.entries()) {
    const result = results[i];
    const error = result === undefined ? undefined : whyLeftOut(result);
    if (result !== undefined && error !== undefined) {
      const what = result.kind === '' ? 'a document' : `${result.kind} ${result.namespace}/${result.name}`;
      const line = error.line === undefined ? '' : `:${error.line}`;
      const place = file === undefined ? '' : ` (${file}${line})`;
      const note = `${what} is left out: ${error.code} ${error.path} ${error.message}${place}`;
      leftOut.push({ kind: result.kind, note });
    } else if (document !== undefined) {
      latest.set(keyText(document.key), document);
    }
  }
  const documents = [...latest.values()].map((document, i) => ({
    ...document,
    generation: 1,
    createdAtMs: i,
    revision: 1,
  }));
  return { documents, leftOut };
}

/** Destinations that lead nowhere are answered 503; of a prefix that is not clear, the text is taken. */
const isClear: ReadonlySet<string> = new Set([unclearPrefix, 'KIA1107', 'IST0112']);

function whyLeftOut({ findings }: DocumentResult) {
  return findings.find((finding) => isRefused(finding) && !isClear.has(finding.code));
}
