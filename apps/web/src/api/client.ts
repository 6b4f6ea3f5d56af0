/** The console's one way to the HTTP API: JSON in, JSON out, and problem documents as errors that carry their code. */
import type {
  Change,
  DocumentKind,
  DocumentSchema,
  EdgeDetail,
  ExplainBatchAnswer,
  Finding,
  ObservedSplit,
  Plan,
  Problem,
  ProxyStatus,
  ResourceSummaryPage,
  ServiceDetail,
  ServiceSummary,
  StoredResource,
  Trace,
  TraceSummary,
  WorkloadSummary,
  WriteResult,
  ResourceKey,
} from '@heddle/schema';

export interface List<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** What the API refused or could not do. `code` is stable; `status` 0 means that it could not be reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly findings: readonly Finding[];
  /** With 409: the revision that came first. */
  readonly currentRevision: number | null;

  constructor(problem: Pick<Problem, 'status' | 'code' | 'title' | 'detail' | 'errors' | 'currentRevision'>) {
    super(problem.detail === '' ? problem.title : problem.detail);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.findings = problem.errors ?? [];
    this.currentRevision = problem.currentRevision ?? null;
  }
}

type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> };

async function request<T>(path: string, init: Init = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers: { accept: 'application/json', ...init.headers } });
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause;
    throw new ApiError({
      status: 0,
      code: 'UNREACHABLE',
      title: 'The control plane does not answer',
      detail: 'The control plane does not answer. Proxies keep serving with their last configuration.',
    });
  }
  if (response.ok) return response.json();
  throw new ApiError(await problemOf(response));
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback = {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: `HTTP ${response.status}`,
    detail: `The API answered ${response.status} ${response.statusText}`.trim(),
  };
  try {
    return { ...fallback, ...(await response.json()) };
  } catch {
    // A proxy in between may answer with HTML: then the status is all there is to say.
    return fallback;
  }
}

function query(params: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

const part = encodeURIComponent;
/** A kind without namespace has `-` in its place. */
const resourcePath = ({ group, kind, namespace, name }: ResourceKey) =>
  `/api/v1/config/${[group, kind, namespace === '' ? '-' : namespace, name].map(part).join('/')}`;

export interface TraceFilter {
  readonly service?: string | undefined;
  readonly route?: string | undefined;
  readonly status?: 'error' | 'ok' | undefined;
  readonly minDurationMs?: number | undefined;
  readonly q?: string | undefined;
  readonly limit?: number | undefined;
}

export interface SummaryFilter {
  readonly namespace?: string | undefined;
  readonly q?: string | undefined;
  /** Separated by commas. */
  readonly group?: string | undefined;
}

export const api = {
  edge: (source: string, target: string, signal: AbortSignal) =>
    request<EdgeDetail>(`/api/v1/edges/${part(source)}/${part(target)}?window=60s`, { signal }),
  services: (signal: AbortSignal) =>
    request<List<ServiceSummary>>('/api/v1/services?window=60s&limit=1000', { signal }),
  workloads: (signal: AbortSignal) =>
    request<List<WorkloadSummary>>('/api/v1/workloads?limit=1000', { signal }),
  explain: (requests: readonly object[], signal: AbortSignal) =>
    request<ExplainBatchAnswer>('/api/v1/config/explain', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ requests }),
      signal,
    }),
  service: (namespace: string, name: string, signal: AbortSignal) =>
    request<ServiceDetail>(`/api/v1/services/${part(namespace)}/${part(name)}?window=60s`, { signal }),
  split: (namespace: string, name: string, sinceRevision: number, signal: AbortSignal) =>
    request<ObservedSplit>(
      `/api/v1/services/${part(namespace)}/${part(name)}/split${query({ sinceRevision })}`,
      { signal },
    ),
  /** Of all kinds and namespaces where none is named. */
  configs: (kind: string | undefined, namespace: string | undefined, signal: AbortSignal) =>
    request<List<StoredResource>>(`/api/v1/config${query({ kind, namespace, limit: 1000 })}`, { signal }),
  config: (key: ResourceKey, signal?: AbortSignal) =>
    request<StoredResource>(resourcePath(key), signal === undefined ? {} : { signal }),
  plan: (yaml: string, signal: AbortSignal) =>
    request<Plan>('/api/v1/config/plan', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ yaml }),
      signal,
    }),
  /** `base` null creates: the write is refused when somebody made the document in the meantime. */
  write: (key: ResourceKey, yaml: string, base: number | null, reason: string) =>
    request<WriteResult>(resourcePath(key) + query({ reason }), {
      method: 'PUT',
      headers: {
        'content-type': 'application/yaml',
        'x-heddle-client': 'ui',
        ...(base === null ? {} : { 'if-match': String(base) }),
      },
      body: yaml,
    }),
  remove: (key: ResourceKey, base: number, reason: string) =>
    request<WriteResult>(resourcePath(key) + query({ reason }), {
      method: 'DELETE',
      headers: { 'x-heddle-client': 'ui', 'if-match': String(base) },
    }),
  /** Several documents of one text, all or none. */
  writeAll: (yaml: string, reason: string) =>
    request<WriteResult>(`/api/v1/config${query({ reason })}`, {
      method: 'POST',
      headers: { 'content-type': 'application/yaml', 'x-heddle-client': 'ui' },
      body: yaml,
    }),
  summaries: (filter: SummaryFilter, cursor: string | null, signal: AbortSignal) =>
    request<ResourceSummaryPage>(
      `/api/v1/config/summary${query({ ...filter, limit: 500, cursor: cursor ?? undefined })}`,
      { signal },
    ),
  kinds: (signal: AbortSignal) => request<List<DocumentKind>>('/api/v1/config/kinds', { signal }),
  schema: (group: string, kind: string, signal: AbortSignal) =>
    request<DocumentSchema>(`/api/v1/config/schema${query({ group, kind })}`, { signal }),
  changes: (cursor: string | null, signal: AbortSignal) =>
    request<List<Change>>(`/api/v1/changes${query({ limit: 50, cursor: cursor ?? undefined })}`, { signal }),
  change: (revision: number, signal: AbortSignal) =>
    request<Change>(`/api/v1/changes/${revision}`, { signal }),
  rollback: (revision: number, reason: string) =>
    request<WriteResult>(`/api/v1/changes/${revision}/rollback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-heddle-client': 'ui' },
      body: JSON.stringify({ reason }),
    }),
  proxies: (signal: AbortSignal) => request<List<ProxyStatus>>('/api/v1/proxies', { signal }),
  traces: (filter: TraceFilter, signal: AbortSignal) =>
    request<List<TraceSummary>>(`/api/v1/traces${query({ limit: 50, ...filter })}`, { signal }),
  trace: (traceId: string, signal: AbortSignal) =>
    request<Trace>(`/api/v1/traces/${part(traceId)}`, { signal }),
};
