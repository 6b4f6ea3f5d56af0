/** The list of stored documents, page by page; the event stream says when it has changed. */
import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { api, type SummaryFilter } from '../api/client.ts';

export const summariesQuery = (filter: SummaryFilter) =>
  infiniteQueryOptions({
    queryKey: ['configs', 'summary', filter.namespace ?? '', filter.q ?? '', filter.group ?? ''],
    queryFn: ({ pageParam, signal }) => api.summaries(filter, pageParam, signal),
    initialPageParam: firstPage(),
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

function firstPage(): string | null {
  return null;
}
