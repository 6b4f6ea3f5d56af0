/** A line diff without red and green: what goes is struck, what comes is raised. Unchanged runs fold to their edges. */
import type { DiffLine, DocumentDiff } from '@heddle/schema';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { exact } from '../format/number.ts';
import { Icon } from './icon.tsx';
import { apiName, documentId, kindIcon } from './kinds.ts';
import { foldDiff } from './diff-fold.ts';
import { type Part, wordMarks } from './word-marks.ts';

/** Parts shown at once: a document of ten thousand lines that is new is not read to its end here. */
const mostParts = 400;

export function Diff({ lines, label }: { lines: readonly DiffLine[]; label: string }) {
  const [shown, setShown] = useState(mostParts);
  const folded = useMemo(() => foldDiff(lines, 3), [lines]);
  const marks = useMemo(() => wordMarks(lines), [lines]);
  return (
    <div className="diff" role="group" aria-label={label} tabIndex={0}>
      {folded.slice(0, shown).map((part) =>
        part.kind === 'fold' ? (
          <div key={`fold-${part.from}`} className="diff-fold">
            {part.count} unchanged lines
          </div>
        ) : (
          <div key={`${part.line.oldLine}-${part.line.newLine}`} className={`diff-line ${kindOf(part.line)}`}>
            <span className="diff-number">{part.line.newLine ?? part.line.oldLine}</span>
            <span
              className="diff-op"
              aria-label={part.line.op === '-' ? 'removed' : part.line.op === '+' ? 'added' : undefined}
              role={part.line.op === ' ' ? undefined : 'img'}
            >
              {part.line.op}
            </span>
            <span className="diff-text">
              <LineText line={part.line} parts={marks.get(part.line)} />
            </span>
          </div>
        ),
      )}
      {folded.length > shown && (
        <button type="button" className="diff-more" onClick={() => setShown(shown + mostParts)}>
          {exact(folded.length - shown)} more lines
        </button>
      )}
    </div>
  );
}

/** Where a line became another, its words are marked; else all of it went or came. The indent is never struck: it reads as a rule. */
function LineText({ line, parts }: { line: DiffLine; parts: readonly Part[] | undefined }) {
  if (line.op === ' ') return line.text;
  const words = line.text.trimStart();
  const Mark = line.op === '-' ? 'del' : 'ins';
  if (parts !== undefined)
    return parts.map(({ text, isMarked }, index) => (isMarked ? <Mark key={index}>{text}</Mark> : text));
  if (line.op === '+') return line.text;
  return (
    <>
      {line.text.slice(0, line.text.length - words.length)}
      <del>{words}</del>
    </>
  );
}

/** More documents than this are closed at first: each opens by its name. */
const mostOpen = 3;

export function DocumentDiffs({ documents }: { documents: readonly DocumentDiff[] }) {
  const changed = documents.filter((document) => document.change !== 'none');
  return changed.map((document) => (
    <details
      key={`${document.kind}/${document.namespace}/${document.name}`}
      className="document-diff"
      open={changed.length <= mostOpen}
    >
      <summary>
        <Icon name="chevron" size={12} />
        <Icon name={kindIcon(document.kind)} size={14} />
        <span className="mono" title={apiName(document.group)}>
          {document.kind} {document.namespace}/{document.name}
        </span>
        <span className="faint">{document.change}</span>
      </summary>
      <div className={document.change === 'update' ? '' : 'is-whole'}>
        <Diff
          lines={document.lines}
          label={`Diff of ${document.kind} ${document.namespace}/${document.name}`}
        />
      </div>
      {document.change !== 'delete' && (
        <Link to="/documents" search={{ doc: documentId(document) }} className="text-link small">
          The document as it is now
        </Link>
      )}
    </details>
  ));
}

function kindOf(line: DiffLine): string {
  return line.op === '-' ? 'is-old' : line.op === '+' ? 'is-new' : '';
}
