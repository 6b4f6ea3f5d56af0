/** Live or not, how old the data is, and the last hour with its changes. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { changesQuery } from '../changes/query.ts';
import { useConnection, useLive } from '../api/live-context.tsx';
import { clockMinutes, clockTime, dataAge } from '../format/time.ts';
import { useNow } from '../ui/use-now.ts';
import { Icon } from '../ui/icon.tsx';

export function TimeBar() {
  const live = useLive();
  const connection = useConnection();
  return (
    <div className="time-bar">
      <span className={`live is-${connection}`} data-connection={connection}>
        {connection === 'stale' ? (
          <Icon name="stale" size={14} />
        ) : (
          <i className="live-dot" aria-hidden="true" />
        )}
        <b>{connection === 'live' ? 'Live' : connection === 'stale' ? 'Stale' : 'Connecting'}</b>
        <Age />
      </span>
      {connection === 'stale' && (
        <button type="button" className="button small" onClick={() => live.reconnect()}>
          <Icon name="refresh" size={12} /> Try now
        </button>
      )}
      <LastHour />
    </div>
  );
}

/** Ticks by itself and writes text only: nothing else has to render ten times a second. */
function Age() {
  const live = useLive();
  const text = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const timer = setInterval(() => {
      const age = live.age();
      if (text.current !== null) text.current.textContent = dataAge(age ?? live.waiting());
    }, 100);
    return () => clearInterval(timer);
  }, [live]);
  return <span ref={text} className="live-age" data-testid="data-age" aria-hidden="true" />;
}

const hourMs = 3_600_000;

function LastHour() {
  const now = useNow(10_000);
  const changes = useInfiniteQuery(changesQuery());
  const recent = (changes.data?.pages.flatMap((page) => page.items) ?? []).filter(
    (change) => now - Date.parse(change.at) < hourMs,
  );
  return (
    <div className="hour" role="group" aria-label="Changes in the last hour">
      <span className="faint">{clockMinutes(now - hourMs)}</span>
      <span className="hour-line">
        {recent.map((change) => (
          <Link
            key={change.revision}
            to="/changes"
            search={{ rev: change.revision }}
            className="hour-mark"
            style={{ left: `${Math.min(100, (1 - (now - Date.parse(change.at)) / hourMs) * 100)}%` }}
            title={`${clockTime(Date.parse(change.at))} r${change.revision} ${change.title}`}
            aria-label={`Revision ${change.revision}: ${change.title}`}
          >
            <Icon name="config" size={9} />
          </Link>
        ))}
        <i className="hour-now" />
      </span>
      <span className="faint">{clockMinutes(now)}</span>
    </div>
  );
}
