/** The frame of every page: rail, top bar, the page. What is stale looks stale, and is said once to a screen reader. */
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useConnection } from '../api/live-context.tsx';
import { Icon, Mark, type IconName } from '../ui/icon.tsx';
import { ScopeMenu } from './scope.tsx';
import { SchemeToggle } from './scheme-toggle.tsx';
import './shell.css';
import { TimeBar } from './time-bar.tsx';

const Palette = lazy(() => import('./palette.tsx').then((module) => ({ default: module.Palette })));
const KeyboardHelp = lazy(() =>
  import('./keyboard-help.tsx').then((module) => ({ default: module.KeyboardHelp })),
);

const pages: readonly {
  readonly to: '/map' | '/services' | '/traces' | '/documents' | '/changes';
  readonly label: string;
  readonly icon: IconName;
  readonly key: string;
}[] = [
  { to: '/map', label: 'Map', icon: 'map', key: 'm' },
  { to: '/services', label: 'Services', icon: 'services', key: 's' },
  { to: '/traces', label: 'Traces', icon: 'traces', key: 't' },
  { to: '/documents', label: 'Documents', icon: 'document', key: 'd' },
  { to: '/changes', label: 'Changes', icon: 'changes', key: 'c' },
];

export function Shell() {
  const connection = useConnection();
  const [overlay, setOverlay] = useState<'palette' | 'keys' | null>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useGlobalKeys(setOverlay);
  const page = pages.find((item) => path.startsWith(item.to));
  useEffect(() => {
    document.title = page === undefined ? 'Heddle' : `${page.label} · Heddle`;
  }, [page]);
  return (
    <div className="shell" data-connection={connection}>
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <nav className="rail" aria-label="Pages">
        <Link to="/map" search={{}} className="rail-mark" aria-label="Heddle, the map">
          <Mark />
        </Link>
        {pages.map((item) => (
          <Link
            key={item.to}
            to={item.to}
            search={(before) => ('ns' in before && before.ns !== undefined ? { ns: before.ns } : {})}
            className="rail-link"
            aria-current={page === item ? 'page' : undefined}
          >
            <Icon name={item.icon} size={18} />
            <span className="rail-label">{item.label}</span>
          </Link>
        ))}
      </nav>
      <header className="top">
        <ScopeMenu />
        <button
          type="button"
          className="search-button"
          onClick={() => setOverlay('palette')}
          aria-keyshortcuts="/ Control+K Meta+K"
        >
          <Icon name="search" size={14} />
          <span>Search services, edges, traces</span>
          <kbd>/</kbd>
          <kbd>⌘K</kbd>
        </button>
        <TimeBar />
        <SchemeToggle />
      </header>
      <main id="page" className="page" tabIndex={-1}>
        <Outlet />
      </main>
      <p className="hidden-visually" role="status">
        {connection === 'live'
          ? 'Live'
          : connection === 'stale'
            ? 'Connection lost: the data is stale'
            : 'Connecting'}
      </p>
      <Suspense fallback={null}>
        {overlay === 'palette' && <Palette onClose={() => setOverlay(null)} />}
        {overlay === 'keys' && <KeyboardHelp onClose={() => setOverlay(null)} />}
      </Suspense>
    </div>
  );
}

/** `/` and Cmd-K search, `?` lists the keys, `g` and a letter goes to a page. Never while a field is typed in. */
function useGlobalKeys(open: (overlay: 'palette' | 'keys') => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let waitingForPage = false;
    const down = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        open('palette');
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      const page = waitingForPage ? pages.find((item) => item.key === event.key) : undefined;
      waitingForPage = event.key === 'g';
      if (page !== undefined) {
        void navigate({ to: page.to, search: {} });
      } else if (event.key === '/') {
        event.preventDefault();
        open('palette');
      } else if (event.key === '?') {
        open('keys');
      }
    };
    window.addEventListener('keydown', down);
    return () => window.removeEventListener('keydown', down);
  }, [navigate, open]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
  );
}
