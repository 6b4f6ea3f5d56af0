/** Everything about one edge, worst first: what state it is in, for whom, why, and where to look next. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { EdgeDetail, FailureReason, Series, TraceSummary } from '@heddle/schema';
import { lazy, Suspense } from 'react';
import { edgeQuery } from '../api/queries.ts';
import { count, duration, noFigure, percent, rate, type Figure } from '../format/number.ts';
import { clockMinutes } from '../format/time.ts';
import { parseNodeId, routeId, shortName, splitEdgeId } from '../format/name.ts';
import { Value } from '../ui/figure.tsx';
import { Icon } from '../ui/icon.tsx';
import type { Asking } from '../why/model/question.ts';
import { Panel, Section } from '../ui/panel.tsx';
import { Spark } from '../ui/spark.tsx';
import { Failure, Loading } from '../ui/states.tsx';
import { EdgeIdentities } from './edge-identities.tsx';
import { EdgeRoutes } from './edge-routes-table.tsx';
import { TraceBar } from '../ui/trace-bars.tsx';

const WhyPanel = lazy(() => import('../why/panel.tsx').then((module) => ({ default: module.WhyPanel })));

export interface EdgePanelProps {
  readonly edgeId: string;
  /** The route that is asked about, `*` where none has been seen; undefined shows the edge itself. */
  readonly why: string | undefined;
  readonly ask: Asking | undefined;
  readonly onWhy: (route: string | undefined) => void;
  readonly onAsk: (ask: Asking | undefined) => void;
  readonly onClose: () => void;
}

export function EdgePanel({ edgeId, why, ask, onWhy, onAsk, onClose }: EdgePanelProps) {
  const ends = splitEdgeId(edgeId) ?? { source: edgeId, target: '' };
  const query = useQuery(edgeQuery(ends.source, ends.target));
  const target = parseNodeId(ends.target);
  const title = (
    <>
      {shortName(ends.source)} <span className="faint">→</span> {shortName(ends.target)}
    </>
  );
  if (why !== undefined) {
    return (
      <Suspense fallback={<aside className="panel is-wide" aria-label="Why" />}>
        <WhyPanel
          key={`${edgeId} ${why}`}
          title={title}
          subject={{ kind: 'edge', ...ends, route: why }}
          ask={ask}
          onAsk={onAsk}
          onClose={() => onWhy(undefined)}
        />
      </Suspense>
    );
  }
  const route = query.data?.routes[0];
  return (
    <Panel
      kind="Edge"
      title={title}
      onClose={onClose}
      foot={
        <>
          <Link
            to="/traces"
            search={{ service: `${target.service}.${target.namespace}` }}
            className="button primary"
          >
            <Icon name="traces" size={14} /> Open traces
          </Link>
          <Link
            to="/services/$ns/$name"
            params={{ ns: target.namespace, name: target.service }}
            search={{ shift: 0 }}
            className="button"
          >
            <Icon name="shift" size={14} /> Shift traffic
          </Link>
          <button
            type="button"
            className="button"
            onClick={() => onWhy(route === undefined ? '*' : routeId(route))}
          >
            <Icon name="why" size={14} /> Why
          </button>
        </>
      }
    >
      {query.data !== undefined ? (
        <Detail detail={query.data} onWhy={onWhy} />
      ) : query.error !== null ? (
        <Failure error={query.error} what="edge" retry={() => void query.refetch()} />
      ) : (
        <Loading what="the edge" />
      )}
    </Panel>
  );
}

function Detail({ detail, onWhy }: { detail: EdgeDetail; onWhy: (route: string) => void }) {
  return (
    <>
      <State detail={detail} />
      <Figures detail={detail} />
      <EdgeIdentities detail={detail} />
      <EdgeRoutes routes={detail.routes} onWhy={onWhy} />
      {detail.failures.length > 0 && <Failures failures={detail.failures} />}
      <Traces traces={detail.traces} />
      <Policies detail={detail} />
    </>
  );
}

