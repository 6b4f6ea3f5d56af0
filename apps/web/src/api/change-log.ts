/** The change log as it is held, pages newest first, with one change put into it as it is now. */
import type { InfiniteData } from '@tanstack/react-query';
import type { Change } from '@heddle/schema';
import type { List } from './client.ts';

/** A known revision is replaced where it stands, a new one goes on top; what it rolled back is marked as such. */
export function withChange(log: InfiniteData<List<Change>>, change: Change): InfiniteData<List<Change>> {
  const known = log.pages.some((page) => page.items.some((item) => item.revision === change.revision));
  const pages = log.pages.map((page, index) => {
    const items = page.items.map((item) => {
      if (item.revision === change.revision) return change;
      return item.revision === change.rollbackOf ? { ...item, rolledBackBy: change.revision } : item;
    });
    return { ...page, items: index === 0 && !known ? [change, ...items] : items };
  });
  return { ...log, pages };
}
