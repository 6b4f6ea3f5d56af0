/** One service: its state in a sentence, its versions side by side, where its traffic goes and by which rule. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { GraphEdge, Instance, ServiceDetail } from '@heddle/schema';
import { lazy, Suspense, useState } from 'react';
import { changeQuery, serviceQuery } from '../api/queries.ts';
import { percent, rate } from '../format/number.ts';
import { outsideId, routeId, shortName } from '../format/name.ts';
import { Value } from '../ui/figure.tsx';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/panel.tsx';
import { StateMark } from '../ui/state.tsx';
import { Failure, Loading } from '../ui/states.tsx';
import { splitUnanswered } from './model/versions.ts';
import { RoutesTable } from './routes-table.tsx';
import { Rules } from './rules.tsx';
import '../ui/page.css';
import './service.css';
import { ShareChart } from './share-chart.tsx';
import { VersionCards } from './version-cards.tsx';

const WhyPanel = lazy(() => import('../why/panel.tsx').then((module) => ({ default: module.WhyPanel })));
const ShiftPanel = lazy(() => import('./shift/panel.tsx').then((module) => ({ default: module.ShiftPanel })));
const LatencyReport = lazy(() =>
  import('./latency-report.tsx').then((module) => ({ default: module.LatencyReport })),
);

export function ServicePage() {
  const { ns, name } = useParams({ from: '/services/$ns/$name' });
  const { shift, why, ask } = useSearch({ from: '/services/$ns/$name' });
  const navigate = useNavigate({ from: '/services/$ns/$name' });
  const query = useQuery(serviceQuery(ns, name));
  const [weights, setWeights] = useState<ReadonlyMap<string, number> | null>(null);
  const detail = query.data;
  const openShift = (rule: number | undefined) => {
    setWeights(null);
    void navigate({ search: (before) => ({ ...before, shift: rule, why: undefined, ask: undefined }) });
  };
  const openWhy = (route: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, shift: undefined, why: route, ask: undefined }) });
  const panelOpen = shift !== undefined || why !== undefined;
  return (
    <div className={`panel-page ${panelOpen ? 'has-panel is-wide' : ''}`}>
      <div className="scroll-page">
        <nav className="crumbs" aria-label="Breadcrumb">
          <Link to="/services" search={{}}>
            Services
          </Link>
          <Icon name="chevron" size={10} />
          <span>{ns}</span>
          <Icon name="chevron" size={10} />
          <span className="crumb-here">{name}</span>
        </nav>
        {detail !== undefined ? (
          <Detail
            detail={detail}
            draft={weights}
            shiftOpen={shift !== undefined}
            onShift={openShift}
            onWhy={openWhy}
          />
        ) : query.error === null ? (
          <Loading what={name} />
        ) : (
          <Failure error={query.error} what="service" retry={() => void query.refetch()} />
        )}
      </div>
      {shift !== undefined && detail !== undefined && (
        <Suspense fallback={<aside className="panel is-wide" aria-label="Shift traffic" />}>
          <ShiftPanel
            key={`${ns}/${name}/${shift}`}
            detail={detail}
            ruleIndex={ruleFor(detail, shift)}
            onWeights={setWeights}
            onClose={() => openShift(undefined)}
          />
        </Suspense>
      )}
      {shift === undefined && why !== undefined && detail !== undefined && (
        <Suspense fallback={<aside className="panel is-wide" aria-label="Why" />}>
          <WhyPanel
            key={`${ns}/${name} ${why}`}
            title={detail.name}
            subject={{ kind: 'edge', source: callerOf(detail), target: `${name}.${ns}`, route: why }}
            ask={ask}
            onAsk={(next) => void navigate({ search: (before) => ({ ...before, ask: next }), replace: true })}
            onClose={() => openWhy(undefined)}
          />
        </Suspense>
      )}
    </div>
  );
}

/** A caller is sent to another Service where a split names it: then that is said too. */
function callerName({ source, target }: GraphEdge, { name, namespace }: ServiceDetail): string {
  return target === `${name}.${namespace}`
    ? shortName(source)
    : `${shortName(source)} → ${shortName(target)}`;
}

/** Who calls most stands for the callers. */
function callerOf({ callers }: ServiceDetail): string {
  return callers.toSorted((a, b) => b.rps - a.rps)[0]?.source ?? outsideId;
}

/** A link that names no rule in particular means the one most traffic falls through to: the last. */
function ruleFor(detail: ServiceDetail, shift: number): number {
  const splits = detail.routing.rules.map((rule, index) => ({ index, parts: rule.parts.length }));
  const asked = splits[shift];
  if (asked === undefined || asked.parts > 1) return shift;
  return shift === 0
    ? (splits.findLast((rule) => rule.parts > 1)?.index ?? Math.max(0, splits.length - 1))
    : shift;
}