function State({ detail }: { detail: EdgeDetail }) {
  const { state } = detail.edge;
  const bad = state === 'failing' || state === 'degraded';
  const since = detail.failingSince === null ? '' : ` since ${clockMinutes(Date.parse(detail.failingSince))}`;
  return (
    <p className="panel-sentence">
      {bad && (
        <>
          <span className={`state-${state}`}>
            <Icon name={state} size={16} />
          </span>
          <strong className={`state-${state}`}>
            {state === 'failing' ? 'Failing' : 'Degraded'}
            {since}.
          </strong>{' '}
        </>
      )}
      {detail.sentence}
    </p>
  );
}

function Figures({ detail }: { detail: EdgeDetail }) {
  const { edge, series } = detail;
  const onset = onsetIndex(series, detail.failingSince);
  const cells: { label: string; figure: Figure; values: readonly (number | null)[]; loud: boolean }[] = [
    { label: 'Requests', figure: rate(edge.rps), values: series.rps, loud: false },
    {
      label: 'Errors',
      figure: percent(edge.errorRatio),
      values: series.errorsPerSecond,
      loud: edge.errors > 0 && edge.state !== 'ok',
    },
    { label: 'p50', figure: duration(edge.p50Ms), values: series.p50Ms, loud: false },
    { label: 'p95', figure: duration(edge.p95Ms), values: series.p95Ms, loud: false },
    { label: 'p99', figure: duration(edge.p99Ms), values: series.p99Ms, loud: false },
  ];
  return (
    <section className="section figures-section">
      <dl className="figures">
        {cells.map((cell) => (
          <div key={cell.label}>
            <dt>{cell.label}</dt>
            <dd className={cell.loud ? `state-${edge.state}` : ''}>
              <Value of={edge.n === 0 && cell.label !== 'Requests' ? noFigure : cell.figure} />
            </dd>
            <Spark
              values={cell.values}
              width={64}
              height={22}
              loudFrom={cell.loud ? (onset ?? 0) : undefined}
            />
          </div>
        ))}
      </dl>
      <p className="faint small">
        n {count(edge.n)} in the last minute{edge.errors > 0 ? `, ${count(edge.errors)} failed` : ''}
      </p>
    </section>
  );
}

/** Where in the series the failing began: before it a spark keeps its colour. */
function onsetIndex(series: Series, since: string | null): number | null {
  if (since === null) return null;
  return Math.max(0, Math.floor((Date.parse(since) - series.fromMs) / series.stepMs));
}

function Failures({ failures }: { failures: readonly FailureReason[] }) {
  const total = failures.reduce((sum, failure) => sum + failure.n, 0);
  return (
    <Section title="Why they failed" note={`${count(total)} requests`}>
      <ul className="failures">
        {failures.map((failure) => (
          <li key={`${failure.flag} ${failure.status} ${failure.version ?? ''}`}>
            <code className="faint">{failure.flag}</code>
            <span>{failure.words}</span>
            <i>
              <b style={{ width: `${(failure.n / Math.max(1, total)) * 100}%` }} />
            </i>
            <span className="num">
              <Value of={percent(failure.n / Math.max(1, total))} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Traces({ traces }: { traces: readonly TraceSummary[] }) {
  const longest = Math.max(0, ...traces.map((trace) => trace.durationMs));
  return (
    <Section title="Traces" note={traces.length === 0 ? 'none kept' : `latest ${traces.length}`}>
      <ul className="trace-list">
        {traces.map((trace) => (
          <li key={trace.traceId}>
            <Link to="/traces/$id" params={{ id: trace.traceId }} className="trace-link">
              <span className={trace.errorCount > 0 ? 'state-failing' : 'faint'}>
                {trace.errorCount > 0 ? '✕ Failed' : 'OK'}
              </span>
              <code className="soft">{trace.traceId.slice(0, 8)}</code>
              <TraceBar trace={trace} longestMs={longest} />
              <span className="num">
                <Value of={duration(trace.durationMs)} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Policies({ detail }: { detail: EdgeDetail }) {
  return (
    <Section title="Policies">
      {detail.policies.length === 0 ? (
        <p className="faint">None: the mesh&rsquo;s defaults hold.</p>
      ) : (
        <ul className="policies">
          {detail.policies.map((policy) => (
            <li key={`${policy.kind}/${policy.namespace}/${policy.name}`}>
              <Link to="/changes" search={{ rev: policy.revision }} className="policy-link">
                <span>{policy.summary}</span>
                <code className="faint">
                  {policy.kind} {policy.name} r{policy.revision}
                </code>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
