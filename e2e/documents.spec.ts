import type { Plan } from '@heddle/schema';
import { expect, test } from './test.ts';

test.describe('a document', () => {
  test('is edited with a forecast from requests that were recorded', async ({ mesh, page }) => {
    const before = await mesh.reviews();
    await page.goto('/documents?doc=networking.istio.io/VirtualService/default/reviews');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const panel = page.getByRole('complementary', { name: 'VirtualService' });
    const text = panel.getByRole('textbox', { name: 'YAML' });
    await text.fill(before.yaml.replace('weight: 70', 'weight: 69').replace('weight: 20', 'weight: 21'));

    const sum = panel.locator('[data-replayed]');
    await expect(sum).toContainText(/[1-9][\d. k]* of [\d. k]+ recorded requests would be decided otherwise/);
    const change = panel.locator('.forecast > li').first();
    await expect(change).toContainText('v1 70 %');
    await expect(change).toContainText('v1 69 %');
    await expect(change).toContainText('VirtualService default/reviews spec.http[0]');
    await expect(panel.getByText(/recorded requests of the last/)).toBeVisible();
    await change.getByText(/examples?$/).click();
    await expect(change.getByText(/GET http:\/\/reviews:9080\/reviews\//).first()).toBeVisible();

    await panel.getByLabel('Reason').fill('a little less');
    await panel.getByRole('button', { name: /^Apply to \d+ prox/ }).click();
    await expect(panel.getByText(/Saved as r\d+/)).toBeVisible();
    expect((await mesh.reviews()).yaml).toContain('weight: 69');
    expect((await mesh.putReviews(before.yaml)).status).toBe(200);
  });

  test('that is wrong is refused with code, place and line before it can be applied', async ({
    mesh,
    page,
  }) => {
    const before = await mesh.reviews();
    await page.goto('/documents?doc=networking.istio.io/VirtualService/default/reviews');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const panel = page.getByRole('complementary', { name: 'VirtualService' });
    await panel.getByRole('textbox', { name: 'YAML' }).fill(before.yaml.replace('subset: v3', 'subset: v9'));
    const yaml = before.yaml.replace('subset: v3', 'subset: v9');
    const { body } = await mesh.api<Plan>('/api/v1/config/plan', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ yaml }),
    });
    const [finding] = body.findings;
    const row = panel.locator('.finding').first();
    await expect(row).toContainText(finding?.message ?? 'a finding');
    await expect(row).toContainText(`${finding?.code} ${finding?.path}, line ${finding?.line}`);
    await expect(panel.getByRole('button', { name: 'Has errors' })).toBeDisabled();
    expect((await mesh.reviews()).yaml).toBe(before.yaml);
  });

  test('brought as YAML says what of it has no effect, and why', async ({ mesh, page }) => {
    await page.goto('/documents');
    await page.getByRole('button', { name: 'Add YAML' }).click();
    const panel = page.getByRole('complementary', { name: 'Add YAML' });
    await panel.getByRole('textbox', { name: 'YAML' }).fill(`apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: tuning, namespace: default }
spec:
  configPatches: []
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: to-nobody, namespace: default }
spec:
  parentRefs: [{ name: no-such-gateway }]
  rules: [{ backendRefs: [{ name: ratings, port: 9080 }] }]
`);
    await panel.getByRole('button', { name: /^Apply/ }).click();
    await expect(panel.getByText(/Saved as r\d+/)).toBeVisible();

    const filter = page.locator('[data-document="networking.istio.io/EnvoyFilter/default/tuning"]');
    await expect(filter.getByText('Envoy only')).toHaveAttribute('title', /Envoy/);
    await page.locator('[data-document="gateway.networking.k8s.io/HTTPRoute/default/to-nobody"]').click();
    const route = page.getByRole('complementary', { name: 'HTTPRoute' });
    await expect(route.getByText('Gateway API', { exact: false }).first()).toBeVisible();
    await expect(route.locator('.conditions .is-trouble').first()).toContainText('Accepted False');
    for (const path of [
      'networking.istio.io/EnvoyFilter/default/tuning',
      'gateway.networking.k8s.io/HTTPRoute/default/to-nobody',
    ])
      expect((await mesh.api(`/api/v1/config/${path}`, { method: 'DELETE' })).status).toBe(200);
  });
});
