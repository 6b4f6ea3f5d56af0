import type { Page } from '@playwright/test';

/** What a page did that it should not: words on the console, requests to other hosts. */
export interface PageWatch {
  readonly complaints: readonly string[];
}

/** Watches from now on; begin before the page is opened. */
export function watchPage(page: Page, origin: string): PageWatch {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      complaints.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.protocol !== 'blob:' && url.origin !== origin)
      complaints.push(`request to another host: ${url.href}`);
  });
  return { complaints };
}
