/** Every document that the mesh was given, whatever API it is of, and what of it has no effect. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ResourceSummaryPage } from '@heddle/schema';
import { useDebouncedValue } from '@mantine/hooks';
import { lazy, Suspense, useCallback, useMemo, useRef } from 'react';
import { exact } from '../format/number.ts';
import { Icon } from '../ui/icon.tsx';
import { apiName, parseDocumentId } from '../ui/kinds.ts';
import { Segmented } from '../ui/segmented.tsx';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import '../ui/page.css';
import { DocumentList } from './document-list.tsx';
import './documents.css';
import { summariesQuery } from './query.ts';

const DocumentPanel = lazy(() =>
  import('./document-panel.tsx').then((module) => ({ default: module.DocumentPanel })),
);
const Editor = lazy(() => import('./editor.tsx').then((module) => ({ default: module.Editor })));
const EditDocument = lazy(() =>
  import('./edit-document.tsx').then((module) => ({ default: module.EditDocument })),
);

/** In the URL in the place of a document's id. */
const newId = 'new';

export function DocumentsPage() {
  const { doc, at, edit } = useSearch({ from: '/documents' });
  const navigate = useNavigate({ from: '/documents' });
  const open = (id: string | undefined, place?: string) =>
    void navigate({
      search: (before) => ({ ...before, doc: id, at: place, edit: undefined }),
      replace: doc !== undefined && id !== undefined,
    });
  const setEditing = (on: true | undefined) =>
    void navigate({ search: (before) => ({ ...before, edit: on, at: undefined }) });
  const key = doc === undefined ? null : parseDocumentId(doc);
  if (doc === newId || (edit === true && key !== null))
    return (
      <Suspense fallback={<Loading what="the editor" />}>
        {key === null ? (
          <Editor stored={null} onDone={() => open(undefined)} />
        ) : (
          <EditDocument key={doc} id={key} onDone={() => setEditing(undefined)} />
        )}
      </Suspense>
    );
  return (
    <div className={`panel-page ${key === null ? '' : 'has-panel is-wide'}`}>
      <AllDocuments selected={doc} onSelect={open} />
      {key !== null && (
        <Suspense fallback={<aside className="panel is-wide" aria-label="Document" />}>
          <DocumentPanel
            key={doc}
            id={key}
            at={at}
            onPlace={(place) => open(doc, place)}
            onEdit={() => setEditing(true)}
            onClose={() => open(undefined)}
          />
        </Suspense>
      )}
    </div>
  );
}

const debounceMs = 150;

interface AllDocumentsProps {
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
}

function AllDocuments({ selected, onSelect }: AllDocumentsProps) {
  const { ns, q = '', api = '' } = useSearch({ from: '/documents' });
  const navigate = useNavigate({ from: '/documents' });
  const scroller = useRef<HTMLDivElement>(null);
  const [settled] = useDebouncedValue(q, debounceMs);
  const all = useInfiniteQuery(summariesQuery({ namespace: ns }));
  const apis = apisOf(all.data?.pages[0]);
  const group = api === '' ? undefined : (apis.get(api) ?? ['-']).join();
  const query = useInfiniteQuery({
    ...summariesQuery({ namespace: ns, q: settled, group }),
    enabled: api === '' || all.data !== undefined,
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const documents = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const filter = (next: { q?: string | undefined; api?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  const counts = all.data?.pages[0];
  const matched = query.data?.pages[0]?.matched;
  return (
    <div ref={scroller} className="scroll-page">
      <div className="page-title">
        <h1>Documents</h1>
        <button type="button" className="button" onClick={() => onSelect(newId)}>
          <Icon name="plus" size={14} /> Add YAML
        </button>
      </div>
      {counts === undefined || matched === undefined ? (
        (all.error ?? query.error) === null ? (
          <Loading what="the documents" />
        ) : (
          <Failure
            error={all.error ?? query.error}
            what="list of documents"
            retry={() => void Promise.all([all.refetch(), query.refetch()])}
          />
        )
      ) : counts.stored === 0 ? (
        <Empty title={ns === undefined ? 'No documents yet' : `No documents in ${ns}`}>
          Bring the YAML that you have: <code>heddle apply -f routes.yaml</code>
        </Empty>
      ) : (
        <>
          <Summary counts={counts} onFind={(word) => filter({ q: word })} />
          <div className="documents-filter">
            <label className="field-box documents-find">
              <Icon name="search" size={14} />
              <span className="hidden-visually">Find a document</span>
              <input
                value={q}
                placeholder="Kind, namespace/name or finding"
                onChange={(event) => filter({ q: event.currentTarget.value || undefined })}
              />
              {q !== '' && (
                <button
                  type="button"
                  className="find-clear"
                  aria-label="Clear"
                  onClick={() => filter({ q: undefined })}
                >
                  <Icon name="close" size={12} />
                </button>
              )}
            </label>
            {apis.size > 1 && (
              <Segmented
                label="API"
                options={[
                  { value: '', label: 'All' },
                  ...[...apis.keys()].map((one) => ({ value: one, label: one })),
                ]}
                value={api}
                onChange={(next) => filter({ api: next === '' ? undefined : next })}
              />
            )}
            {matched < counts.stored && (
              <span className="faint small documents-matched" role="status">
                {exact(matched)} of {exact(counts.stored)}
              </span>
            )}
          </div>
          {matched === 0 ? (
            <p className="faint">No document is like that.</p>
          ) : (
            <DocumentList
              key={`${ns ?? ''} ${settled} ${group ?? ''}`}
              documents={documents}
              total={matched}
              onMore={more}
              selected={selected}
              onSelect={onSelect}
              scroller={scroller}
            />
          )}
        </>
      )}
    </div>
  );
}

/** The APIs that are in use, with their groups. */
function apisOf(counts: ResourceSummaryPage | undefined): Map<string, string[]> {
  const byApi = Map.groupBy(counts?.groups ?? [], ({ group }) => apiName(group));
  return new Map(
    [...byApi]
      .map(([api, groups]) => [api, groups.map(({ group }) => group)] as const)
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );
}

/** How many there are, and what of them somebody may want to look at: each count leads to those. */
function Summary({ counts, onFind }: { counts: ResourceSummaryPage; onFind: (word: string) => void }) {
  const withCode = (code: string) =>
    Math.max(0, ...counts.codes.filter((one) => one.code === code).map(({ documents }) => documents));
  const parts = [
    [counts.withErrors, 'with errors', 'error'],
    [counts.withWarnings, 'with warnings', 'warning'],
    [withCode('HDL0001'), 'shadowed by another', 'shadowed'],
    [withCode('HDL0020'), 'not yet enforced in part', 'not yet enforced'],
    [withCode('HDL0022'), 'for Envoy only', 'envoy only'],
  ] as const;
  const told = parts.filter(([n]) => n > 0);
  return (
    <p className="lead">
      {exact(counts.stored)} stored as they were written
      {told.length === 0
        ? ', all of them in effect.'
        : told.map(([n, words, find], index) => (
            <span key={find}>
              {index === 0 ? ': ' : ', '}
              <button type="button" className="text-link" onClick={() => onFind(find)}>
                {exact(n)} {words}
              </button>
              {index === told.length - 1 && '.'}
            </span>
          ))}
    </p>
  );
}
