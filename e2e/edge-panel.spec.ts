import type { Trace } from '@heddle/schema';
import { expect, test } from './test.ts';

const identity = (account: string) => `spiffe://cluster.local/ns/default/sa/bookinfo-${account}`;

test.describe('the edge panel', () => {
  test.beforeEach(async ({ page }) => {
    await page.goto('/');
    await page.getByRole('button', { name: /^Table/ }).click();
    await page.getByRole('button', { name: 'productpage → reviews' }).click();
  });

  test('names the identities at both ends and says that all requests are mTLS', async ({ page }) => {
    const panel = page.getByRole('complementary', { name: 'Edge' });
    await expect(panel.getByText(identity('productpage'), { exact: true })).toBeVisible();
    await expect(panel.getByText(identity('reviews'), { exact: true })).toBeVisible();
    await expect(panel.getByText(/100\s%\smTLS/)).toBeVisible();
    await expect(panel.getByText(/^cert\s\d+\smin/)).toHaveCount(2);
  });

  test('lists the routes of the edge with their percentiles and how many requests they rest on', async ({
    page,
  }) => {
    const panel = page.getByRole('complementary', { name: 'Edge' });
    const route = panel.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /^GET/ }) });
    await expect(route).toHaveCount(1);
    await expect(route.getByRole('rowheader')).toContainText('/reviews/');
    await expect(route.getByRole('cell').nth(2)).toHaveText(/^[\d.]+ ?ms$/);
    await expect(route.getByRole('cell').nth(3)).toHaveText(/^[1-9]/);
  });

  test('leads to a trace in which applications and proxies of several services stand', async ({
    mesh,
    page,
  }) => {
    const panel = page.getByRole('complementary', { name: 'Edge' });
    await panel.locator('a[href^="/traces/"]').first().click();
    await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}$/);
    const traceId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    const { body: trace } = await mesh.api<Trace>(`/api/v1/traces/${traceId}`);
    const servicesOf = (scope: string) =>
      new Set(trace.spans.filter((span) => span.scope === scope).map((span) => span.service));
    for (const service of ['productpage', 'reviews', 'details']) {
      expect(servicesOf('application')).toContain(service);
      expect(servicesOf('proxy')).toContain(service);
    }
    expect(servicesOf('proxy')).toContain('istio-ingressgateway');
    const rows = page.getByRole('tree', { name: 'Spans' }).getByRole('treeitem');
    await expect(rows).toHaveCount(trace.spans.length);
    await expect(rows.first()).toHaveAttribute('aria-level', '1');
    expect(await page.getByRole('treeitem', { level: 1 }).count()).toBe(1);
  });
});
