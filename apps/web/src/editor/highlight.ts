/** Highlighting, folding and indenting of YAML by its lines. */
import { foldService, indentService } from '@codemirror/language';
import { type EditorState, type Extension, RangeSetBuilder } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { indentOf, isInText, wordsOf } from './model/words.ts';

const marks = {
  key: Decoration.mark({ class: 'yaml-key' }),
  value: Decoration.mark({ class: 'yaml-value' }),
  comment: Decoration.mark({ class: 'yaml-comment' }),
  sign: Decoration.mark({ class: 'yaml-sign' }),
  name: Decoration.mark({ class: 'yaml-name' }),
} as const;

export function yamlLines(): Extension {
  return [
    ViewPlugin.fromClass(Highlighter, { decorations: ({ decorations }) => decorations }),
    foldService.of(foldAt),
    indentService.of(({ state }, position) => indentAfter(state, position)),
  ];
}

class Highlighter {
  decorations: DecorationSet;

  constructor(view: EditorView) {
    this.decorations = wordsInView(view);
  }

  update({ docChanged, viewportChanged, view }: ViewUpdate): void {
    if (docChanged || viewportChanged) this.decorations = wordsInView(view);
  }
}

function wordsInView({ state: { doc }, visibleRanges }: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const lineAt = (index: number) => doc.line(index + 1).text;
  let told = 0;
  for (const { from, to } of visibleRanges) {
    for (let position = from; position <= to;) {
      const line = doc.lineAt(position);
      position = line.to + 1;
      if (line.number <= told) continue;
      told = line.number;
      if (isInText(lineAt, line.number - 1)) builder.add(line.from, line.to, marks.value);
      else
        for (const word of wordsOf(line.text))
          builder.add(line.from + word.from, line.from + word.to, marks[word.kind]);
    }
  }
  return builder.finish();
}

/** Lines below that are looked at for the end of a fold. */
const mostFolded = 20_000;

function foldAt({ doc }: EditorState, from: number): { from: number; to: number } | null {
  const line = doc.lineAt(from);
  if (line.number === doc.lines) return null;
  if (!/:\s*(?:[|>][-+\d]*)?\s*(?:#.*)?$/.test(line.text) || line.text.trimStart().startsWith('#'))
    return null;
  const column = indentOf(line.text);
  const isKeyOfList = line.text.trimStart().startsWith('-');
  let at = line.number;
  let last = at;
  for (const text of doc.iterLines(at + 1, Math.min(doc.lines, at + mostFolded) + 1)) {
    at += 1;
    const words = text.trimStart();
    if (words === '') continue;
    const indent = text.length - words.length;
    const isItem = !isKeyOfList && indent === column && words.startsWith('-');
    if (indent <= column && !isItem) break;
    last = at;
  }
  return last === line.number ? null : { from: line.to, to: doc.line(last).to };
}

/** A new line goes on with the mapping above it, or into what that has begun. */
function indentAfter(state: EditorState, position: number): number {
  const above = state.doc.lineAt(Math.max(0, position - 1));
  const [lead = ''] = /^\s*(?:- +)*/.exec(above.text) ?? [];
  const isBegun = /:\s*(?:[|>][-+\d]*)?\s*(?:#.*)?$/.test(above.text.slice(0, position - above.from));
  return lead.length + (isBegun ? state.tabSize : 0);
}
