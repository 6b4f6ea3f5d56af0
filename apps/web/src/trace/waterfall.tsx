/** Rows of 24 px, only those in sight in the DOM: ten thousand spans scroll like thirty. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState, type CSSProperties, type KeyboardEvent } from 'react';
import { duration, inline } from '../format/number.ts';
import { Value } from '../ui/figure.tsx';
import { Icon } from '../ui/icon.tsx';
import { Minimap } from './minimap.tsx';
import { ticks } from './model/ruler.ts';
import { countBelow, visibleRows, type Interval, type SpanNode, type SpanTree } from './model/tree.ts';

export interface WaterfallProps {
  readonly tree: SpanTree;
  readonly selected: string | undefined;
  readonly onSelect: (spanId: string) => void;
}

const rowHeight = 24;

export function Waterfall({ tree, selected, onSelect }: WaterfallProps) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(() => new Set());
  const rows = visibleRows(tree.roots, folded);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const active = rows.findIndex((row) => row.span.spanId === selected);
  const fold = (spanId: string, away: boolean) =>
    setFolded((before) => {
      const after = new Set(before);
      if (away) after.add(spanId);
      else after.delete(spanId);
      return after;
    });
  const goTo = (index: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (row === undefined) return;
    onSelect(row.span.spanId);
    virtual.scrollToIndex(rows.indexOf(row));
  };
  const press = (event: KeyboardEvent) => {
    const row = rows[active];
    if (event.key === 'j' || event.key === 'ArrowDown') goTo(active + 1);
    else if (event.key === 'k' || event.key === 'ArrowUp') goTo(active - 1);
    else if (event.key === 'ArrowLeft' && row !== undefined) fold(row.span.spanId, true);
    else if (event.key === 'ArrowRight' && row !== undefined) fold(row.span.spanId, false);
    else return;
    event.preventDefault();
  };
  const marks = ticks(tree.durationMs, 5);
  return (
    <div className="waterfall">
      <div className="waterfall-head">
        <div className="minimap-row">
          <span className="small">All {tree.byId.size} spans</span>
          <Minimap tree={tree} />
          <span />
        </div>
        <div className="ruler">
          <span>Service and operation</span>
          <span className="ruler-marks">
            {marks
              .filter((mark) => mark < tree.durationMs * 0.92)
              .map((mark) => (
                <i key={mark} style={{ left: `${(mark / tree.durationMs) * 100}%` }}>
                  {mark === 0 ? '0' : inline(duration(mark))}
                </i>
              ))}
          </span>
          <span className="num">Code</span>
          <span className="num">Time</span>
        </div>
      </div>
      <div
        ref={scroller}
        className="waterfall-body"
        role="tree"
        aria-label="Spans"
        tabIndex={0}
        aria-activedescendant={active === -1 ? undefined : `span-${selected}`}
        onKeyDown={press}
      >
        <div className="waterfall-rows" style={{ height: virtual.getTotalSize() }} role="presentation">
          <div className="gridlines" aria-hidden="true">
            {marks.slice(1).map((mark) => (
              <i key={mark} style={{ left: `${(mark / tree.durationMs) * 100}%` }} />
            ))}
          </div>
          {virtual.getVirtualItems().map((item) => {
            const node = rows[item.index];
            return node === undefined ? null : (
              <Row
                key={node.span.spanId}
                node={node}
                top={item.start}
                totalMs={tree.durationMs}
                selected={node.span.spanId === selected}
                folded={folded.has(node.span.spanId)}
                onSelect={() => onSelect(node.span.spanId)}
                onFold={(away) => fold(node.span.spanId, away)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  readonly node: SpanNode;
  readonly top: number;
  readonly totalMs: number;
  readonly selected: boolean;
  readonly folded: boolean;
  readonly onSelect: () => void;
  readonly onFold: (away: boolean) => void;
}

function Row({ node, top, totalMs, selected, folded, onSelect, onFold }: RowProps) {
  const { span } = node;
  const started = node.failing === 'started';
  return (
    <div
      id={`span-${span.spanId}`}
      className={`span-row ${selected ? 'is-selected' : ''} ${started ? 'is-started' : ''}`}
      style={{ transform: `translateY(${top}px)` }}
      role="treeitem"
      aria-level={node.depth + 1}
      aria-selected={selected}
      aria-expanded={node.children.length === 0 ? undefined : !folded}
      data-span-id={span.spanId}
      data-failing={node.failing}
      onClick={onSelect}
    >
      <span
        className="span-name"
        style={{ paddingLeft: `calc(6px + ${Math.min(node.depth, 14)} * var(--indent))` }}
      >
        {node.children.length > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            className="fold"
            aria-label={folded ? 'Unfold' : 'Fold'}
            onClick={(event) => {
              event.stopPropagation();
              onFold(!folded);
            }}
          >
            <Icon name="chevron" size={10} />
          </button>
        ) : (
          <i className="fold" />
        )}
        <SpanName node={node} />
        {folded && <span className="chip">+{countBelow(node)}</span>}
      </span>
      <span className="span-bars">
        <Bar node={node} totalMs={totalMs} />
      </span>
      <span className={`num mono ${started ? 'state-failing' : 'faint'}`}>
        {started && <Icon name="failing" size={11} />} {codeOf(node)}
      </span>
      <span className="num">
        <Value of={duration(span.durationMs)} />
      </span>
    </div>
  );
}

/** A proxy's client span is the call it made, its server span the request it let in; an application says its own name. */
function SpanName({ node }: { node: SpanNode }) {
  const { span } = node;
  const who = span.version === null ? span.service : `${span.service} ${span.version}`;
  if (span.scope === 'application') {
    return (
      <>
        <b>{who}</b> <span className="soft">{operationOf(node)}</span>
      </>
    );
  }
  const target = span.attributes['heddle.destination.service'];
  if (span.kind === 'client' && typeof target === 'string' && target !== '') {
    const version = span.attributes['heddle.destination.version'];
    return (
      <>
        <b>
          → {target}
          {typeof version === 'string' && version !== '' ? ` ${version}` : ''}
        </b>{' '}
        <span className="soft">from {who}</span>
      </>
    );
  }
  return (
    <>
      <b>{who}</b> <span className="soft">{span.kind === 'server' ? 'inbound' : span.name}</span>
    </>
  );
}

