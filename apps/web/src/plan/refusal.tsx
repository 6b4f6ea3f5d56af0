/** Why a write was not taken. It stays until something is done about it. */
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../api/client.ts';
import { changeQuery } from '../api/queries.ts';
import { spoken } from '../format/name.ts';
import { Findings } from './findings.tsx';
import { Icon } from '../ui/icon.tsx';

export function Refusal({ error, onRebase }: { error: unknown; onRebase: () => void }) {
  if (error instanceof ApiError && error.status === 409)
    return <Conflict error={error} onRebase={onRebase} />;
  const findings = error instanceof ApiError ? error.findings : [];
  return (
    <div className="refusal is-failing" role="alert">
      <Icon name="failing" size={16} />
      <div>
        <p>
          <b>Not saved.</b> {error instanceof Error ? error.message : String(error)}{' '}
          {error instanceof ApiError && <code>{error.code}</code>}
        </p>
        <Findings findings={findings} />
      </div>
    </div>
  );
}

function Conflict({ error, onRebase }: { error: ApiError; onRebase: () => void }) {
  const revision = error.currentRevision;
  const other = useQuery({ ...changeQuery(revision ?? 0), enabled: revision !== null });
  return (
    <div className="refusal is-failing" role="alert">
      <Icon name="failing" size={16} />
      <p>
        <b>Not saved: {revision === null ? 'another write' : `r${revision}`} came first.</b>{' '}
        {other.data === undefined
          ? error.message
          : `${other.data.actor} changed it: ${spoken(other.data.title)}.`}{' '}
        <code>{error.code}</code>
      </p>
      <button type="button" className="button" onClick={onRebase}>
        Rebase
      </button>
    </div>
  );
}
