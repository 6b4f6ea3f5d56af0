/** The lines of a CodeMirror text as an array, made once for each text. */
import type { Text } from '@codemirror/state';

const made = new WeakMap<Text, readonly string[]>();

export function linesOf(text: Text): readonly string[] {
  let lines = made.get(text);
  if (lines === undefined) made.set(text, (lines = [...text.iterLines()]));
  return lines;
}
