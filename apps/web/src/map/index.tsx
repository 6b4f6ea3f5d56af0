/** The Map: toolbar, stage, table twin and the edge panel beside them. All that it shows is in the URL. */
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { GraphLevel, GraphNode } from '@heddle/schema';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useConnection, useGraph, useLive } from '../api/live-context.tsx';
import { proxiesQuery } from '../api/queries.ts';
import { parseNodeId } from '../format/name.ts';
import { span } from '../format/time.ts';
import { Empty, Loading } from '../ui/states.tsx';
import { useNow } from '../ui/use-now.ts';
import './map.css';
import type { Lens } from './model/encode.ts';
import { parseFind } from './model/find.ts';
import { desktopMeasures } from './model/layout.ts';
import type { Measures } from './model/placement.ts';
import { collapse, fullDetailLimit, visible, type MapView } from './model/view.ts';
import type { Identity } from './cards.tsx';
import { Problems } from './problems.tsx';
import { Stage } from './stage.tsx';
import { TableTwin } from './table-twin.tsx';
import { Toolbar } from './toolbar.tsx';
import { usePlacement } from './use-placement.ts';

const EdgePanel = lazy(() => import('./edge-panel.tsx').then((module) => ({ default: module.EdgePanel })));

/** A phone shows namespaces, close together. */
const compactMeasures: Measures = {
  ...desktopMeasures,
  cardWidth: 112,
  columnGap: 28,
  hullPadding: 0,
  hullTitle: 0,
  hullGapX: 28,
  hullGapY: 20,
};

