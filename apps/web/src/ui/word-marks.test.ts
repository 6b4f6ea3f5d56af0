import type { DiffLine } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { wordMarks } from './word-marks.ts';

const line = (op: DiffLine['op'], text: string): DiffLine => ({ op, oldLine: 1, newLine: 1, text });
const told = (lines: DiffLine[]) => {
  const marks = wordMarks(lines);
  return lines.map((one) =>
    marks
      .get(one)
      ?.map(({ text, isMarked }) => (isMarked ? `[${text}]` : text))
      .join(''),
  );
};

describe('a line that became another', () => {
  it('has its words marked, whole', () => {
    expect(told([line('-', '  weight: 70 # now'), line('+', '  weight: 60 # now')])).toEqual([
      '  weight: [70] # now',
      '  weight: [60] # now',
    ]);
  });

  it('is the one of its place in the run', () => {
    expect(
      told([line('-', 'a: 1'), line('-', 'b: 2'), line('+', 'a: 3'), line('+', 'b: 4'), line('+', 'c: 5')]),
    ).toEqual(['a: [1]', 'b: [2]', 'a: [3]', 'b: [4]', undefined]);
  });

  it('has no marks where nothing is shared, and none beside a line that stayed', () => {
    expect(told([line('-', '  a: 1'), line('+', '  - b')])).toEqual([undefined, undefined]);
    expect(told([line('-', 'a: 1'), line(' ', 'x'), line('+', 'a: 2')])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
