/** The change log: what was written, by whom, why, and how far it has come. Live: new changes and acks arrive by themselves. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Change } from '@heddle/schema';
import { significant } from '../format/number.ts';
import { spoken } from '../format/name.ts';
import { ago, clockTime, dayAndClock } from '../format/time.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import { useNow } from '../ui/use-now.ts';
import { ChangePanel } from './change-panel.tsx';
import '../ui/page.css';
import './changes.css';
import { changesQuery } from './query.ts';

export function ChangesPage() {
  const { rev } = useSearch({ from: '/changes' });
  const navigate = useNavigate({ from: '/changes' });
  const query = useInfiniteQuery(changesQuery());
  const changes = query.data?.pages.flatMap((page) => page.items);
  const select = (revision: number | undefined) =>
    void navigate({ search: (before) => ({ ...before, rev: revision }), replace: rev !== undefined });
  return (
    <div className={`panel-page ${rev === undefined ? '' : 'has-panel'}`}>
      <div className="scroll-page">
        {changes === undefined ? (
          <>
            <h1>Changes</h1>
            {query.error === null ? (
              <Loading what="the change log" />
            ) : (
              <Failure error={query.error} what="change log" retry={() => void query.refetch()} />
            )}
          </>
        ) : changes.length === 0 ? (
          <>
            <h1>Changes</h1>
            <Empty title="Nothing has been changed yet">
              Every write is listed here, whoever made it, with its diff and a way back. Try{' '}
              <code>heddle apply -f route.yaml</code>
            </Empty>
          </>
        ) : (
          <Log
            changes={changes}
            selected={rev}
            onSelect={select}
            more={query.hasNextPage ? () => void query.fetchNextPage() : null}
          />
        )}
      </div>
      {rev !== undefined && <ChangePanel key={rev} revision={rev} onClose={() => select(undefined)} />}
    </div>
  );
}

interface LogProps {
  readonly changes: readonly Change[];
  readonly selected: number | undefined;
  readonly onSelect: (revision: number) => void;
  readonly more: (() => void) | null;
}

function Log({ changes, selected, onSelect, more }: LogProps) {
  const now = useNow(5000);
  const newest = changes[0];
  const refused = changes.filter((change) => (change.push?.nacked ?? 0) > 0).length;
  return (
    <>
      <h1>
        {refused > 0
          ? `${refused} of ${changes.length} changes were refused by a proxy`
          : newest === undefined
            ? 'Changes'
            : `Last change ${ago(Date.parse(newest.at), now)}`}
      </h1>
      <p className="lead">
        {newest === undefined ? '' : `r${newest.revision} by ${newest.actor}: ${spoken(newest.title)}.`}
      </p>
      <ol className="change-list">
        {changes.map((change) => (
          <li key={change.revision}>
            <ChangeRow
              change={change}
              now={now}
              selected={change.revision === selected}
              onSelect={onSelect}
            />
          </li>
        ))}
      </ol>
      {more !== null && (
        <button type="button" className="button more" onClick={more}>
          Older changes
        </button>
      )}
      <p className="changes-legend faint">
        <Icon name="config" size={11} /> config <Icon name="undo" size={11} /> rollback
      </p>
    </>
  );
}

const viaIcon: Record<Change['via'], IconName> = {
  ui: 'services',
  api: 'layers',
  cli: 'more',
  system: 'refresh',
};
const viaWords: Record<Change['via'], string> = {
  ui: 'in the console',
  api: 'by API',
  cli: 'by CLI',
  system: 'by the system',
};

function ChangeRow({
  change,
  now,
  selected,
  onSelect,
}: {
  change: Change;
  now: number;
  selected: boolean;
  onSelect: (revision: number) => void;
}) {
  const at = Date.parse(change.at);
  const lines = change.diff.flatMap((document) => document.lines).filter((line) => line.op !== ' ');
  return (
    <button
      type="button"
      className={`change ${selected ? 'is-selected' : ''}`}
      aria-pressed={selected}
      data-revision={change.revision}
      onClick={() => onSelect(change.revision)}
    >
      <span className="change-time" title={dayAndClock(at)}>
        {clockTime(at)}
        <span className="faint">{ago(at, now)}</span>
      </span>
      <span className="change-glyph" aria-hidden="true">
        <Icon name={change.rollbackOf === null ? 'config' : 'undo'} size={12} />
      </span>
      <span className="change-what">
        <b className={change.rolledBackBy === null ? '' : 'is-undone'}>{spoken(change.title)}</b>
        <span className="soft">
          <code>r{change.revision}</code>{' '}
          {change.diff
            .map((document) => `${document.kind} ${document.namespace}/${document.name}`)
            .slice(0, 2)
            .join(', ')}
          {change.diff.length > 2 && ` and ${change.diff.length - 2} more`}
          {change.rollbackOf !== null && ` · restores what r${change.rollbackOf} changed`}
          {change.rolledBackBy !== null && ` · rolled back by r${change.rolledBackBy}`}
        </span>
        <span className="faint">
          <Icon name={viaIcon[change.via]} size={11} /> {change.actor} {viaWords[change.via]}
          {change.reason !== '' && <span className="soft"> · {change.reason}</span>}
        </span>
      </span>
      <span className="change-diff mono" aria-hidden="true">
        {lines.slice(0, lines.length === 4 ? 4 : 3).map((line, index) => (
          <span
            key={`${line.op}${line.oldLine ?? ''}-${line.newLine ?? ''}-${index}`}
            className={line.op === '-' ? 'faint' : ''}
          >
            {line.op} {line.op === '-' ? <del>{line.text.trim()}</del> : line.text.trim()}
          </span>
        ))}
        {lines.length > 4 && <span className="faint">and {lines.length - 3} more lines</span>}
      </span>
      <PushMark change={change} />
    </button>
  );
}

function PushMark({ change }: { change: Change }) {
  const { push } = change;
  if (push === null || push.affected === 0)
    return <span className="change-push faint">{push === null ? '–' : 'changes no proxy'}</span>;
  return (
    <span className="change-push">
      {push.nacked > 0 ? (
        <span className="chip is-failing">
          <Icon name="failing" size={11} /> {push.nacked} refused
        </span>
      ) : (
        <span className="chip">
          {push.pending === 0 && <Icon name="ok" size={11} />} {push.acked}/{push.affected} proxies
        </span>
      )}
      <span className="faint">
        {push.ackedMs === null ? `${push.pending} pending` : `in ${significant(push.ackedMs)} ms`}
      </span>
    </span>
  );
}
