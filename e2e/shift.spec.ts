import type { Locator } from '@playwright/test';
import type { StoredResource } from '@heddle/schema';
import { type Counts, type Mesh, reviewsDocument, sum } from './mesh.ts';
import { expect, test } from './test.ts';

/** Requests that a split is judged by. */
const requests = 400;

test.describe('shifting traffic', () => {
  test('by the panel moves what the services count, and Roll back returns it', async ({
    mesh,
    page,
  }, info) => {
    const before = await mesh.reviews();
    const clicks = countClicks();
    await page.goto('/');

    await clicks.on(page.locator('[data-node-id="reviews.default"]'));
    await clicks.on(page.getByRole('button', { name: 'Shift traffic', exact: true }));
    const panel = page.getByRole('complementary', { name: 'Shift traffic' });
    await clicks.on(weight(panel, 'v3'));
    await page.keyboard.type('0');
    await clicks.on(weight(panel, 'v2'));
    await page.keyboard.type('20');
    await expectWeights(panel, ['80', '20', '0']);

    const diff = panel.getByRole('group', { name: 'Diff of VirtualService default/reviews' });
    await expect(diff.locator('.is-old')).toHaveText([/weight: 70/, /weight: 10/]);
    await expect(diff.locator('.is-new')).toHaveText([/weight: 80/, /weight: 0/]);

    await clicks.on(panel.getByRole('button', { name: /^Apply to \d+ prox/ }));
    const outcome = panel.getByRole('region', { name: 'Outcome' });
    await expect(outcome).toContainText(/accepted on (\d+)\/\1 proxies in [\d.,]+ ms/);
    const accepted = await outcome.getByRole('status').innerText();
    expectSplit(await mesh.spreadOf(requests), { v1: 0.8, v2: 0.2, v3: 0 });
    await expect(outcome.locator('[data-observed]')).toHaveAttribute('data-observed', /^0\.\d+ 0\.\d+ 0$/);

    await clicks.on(outcome.getByRole('button', { name: 'Roll back' }));
    const confirm = outcome.getByRole('group', { name: 'Confirm the rollback' });
    const rolledBack = outcome.getByText(/rolled back r\d+/);
    // One press undoes for ten seconds; on a slow machine the count above takes longer, and the button asks.
    await expect(confirm.or(rolledBack)).toBeVisible();
    if (await confirm.isVisible()) await clicks.on(confirm.getByRole('button', { name: 'Roll back' }));
    await expect(rolledBack).toBeVisible();
    await expect(outcome).toContainText(/accepted on (\d+)\/\1 proxies in [\d.,]+ ms/);
    await expectWeights(panel, ['70', '20', '10']);
    expectSplit(await mesh.spreadOf(requests), { v1: 0.7, v2: 0.2, v3: 0.1 });
    expect((await mesh.reviews()).yaml).toBe(before.yaml);

    const figures = `${accepted.replaceAll(/\s+/g, ' ')}; ${clicks.count()} clicks from the map to rolled back`;
    info.annotations.push({ type: 'shift', description: figures });
    console.log(`shift: ${figures}`);
  });

  test('keeps the sum at 100 when a handle is moved by keyboard', async ({ page }) => {
    await page.goto('/services/default/reviews?shift=0');
    const panel = page.getByRole('complementary', { name: 'Shift traffic' });
    const handle = panel.getByRole('slider', { name: 'Split between v1 and v2' });
    await handle.focus();
    await page.keyboard.press('PageDown');
    await page.keyboard.press('ArrowLeft');
    await expectWeights(panel, ['59', '31', '10']);
    await expect(panel.getByText('= 100 %')).toBeVisible();
    await expect(handle).toHaveAttribute('aria-valuetext', 'v1 59 percent, v2 31 percent, v3 10 percent');
  });

  test('shows a write that came first, and puts the draft on top of it', async ({ mesh, page }) => {
    const before = await mesh.reviews();
    await page.goto('/services/default/reviews?shift=0');
    const panel = page.getByRole('complementary', { name: 'Shift traffic' });
    await panel.getByRole('button', { name: 'v2 50 percent' }).click();
    await expect(weight(panel, 'v2')).toHaveValue('50');
    const { status, body } = await mesh.putReviews(`${before.yaml}# somebody else was here\n`);
    expect(status).toBe(200);
    await expect(panel.getByText(`r${body.revision} changed this document meanwhile`)).toBeVisible();
    await panel.getByRole('button', { name: 'Rebase' }).click();
    await expect(weight(panel, 'v2')).toHaveValue('50');
    await expect(panel.getByRole('button', { name: /^Apply to/ })).toBeEnabled();
    expect((await mesh.putReviews(before.yaml)).status).toBe(200);
  });

  test.describe('between Services that another document owns', () => {
    const leaves = ['v1', 'v2']
      .map(
        (version) => `apiVersion: v1
kind: Service
metadata: { name: reviews-${version}, namespace: default }
spec: { selector: { app: reviews, version: ${version} }, ports: [{ name: http, port: 9080 }] }
---
`,
      )
      .join('');
    const owners = [
      {
        kind: 'HTTPRoute',
        path: 'gateway.networking.k8s.io/HTTPRoute/default/reviews-halves',
        yaml: `# who may take it
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: reviews-halves, namespace: default }
spec:
  parentRefs: [{ group: "", kind: Service, name: reviews, port: 9080 }]
  rules:
    - backendRefs:
        - { name: reviews-v1, port: 9080, weight: 9 } # stable
        - name: reviews-v2
          port: 9080
          weight: 1
`,
        shifted: ['weight: 60 } # stable', 'weight: 40'],
        withoutVirtualService: false,
      },
      {
        kind: 'TrafficSplit',
        path: 'split.smi-spec.io/TrafficSplit/default/reviews-halves',
        yaml: `# who may take it
apiVersion: split.smi-spec.io/v1alpha1
kind: TrafficSplit
metadata: { name: reviews-halves, namespace: default }
spec:
  service: reviews
  backends:
    - service: reviews-v1
      weight: 900m # stable
    - service: reviews-v2
      weight: 100m
`,
        shifted: ['weight: 600m # stable', 'weight: 400m'],
        withoutVirtualService: true,
      },
    ] as const;

    for (const { kind, path, shifted, withoutVirtualService, yaml } of owners) {
      test(`a ${kind} moves the traffic at the services`, async ({ mesh, page }) => {
        const before = await mesh.reviews();
        await apply(mesh, leaves + yaml);
        if (withoutVirtualService) await remove(mesh, reviewsDocument);
        await page.goto('/services/default/reviews?shift=0');
        const panel = page.getByRole('complementary', { name: 'Shift traffic' });
        await weight(panel, 'reviews-v2').fill('40');
        await expect(weight(panel, 'reviews-v1')).toHaveValue('60');
        await expect(panel.locator('[data-replayed]')).toContainText('would be decided otherwise');
        await panel.getByRole('button', { name: /^Apply to \d+ prox/ }).click();
        const outcome = panel.getByRole('region', { name: 'Outcome' });
        await expect(outcome).toContainText(/accepted on (\d+)\/\1 proxies/);
        expectSplit(await mesh.spreadOf(requests), { v1: 0.6, v2: 0.4, v3: 0 });
        await expect(outcome.locator('[data-observed]')).toHaveAttribute('data-observed', /^0\.\d+ 0\.\d+$/);
        const { body } = await mesh.api<StoredResource>(`/api/v1/config/${path}`);
        expect(body.yaml).toBe(
          yaml.replace(/weight: 9(00m)?( \})? # stable/, shifted[0]).replace(/weight: 1(00m)?$/m, shifted[1]),
        );
        if (!withoutVirtualService)
          await expect(page.getByText('VirtualService default/reviews is not heard here')).toBeVisible();

        await remove(mesh, `/api/v1/config/${path}`);
        for (const version of ['v1', 'v2'])
          await remove(mesh, `/api/v1/config/core/Service/default/reviews-${version}`);
        expect((await mesh.putReviews(before.yaml)).status).toBe(200);
      });
    }
  });
});

