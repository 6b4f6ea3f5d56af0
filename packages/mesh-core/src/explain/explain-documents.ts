import type { SourceText } from '../documents/parse.ts';
import { takenDocuments } from '../validate/taken-documents.ts';
import { World } from '../world/world.ts';
import { Explainer } from './explain.ts';

export interface DocumentsExplainer {
  readonly explainer: Explainer;
  /** A line for each document that was left out, with its first error. */
  readonly leftOut: readonly string[];
}

/** An explainer for documents by themselves; those that are invalid are left out. */
export function explainDocuments(sources: readonly SourceText[]): DocumentsExplainer {
  const { documents, leftOut } = takenDocuments(sources);
  return { explainer: new Explainer(new World(documents, [])), leftOut: leftOut.map(({ note }) => note) };
}
