import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { Trace, TraceSummary } from '@heddle/schema';
import { writeYaml, yamlBox } from './editor.ts';
import type { Mesh } from './mesh.ts';
import { watchPage } from './page-watch.ts';
import { expect, test } from './test.ts';

interface PageUnderTest {
  readonly name: string;
  readonly path: (mesh: Mesh) => string | Promise<string>;
  /** The page is there, with data, once this is seen. */
  readonly ready: (page: Page, mesh: Mesh) => Promise<unknown>;
}

const edge = 'productpage.default->reviews.default';

const pages: readonly PageUnderTest[] = [
  {
    name: 'the map',
    path: () => '/',
    ready: (page) => page.locator('[data-node-id]').first().waitFor(),
  },
  {
    name: 'the map with its table',
    path: () => '/map?table=true',
    ready: (page) => page.locator('[data-edge-id]').first().waitFor({ state: 'attached' }),
  },
  {
    name: 'an edge panel',
    path: () => `/map?edge=${encodeURIComponent(edge)}`,
    ready: (page) =>
      page.getByRole('complementary', { name: 'Edge' }).getByRole('heading', { name: 'Routes' }).waitFor(),
  },
  {
    name: 'the services',
    path: () => '/services',
    ready: (page) =>
      page
        .getByRole('link', { name: /reviews/ })
        .first()
        .waitFor(),
  },
  {
    name: 'a service',
    path: () => '/services/default/reviews',
    ready: (page) => page.getByRole('heading', { name: /^reviews/, level: 1 }).waitFor(),
  },
  {
    name: 'the shift panel with a draft',
    path: () => '/services/default/reviews?shift=0',
    async ready(page) {
      await page.getByRole('button', { name: 'v2 50 percent' }).click();
      await page.getByRole('button', { name: /^Apply to/ }).waitFor();
    },
  },
  {
    name: 'the traces',
    path: () => '/traces',
    ready: (page) => page.locator('a[href^="/traces/"]').first().waitFor(),
  },
  {
    name: 'a trace',
    async path(mesh) {
      const { body } = await mesh.api<{ items: TraceSummary[] }>('/api/v1/traces?service=ratings&limit=50');
      return `/traces/${body.items.at(-1)?.traceId}`;
    },
    ready: (page) => page.getByRole('treeitem').first().waitFor(),
  },
  {
    name: 'the changes',
    path: () => '/changes',
    ready: (page) => page.locator('[data-revision]').first().waitFor(),
  },
  {
    name: 'a change',
    path: () => '/changes?rev=1',
    ready: (page) =>
      page.getByRole('complementary', { name: 'Change r1' }).getByText('Who and why').waitFor(),
  },
  {
    name: 'why an edge goes where it goes',
    path: () => `/map?edge=${encodeURIComponent(edge)}&why=${encodeURIComponent('GET /reviews/{id}')}`,
    ready: (page) => page.locator('[data-settled=true] .yaml').waitFor(),
  },
  {
    name: 'why a TLS connection goes where it goes',
    path: () =>
      `/map?edge=${encodeURIComponent(edge)}&why=*&ask=${encodeURIComponent('{"protocol":"tls","host":"details","port":"443"}')}`,
    ready: (page) => page.locator('[data-settled=true]').waitFor(),
  },
  {
    name: 'why a span went where it went',
    async path(mesh) {
      const { body } = await mesh.api<{ items: TraceSummary[] }>('/api/v1/traces?service=reviews&limit=50');
      const traceId = body.items.at(-1)?.traceId ?? '';
      const { body: trace } = await mesh.api<Trace>(`/api/v1/traces/${traceId}`);
      const span = trace.spans.find(({ kind, scope }) => scope === 'proxy' && kind === 'client');
      return `/traces/${traceId}?span=${span?.spanId}&why=true`;
    },
    ready: (page) => page.locator('[data-settled=true] .access').waitFor(),
  },
  {
    name: 'the documents',
    path: () => '/documents',
    ready: (page) => page.locator('[data-document]').first().waitFor(),
  },
  {
    name: 'a document at a place',
    path: () => '/documents?doc=networking.istio.io/VirtualService/default/reviews&at=spec.http[0]',
    ready: (page) => page.locator('[data-marked=true]').first().waitFor(),
  },
  {
    name: 'a document that is to be deleted',
    path: () => '/documents?doc=networking.istio.io/VirtualService/default/reviews',
    async ready(page) {
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('group', { name: 'Confirm that it is deleted' }).waitFor();
      await page.getByRole('heading', { name: 'Touches' }).waitFor();
      await page.locator('.cm-line').first().waitFor();
    },
  },
  {
    name: 'documents, none of which is like that',
    path: () => '/documents?q=no-such-document',
    ready: (page) => page.getByText('No document is like that.').waitFor(),
  },
  {
    name: 'a document that is edited, with its forecast',
    path: () => '/documents?doc=networking.istio.io/VirtualService/default/reviews',
    async ready(page, mesh) {
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await writeYaml(page, (await mesh.reviews()).yaml.replace('weight: 70', 'weight: 60'));
      await page.locator('[data-replayed]').waitFor();
    },
  },
  {
    name: 'a draft with errors, compared with what is stored',
    path: () => '/documents?doc=networking.istio.io/VirtualService/default/reviews&edit=true',
    async ready(page, mesh) {
      await writeYaml(page, (await mesh.reviews()).yaml.replace('weight: 70', 'wieght: 60'));
      await page.getByRole('button', { name: 'Use weight' }).waitFor();
      await page.getByRole('radio', { name: 'Diff' }).click();
      await page.locator('.cm-deletedChunk').first().waitFor();
    },
  },
  {
    name: 'the editor with suggestions and its search',
    path: () => '/documents?doc=new',
    async ready(page) {
      await yamlBox(page).focus();
      await page.keyboard.press('ControlOrMeta+f');
      await page.getByRole('textbox', { name: 'Find' }).waitFor();
      await yamlBox(page).focus();
      await page.keyboard.type('Virtual');
      await page.getByRole('option', { name: /VirtualService/ }).waitFor();
    },
  },
  {
    name: 'a page that does not exist',
    path: () => '/nowhere',
    ready: (page) => page.getByRole('heading', { name: 'There is no such page' }).waitFor(),
  },
];

const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

for (const viewport of sizes) {
  test.describe(`${viewport.width}x${viewport.height}`, () => {
    test.use({ viewport });
    for (const { name, path, ready } of pages) {
      test(`${name} is accessible, quiet, at home and as wide as the window, dark and light`, async ({
        mesh,
        page,
      }) => {
        const watch = watchPage(page, mesh.consoleUrl);
        await page.emulateMedia({ colorScheme: 'dark' });
        await page.goto(await path(mesh));
        await ready(page, mesh);
        await page.evaluate(() => document.fonts.ready);
        for (const colorScheme of ['dark', 'light'] as const) {
          await paintIn(page, colorScheme);
          expect(await seriousFindings(page), colorScheme).toEqual([]);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
            viewport.width,
          );
        }
        expect(watch.complaints).toEqual([]);
      });
    }
  });
}

/** A console that follows the system follows it at once; colours that are on their way have no contrast yet. */
async function paintIn(page: Page, colorScheme: 'dark' | 'light'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.locator(`:root[data-mantine-color-scheme=${colorScheme}]`).waitFor();
  await page.evaluate(async () => {
    const transitions = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(transitions.map(({ finished }) => finished));
  });
}

/** What axe calls serious or critical, as lines that say where and why. */
async function seriousFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
    );
}
