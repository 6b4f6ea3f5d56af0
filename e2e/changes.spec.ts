import { once } from 'node:events';
import { createServer } from 'node:net';
import type { WriteResult } from '@heddle/schema';
import { expect, test } from './test.ts';

test.describe('the change log', () => {
  test('shows a write by PUT as it happens, without a reload', async ({ mesh, page }) => {
    await page.goto('/changes');
    await expect(page.locator('[data-revision]').first()).toBeVisible();
    const loads: string[] = [];
    page.on('load', () => loads.push(page.url()));
    const before = await mesh.reviews();
    const { body } = await mesh.putReviews(before.yaml.replace('weight: 70', 'weight: 71'), {
      'if-match': String(before.revision),
    });
    const change = page.locator(`[data-revision="${body.revision}"]`);
    await expect(change).toContainText('reviews');
    await expect(change).toContainText(/(\d+)\/\1 proxies/);
    await expect(change).toContainText('by API');
    expect(loads).toEqual([]);
    expect((await mesh.putReviews(before.yaml)).status).toBe(200);
  });

  test('rolls a change back, and says on both which undid which', async ({ mesh, page }) => {
    const before = await mesh.reviews();
    const { body } = await mesh.putReviews(before.yaml.replace('weight: 70', 'weight: 72'));
    await page.goto(`/changes?rev=${body.revision}`);
    const panel = page.getByRole('complementary', { name: `Change r${body.revision}` });
    await panel.getByRole('button', { name: 'Roll back' }).click();
    await panel
      .getByRole('group', { name: 'Confirm the rollback' })
      .getByRole('button', { name: 'Roll back' })
      .click();
    const undone = body.revision + 1;
    await expect(page.getByRole('complementary', { name: `Change r${undone}` })).toContainText(
      `what r${body.revision} changed`,
    );
    await expect(page.locator(`[data-revision="${body.revision}"]`)).toContainText(
      `rolled back by r${undone}`,
    );
    expect((await mesh.reviews()).yaml).toBe(before.yaml);
  });
  test('says which proxy refuses a change and why, until it can be in force', async ({ mesh, page }) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const document = '/api/v1/config/networking.istio.io/Gateway/default/taken';
    const { status, body } = await mesh.api<WriteResult>(document, {
      method: 'PUT',
      headers: { 'content-type': 'application/yaml' },
      body: `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: taken, namespace: default }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: ${port}, name: http, protocol: HTTP }, hosts: ["*"] }]
`,
    });
    expect(status).toBe(200);
    await page.goto(`/changes?rev=${body.revision}`);
    const reason = `cannot listen on 127.0.0.1:${port}`;
    const panel = page.getByRole('complementary', { name: `Change r${body.revision}` });
    const refusal = panel.getByRole('listitem').filter({ hasText: 'istio-ingressgateway.istio-system' });
    await expect(refusal).toContainText(reason);
    await page.goto('/documents?doc=networking.istio.io/Gateway/default/taken');
    const refused = page.getByRole('complementary', { name: 'Gateway' });
    await expect(refused).toContainText(reason);
    holder.close();
    await expect(refused.getByRole('heading', { name: 'Refused' })).toBeHidden({ timeout: 60_000 });
    expect((await mesh.api(document, { method: 'DELETE' })).status).toBe(200);
  });
});
