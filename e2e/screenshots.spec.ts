import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from './test.ts';

const images = fileURLToPath(new URL('../docs/images/', import.meta.url));

/** What the pictures show: half a minute of traffic. */
const requestsSeen = 25 * 30;

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`README's picture of the map, ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('shows half a minute of traffic', async ({ mesh, page }) => {
      const seen = async () => {
        const { body } = await mesh.api<{ edges: { n: number }[] }>('/api/v1/graph?window=5m');
        return body.edges[0]?.n ?? 0;
      };
      await expect.poll(seen, { timeout: 50_000 }).toBeGreaterThan(requestsSeen);
      await page.goto('/');
      await expect(page.locator('[data-edge-id]').first()).toHaveAttribute('data-rps', /^[1-9]/);
      await page.evaluate(() => document.fonts.ready);
      mkdirSync(images, { recursive: true });
      await page.screenshot({ path: `${images}map-${colorScheme}.png` });
    });
  });
}
