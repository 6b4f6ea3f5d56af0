/**
 * The table twin of the map: the same edges with the same figures, for eyes that prefer tables, for screen readers, and
 * for tests. It is always there; closed it is hidden from sight only.
 */
import type { GraphEdge } from '@heddle/schema';
import { memo } from 'react';
import { count, duration, percent, rate } from '../format/number.ts';
import { shortName } from '../format/name.ts';
import { Value } from '../ui/figure.tsx';
import { Icon } from '../ui/icon.tsx';
import { StateMark, stateRank } from '../ui/state.tsx';
import { mtlsOf } from './model/encode.ts';
import { NumHead } from '../ui/table.tsx';

export interface TableTwinProps {
  readonly edges: readonly GraphEdge[];
  readonly found: ReadonlySet<string> | null;
  readonly open: boolean;
  readonly selected: string | null;
  readonly onToggle: () => void;
  readonly onSelect: (edgeId: string) => void;
}

/** More rows than a person scrolls through; the find box narrows. */
const mostRows = 500;

export function TableTwin({ edges, found, open, selected, onToggle, onSelect }: TableTwinProps) {
  const sorted = edges.toSorted(
    (a, b) =>
      stateRank[a.state] - stateRank[b.state] ||
      b.errorRatio * b.rps - a.errorRatio * a.rps ||
      a.id.localeCompare(b.id),
  );
  const rows = (found === null ? sorted : sorted.filter((edge) => found.has(edge.id))).slice(0, mostRows);
  return (
    <section className={`drawer ${open ? 'is-open' : ''}`} aria-label="Edges">
      <div className="drawer-head">
        <button
          type="button"
          className="drawer-toggle"
          aria-expanded={open}
          aria-controls="edge-table"
          onClick={onToggle}
        >
          <Icon name="chevron" size={14} />
          Table{' '}
          <span className="faint">
            ({edges.length} {edges.length === 1 ? 'edge' : 'edges'})
          </span>
        </button>
        <Totals edges={edges} />
      </div>
      <div
        className={open ? 'drawer-body' : 'hidden-visually'}
        tabIndex={open ? 0 : -1}
        role="group"
        aria-label="Edge table"
      >
        <table className="table" id="edge-table">
          <thead>
            <tr>
              <th scope="col">Edge</th>
              <th scope="col">State</th>
              <NumHead>rps</NumHead>
              <NumHead>Errors</NumHead>
              <NumHead>p50</NumHead>
              <NumHead>p95</NumHead>
              <NumHead>p99</NumHead>
              <NumHead>n</NumHead>
              <NumHead>mTLS</NumHead>
              <th scope="col">Peers</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((edge) => (
              <EdgeRow
                key={edge.id}
                edge={edge}
                open={open}
                selected={edge.id === selected}
                onSelect={onSelect}
              />
            ))}
          </tbody>
        </table>
        {rows.length === mostRows && (
          <p className="faint">
            The first {mostRows} of {edges.length}, trouble first. Narrow them by Find.
          </p>
        )}
      </div>
    </section>
  );
}

const EdgeRow = memo(function EdgeRow({
  edge,
  open,
  selected,
  onSelect,
}: {
  edge: GraphEdge;
  open: boolean;
  selected: boolean;
  onSelect: (id: string) => void;
}) {
  const mtls = mtlsOf(edge);
  return (
    <tr
      className={selected ? 'is-selected' : ''}
      data-edge-id={edge.id}
      data-rps={edge.rps}
      data-n={edge.n}
      data-mtls={edge.mtlsRatio}
      data-state={edge.state}
      data-last-request-ms={edge.lastRequestMs}
      onClick={() => onSelect(edge.id)}
    >
      <th scope="row">
        <button type="button" tabIndex={open ? 0 : -1} className="row-link" onClick={() => onSelect(edge.id)}>
          {shortName(edge.source)} <span className="faint">→</span> {shortName(edge.target)}
        </button>
      </th>
      <td>
        <StateMark state={edge.state} />
      </td>
      <td className="num">{rate(edge.rps).value}</td>
      <td className={`num ${edge.errors > 0 ? `state-${edge.state}` : ''}`}>
        <Value of={percent(edge.errorRatio)} />
      </td>
      <td className="num">
        <Value of={duration(edge.p50Ms)} />
      </td>
      <td className="num">
        <Value of={duration(edge.p95Ms)} />
      </td>
      <td className="num">
        <Value of={duration(edge.p99Ms)} />
      </td>
      <td className="num soft">{count(edge.n)}</td>
      <td className="num">
        {edge.n === 0 ? '–' : <Value of={percent(edge.mtlsRatio)} />}{' '}
        <Icon name={mtls === 'full' ? 'lock' : 'unlock'} size={11} />
      </td>
      <td className="mono soft">
        {peer(edge.sourceId)} → {peer(edge.targetId)}
      </td>
    </tr>
  );
});

function peer(spiffeId: string | null): string {
  return spiffeId === null ? 'no identity' : `sa/${spiffeId.slice(spiffeId.lastIndexOf('/') + 1)}`;
}

function Totals({ edges }: { edges: readonly GraphEdge[] }) {
  const number = (state: GraphEdge['state']) => edges.filter((edge) => edge.state === state).length;
  const plaintext = edges.filter((edge) => mtlsOf(edge) !== 'full').length;
  return (
    <p className="totals" aria-live="off">
      {number('failing') > 0 && <span className="state-failing">✕ {number('failing')} failing</span>}
      {number('degraded') > 0 && <span className="state-degraded">▲ {number('degraded')} degraded</span>}
      {plaintext > 0 && <span>{plaintext} plaintext</span>}
      {number('unknown') > 0 && <span className="faint">{number('unknown')} without data</span>}
      <span className="faint">{number('ok')} steady</span>
    </p>
  );
}