/** The operation without the service's name in front of it, which stands there already. */
function operationOf({ span }: SpanNode): string {
  return span.name.startsWith(`${span.service} `) ? span.name.slice(span.service.length + 1) : span.name;
}

function codeOf({ span }: SpanNode): string {
  const flags = span.attributes['heddle.response_flags'];
  if (typeof flags === 'string' && flags !== '') return flags;
  return span.httpStatus === null ? '' : String(span.httpStatus);
}

function Bar({ node, totalMs }: { node: SpanNode; totalMs: number }) {
  const { span } = node;
  const worked = node.callerGoneAt === null ? node : { from: node.from, to: node.callerGoneAt };
  const failing = node.failing === 'started' ? 'is-started' : node.failing === 'passed-on' ? 'is-passed' : '';
  return (
    <>
      <i
        className={`bar ${span.scope === 'proxy' ? 'bar-proxy' : 'bar-app'} ${failing}`}
        style={position(worked, totalMs)}
      />
      {node.callerGoneAt !== null && (
        <i className="bar bar-gone" style={position({ from: node.callerGoneAt, to: node.to }, totalMs)} />
      )}
      {node.critical.map((interval) => (
        <i key={interval.from} className="critical" style={position(interval, totalMs)} />
      ))}
    </>
  );
}

function position({ from, to }: Interval, totalMs: number): CSSProperties {
  return { left: `${(from / totalMs) * 100}%`, width: `${(Math.max(0, to - from) / totalMs) * 100}%` };
}
