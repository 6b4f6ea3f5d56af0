import type { Plan, WriteResult } from '@heddle/schema';
import type { Page } from '@playwright/test';
import { writeYaml, yamlBox } from './editor.ts';
import { expect, test } from './test.ts';

const reviews = '/documents?doc=networking.istio.io/VirtualService/default/reviews';
const editorOf = (page: Page, kind: string) => page.getByRole('region', { name: kind, exact: true });

test.describe('a document', () => {
  test('is edited with a forecast from requests that were recorded', async ({ mesh, page }) => {
    const before = await mesh.reviews();
    await page.goto(reviews);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await expect(page).toHaveURL(/edit=true/);
    const editor = editorOf(page, 'VirtualService');
    await writeYaml(
      page,
      before.yaml.replace('weight: 70', 'weight: 69').replace('weight: 20', 'weight: 21'),
    );

    const sum = editor.locator('[data-replayed]');
    await expect(sum).toContainText(/[1-9][\d. k]* of [\d. k]+ recorded requests would be decided otherwise/);
    await expect(editor.getByRole('heading', { level: 1 })).toContainText(
      /The draft decides .* recorded requests otherwise/,
    );
    const change = editor.locator('.forecast > li').first();
    await expect(change).toContainText('v1 70 %');
    await expect(change).toContainText('v1 69 %');
    await expect(change).toContainText('VirtualService default/reviews spec.http[0]');
    await expect(editor.getByText(/recorded requests of the last/)).toBeVisible();
    await change.getByText(/examples?$/).click();
    await expect(change.getByText(/GET http:\/\/reviews:9080\/reviews\//).first()).toBeVisible();

    await editor.getByRole('radio', { name: 'Diff' }).click();
    await expect(editor.locator('.cm-deletedChunk').first()).toContainText('weight: 70');
    await expect(editor.locator('.cm-deletedChunk .cm-deletedText').first()).toHaveText('70');
    await expect(editor.locator('.cm-changedText').first()).toHaveText('69');

    await editor.getByLabel('Reason').fill('a little less');
    await editor.getByRole('button', { name: /^Apply to \d+ prox/ }).click();
    const outcome = editor.getByRole('region', { name: 'Outcome' });
    await expect(outcome).toContainText(/accepted on (\d+)\/\1 proxies/);
    expect((await mesh.reviews()).yaml).toContain('weight: 69');
    await outcome.getByRole('button', { name: 'Roll back' }).click();
    await expect(outcome.getByText(/rolled back r\d+/)).toBeVisible();
    expect((await mesh.reviews()).yaml).toBe(before.yaml);
    // What was undone is a draft again, on the revision that undid it.
    await expect(editor.getByRole('button', { name: /^Apply to \d+ prox/ })).toBeEnabled();
  });

  test('that is wrong is refused with code, place and line before it can be applied', async ({
    mesh,
    page,
  }) => {
    const before = await mesh.reviews();
    await page.goto(`${reviews}&edit=true`);
    const editor = editorOf(page, 'VirtualService');
    const yaml = before.yaml.replace('subset: v3', 'subset: v9');
    await writeYaml(page, yaml);
    const { body } = await mesh.api<Plan>('/api/v1/config/plan', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ yaml }),
    });
    const [finding] = body.findings;
    const row = editor.locator('.finding').first();
    await expect(row).toContainText(finding?.message ?? 'a finding');
    await expect(row).toContainText(`${finding?.code} ${finding?.path}, line ${finding?.line}`);
    const inline = editor.locator('.inline-finding');
    await expect(inline).toContainText(finding?.message ?? 'a finding');
    await expect(editor.getByRole('button', { name: 'Has errors' })).toBeDisabled();
    await row.getByRole('button').click();
    await expect(yamlBox(page)).toBeFocused();
    await expect(editor.locator('.cm-activeLine')).toHaveText(/subset: v9/);
    expect((await mesh.reviews()).yaml).toBe(before.yaml);
  });

  test('is written with help: what the kind knows is suggested, a slip is mended, Ctrl-S applies', async ({
    mesh,
    page,
  }) => {
    const before = await mesh.reviews();
    await page.goto(`${reviews}&edit=true`);
    const editor = editorOf(page, 'VirtualService');
    await expect(yamlBox(page)).toBeFocused();
    await page.keyboard.press('ControlOrMeta+End');
    await page.keyboard.type('      ti');
    await editor.getByRole('option', { name: /^timeout/ }).click();
    await page.keyboard.type('5s');
    await page.keyboard.press('Enter');
    await page.keyboard.type('retires: { attempts: 1 }');
    const inline = editor.locator('.inline-finding');
    await expect(inline).toContainText('unknown field "retires"');
    await inline.getByRole('button', { name: 'Use retries' }).click();
    await expect(inline).toHaveCount(0);
    await page.keyboard.press('ControlOrMeta+z');
    await expect(inline).toContainText('unknown field "retires"');
    await page.keyboard.press('Control+y');
    await expect(editor.getByRole('button', { name: /^Apply to \d+ prox/ })).toBeEnabled();
    await page.keyboard.press('ControlOrMeta+s');
    await expect(editor.getByRole('region', { name: 'Outcome' })).toContainText(/accepted on/);
    expect((await mesh.reviews()).yaml).toBe(
      `${before.yaml}      timeout: 5s\n      retries: { attempts: 1 }\n`,
    );

    await yamlBox(page).focus();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    await expect(yamlBox(page)).not.toBeFocused();
    expect((await mesh.putReviews(before.yaml)).status).toBe(200);
  });

  test('begins as its kind, and names the services that there are', async ({ page }) => {
    await page.goto('/documents?doc=new');
    const editor = editorOf(page, 'Add YAML');
    await expect(yamlBox(page)).toBeFocused();
    await page.keyboard.type('DestinationR');
    await editor.getByRole('option', { name: /^DestinationRule/ }).click();
    await expect(yamlBox(page)).toContainText('kind: DestinationRule');
    await page.keyboard.press('ControlOrMeta+End');
    await page.keyboard.type('ho');
    await editor.getByRole('option', { name: /^host/ }).click();
    await page.keyboard.type('rat');
    await editor.getByRole('option', { name: 'ratings default', exact: true }).click();
    await expect(yamlBox(page)).toContainText('host: ratings');
    await expect(editor.getByText('DestinationRule default/destinationrule-1')).toBeVisible();
    await expect(editor.getByRole('button', { name: /^Apply/ })).toBeEnabled();
  });

  test('is not lost by leaving, and somebody else’s write in between is not lost either', async ({
    mesh,
    page,
  }) => {
    const before = await mesh.reviews();
    await page.goto(`${reviews}&edit=true`);
    const editor = editorOf(page, 'VirtualService');
    await writeYaml(page, before.yaml.replace('weight: 70', 'weight: 50'));
    await page.getByRole('link', { name: 'Changes' }).click();
    const confirm = editor.getByRole('group', { name: 'Confirm that the draft is discarded' });
    await confirm.getByRole('button', { name: 'Keep writing' }).click();
    await expect(yamlBox(page)).toContainText('weight: 50');

    expect((await mesh.putReviews(`# theirs\n${before.yaml}`)).status).toBe(200);
    await editor.getByRole('button', { name: /^Apply to \d+ prox/ }).click();
    await editor.getByRole('button', { name: 'Rebase' }).click();
    await expect(editor.locator('.cm-deletedChunk').first()).toContainText('# theirs');
    await expect(yamlBox(page)).toContainText('weight: 50');
    expect((await mesh.reviews()).yaml).toBe(`# theirs\n${before.yaml}`);

    await editor.getByRole('button', { name: 'Discard' }).click();
    await confirm.getByRole('button', { name: 'Discard' }).click();
    await expect(page).not.toHaveURL(/edit=true/);
    expect((await mesh.putReviews(before.yaml)).status).toBe(200);
  });

  test('brought as YAML says what of it has no effect, and why', async ({ mesh, page }) => {
    await page.goto('/documents');
    await page.getByRole('button', { name: 'Add YAML' }).click();
    const editor = editorOf(page, 'Add YAML');
    await writeYaml(
      page,
      `apiVersion: networking.istio.io/v1alpha3
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
`,
    );
    await editor.getByRole('button', { name: /^Apply/ }).click();
    await expect(editor.getByRole('region', { name: 'Outcome' })).toBeVisible();
    await editor.getByRole('button', { name: 'Close' }).click();

    const filter = page.locator('[data-document="networking.istio.io/EnvoyFilter/default/tuning"]');
    await expect(filter.getByText('Envoy only')).toHaveAttribute('title', /Envoy/);
    await page.locator('[data-document="gateway.networking.k8s.io/HTTPRoute/default/to-nobody"]').click();
    const route = page.getByRole('complementary', { name: 'HTTPRoute' });
    await expect(route.getByText('Gateway API', { exact: false }).first()).toBeVisible();
    await expect(route.locator('.conditions .is-trouble').first()).toContainText('Accepted False');
    await expect(route.getByRole('link', { name: 'ratings' })).toHaveAttribute(
      'href',
      '/services/default/ratings',
    );

    await route.getByRole('button', { name: 'Delete' }).click();
    const confirm = route.getByRole('group', { name: 'Confirm that it is deleted' });
    await confirm.getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByRole('complementary', { name: /^Change r\d+/ })).toContainText('to-nobody');
    const route404 = await mesh.api('/api/v1/config/gateway.networking.k8s.io/HTTPRoute/default/to-nobody');
    expect(route404.status).toBe(404);
    const tuning = '/api/v1/config/networking.istio.io/EnvoyFilter/default/tuning';
    expect((await mesh.api(tuning, { method: 'DELETE' })).status).toBe(200);
  });

  test('of 20,000 lines does not stop the page', async ({ mesh, page }) => {
    const path = 'networking.istio.io/VirtualService/default/long';
    const rule = (i: number) =>
      `    - name: rule-${i}\n      match: [{ uri: { prefix: /a/path/of/some/length/number/${i} } }]\n      route:\n        - destination: { host: reviews, subset: v1 }\n          weight: 100\n`;
    const rules = Array.from({ length: 4000 }, (_, i) => rule(i)).join('');
    const yaml = `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: long, namespace: default }\nspec:\n  hosts: [long.example]\n  http:\n${rules}`;
    const { status } = await mesh.api(`/api/v1/config/${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/yaml' },
      body: yaml,
    });
    expect(status).toBe(200);
    await page.goto(`/documents?doc=${path}&at=spec.http[3000]`);
    await expect(page.locator('[data-marked=true]').first()).toContainText('rule-3000');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await yamlBox(page).waitFor();
    const stops = await page.evaluateHandle(() => {
      const found: number[] = [];
      const observer = new PerformanceObserver((list) =>
        found.push(...list.getEntries().map(({ duration }) => Math.round(duration))),
      );
      observer.observe({ type: 'longtask' });
      return found;
    });
    await page.keyboard.press('ControlOrMeta+End');
    await page.keyboard.type('      timeout: 3s');
    await expect(page.getByRole('button', { name: /^Apply/ })).toBeEnabled();
    const longest = Math.max(0, ...(await stops.jsonValue()));
    console.log(`20,000 lines: the longest stop while typing and planning was ${longest} ms`);
    // A busy machine without a GPU pauses by itself; a page that lays out every line stops for many seconds.
    expect(longest).toBeLessThan(1000);
    expect((await mesh.api(`/api/v1/config/${path}`, { method: 'DELETE' })).status).toBe(200);
  });
});

test.describe('ten thousand documents', () => {
  const names = (from: number) =>
    Array.from({ length: 2500 }, (_, i) => `many-${String(from + i).padStart(5, '0')}`);
  const document = (name: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: many }\ndata: { a: b }\n`;

  test('are all in the list, found by name, and reached by keyboard without a pause', async ({
    mesh,
    page,
  }) => {
    const revisions: number[] = [];
    for (const from of [0, 2500, 5000, 7500]) {
      const { status, body } = await mesh.api<WriteResult>('/api/v1/config', {
        method: 'POST',
        headers: { 'content-type': 'application/yaml' },
        body: names(from).map(document).join('---\n'),
      });
      expect(status).toBe(200);
      revisions.push(body.revision);
    }
    await page.goto('/documents?ns=many');
    await expect(page.getByText(/^10.000 stored as they were written/)).toBeVisible();
    const tasks = await page.evaluateHandle(() => {
      const found: number[] = [];
      const observer = new PerformanceObserver((list) =>
        found.push(...list.getEntries().map(({ duration }) => Math.round(duration))),
      );
      observer.observe({ type: 'longtask' });
      return found;
    });
    await page.locator('[data-document$="/many-00000"]').focus();
    await page.keyboard.press('ArrowDown');
    await expect(page.locator('[data-document$="/many-00001"]')).toBeFocused();
    await page.keyboard.press('End');
    await expect(page.locator('[data-document$="/many-09999"]')).toBeFocused({ timeout: 60_000 });
    // Only those in view are in the page.
    expect(await page.locator('[data-document]').count()).toBeLessThan(100);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('complementary', { name: 'ConfigMap' })).toContainText('many/many-09999');

    await page.getByLabel('Find a document').fill('many-0777');
    await expect(page.getByText(/^10 of 10.000$/)).toBeVisible();
    await expect(page.locator('[data-document]')).toHaveCount(10);
    const longest = Math.max(0, ...(await tasks.jsonValue()));
    console.log(`10,000 documents: the longest stop while moving through the list was ${longest} ms`);
    expect(longest).toBeLessThan(1000);

    await page.getByLabel('Find a document').fill('no-such-document');
    await expect(page.getByText('No document is like that.')).toBeVisible();
    for (const revision of revisions.toReversed())
      expect((await mesh.api(`/api/v1/changes/${revision}/rollback`, { method: 'POST' })).status).toBe(200);
  });
});
