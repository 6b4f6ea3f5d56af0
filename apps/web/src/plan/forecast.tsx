/** What would become of requests that were really made: how many are decided otherwise, which way, by which rule. */
import type { Forecast, ForecastChange } from '@heddle/schema';
import { count, significant } from '../format/number.ts';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/panel.tsx';
import { isLoss } from './model/loss.ts';
import './plan.css';

/** @param forecast undefined while it is being made */
export function ForecastSection({ forecast }: { forecast: Forecast | undefined }) {
  if (forecast === undefined)
    return (
      <Section title="Forecast" note="replaying recorded requests">
        <p className="faint">Waiting for the replay.</p>
      </Section>
    );
  const { changed, coverage, replayed, tookMs } = forecast;
  const otherwise = changed.reduce((sum, change) => sum + change.count, 0);
  const most = Math.max(1, ...changed.map((change) => change.count));
  return (
    <Section
      title="Forecast"
      note={replayed === 0 ? 'no recorded requests' : `replayed in ${significant(tookMs)} ms`}
    >
      {replayed > 0 && (
        <p className="forecast-sum" data-replayed={replayed} data-changed={otherwise}>
          {otherwise === 0 ? (
            <>
              <b>None</b> of {count(replayed)} recorded requests would be decided otherwise.
            </>
          ) : (
            <>
              <b>{count(otherwise)}</b> of {count(replayed)} recorded requests would be decided otherwise.
            </>
          )}
        </p>
      )}
      <ul className="forecast">
        {changed
          .toSorted((a, b) => b.count - a.count)
          .map((change) => (
            <li key={`${change.from} ${change.to} ${change.decidedBy}`}>
              <Changed change={change} most={most} />
            </li>
          ))}
      </ul>
      <p className="forecast-coverage faint">
        <Icon name="unknown" size={13} /> <span>{coverage}</span>
      </p>
    </Section>
  );
}

function Changed({ change, most }: { change: ForecastChange; most: number }) {
  const { decidedBy, examples, from, to } = change;
  return (
    <>
      <div className="forecast-change">
        <span className="num">
          <b>{count(change.count)}</b>
          <i aria-hidden="true">
            <em style={{ width: `${(change.count / most) * 100}%` }} />
          </i>
        </span>
        <dl>
          <div>
            <dt>now</dt>
            <dd className="soft">{from}</dd>
          </div>
          <div>
            <dt>then</dt>
            <dd className={isLoss(to) ? 'state-failing' : ''}>
              {isLoss(to) && <Icon name="failing" size={13} />} {to}
            </dd>
          </div>
          <div>
            <dt>by</dt>
            <dd>
              <code>{decidedBy}</code>
            </dd>
          </div>
        </dl>
      </div>
      {examples.length > 0 && (
        <details className="forecast-examples">
          <summary>
            <Icon name="chevron" size={12} />
            {examples.length === 1 ? 'An example' : `${examples.length} examples`}
          </summary>
          <ul className="mono">
            {examples.map((example) => (
              <li key={example}>{example}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
