/** Every document that the mesh was given, whatever API it is of, and what of it has no effect. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { StoredResource } from '@heddle/schema';
import { lazy, Suspense } from 'react';
import { configsQuery } from '../api/queries.ts';
import { ago } from '../format/time.ts';
import { Icon } from '../ui/icon.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import { useNow } from '../ui/use-now.ts';
import '../ui/page.css';
import { Badges } from './badges.tsx';
import './documents.css';
import { badgesOf } from './model/badges.ts';
import { apiName, documentId, kindIcon, parseDocumentId } from '../ui/kinds.ts';

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
  const { ns, doc, at, edit, q = '', api = '' } = useSearch({ from: '/documents' });
  const navigate = useNavigate({ from: '/documents' });
  // Changes arrive by the event stream; asking again is for what it may have missed.
  const query = useQuery({ ...configsQuery(undefined, ns), refetchInterval: 60_000 });
  const documents = query.data?.items;
  const open = (id: string | undefined, place?: string) =>
    void navigate({
      search: (before) => ({ ...before, doc: id, at: place, edit: undefined }),
      replace: doc !== undefined && id !== undefined,
    });
  const setEditing = (on: true | undefined) =>
    void navigate({ search: (before) => ({ ...before, edit: on, at: undefined }) });
  const key = doc === undefined ? null : parseDocumentId(doc);
  if (doc === newId)
    return (
      <Suspense fallback={<Loading what="the editor" />}>
        <Editor stored={null} onDone={() => open(undefined)} />
      </Suspense>
    );
  if (edit === true && key !== null)
    return (
      <Suspense fallback={<Loading what="the editor" />}>
        <EditDocument key={doc} id={key} onDone={() => setEditing(undefined)} />
      </Suspense>
    );
  return (
    <div className={`documents-page ${key === null ? '' : 'has-panel'}`}>
      <div className="scroll-page">
        <div className="page-title">
          <h1>Documents</h1>
          <button type="button" className="button" onClick={() => open(newId)}>
            <Icon name="plus" size={14} /> Add YAML
          </button>
        </div>
        {documents === undefined ? (
          query.error === null ? (
            <Loading what="the documents" />
          ) : (
            <Failure error={query.error} what="list of documents" retry={() => void query.refetch()} />
          )
        ) : documents.length === 0 ? (
          <Empty title={ns === undefined ? 'No documents yet' : `No documents in ${ns}`}>
            Bring the YAML that you have: <code>heddle apply -f routes.yaml</code>
          </Empty>
        ) : (
          <>
            <p className="lead">
              {query.data?.nextCursor !== null && 'More are stored than are listed: narrow by namespace. '}
              {summary(documents)}
            </p>
            <Filter
              documents={documents}
              q={q}
              api={api}
              onChange={(filter) =>
                void navigate({ search: (before) => ({ ...before, ...filter }), replace: true })
              }
            />
            <DocumentTable documents={matching(documents, q, api)} selected={doc} onSelect={open} />
          </>
        )}
      </div>
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

function summary(documents: readonly StoredResource[]): string {
  const codes = (code: string) =>
    documents.filter(({ findings }) => findings.some((finding) => finding.code === code)).length;
  const errors = documents.filter(({ findings }) => findings.some(({ severity }) => severity === 'error'));
  const parts = [
    [errors.length, 'with errors'],
    [codes('HDL0001'), 'shadowed by another'],
    [codes('HDL0020'), 'not yet enforced in part'],
    [codes('HDL0022'), 'for Envoy only'],
  ] as const;
  const told = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  return `${documents.length} stored as they were written${told.length === 0 ? ', all of them in effect' : `: ${told.join(', ')}`}.`;
}

function matching(documents: readonly StoredResource[], q: string, api: string): StoredResource[] {
  const words = q.toLowerCase().split(/\s+/);
  return documents
    .filter(
      (one) =>
        (api === '' || apiName(one.group) === api) &&
        words.every((word) =>
          `${one.kind} ${one.namespace}/${one.name} ${badgesOf(one.findings)
            .map(({ label }) => label)
            .join(' ')}`
            .toLowerCase()
            .includes(word),
        ),
    )
    .toSorted(
      (a, b) =>
        trouble(a) - trouble(b) ||
        apiName(a.group).localeCompare(apiName(b.group)) ||
        a.kind.localeCompare(b.kind) ||
        a.namespace.localeCompare(b.namespace) ||
        a.name.localeCompare(b.name),
    );
}

/** Trouble first: what is not in effect although somebody wrote it. */
function trouble({ findings }: StoredResource): number {
  const tones = badgesOf(findings).map(({ tone }) => tone);
  return tones.includes('failing') ? 0 : tones.includes('degraded') ? 1 : tones.length > 0 ? 2 : 3;
}

interface FilterProps {
  readonly documents: readonly StoredResource[];
  readonly q: string;
  readonly api: string;
  readonly onChange: (filter: { q?: string | undefined; api?: string | undefined }) => void;
}

function Filter({ documents, q, api, onChange }: FilterProps) {
  const apis = [...new Set(documents.map(({ group }) => apiName(group)))].toSorted();
  return (
    <div className="documents-filter">
      <label className="documents-find">
        <Icon name="search" size={14} />
        <span className="hidden-visually">Find a document</span>
        <input
          value={q}
          placeholder="Kind, namespace/name or badge"
          onChange={(event) => onChange({ q: event.currentTarget.value || undefined })}
        />
      </label>
      {apis.length > 1 && (
        <Segmented
          label="API"
          options={[{ value: '', label: 'All' }, ...apis.map((one) => ({ value: one, label: one }))]}
          value={api}
          onChange={(next) => onChange({ api: next === '' ? undefined : next })}
        />
      )}
    </div>
  );
}

interface TableProps {
  readonly documents: readonly StoredResource[];
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
}

function DocumentTable({ documents, selected, onSelect }: TableProps) {
  const now = useNow(10_000);
  if (documents.length === 0) return <p className="faint">No document is like that.</p>;
  return (
    <ul className="documents">
      {documents.map((document) => {
        const id = documentId(document);
        return (
          <li key={id}>
            <button
              type="button"
              className={`document-row ${id === selected ? 'is-selected' : ''}`}
              aria-pressed={id === selected}
              data-document={id}
              onClick={() => onSelect(id)}
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
          </li>
        );
      })}
    </ul>
  );
}
