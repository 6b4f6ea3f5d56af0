/** What pages read from the API, as react-query options: key, fetch and how soon it grows old. */
import { QueryClient, queryOptions } from '@tanstack/react-query';
import type { ResourceKey } from '@heddle/schema';
import { api, ApiError, type TraceFilter } from './client.ts';

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 1000,
        refetchOnWindowFocus: false,
        // What the API refuses it refuses again; what did not answer may come back.
        retry: (failures, error) =>
          failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      },
    },
  });
}

export const edgeQuery = (source: string, target: string) =>
  queryOptions({
    queryKey: ['edge', source, target],
    queryFn: ({ signal }) => api.edge(source, target, signal),
    refetchInterval: 1000,
  });

export const servicesQuery = () =>
  queryOptions({
    queryKey: ['services'],
    queryFn: ({ signal }) => api.services(signal),
    refetchInterval: 2000,
  });

export const serviceQuery = (namespace: string, name: string) =>
  queryOptions({
    queryKey: ['service', namespace, name],
    queryFn: ({ signal }) => api.service(namespace, name, signal),
    refetchInterval: 1000,
  });

export const splitQuery = (namespace: string, name: string, sinceRevision: number) =>
  queryOptions({
    queryKey: ['split', namespace, name, sinceRevision],
    queryFn: ({ signal }) => api.split(namespace, name, sinceRevision, signal),
    refetchInterval: 500,
  });

export const workloadsQuery = () =>
  queryOptions({
    queryKey: ['workloads'],
    queryFn: ({ signal }) => api.workloads(signal),
    staleTime: 10_000,
  });

export const configsQuery = (kind?: string, namespace?: string) =>
  queryOptions({
    queryKey: ['configs', kind ?? '', namespace ?? ''],
    queryFn: ({ signal }) => api.configs(kind, namespace, signal),
    refetchInterval: 10_000,
  });

export const configQuery = (key: ResourceKey) =>
  queryOptions({
    queryKey: ['config', key.group, key.kind, key.namespace, key.name],
    queryFn: ({ signal }) => api.config(key, signal),
  });

/** What does not change while a control plane runs. */
const fixed = { staleTime: Infinity, gcTime: Infinity } as const;

export const kindsQuery = () =>
  queryOptions({ queryKey: ['kinds'], queryFn: ({ signal }) => api.kinds(signal), ...fixed });

export const schemaQuery = (group: string, kind: string) =>
  queryOptions({
    queryKey: ['schema', group, kind],
    queryFn: ({ signal }) => api.schema(group, kind, signal),
    ...fixed,
  });

/** @param draft names the text: a key of a megabyte would be compared at every render */
export const planQuery = (draft: string, yaml: () => string) =>
  queryOptions({
    queryKey: ['plan', draft],
    queryFn: ({ signal }) => api.plan(yaml(), signal),
    staleTime: Infinity,
    gcTime: 5000,
  });

export const changeQuery = (revision: number) =>
  queryOptions({ queryKey: ['change', revision], queryFn: ({ signal }) => api.change(revision, signal) });

export const proxiesQuery = () =>
  queryOptions({
    queryKey: ['proxies'],
    queryFn: ({ signal }) => api.proxies(signal),
    refetchInterval: 5000,
  });

export const tracesQuery = (filter: TraceFilter) =>
  queryOptions({
    queryKey: ['traces', filter],
    queryFn: ({ signal }) => api.traces(filter, signal),
    refetchInterval: 2000,
  });

export const traceQuery = (traceId: string) =>
  queryOptions({ queryKey: ['trace', traceId], queryFn: ({ signal }) => api.trace(traceId, signal) });