interface DetailProps {
  readonly detail: ServiceDetail;
  /** By version, while weights are being drafted. */
  readonly draft: ReadonlyMap<string, number> | null;
  readonly shiftOpen: boolean;
  readonly onShift: (rule: number) => void;
  readonly onWhy: (route: string) => void;
}

function Detail({ detail, draft, shiftOpen, onShift, onWhy }: DetailProps) {
  const bad = detail.state === 'failing' || detail.state === 'degraded';
  const { named } = splitUnanswered(detail.versionDetails);
  const { owner } = detail.routing;
  const change = useQuery({ ...changeQuery(owner?.revision ?? 0), enabled: owner !== null });
  const since = change.data === undefined ? null : Date.parse(change.data.at);
  return (
    <>
      <div className="page-title">
        {bad && (
          <span className={`state-${detail.state}`}>
            <Icon name={detail.state} size={20} />
          </span>
        )}
        <h1>{headline(detail)}</h1>
        <button
          type="button"
          className="button"
          onClick={() => onWhy(detail.routes[0] === undefined ? '*' : routeId(detail.routes[0]))}
        >
          <Icon name="why" size={14} /> Why
        </button>
        {!shiftOpen && named.length > 1 && (
          <button type="button" className="button" onClick={() => onShift(0)}>
            <Icon name="shift" size={14} /> Shift traffic
          </button>
        )}
      </div>
      <p className="lead">{detail.sentence}</p>
      <VersionCards detail={detail} draft={draft} />
      {named.length > 1 && <ShareChart versions={named} rules={detail.routing.rules} sinceMs={since} />}
      {named.length > 1 && (
        <Section level={2} title="Latency by version" note="last minute, the percentiles of the cards above">
          <Suspense fallback={<div className="latency-report" />}>
            <LatencyReport versions={named} />
          </Suspense>
        </Section>
      )}
      <RoutesTable routes={detail.routes} versions={named.map((version) => version.version)} onWhy={onWhy} />
      <Rules detail={detail} onShift={onShift} />
      <Instances instances={detail.instances} />
      <div className="two-columns">
        <Neighbours title="Called by" edges={detail.callers} other={(edge) => callerName(edge, detail)} />
        <Neighbours title="Calls" edges={detail.callees} other={(edge) => shortName(edge.target)} />
      </div>
    </>
  );
}

function headline(detail: ServiceDetail): string {
  const { named } = splitUnanswered(detail.versions);
  const worst =
    named.find((version) => version.state === 'failing') ??
    named.find((version) => version.state === 'degraded');
  const who = worst !== undefined && named.length > 1 ? `${detail.name} ${worst.version}` : detail.name;
  if (detail.state === 'failing') return `${who} is failing`;
  if (detail.state === 'degraded') return `${who} is degraded`;
  if (detail.inbound.n === 0) return `${detail.name} takes no requests`;
  const split = named.filter((version) => version.n > 0);
  return split.length > 1
    ? `${detail.name} splits over ${split.map((version) => version.version).join(', ')}`
    : `${detail.name} is steady`;
}

function Instances({ instances }: { instances: readonly Instance[] }) {
  return (
    <Section
      level={2}
      title="Instances"
      note={`${instances.filter((instance) => instance.ready).length} of ${instances.length} ready`}
    >
      <div className="table-scroll" tabIndex={0} role="group" aria-label="Instances">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Instance</th>
              <th scope="col">Version</th>
              <th scope="col">State</th>
              <th scope="col">Address</th>
              <th scope="col">Identity</th>
            </tr>
          </thead>
          <tbody>
            {instances.map((instance) => (
              <tr key={instance.id}>
                <th scope="row" title={instance.id}>
                  {instance.workload}
                </th>
                <td>{instance.version ?? '–'}</td>
                <td>
                  {instance.ready ? (
                    <StateMark state="ok" />
                  ) : (
                    <span className="state-failing">
                      <Icon name="failing" size={13} /> {instance.reason ?? 'not ready'}
                    </span>
                  )}
                </td>
                <td className="mono soft">{instance.address}</td>
                <td className="mono soft">{instance.spiffeId}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function Neighbours({
  title,
  edges,
  other,
}: {
  title: string;
  edges: readonly GraphEdge[];
  other: (edge: GraphEdge) => string;
}) {
  return (
    <Section level={2} title={title} note={edges.length === 0 ? 'nobody in this window' : undefined}>
      <ul>
        {edges.map((edge) => (
          <li key={edge.id}>
            <Link to="/map" search={{ edge: edge.id }} className="neighbour">
              <span>{other(edge)}</span>
              <span className={edge.errors > 0 ? `state-${edge.state}` : 'faint'}>
                <Value of={percent(edge.errorRatio)} /> errors
              </span>
              <span className="num">
                <Value of={rate(edge.rps)} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
