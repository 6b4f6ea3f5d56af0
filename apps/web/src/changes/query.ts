/** The change log, newest first, page by page. The event stream keeps its first page up to date. */
import { infiniteQueryOptions } from '@tanstack/react-query';
import { api } from '../api/client.ts';

export const changesQuery = () =>
  infiniteQueryOptions({
    queryKey: ['changes'],
    queryFn: ({ pageParam, signal }) => api.changes(pageParam, signal),
    initialPageParam: firstPage(),
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 30_000,
  });

function firstPage(): string | null {
  return null;
}
