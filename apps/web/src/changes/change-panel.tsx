/** One change in full, and the way back from it. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Change } from '@heddle/schema';
import { useState } from 'react';
import { api, ApiError } from '../api/client.ts';
import { changeQuery } from '../api/queries.ts';
import { significant } from '../format/number.ts';
import { spoken } from '../format/name.ts';
import { dayAndClock } from '../format/time.ts';
import { Findings } from '../plan/findings.tsx';
import { ProxyRefusals } from '../plan/proxy-refusals.tsx';
import '../plan/plan.css';
import { DocumentDiffs } from '../ui/diff.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel, Section } from '../ui/panel.tsx';
import { Failure, Loading } from '../ui/states.tsx';

export function ChangePanel({ revision, onClose }: { revision: number; onClose: () => void }) {
  const query = useQuery(changeQuery(revision));
  const change = query.data;
  return (
    <Panel
      kind={`Change r${revision}`}
      title={change === undefined ? `r${revision}` : spoken(change.title)}
      onClose={onClose}
      foot={change === undefined ? undefined : <Rollback change={change} />}
    >
      {change !== undefined ? (
        <Detail change={change} />
      ) : query.error === null ? (
        <Loading what="the change" />
      ) : (
        <Failure error={query.error} what="change" retry={() => void query.refetch()} />
      )}
    </Panel>
  );
}

function Detail({ change }: { change: Change }) {
  const { push } = change;
  return (
    <>
      <Section title="Who and why">
        <dl className="facts">
          <div>
            <dt>By</dt>
            <dd>{change.actor}</dd>
          </div>
          <div>
            <dt>At</dt>
            <dd>{dayAndClock(Date.parse(change.at))}</dd>
          </div>
          <div>
            <dt>Reason</dt>
            <dd className={change.reason === '' ? 'faint' : ''}>
              {change.reason === '' ? 'none given' : change.reason}
            </dd>
          </div>
          {change.baseRevision !== null && (
            <div>
              <dt>Base</dt>
              <dd>r{change.baseRevision}</dd>
            </div>
          )}
          {change.rollbackOf !== null && (
            <div>
              <dt>Restores</dt>
              <dd>what r{change.rollbackOf} changed</dd>
            </div>
          )}
          {change.rolledBackBy !== null && (
            <div>
              <dt>Undone</dt>
              <dd>by r{change.rolledBackBy}</dd>
            </div>
          )}
        </dl>
      </Section>
      <Section title="Diff" note={change.diff.length > 1 ? `${change.diff.length} documents` : undefined}>
        <DocumentDiffs documents={change.diff} />
      </Section>
      {change.findings.length > 0 && (
        <Section title={`Findings ${change.findings.length}`}>
          <Findings findings={change.findings} />
        </Section>
      )}
      {push !== null && (
        <Section title="Proxies">
          <p className={push.nacked > 0 ? 'state-failing' : 'soft'} role="status">
            <Icon name={push.nacked > 0 ? 'failing' : push.pending === 0 ? 'ok' : 'refresh'} size={13} />{' '}
            {push.affected === 0
              ? 'It changed the configuration of no proxy.'
              : `${push.acked} of ${push.affected} took it${push.ackedMs === null ? '' : ` in ${significant(push.ackedMs)} ms`}, ${push.nacked} refused, ${push.pending} pending.`}
          </p>
          {push.nacked > 0 && <ProxyRefusals {...push} />}
        </Section>
      )}
    </>
  );
}

/** The confirmation stands where the button was; a refusal stays until it is read. */
function Rollback({ change }: { change: Change }) {
  const [state, setState] = useState<'closed' | 'asking' | 'busy'>('closed');
  const [error, setError] = useState<Error | null>(null);
  const queries = useQueryClient();
  const navigate = useNavigate({ from: '/changes' });
  const rollBack = async () => {
    setState('busy');
    setError(null);
    try {
      const { revision } = await api.rollback(change.revision, `undo of r${change.revision}`);
      await queries.invalidateQueries({ queryKey: ['changes'] });
      void navigate({ search: (before) => ({ ...before, rev: revision }) });
    } catch (refusal) {
      setError(refusal instanceof Error ? refusal : new Error('the API did not say why'));
    }
    setState('closed');
  };
  if (change.rolledBackBy !== null)
    return (
      <p className="faint">Rolled back by r{change.rolledBackBy}. To get it back, roll that one back.</p>
    );
  return (
    <>
      {error !== null && (
        <p className="state-failing roll-error" role="alert">
          Not rolled back: {error.message} {error instanceof ApiError && <code>{error.code}</code>}
        </p>
      )}
      {state === 'closed' ? (
        <button type="button" className="button primary" onClick={() => setState('asking')}>
          <Icon name="undo" size={14} /> Roll back
        </button>
      ) : (
        <div className="confirm" role="group" aria-label="Confirm the rollback">
          <span>
            Restore {change.diff.length === 1 ? 'the document' : `${change.diff.length} documents`} as before
            r{change.revision}?
          </span>
          <button
            type="button"
            className="button primary"
            disabled={state === 'busy'}
            autoFocus
            onClick={() => void rollBack()}
          >
            <Icon name="undo" size={14} /> Roll back
          </button>
          <button
            type="button"
            className="button"
            disabled={state === 'busy'}
            onClick={() => setState('closed')}
          >
            Keep
          </button>
        </div>
      )}
    </>
  );
}
