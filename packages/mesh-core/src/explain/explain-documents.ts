import { keyText } from '../documents/key.ts';
import { parseEntries } from '../documents/parse.ts';
import { isRefused } from '../validate/refusal.ts';
import { unclearPrefix } from '../validate/route-rules.ts';
import { type DocumentResult, validateEntries } from '../validate/validate-documents.ts';
import { World } from '../world/world.ts';
import { Explainer } from './explain.ts';

export interface DocumentsExplainer {
  readonly explainer: Explainer;
  /** A line for each document that was left out, with its first error. */
  readonly leftOut: readonly string[];
}

/**
 * An explainer for documents by themselves. An invalid document is left out, unless what it would do is clear all the same; of two
 * with one key the later one holds.
 */
export function explainDocuments(texts: readonly string[]): DocumentsExplainer {
  const entries = texts.flatMap((text) => parseEntries(text));
  const results = validateEntries(entries);
  const kept = entries.flatMap(({ document }, i) =>
    document === undefined || isLeftOut(results[i]) ? [] : [document],
  );
  const latest = new Map(kept.map((document) => [keyText(document.key), document]));
  const leftOut = results.filter(isLeftOut).map(({ kind, namespace, name, findings }) => {
    const error = findings.find(isRefused);
    return `${kind === '' ? 'a document' : `${kind} ${namespace}/${name}`} is left out: ${error?.code} ${error?.path} ${error?.message}`;
  });
  const world = new World(
    [...latest.values()].map((document, i) => ({ ...document, generation: 1, createdAtMs: i, revision: 1 })),
    [],
  );
  return { explainer: new Explainer(world), leftOut };
}

/** Destinations that lead nowhere are answered 503; of a prefix that is not clear, the text is taken. */
const isClear: ReadonlySet<string> = new Set([unclearPrefix, 'KIA1107', 'IST0112']);

function isLeftOut(result: DocumentResult | undefined): boolean {
  return (result?.findings ?? []).some((finding) => isRefused(finding) && !isClear.has(finding.code));
}
