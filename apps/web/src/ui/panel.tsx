/** The panel at the right: docked beside the page, never a modal over it; on a phone a sheet from below. */
import { useEffect, useEffectEvent, type ReactNode } from 'react';
import { Icon } from './icon.tsx';

export interface PanelProps {
  readonly kind: string;
  readonly title: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** What can be done, always in reach at the foot. */
  readonly foot?: ReactNode;
  readonly wide?: boolean;
}

export function Panel({ kind, title, onClose, children, foot, wide = false }: PanelProps) {
  const close = useEffectEvent(onClose);
  useEffect(() => {
    const escape = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) close();
    };
    window.addEventListener('keydown', escape);
    return () => window.removeEventListener('keydown', escape);
  }, []);
  return (
    <aside className={`panel ${wide ? 'is-wide' : ''}`} aria-label={kind}>
      <div className="panel-head">
        <div className="panel-kind">
          <span>{kind}</span>
          <button
            type="button"
            className="icon-button"
            aria-label={`Close ${kind.toLowerCase()}`}
            onClick={onClose}
          >
            <Icon name="close" size={16} />
          </button>
        </div>
        <h2 className="panel-title">{title}</h2>
      </div>
      <div className="panel-body" role="group" aria-label="Details" tabIndex={0}>
        {children}
      </div>
      {foot !== undefined && <div className="panel-foot">{foot}</div>}
    </aside>
  );
}

export interface SectionProps {
  readonly title: ReactNode;
  readonly note?: ReactNode;
  readonly children: ReactNode;
  /** 3 in a panel, whose title is of level 2; 2 on a page. */
  readonly level?: 2 | 3;
}

export function Section({ title, note, children, level = 3 }: SectionProps) {
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section className="section">
      <div className="section-head">
        <Heading>{title}</Heading>
        {note !== undefined && <span className="faint">{note}</span>}
      </div>
      {children}
    </section>
  );
}