async function apply(mesh: Mesh, yaml: string): Promise<void> {
  const { body, status } = await mesh.api('/api/v1/config?reason=test', {
    method: 'POST',
    headers: { 'content-type': 'application/yaml' },
    body: yaml,
  });
  expect(status, JSON.stringify(body)).toBe(200);
}

async function remove(mesh: Mesh, path: string): Promise<void> {
  expect((await mesh.api(path, { method: 'DELETE' })).status).toBe(200);
}

function weight(panel: Locator, version: string): Locator {
  return panel.getByRole('spinbutton', { name: `Weight of ${version} in percent` });
}

async function expectWeights(panel: Locator, weights: readonly string[]): Promise<void> {
  for (const [index, value] of weights.entries())
    await expect(weight(panel, `v${index + 1}`)).toHaveValue(value);
}

/** Within four standard deviations of a binomial: wrong once in 16,000 runs by chance. */
function expectSplit(counts: Counts, shares: Readonly<Record<string, number>>): void {
  const n = sum(counts);
  console.log(`counted at the services: ${JSON.stringify(counts)}`);
  expect(n).toBeGreaterThanOrEqual(requests);
  for (const [version, share] of Object.entries(shares)) {
    const off = Math.abs((counts[version] ?? 0) - n * share);
    const what = `${version} took ${counts[version]} of ${n} requests, expected ${share * 100} %`;
    expect(off, what).toBeLessThanOrEqual(4 * Math.sqrt(n * share * (1 - share)));
  }
}

function countClicks(): { on(target: Locator): Promise<void>; count(): number } {
  let clicks = 0;
  return {
    async on(target) {
      await target.click();
      clicks++;
    },
    count: () => clicks,
  };
}
