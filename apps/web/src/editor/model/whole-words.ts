/** Changes between two texts, widened to whole words: 70 became 60, not 7 became 6. */

export interface Change {
  readonly fromA: number;
  readonly toA: number;
  readonly fromB: number;
  readonly toB: number;
}

/** @param changes in order, not touching each other; what is between them is the same in both texts */
export function wholeWords(a: string, b: string, changes: readonly Change[]): Change[] {
  const whole: Change[] = [];
  changes.forEach((change, index) => {
    const last = whole.at(-1);
    const next = changes[index + 1];
    const { fromA, toA, fromB, toB } = change;
    // Where what goes or comes begins with a letter, the letters before it are of the same word; likewise at its end.
    const begins = isLetter(a, fromA, toA) || isLetter(b, fromB, toB);
    const ends = isLetter(a, toA - 1, toA, fromA) || isLetter(b, toB - 1, toB, fromB);
    const left = begins ? lettersBefore(b, fromB, fromB - (last?.toB ?? 0)) : 0;
    const right = ends ? lettersAfter(b, toB, (next?.fromB ?? b.length) - toB) : 0;
    const wide = { fromA: fromA - left, toA: toA + right, fromB: fromB - left, toB: toB + right };
    if (last !== undefined && last.toA === wide.fromA && last.toB === wide.fromB)
      whole[whole.length - 1] = { ...last, toA: wide.toA, toB: wide.toB };
    else whole.push(wide);
  });
  return whole;
}

const letter = /[\w.-]/;

function lettersBefore(text: string, end: number, most: number): number {
  let n = 0;
  while (n < most && letter.test(text[end - n - 1] ?? '')) n += 1;
  return n;
}

function lettersAfter(text: string, start: number, most: number): number {
  let n = 0;
  while (n < most && letter.test(text[start + n] ?? '')) n += 1;
  return n;
}

function isLetter(text: string, at: number, end: number, start = at): boolean {
  return at >= start && at < end && letter.test(text[at] ?? '');
}
