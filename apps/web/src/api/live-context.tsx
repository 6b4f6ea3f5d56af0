/** The one `Live` of the page for the components, and hooks that read a part of it. */
import { useQueryClient, type InfiniteData } from '@tanstack/react-query';
import type { Change } from '@heddle/schema';
import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { List } from './client.ts';
import { withChange } from './change-log.ts';
import type { GraphState } from './graph-reducer.ts';
import { Live, type Connection, type ProxyTotals } from './live.ts';

const LiveContext = createContext<Live | null>(null);

export function LiveProvider({ children }: { children: ReactNode }) {
  const [live] = useState(
    () => new Live({ open: (url) => new EventSource(url), now: () => performance.now() }),
  );
  const queries = useQueryClient();
  useEffect(() => {
    live.start();
    const unsubscribe = live.onChange((change) => {
      queries.setQueryData<Change>(['change', change.revision], change);
      queries.setQueryData<InfiniteData<List<Change>>>(['changes'], (log) => log && withChange(log, change));
      for (const part of ['configs', 'config', 'why']) void queries.invalidateQueries({ queryKey: [part] });
    });
    return () => {
      unsubscribe();
      live.stop();
    };
  }, [live, queries]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error('useLive outside LiveProvider');
  return live;
}

export function useGraph(): GraphState | null {
  const live = useLive();
  return useSyncExternalStore(live.subscribe, () => live.graph);
}

export function useConnection(): Connection {
  const live = useLive();
  return useSyncExternalStore(live.subscribe, () => live.connection);
}

export function useProxies(): ProxyTotals | null {
  const live = useLive();
  return useSyncExternalStore(live.subscribe, () => live.proxies);
}
