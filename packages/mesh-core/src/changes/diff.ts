import type { DiffLine, DocumentDiff, ResourceKey } from '@heddle/schema';
import { diffLines } from 'diff';

/** Line by line, the whole document; a null text is a document that is not there. */
export function diffDocument(key: ResourceKey, before: string | null, after: string | null): DocumentDiff {
  const change =
    before === null ? 'create' : after === null ? 'delete' : before === after ? 'none' : 'update';
  return { ...key, change, lines: diffTexts(before ?? '', after ?? '') };
}

export function diffTexts(before: string, after: string): DiffLine[] {
  const lines: DiffLine[] = [];
  let oldLine = 0;
  let newLine = 0;
  // Documents are small; the bound keeps two that have nothing in common from taking quadratic time.
  const parts = diffLines(before, after, { timeout: 500 }) ?? [
    { value: before, removed: true, added: false },
    { value: after, removed: false, added: true },
  ];
  for (const { value, added, removed } of parts) {
    for (const text of value.replace(/\n$/, '').split('\n')) {
      if (value === '') continue;
      const op = added ? '+' : removed ? '-' : ' ';
      if (op !== '+') oldLine++;
      if (op !== '-') newLine++;
      lines.push({ op, oldLine: op === '+' ? null : oldLine, newLine: op === '-' ? null : newLine, text });
    }
  }
  return lines;
}
