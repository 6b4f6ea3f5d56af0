import { expect, it } from 'vitest';
import { foldDiff } from './diff-fold.ts';
import { lineDiff } from './line-diff.ts';

const shown = (before: string, after: string) =>
  lineDiff(before, after).map((line) => `${line.op}${line.text}`);

it('puts the old line before the new one and keeps the rest', () => {
  expect(shown('a\nweight: 90\nb\n', 'a\nweight: 80\nb\n')).toEqual([
    ' a',
    '-weight: 90',
    '+weight: 80',
    ' b',
  ]);
});

it('numbers lines by the text they stand in', () => {
  expect(lineDiff('a\nb\n', 'x\na\nb\n').map((line) => [line.oldLine, line.newLine])).toEqual([
    [null, 1],
    [1, 2],
    [2, 3],
  ]);
});

it('shows a new document as added in full', () => {
  expect(shown('', 'a\nb\n')).toEqual(['+a', '+b']);
});

it('gives back both texts', () => {
  const before = 'a\nb\nc\nd\na\n';
  const after = 'b\nx\nd\na\na\n';
  const lines = lineDiff(before, after);
  const side = (op: string) =>
    lines
      .filter((line) => line.op !== op)
      .map((line) => `${line.text}\n`)
      .join('');
  expect([side('+'), side('-')]).toEqual([before, after]);
});

it('folds what is far from a change, and nothing shorter than three lines', () => {
  const text = Array.from({ length: 12 }, (_, index) => `line ${index}`);
  const after = text.with(8, 'changed');
  const parts = foldDiff(lineDiff(text.join('\n'), after.join('\n')), 2);
  expect(parts.map((part) => (part.kind === 'fold' ? `${part.count} folded` : part.line.text))).toEqual([
    '6 folded',
    'line 6',
    'line 7',
    'line 8',
    'changed',
    'line 9',
    'line 10',
    'line 11',
  ]);
});
