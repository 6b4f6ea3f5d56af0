/** Kept traces, newest first, narrowed by what the URL says. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { TraceSummary } from '@heddle/schema';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import { useGraph } from '../api/live-context.tsx';
import { servicesQuery, tracesQuery } from '../api/queries.ts';
import { duration, inline } from '../format/number.ts';
import { clockMillis, nanoToMs } from '../format/time.ts';
import { Value } from '../ui/figure.tsx';
import { Icon } from '../ui/icon.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import { TraceBar } from '../ui/trace-bars.tsx';
import '../ui/page.css';
import './traces.css';
import { NumHead } from '../ui/table.tsx';

const statusOptions = [
  { value: 'all', label: 'All' },
  { value: 'error', label: 'Failed' },
  { value: 'ok', label: 'OK' },
] as const;

const slowOptions = [0, 10, 50, 100, 500, 1000, 2000];

export function TracesPage() {
  const search = useSearch({ from: '/traces' });
  const query = useQuery(
    tracesQuery({ service: search.service, status: search.status, minDurationMs: search.min, q: search.q }),
  );
  const narrowed =
    search.service !== undefined ||
    search.status !== undefined ||
    search.min !== undefined ||
    search.q !== undefined;
  return (
    <div className="traces-page">
      <h1 className="hidden-visually">Traces</h1>
      <Filters />
      {query.data === undefined ? (
        query.error === null ? (
          <Loading what="the traces" rows={12} />
        ) : (
          <Failure error={query.error} what="list of traces" retry={() => void query.refetch()} />
        )
      ) : query.data.items.length === 0 ? (
        <Empty
          title={narrowed ? 'No kept trace matches' : 'No traces yet'}
          action={
            narrowed ? (
              <Link to="/traces" search={{}} className="button">
                Show all traces
              </Link>
            ) : undefined
          }
        >
          {narrowed
            ? 'Failing and slow requests are always kept, the others are sampled. Widen the filters or wait for the next one.'
            : 'A trace appears here as soon as a request has passed a proxy.'}
        </Empty>
      ) : (
        <TraceTable traces={query.data.items} />
      )}
    </div>
  );
}

function Filters() {
  const search = useSearch({ from: '/traces' });
  const navigate = useNavigate({ from: '/traces' });
  const services = useQuery(servicesQuery());
  const graph = useGraph();
  const known =
    services.data?.items.map((service) => `${service.name}.${service.namespace}`) ??
    [...(graph?.nodes.keys() ?? [])].filter((id) => id.includes('.'));
  const options =
    search.service === undefined || known.includes(search.service) ? known : [search.service, ...known];
  const [text, setText] = useState(search.q ?? '');
  const commit = useDebouncedCallback(
    (q: string) =>
      void navigate({ search: (before) => ({ ...before, q: q === '' ? undefined : q }), replace: true }),
    250,
  );
  return (
    <div className="filters" role="search">
      <label className="filter grow">
        <Icon name="search" size={14} />
        <span className="hidden-visually">Text</span>
        <input
          type="search"
          placeholder="Trace id, operation or attribute value"
          value={text}
          spellCheck={false}
          onChange={(event) => {
            setText(event.currentTarget.value);
            commit(event.currentTarget.value);
          }}
        />
      </label>
      <label className="filter">
        <span className="faint">Service</span>
        <select
          value={search.service ?? ''}
          onChange={(event) =>
            void navigate({
              search: (before) => ({
                ...before,
                service: event.target.value === '' ? undefined : event.target.value,
              }),
            })
          }
        >
          <option value="">any</option>
          {options.toSorted().map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      </label>
      <label className="filter">
        <span className="faint">Took at least</span>
        <select
          value={String(search.min ?? 0)}
          onChange={(event) =>
            void navigate({
              search: (before) => ({
                ...before,
                min: event.target.value === '0' ? undefined : Number(event.target.value),
              }),
            })
          }
        >
          {[...new Set([...slowOptions, search.min ?? 0])]
            .toSorted((a, b) => a - b)
            .map((ms) => (
              <option key={ms} value={ms}>
                {ms === 0 ? 'any time' : inline(duration(ms))}
              </option>
            ))}
        </select>
      </label>
      <Segmented
        label="Status"
        options={statusOptions}
        value={search.status ?? 'all'}
        onChange={(status) =>
          void navigate({
            search: (before) => ({ ...before, status: status === 'all' ? undefined : status }),
          })
        }
      />
    </div>
  );
}

function TraceTable({ traces }: { traces: readonly TraceSummary[] }) {
  const longest = Math.max(...traces.map((trace) => trace.durationMs));
  const failed = traces.filter((trace) => trace.errorCount > 0).length;
  return (
    <>
      <div className="table-scroll traces-table" tabIndex={0} role="group" aria-label="Traces">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Start</th>
              <th scope="col">Trace</th>
              <th scope="col">Root</th>
              <th scope="col" className="bar-column">
                0 to {inline(duration(longest))}, same scale
              </th>
              <NumHead>Duration</NumHead>
              <NumHead>Spans</NumHead>
              <NumHead>Services</NumHead>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {traces.map((trace) => (
              <tr key={trace.traceId}>
                <td className="soft">{clockMillis(nanoToMs(trace.startUnixNano))}</td>
                <th scope="row">
                  <Link to="/traces/$id" params={{ id: trace.traceId }} search={{}} className="mono row-link">
                    {trace.traceId.slice(0, 16)}
                  </Link>
                </th>
                <td>
                  {trace.rootName} <span className="faint">{trace.rootService}</span>
                </td>
                <td className="bar-column">
                  <TraceBar trace={trace} longestMs={longest} />
                </td>
                <td className="num">
                  <Value of={duration(trace.durationMs)} />
                </td>
                <td className="num soft">{trace.spanCount}</td>
                <td className="num soft">{trace.services.length}</td>
                <td>
                  {trace.errorCount > 0 ? (
                    <span className="state-mark state-failing">
                      <Icon name="failing" size={13} /> Failed
                    </span>
                  ) : (
                    <span className="faint">OK</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="traces-foot faint">
        {traces.length} traces shown{failed > 0 ? `, ${failed} failed` : ''}. The list follows the mesh.
      </p>
    </>
  );
}
