/** The rows of documents: only those in view are drawn, and pages are asked for as they come into view. */
import { useVirtualizer } from '@tanstack/react-virtual';
import type { ResourceSummary } from '@heddle/schema';
import { type KeyboardEvent, type RefObject, useEffect, useEffectEvent, useRef, useState } from 'react';
import { ago } from '../format/time.ts';
import { Icon } from '../ui/icon.tsx';
import { apiName, documentId, kindIcon } from '../ui/kinds.ts';
import { useNow } from '../ui/use-now.ts';
import { Badges } from './badges.tsx';
import { badgesOf } from './model/badges.ts';

export interface DocumentListProps {
  readonly documents: readonly ResourceSummary[];
  /** How many there are; those beyond `documents` are still to come. */
  readonly total: number;
  readonly onMore: () => void;
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
  readonly scroller: RefObject<HTMLElement | null>;
}

const rowHeight = 41;
const rowsOfPage = 15;

export function DocumentList(props: DocumentListProps) {
  const { documents, total, onMore, selected, onSelect, scroller } = props;
  const now = useNow(10_000);
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  const [active, setActive] = useState(0);
  // Where a key has moved to: it may not have been drawn, or not have come, until later.
  const [awaited, setAwaited] = useState<number | null>(null);
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 5,
    scrollMargin: top,
  });
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= documents.length && documents.length < total) onMore();
  }, [last, documents.length, total, onMore]);
  // What stands above the list wraps differently with the width.
  useEffect(() => {
    const here = list.current;
    if (here === null) return;
    const measure = () => setTop(here.offsetTop);
    const observer = new ResizeObserver(measure);
    observer.observe(here);
    measure();
    return () => observer.disconnect();
  }, [total]);
  const press = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = Math.min(total - 1, Math.max(0, active + step));
    setAwaited(next);
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const isActiveDrawn = rows.some(({ index }) => index === active);
  return (
    <ul
      ref={list}
      className="documents"
      style={{ height: virtual.getTotalSize() }}
      aria-label="Documents"
      onKeyDown={press}
    >
      {rows.map(({ index, start, key }, nth) => {
        const document = documents[index];
        const id = document === undefined ? undefined : documentId(document);
        const isActive = isActiveDrawn ? index === active : nth === 0;
        return (
          <li
            key={key}
            ref={virtual.measureElement}
            data-index={index}
            aria-setsize={total}
            aria-posinset={index + 1}
            style={{ transform: `translateY(${start - top}px)` }}
          >
            {document === undefined || id === undefined ? (
              <div className="document-row is-coming" aria-hidden="true">
                <i />
              </div>
            ) : (
              <Row
                document={document}
                id={id}
                now={now}
                isSelected={id === selected}
                isActive={isActive}
                takesFocus={index === awaited}
                onFocused={() => setAwaited(null)}
                onOpen={() => {
                  setActive(index);
                  onSelect(id);
                }}
              />
            )}
          </li>
        );
      })}
    </ul>
  );
}

const steps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  j: 1,
  ArrowUp: -1,
  k: -1,
  PageDown: rowsOfPage,
  PageUp: -rowsOfPage,
  Home: -Infinity,
  End: Infinity,
};

interface RowProps {
  readonly document: ResourceSummary;
  readonly id: string;
  readonly now: number;
  readonly isSelected: boolean;
  /** The one that Tab comes to. */
  readonly isActive: boolean;
  readonly takesFocus: boolean;
  readonly onFocused: () => void;
  readonly onOpen: () => void;
}

function Row({ document, id, now, isSelected, isActive, takesFocus, onFocused, onOpen }: RowProps) {
  const button = useRef<HTMLButtonElement>(null);
  const take = useEffectEvent(() => {
    button.current?.focus({ preventScroll: true });
    onFocused();
  });
  useEffect(() => {
    if (takesFocus) take();
  }, [takesFocus]);
  return (
    <button
      ref={button}
      type="button"
      className={`document-row ${isSelected ? 'is-selected' : ''}`}
      aria-pressed={isSelected}
      tabIndex={isActive ? 0 : -1}
      data-document={id}
      onClick={onOpen}
    >
      <Icon name={kindIcon(document.kind)} size={16} />
      <span className="document-kind">
        <b>{document.kind}</b>
        <span className="faint">{apiName(document.group)}</span>
      </span>
      <span className="document-name">
        {document.namespace !== '' && <span className="faint">{document.namespace}/</span>}
        {document.name}
      </span>
      <Badges badges={badgesOf(document.findings)} />
      <span className="faint document-age">
        <code>r{document.revision}</code> {ago(Date.parse(document.updatedAt), now)}
      </span>
    </button>
  );
}
