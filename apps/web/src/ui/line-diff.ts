/** The lines that two texts share, and those that one of them has alone. For documents of a person's size. */
import type { DiffLine } from '@heddle/schema';

/** Longest common subsequence after the shared head and tail are set aside; removed lines stand before added ones. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const old = linesOf(before);
  const fresh = linesOf(after);
  let head = 0;
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < fresh.length - head &&
    old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]
  )
    tail += 1;
  const middle = diffMiddle(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail), head);
  return [
    ...old.slice(0, head).map((text, index) => same(index, index, text)),
    ...middle,
    ...old
      .slice(old.length - tail)
      .map((text, index) => same(old.length - tail + index, fresh.length - tail + index, text)),
  ];
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function same(oldIndex: number, newIndex: number, text: string): DiffLine {
  return { op: ' ', oldLine: oldIndex + 1, newLine: newIndex + 1, text };
}

function diffMiddle(old: readonly string[], fresh: readonly string[], offset: number): DiffLine[] {
  const width = fresh.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < fresh.length) {
    const left = old[i];
    const right = fresh[j];
    if (left !== undefined && left === right) {
      lines.push(same(offset + i, offset + j, left));
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ op: '-', oldLine: offset + i + 1, newLine: null, text: left });
      i += 1;
    } else if (right !== undefined) {
      lines.push({ op: '+', oldLine: null, newLine: offset + j + 1, text: right });
      j += 1;
    }
  }
  return lines;
}
