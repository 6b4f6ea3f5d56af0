/** What became of a write: taken by how many proxies, what is known of its effect, and the way back. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { changeQuery } from '../api/queries.ts';
import { significant } from '../format/number.ts';
import { Icon } from '../ui/icon.tsx';
import { ProxyRefusals } from './proxy-refusals.tsx';

export interface OutcomeProps {
  readonly revision: number;
  /** What is counted since it took effect. */
  readonly children?: ReactNode;
  /** null where the change cannot be rolled back here any more. */
  readonly onRollback: (() => void) | null;
  readonly busy: boolean;
}

const undoMs = 10_000;

export function Outcome({ revision, children, onRollback, busy }: OutcomeProps) {
  const change = useQuery({
    ...changeQuery(revision),
    refetchInterval: (query) => (query.state.data?.push?.pending === 0 ? false : 500),
  });
  const push = change.data?.push ?? null;
  const done = push !== null && push.pending === 0;
  return (
    <section className="outcome" aria-label="Outcome" data-revision={revision} data-done={done}>
      <p role="status" className="outcome-line">
        <span className={push !== null && push.nacked > 0 ? 'state-failing' : ''}>
          <Icon name={push !== null && push.nacked > 0 ? 'failing' : done ? 'ok' : 'refresh'} size={14} />
        </span>
        <b>
          <Link to="/changes" search={{ rev: revision }} className="text-link">
            r{revision}
          </Link>
          {typeof change.data?.rollbackOf === 'number' && `, rolled back r${change.data.rollbackOf}`}
        </b>
        <span>
          {push === null
            ? 'written, being pushed'
            : push.affected === 0
              ? 'written; it changes no proxy'
              : `accepted on ${push.acked}/${push.affected} proxies${push.ackedMs === null ? '' : ` in ${significant(push.ackedMs)} ms`}`}
          {push !== null && push.nacked > 0 && `, ${push.nacked} refused it`}
        </span>
      </p>
      {push !== null && push.affected > 0 && (
        <span className="ack-strip" aria-hidden="true">
          {Array.from({ length: Math.min(40, push.affected) }, (_, index) => (
            <i
              key={index}
              className={
                index < push.acked ? 'is-acked' : index < push.acked + push.nacked ? 'is-nacked' : ''
              }
            />
          ))}
        </span>
      )}
      {push !== null && push.nacked > 0 && <ProxyRefusals {...push} />}
      {children}
      {onRollback !== null && <Rollback key={revision} busy={busy} onRollback={onRollback} />}
    </section>
  );
}

/** For ten seconds one press undoes; after that the button asks where it stands, with what it will do. */
function Rollback({ busy, onRollback }: { busy: boolean; onRollback: () => void }) {
  const [fresh, setFresh] = useState(true);
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setFresh(false), undoMs);
    return () => clearTimeout(timer);
  }, []);
  if (asking) {
    return (
      <div className="confirm" role="group" aria-label="Confirm the rollback">
        <span>Restore the document as it was before?</span>
        <button type="button" className="button primary" disabled={busy} autoFocus onClick={onRollback}>
          <Icon name="undo" size={14} /> Roll back
        </button>
        <button type="button" className="button" onClick={() => setAsking(false)}>
          Keep
        </button>
      </div>
    );
  }
  return (
    <button
      type="button"
      className={`button rollback ${fresh ? 'is-fresh' : ''}`}
      disabled={busy}
      onClick={() => (fresh ? onRollback() : setAsking(true))}
    >
      <Icon name="undo" size={14} /> Roll back
    </button>
  );
}
