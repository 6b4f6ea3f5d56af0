import type { ErrorComponentProps } from '@tanstack/react-router';
import { useConnection } from '../api/live-context.tsx';
import { Icon } from '../ui/icon.tsx';

/** A page that could not be shown: most often its code could not be fetched because the control plane is away. */
export function PageFailure({ error }: ErrorComponentProps) {
  const stale = useConnection() !== 'live';
  return (
    <div className="page-centre">
      <div className="notice" role="alert">
        <span className="state-failing">
          <Icon name="failing" size={28} />
        </span>
        <h1>{stale ? 'The control plane does not answer' : 'This page could not be shown'}</h1>
        <p className="soft">
          {stale
            ? 'The page has not been opened before, so its code is not here yet. Proxies keep serving with their last configuration.'
            : String(error)}
        </p>
        <button type="button" className="button primary" onClick={() => window.location.reload()}>
          <Icon name="refresh" size={14} /> Load again
        </button>
      </div>
    </div>
  );
}
