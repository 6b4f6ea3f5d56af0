/** A line diff without red and green: what goes is struck, what comes is raised. Unchanged runs fold to their edges. */
import type { DiffLine, DocumentDiff } from '@heddle/schema';
import { Icon } from './icon.tsx';
import { apiName, kindIcon } from './kinds.ts';
import { foldDiff } from './diff-fold.ts';

export function Diff({ lines, label }: { lines: readonly DiffLine[]; label: string }) {
  const folded = foldDiff(lines, 3);
  return (
    <div className="diff" role="group" aria-label={label} tabIndex={0}>
      {folded.map((part) =>
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
              <LineText line={part.line} />
            </span>
          </div>
        ),
      )}
    </div>
  );
}

/** The indent is not struck: a line through blanks reads as a rule. */
function LineText({ line }: { line: DiffLine }) {
  if (line.op !== '-') return line.text;
  const words = line.text.trimStart();
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
    </details>
  ));
}

function kindOf(line: DiffLine): string {
  return line.op === '-' ? 'is-old' : line.op === '+' ? 'is-new' : '';
}
