/** One trace: a sentence, a minimap, the waterfall, and a panel for the span that is looked at. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { Trace } from '@heddle/schema';
import { lazy, Suspense, useMemo, useState } from 'react';
import { traceQuery } from '../api/queries.ts';
import { clockMillis } from '../format/time.ts';
import { Icon } from '../ui/icon.tsx';
import { Failure, Loading } from '../ui/states.tsx';
import { headline } from './model/story.ts';
import { buildTree } from './model/tree.ts';
import { SpanPanel } from './span-panel.tsx';
import '../ui/page.css';
import './trace.css';
import { Waterfall } from './waterfall.tsx';

const WhyPanel = lazy(() => import('../why/panel.tsx').then((module) => ({ default: module.WhyPanel })));

export function TracePage() {
  const { id } = useParams({ from: '/traces/$id' });
  const query = useQuery(traceQuery(id));
  if (query.data !== undefined) return <TraceView trace={query.data} />;
  return (
    <div className="scroll-page">
      <h1 className="hidden-visually">Trace</h1>
      {query.error === null ? (
        <Loading what="the trace" rows={10} />
      ) : (
        <Failure error={query.error} what="trace" retry={() => void query.refetch()} />
      )}
    </div>
  );
}

function TraceView({ trace }: { trace: Trace }) {
  const search = useSearch({ from: '/traces/$id' });
  const navigate = useNavigate({ from: '/traces/$id' });
  const tree = useMemo(() => buildTree(trace), [trace]);
  const selected = search.span === undefined ? undefined : tree.byId.get(search.span);
  const select = (span: string | undefined) =>
    void navigate({
      search: (before) => ({ ...before, span, why: undefined, ask: undefined }),
      replace: true,
    });
  const setWhy = (why: true | undefined) =>
    void navigate({ search: (before) => ({ ...before, why, ask: undefined }) });
  const why = selected !== undefined && search.why === true;
  const services = new Set(trace.spans.map((span) => `${span.service}.${span.namespace}`)).size;
  const failed = trace.errorCount > 0;
  return (
    <div className={`panel-page ${selected === undefined ? '' : 'has-panel'} ${why ? 'is-wide' : ''}`}>
      <div className="trace-main">
        <header className="trace-head">
          <nav className="crumbs" aria-label="Breadcrumb">
            <Link to="/traces" search={{}}>
              Traces
            </Link>
            <Icon name="chevron" size={10} />
            <span>{trace.rootService}</span>
            <Icon name="chevron" size={10} />
            <code className="crumb-here">{trace.traceId}</code>
            <Copy text={trace.traceId} />
          </nav>
          <div className="page-title">
            {failed && (
              <span className="state-failing">
                <Icon name="failing" size={20} />
              </span>
            )}
            <h1>{headline(trace, tree)}</h1>
          </div>
          <p className="soft trace-facts">
            {trace.spans.length} spans · {services} services · {clockMillis(tree.startMs)}
            {failed && ` · ${trace.errorCount} failed`}
          </p>
        </header>
        <Waterfall tree={tree} selected={selected?.span.spanId} onSelect={select} />
        <TraceLegend />
      </div>
      {selected !== undefined && !why && (
        <SpanPanel
          key={selected.span.spanId}
          node={selected}
          onWhy={() => setWhy(true)}
          onClose={() => select(undefined)}
        />
      )}
      {selected !== undefined && why && (
        <Suspense fallback={<aside className="panel is-wide" aria-label="Why" />}>
          <WhyPanel
            key={selected.span.spanId}
            title={selected.span.name}
            subject={{ kind: 'span', node: selected }}
            ask={search.ask}
            onAsk={(ask) => void navigate({ search: (before) => ({ ...before, ask }), replace: true })}
            onClose={() => setWhy(undefined)}
          />
        </Suspense>
      )}
    </div>
  );
}

function Copy({ text }: { text: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
  };
  return (
    <button
      type="button"
      className="copy"
      aria-label={done ? 'Copied' : 'Copy the trace id'}
      onClick={() => void copy()}
      onBlur={() => setDone(false)}
    >
      <Icon name={done ? 'ok' : 'copy'} size={12} />
    </button>
  );
}

function TraceLegend() {
  return (
    <ul className="trace-legend" aria-label="Legend">
      <li>
        <i className="bar-app" /> App time
      </li>
      <li>
        <i className="bar-proxy" /> Proxy time
      </li>
      <li>
        <i className="bar-proxy is-started" /> Failed here
      </li>
      <li>
        <i className="bar-app is-passed" /> Passed on a failure
      </li>
      <li>
        <i className="bar-critical" /> Critical path
      </li>
      <li>
        <i className="bar-gone" /> Ran on, caller gone
      </li>
    </ul>
  );
}
