/** Which lines of a diff are shown: the changes and what stands around them. */
import type { DiffLine } from '@heddle/schema';

export type DiffPart =
  | { readonly kind: 'line'; readonly line: DiffLine }
  | { readonly kind: 'fold'; readonly from: number; readonly count: number };

/** Runs of unchanged lines further than `context` from any change fold; a fold never hides fewer than three lines. */
export function foldDiff(lines: readonly DiffLine[], context: number): DiffPart[] {
  const shown = lines.map(() => false);
  lines.forEach((line, index) => {
    if (line.op === ' ') return;
    for (
      let near = Math.max(0, index - context);
      near <= Math.min(lines.length - 1, index + context);
      near += 1
    )
      shown[near] = true;
  });
  const parts: DiffPart[] = [];
  let index = 0;
  while (index < lines.length) {
    let end = index;
    while (end < lines.length && shown[end] === false) end += 1;
    if (end - index >= 3) {
      parts.push({ kind: 'fold', from: index, count: end - index });
      index = end;
      continue;
    }
    const line = lines[index];
    if (line !== undefined) parts.push({ kind: 'line', line });
    index += 1;
  }
  return parts;
}
