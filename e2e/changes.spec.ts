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
});
