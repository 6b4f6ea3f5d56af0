/** The four states of every view besides its data: loading, empty, error, and (in the shell) stale. */
import { useEffect, useState, type ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { Icon, Mark } from './icon.tsx';

/** True once `ms` have gone by since it was mounted: quick answers never flash a skeleton. */
export function useAfter(ms: number): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return passed;
}

/** Rows in the place where the data will be; past three seconds it says what it waits for. */
export function Loading({ rows = 6, what }: { rows?: number; what: string }) {
  const visible = useAfter(150);
  const long = useAfter(3000);
  return (
    <div className="loading" role="status" aria-label={`Loading ${what}`}>
      {visible &&
        Array.from({ length: rows }, (_, index) => (
          <div key={index} className="loading-row" style={{ opacity: 1 - index / (rows + 1) }}>
            <i style={{ width: 12 }} />
            <i style={{ width: `${28 + ((index * 17) % 30)}%` }} />
            <i style={{ width: 48, marginLeft: 'auto' }} />
            <i style={{ width: 48 }} />
          </div>
        ))}
      {long && <p className="faint">Still waiting for {what}.</p>}
    </div>
  );
}

export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="notice">
      <Mark size={40} />
      <h2>{title}</h2>
      {children !== undefined && <p className="soft">{children}</p>}
      {action}
    </div>
  );
}

/** What failed, with its code, and a way to try again. */
export function Failure({ error, what, retry }: { error: unknown; what: string; retry: () => void }) {
  const known = error instanceof ApiError ? error : null;
  return (
    <div className="notice" role="alert">
      <span className="state-failing">
        <Icon name="failing" size={28} />
      </span>
      <h2>{known?.status === 404 ? `There is no such ${what}` : `The ${what} could not be read`}</h2>
      <p className="soft">
        <code>{known?.code ?? 'ERROR'}</code> {error instanceof Error ? error.message : String(error)}
      </p>
      <button type="button" className="button primary" onClick={retry}>
        <Icon name="refresh" size={14} />
        Retry
      </button>
    </div>
  );
}