export function MapPage() {
  const search = useSearch({ from: '/map' });
  const navigate = useNavigate({ from: '/map' });
  const live = useLive();
  const graph = useGraph();
  const compact = useMediaQuery('(max-width: 720px)', false, { getInitialValueInEffect: false });
  const level = search.level ?? 'service';
  const lens = search.lens ?? 'health';
  const [tidied, setTidied] = useState(0);
  useEffect(() => live.setLevel(level), [live, level]);

  const full = useMemo(() => (graph === null ? null : visible(graph, search.ns ?? '')), [graph, search.ns]);
  const view = useMemo(
    () => (full !== null && (compact || full.nodes.length > fullDetailLimit) ? collapse(full) : full),
    [full, compact],
  );
  const fresh = `${graph?.level ?? ''} ${search.ns ?? ''} ${compact} ${tidied}`;
  const placed = usePlacement(view, compact ? compactMeasures : desktopMeasures, fresh);
  const query = useMemo(() => parseFind(search.find ?? ''), [search.find]);
  const found = useMemo(
    () =>
      query.kind !== 'valid' || view === null
        ? null
        : new Set(view.edges.filter(query.matches).map((edge) => edge.id)),
    [query, view],
  );
  const identities = useIdentities(lens === 'security' ? view : null);

  const select = useCallback(
    (edge: string | null) =>
      void navigate({
        search: (before) => ({ ...before, edge: edge ?? undefined, why: undefined, ask: undefined }),
        replace: edge === null,
      }),
    [navigate],
  );
  const open = useCallback(
    (node: GraphNode) => {
      const { service, namespace } = parseNodeId(
        node.service === undefined ? node.id : `${node.service}.${node.namespace}`,
      );
      if (node.kind === 'outside' || namespace === '') return;
      void navigate({ to: '/services/$ns/$name', params: { ns: namespace, name: service }, search: {} });
    },
    [navigate],
  );
  // Collapsed edges run between namespaces: they lead to the list below, there is no panel of theirs.
  const openCollapsed = useCallback(
    (node: GraphNode) => {
      if (node.kind !== 'outside')
        void navigate({
          search: (before) => ({ ...before, ns: before.ns === node.id ? undefined : node.id }),
        });
    },
    [navigate],
  );

  return (
    <div
      className={`panel-page ${search.edge === undefined ? '' : search.why === undefined ? 'has-panel' : 'has-panel is-wide'}`}
    >
      <h1 className="hidden-visually">Map of the mesh</h1>
      <div className="map-main">
        {!compact && (
          <Toolbar
            find={search.find ?? ''}
            counted={
              full === null ? null : { found: found?.size ?? full.edges.length, all: full.edges.length }
            }
            lens={lens}
            level={level}
            onFind={(find) =>
              void navigate({
                search: (before) => ({ ...before, find: find === '' ? undefined : find }),
                replace: true,
              })
            }
            onLens={(next: Lens) =>
              void navigate({
                search: (before) => ({ ...before, lens: next === 'health' ? undefined : next }),
                replace: true,
              })
            }
            onLevel={(next: GraphLevel) =>
              void navigate({
                search: (before) => ({
                  ...before,
                  level: next === 'service' ? undefined : next,
                  edge: undefined,
                  why: undefined,
                }),
              })
            }
          />
        )}
        {view === null || placed === null ? (
          <Waiting />
        ) : view.nodes.length === 0 ? (
          <Empty title="No services yet">
            A service appears here as soon as its proxy has enrolled. <code>heddle proxies</code> lists those
            that have.
          </Empty>
        ) : (
          <>
            {compact && full !== null && <Problems.Headline edges={full.edges} />}
            <Stage
              view={view}
              placed={placed}
              lens={lens}
              selected={search.edge ?? null}
              found={found}
              identities={identities}
              compact={compact}
              onSelect={view.collapsed ? () => {} : select}
              onOpen={view.collapsed ? openCollapsed : open}
              onTidy={() => setTidied((times) => times + 1)}
            />
            {compact && full !== null && <Problems.List edges={full.edges} onSelect={select} />}
          </>
        )}
        {full !== null && (
          <TableTwin
            edges={full.edges}
            found={view?.collapsed === true ? null : found}
            open={search.table === true && !compact}
            selected={search.edge ?? null}
            onToggle={() =>
              void navigate({
                search: (before) => ({ ...before, table: before.table === true ? undefined : true }),
                replace: true,
              })
            }
            onSelect={select}
          />
        )}
      </div>
      {search.edge !== undefined && (
        <Suspense fallback={<aside className="panel" aria-label="Edge" />}>
          <EdgePanel
            key={search.edge}
            edgeId={search.edge}
            why={search.why}
            ask={search.ask}
            onWhy={(why) => void navigate({ search: (before) => ({ ...before, why, ask: undefined }) })}
            onAsk={(ask) => void navigate({ search: (before) => ({ ...before, ask }), replace: true })}
            onClose={() => select(null)}
          />
        </Suspense>
      )}
    </div>
  );
}

function Waiting() {
  const connection = useConnection();
  return (
    <div className="stage stage-waiting">
      <Loading
        rows={5}
        what={connection === 'connecting' ? 'the first snapshot of the mesh' : 'the layout'}
      />
    </div>
  );
}

/** By node: the account it proves and how long its certificate still holds. Read from the edges and the proxies. */
function useIdentities(view: MapView | null): ReadonlyMap<string, Identity> {
  const proxies = useQuery({ ...proxiesQuery(), enabled: view !== null });
  const now = useNow(10_000);
  return useMemo(() => {
    const accounts = new Map<string, Identity>();
    const ends = new Map(
      (proxies.data?.items ?? []).map((proxy) => [proxy.spiffeId, proxy.certificateNotAfter]),
    );
    for (const edge of view?.edges ?? []) {
      for (const [node, id] of [
        [edge.source, edge.sourceId],
        [edge.target, edge.targetId],
      ] as const) {
        if (id === null) continue;
        const notAfter = ends.get(id);
        const certificateLeft =
          notAfter === undefined || notAfter === null ? '' : span(Date.parse(notAfter) - now);
        accounts.set(node, { account: `sa/${id.slice(id.lastIndexOf('/') + 1)}`, certificateLeft });
      }
    }
    return accounts;
  }, [view, proxies.data, now]);
}
