import { expect, test } from './test.ts';

test.describe('by keyboard alone', () => {
  for (const shortcut of ['/', 'Control+k']) {
    test(`${shortcut} and a name lead to a service`, async ({ page }) => {
      await page.goto('/');
      await expect(page.locator('[data-node-id="reviews.default"]')).toBeVisible();
      await page.keyboard.press(shortcut);
      const search = page.getByRole('dialog', { name: 'Search' });
      await expect(search).toBeVisible();
      await page.keyboard.type('reviews');
      await expect(search.getByRole('option', { selected: true })).toContainText('reviews');
      await page.keyboard.press('Enter');
      await expect(page).toHaveURL(/\/services\/default\/reviews$/);
      await expect(page.getByRole('heading', { level: 1 })).toContainText('reviews');
    });
  }

  test('g and a letter lead to every page', async ({ page }) => {
    await page.goto('/');
    for (const [letter, path] of [
      ['s', '/services'],
      ['t', '/traces'],
      ['c', '/changes'],
      ['m', '/map'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(letter);
      await expect(page).toHaveURL(new RegExp(`${path}$`));
    }
  });

  test('Tab reaches a card of the map, and Enter opens its service', async ({ page }) => {
    await page.goto('/');
    const card = page.locator('[data-node-id="details.default"]');
    await expect(card).toBeVisible();
    const isThere = () => card.evaluate((element) => element === document.activeElement);
    for (let presses = 0; presses < 60 && !(await isThere()); presses++) await page.keyboard.press('Tab');
    expect(await isThere()).toBe(true);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/services\/default\/details$/);
  });
});
