/** The versions side by side on one scale: what each takes, what the rules give it, and how it does. */
import type { ServiceDetail, VersionDetail } from '@heddle/schema';
import { count, duration, percent, rate } from '../format/number.ts';
import { Value } from '../ui/figure.tsx';
import { Icon } from '../ui/icon.tsx';
import { Spark } from '../ui/spark.tsx';
import { configuredWeights } from './model/configured.ts';
import { splitUnanswered, versionName } from './model/versions.ts';

export const versionColors = ['var(--a)', 'var(--b)', 'var(--c)'] as const;

export function versionColor(index: number): string {
  return versionColors[Math.min(index, versionColors.length - 1)] ?? 'var(--c)';
}

/** Fewer requests than this make a p99 a guess: it is shown faint. */
const fewRequests = 500;

export function VersionCards({
  detail,
  draft,
}: {
  detail: ServiceDetail;
  draft: ReadonlyMap<string, number> | null;
}) {
  const configured = configuredWeights(detail.routing.rules);
  const { named, unanswered } = splitUnanswered(detail.versionDetails);
  return (
    <>
      <ul className="version-cards">
        {named.map((version, index) => (
          <VersionCard
            key={version.version}
            version={version}
            color={versionColor(index)}
            configured={configured?.get(version.version) ?? null}
            draft={draft?.get(version.version) ?? null}
            totalRps={detail.inbound.rps}
          />
        ))}
      </ul>
      {unanswered !== null && unanswered.n > 0 && (
        <p className="unanswered state-failing">
          <Icon name="failing" size={14} /> {count(unanswered.n)}{' '}
          {unanswered.n === 1 ? 'request' : 'requests'} of the last minute reached no instance.
        </p>
      )}
    </>
  );
}

interface CardProps {
  readonly version: VersionDetail;
  readonly color: string;
  /** Percent that the rule for everything else gives it; null without a rule. */
  readonly configured: number | null;
  readonly draft: number | null;
  readonly totalRps: number;
}

function VersionCard({ version, color, configured, draft, totalRps }: CardProps) {
  const few = version.n < fewRequests ? 'faint' : '';
  const down = version.instancesReady < version.instancesTotal;
  return (
    <li className="version-card" data-version={version.version}>
      <div className="version-head">
        <i className="swatch" style={{ background: color }} />
        <b>{versionName(version)}</b>
        {(version.state === 'failing' || version.state === 'degraded') && (
          <span className={`state-${version.state}`}>
            <Icon name={version.state} size={14} />
          </span>
        )}
        <span className={down ? 'state-failing' : 'faint'}>
          {version.instancesTotal === 0 && configured === null
            ? 'not in the rule'
            : `${version.instancesReady} of ${version.instancesTotal} ready`}
        </span>
      </div>
      <div className="version-main">
        <span className="version-rate">
          <Value of={rate(version.rps)} />
        </span>
        {draft !== null && draft !== configured && (
          <span className="soft">→ {rate((totalRps * draft) / 100).value}</span>
        )}
        <span
          className={version.errors > 0 ? `state-${version.state === 'ok' ? 'degraded' : version.state}` : ''}
        >
          {version.n === 0 ? '–' : <Value of={percent(1 - version.errorRatio)} />}
        </span>
      </div>
      <div className="version-share" aria-hidden="true">
        <i style={{ width: `${version.share * 100}%`, background: color }} />
        {configured !== null && <b style={{ left: `${configured}%` }} />}
        {draft !== null && draft !== configured && <em style={{ left: `${draft}%` }} />}
      </div>
      <div className="version-under">
        <span>
          {percent(version.share).value} %
          {configured === null ? ' of requests' : ` of ${Math.round(configured)} %`}
        </span>
        <span>
          {count(version.errors)} of {count(version.n)} failed
        </span>
      </div>
      <dl className="version-latency">
        <div>
          <dt>p50</dt>
          <dd className={few}>
            <Value of={duration(version.p50Ms)} />
          </dd>
        </div>
        <div>
          <dt>p95</dt>
          <dd className={few}>
            <Value of={duration(version.p95Ms)} />
          </dd>
        </div>
        <div>
          <dt>p99</dt>
          <dd className={few}>
            <Value of={duration(version.p99Ms)} />
          </dd>
        </div>
        <div>
          <dt>n, 1 min</dt>
          <dd>{count(version.n)}</dd>
        </div>
      </dl>
      <Spark values={version.series.rps} width={220} height={24} color={color} fill />
    </li>
  );
}
