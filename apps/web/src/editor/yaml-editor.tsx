/** YAML in CodeMirror: to be written, or only read. It draws the lines in view, so a document may be as long as it likes. */
import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import {
  bracketMatching,
  codeFolding,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
} from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { Change, presentableDiff, unifiedMergeView } from '@codemirror/merge';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension, Prec } from '@codemirror/state';
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import { useQueryClient } from '@tanstack/react-query';
import type { Finding } from '@heddle/schema';
import { type Ref, useEffect, useEffectEvent, useImperativeHandle, useRef } from 'react';
import type { Place } from '../documents/model/place.ts';
import { yamlLines } from './highlight.ts';
import { look } from './look.ts';
import { findingMarks, showFindings } from './marks.ts';
import { wholeWords } from './model/whole-words.ts';
import { schemasFrom } from './schemas.ts';
import { suggestions } from './suggest.ts';
import './editor.css';

/** A text as it stands: cheap to hand on and to compare, made into a string only where one is needed. */
export interface Draft {
  readonly lines: number;
  readonly length: number;
  toString(): string;
}

export interface EditorHandle {
  /** @param line from 1 */
  readonly goTo: (line: number) => void;
  readonly focus: () => void;
}

export interface YamlEditorProps {
  readonly label: string;
  /** What it begins with; a new text begins anew. */
  readonly text: string;
  /** Left out while the text is looked at: the marks that are there move along with it. */
  readonly findings?: readonly Finding[];
  /** Absent: it can only be read. */
  readonly onEdit?: (draft: Draft) => void;
  readonly onSave?: () => void;
  /** The text that the draft is compared with, in the lines themselves. */
  readonly compareWith?: string | null;
  readonly place?: Place | null;
  readonly ref?: Ref<EditorHandle>;
}

export function YamlEditor(props: YamlEditorProps) {
  const { label, text, findings, onEdit, compareWith = null, place = null, ref } = props;
  const root = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const compared = useRef(new Compartment());
  const placed = useRef(new Compartment());
  const schemas = schemasFrom(useQueryClient());
  const isEditable = onEdit !== undefined;
  const edited = useEffectEvent((draft: Draft) => onEdit?.(draft));
  const save = useEffectEvent(() => props.onSave?.());
  const make = useEffectEvent((parent: HTMLElement) => {
    const state = EditorState.create({
      doc: text,
      extensions: [
        reading(label),
        isEditable
          ? [
              writing(() => save()),
              suggestions(schemas),
              EditorView.updateListener.of((update) => {
                if (update.docChanged) edited(update.state.doc);
              }),
            ]
          : [EditorState.readOnly.of(true), EditorView.editable.of(false)],
        compared.current.of(comparison(compareWith)),
        placed.current.of(placeMarks(place)),
      ],
    });
    return new EditorView({ state, parent });
  });
  useEffect(() => {
    if (root.current === null) return;
    const made = make(root.current);
    view.current = made;
    if (isEditable) made.focus();
    return () => {
      view.current = null;
      made.destroy();
    };
  }, [text, isEditable]);
  useEffect(() => {
    view.current?.dispatch({ effects: compared.current.reconfigure(comparison(compareWith)) });
  }, [compareWith]);
  const mark = useEffectEvent(() => {
    const here = view.current;
    if (here === null) return;
    here.dispatch({ effects: placed.current.reconfigure(placeMarks(place)) });
    if (place !== null) goTo(here, place.from);
  });
  useEffect(() => mark(), [place?.from, place?.to, text]);
  const show = useEffectEvent((isCurrent: () => boolean) => {
    if (view.current !== null && findings !== undefined)
      void showFindings(view.current, findings, schemas, isCurrent);
  });
  useEffect(() => {
    let isCurrent = true;
    show(() => isCurrent);
    return () => {
      isCurrent = false;
    };
  }, [findings, text]);
  useImperativeHandle(ref, () => ({
    goTo: (line) => {
      const here = view.current;
      if (here === null) return;
      const { from } = goTo(here, line);
      here.dispatch({ selection: { anchor: from } });
      here.focus();
    },
    focus: () => view.current?.focus(),
  }));
  return <div ref={root} className={`yaml-editor ${isEditable ? '' : 'is-read-only'}`} />;
}

function goTo(view: EditorView, number: number) {
  const line = view.state.doc.line(Math.min(Math.max(1, number), view.state.doc.lines));
  view.dispatch({ effects: EditorView.scrollIntoView(line.from, { y: 'center' }) });
  return line;
}

function reading(label: string): Extension {
  return [
    look,
    yamlLines(),
    lineNumbers(),
    codeFolding({ placeholderText: '…' }),
    // At first nothing is measured yet, and so no line is known.
    foldGutter({ openText: '⌄', closedText: '›', foldingChanged: ({ geometryChanged }) => geometryChanged }),
    highlightSpecialChars(),
    findingMarks(),
    search({ top: true }),
    highlightSelectionMatches({ minSelectionLength: 3 }),
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
    keymap.of([...searchKeymap, ...foldKeymap, ...lintKeymap]),
  ];
}

function writing(save: () => void): Extension {
  return [
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    indentUnit.of('  '),
    EditorState.tabSize.of(2),
    placeholder('Istio, Gateway API or SMI YAML as it is; several documents are parted by ---'),
    Prec.high(
      keymap.of([
        {
          key: 'Mod-s',
          preventDefault: true,
          run() {
            save();
            return true;
          },
        },
      ]),
    ),
    // Escape and then Tab leaves the text: CodeMirror gives Tab back to the page for two seconds.
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...historyKeymap,
      ...defaultKeymap,
      indentWithTab,
    ]),
  ];
}

/** Bounded, so that two texts of a megabyte that have nothing in common do not stop the page. */
const bounds = { scanLimit: 1000, timeout: 150 };
const diffConfig = {
  override: (a: string, b: string) =>
    wholeWords(a, b, presentableDiff(a, b, bounds)).map(
      ({ fromA, toA, fromB, toB }) => new Change(fromA, toA, fromB, toB),
    ),
};

function comparison(base: string | null): Extension {
  return base === null
    ? []
    : unifiedMergeView({
        original: base,
        mergeControls: false,
        diffConfig,
        collapseUnchanged: { margin: 3, minSize: 5 },
      });
}

const placeLine = Decoration.line({ class: 'is-place', attributes: { 'data-marked': 'true' } });

function placeMarks(place: Place | null): Extension {
  if (place === null) return [];
  return EditorView.decorations.of((view) => {
    const { doc } = view.state;
    // Only what is drawn: a place may be ten thousand lines.
    const [first, last] = [view.viewport.from, view.viewport.to].map((at) => doc.lineAt(at).number);
    const from = Math.max(place.from, first ?? 1);
    const to = Math.min(place.to, last ?? 1, doc.lines);
    return Decoration.set(
      Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => placeLine.range(doc.line(from + i).from)),
    );
  });
}
