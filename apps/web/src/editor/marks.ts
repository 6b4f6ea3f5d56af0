/** Findings in the text: an underline and a glyph at the line, and under it the sentence, the code and the fix. */
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { type Extension, RangeSetBuilder, StateEffect, StateField, type Text } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, WidgetType } from '@codemirror/view';
import type { Finding } from '@heddle/schema';
import { cursorAt } from './model/cursor.ts';
import { type Fix, fixOf, wordIn } from './model/fix.ts';
import { fieldsAt } from './model/schema.ts';
import { linesOf } from './lines.ts';
import type { Schemas } from './schemas.ts';

interface Mark {
  readonly finding: Finding;
  readonly from: number;
  readonly to: number;
  readonly fix: Fix | null;
}

/** Sentences between the lines: more of them hide the text. */
const mostInline = 30;
/** Underlines: what is wrong in so many places is wrong in one way. */
const mostMarks = 500;

export function findingMarks(): Extension {
  return [inline, lintGutter({ tooltipFilter: () => [] })];
}

/** Shows these findings and no others. What each is mended by is asked of the schema, so this takes a moment. */
export async function showFindings(
  view: EditorView,
  findings: readonly Finding[],
  schemas: Schemas,
  isCurrent: () => boolean,
): Promise<void> {
  const { doc } = view.state;
  const lines = linesOf(doc);
  const placed = findings.filter(({ line }) => line !== undefined && line <= doc.lines).slice(0, mostMarks);
  const marks = await Promise.all(placed.map((finding) => markOf(finding, doc, lines, schemas)));
  // Typed on in the meantime: the next answer is under way.
  if (!isCurrent() || view.state.doc !== doc) return;
  view.dispatch(setDiagnostics(view.state, marks.map(diagnosticOf)), { effects: setInline.of(marks) });
}

async function markOf(
  finding: Finding,
  doc: Text,
  lines: readonly string[],
  schemas: Schemas,
): Promise<Mark> {
  const line = doc.line(finding.line ?? 1);
  const key = /([^.[\]"]+)"?\]?$/.exec(finding.path.replace(/(\[\d+\])+$/, ''))?.[1] ?? '';
  const start = wordIn(line.text, key)?.from ?? line.text.search(/\S|$/);
  const end = line.text.trimEnd().length;
  return {
    finding,
    from: line.from + start,
    to: line.from + Math.max(start, end),
    fix: await fixAt(finding, line.number - 1, start, lines, schemas),
  };
}

async function fixAt(
  finding: Finding,
  index: number,
  column: number,
  lines: readonly string[],
  schemas: Schemas,
): Promise<Fix | null> {
  if (!/^unknown |expected one of /.test(finding.message)) return null;
  const line = lines[index] ?? '';
  const isAlone = !(lines[index + 1] ?? '').startsWith(' '.repeat(line.search(/\S|$/) + 1));
  const cursor = cursorAt(lines, index, column);
  const known =
    cursor === null
      ? []
      : finding.path === 'kind'
        ? (await schemas.kinds()).map(({ kind }) => kind)
        : fieldsOf(await schemas.of(cursor.apiVersion, cursor.kind), cursor.path);
  return fixOf(finding, line, isAlone, known);
}

function fieldsOf(schema: Parameters<typeof fieldsAt>[0] | null, path: readonly string[]): string[] {
  return schema === null ? [] : fieldsAt(schema, path).map(({ name }) => name);
}

function diagnosticOf({ finding, from, to }: Mark): Diagnostic {
  const { severity, message, code } = finding;
  return { from, to, severity, message, source: code };
}

const setInline = StateEffect.define<readonly Mark[]>();

const inline = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setInline)) return widgetsOf(effect.value, transaction.newDoc);
    }
    return decorations.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function widgetsOf(marks: readonly Mark[], doc: Text): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const told = marks
    .filter(({ finding }) => finding.severity !== 'info')
    .toSorted((a, b) => a.from - b.from)
    .slice(0, mostInline);
  for (const mark of told) {
    const { to } = doc.lineAt(mark.from);
    builder.add(to, to, Decoration.widget({ widget: new FindingWidget(mark), block: true, side: 1 }));
  }
  return builder.finish();
}

class FindingWidget extends WidgetType {
  readonly #mark: Mark;

  constructor(mark: Mark) {
    super();
    this.#mark = mark;
  }

  override eq(other: FindingWidget): boolean {
    const { finding, fix } = this.#mark;
    const theirs = other.#mark;
    return (
      finding.message === theirs.finding.message &&
      finding.code === theirs.finding.code &&
      fix?.label === theirs.fix?.label &&
      this.#mark.from === theirs.from
    );
  }

  override toDOM(view: EditorView): HTMLElement {
    const { finding, fix } = this.#mark;
    const dom = document.createElement('div');
    dom.className = `inline-finding is-${finding.severity}`;
    dom.dataset['code'] = finding.code;
    const glyph = dom.appendChild(document.createElement('span'));
    glyph.className = finding.severity === 'error' ? 'state-failing' : 'state-degraded';
    glyph.textContent = finding.severity === 'error' ? '✕' : '▲';
    const words = dom.appendChild(document.createElement('span'));
    words.append(`${finding.message} `);
    words.appendChild(document.createElement('code')).textContent = finding.code;
    if (fix !== null && !view.state.readOnly) {
      const button = dom.appendChild(document.createElement('button'));
      button.type = 'button';
      button.className = 'button small';
      button.textContent = fix.label;
      button.addEventListener('click', () => applyFix(view, dom, fix));
    }
    return dom;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

/** The widget stands under its line wherever that has moved to. */
function applyFix(view: EditorView, widget: HTMLElement, fix: Fix): void {
  const line = view.state.doc.lineAt(view.posAtDOM(widget));
  const from = line.from + fix.from;
  const to = Math.min(line.from + fix.to, line.to);
  view.dispatch({
    changes: fix.removesLine
      ? { from: line.from, to: Math.min(line.to + 1, view.state.doc.length) }
      : { from, to, insert: fix.insert },
    userEvent: 'input.fix',
  });
  view.focus();
}
