import type { Trace, TraceSummary, WriteResult } from '@heddle/schema';
import type { Page } from '@playwright/test';
import type { Mesh } from './mesh.ts';
import { expect, test } from './test.ts';

const why = (page: Page) => page.getByRole('complementary', { name: 'Why' });
const edge = encodeURIComponent('productpage.default->reviews.default');

test.describe('the Why view', () => {
  test('of an edge names the rule, shows its lines and opens the document there', async ({ page }) => {
    await page.goto(`/map?edge=${edge}`);
    const edgePanel = page.getByRole('complementary', { name: 'Edge' });
    // The button of the foot; the routes have one each too.
    await edgePanel.getByRole('button', { name: 'Why', exact: true }).click();
    const panel = why(page);
    await expect(panel.getByText('Goes to reviews.default')).toBeVisible();
    await expect(panel.getByLabel('Called from')).toHaveValue('default/productpage-v1');
    await expect(panel.getByRole('listitem').filter({ hasText: /^reviews v1/ })).toContainText('70.0');
    const lines = panel.getByRole('group', { name: 'VirtualService default/reviews, spec.http[0]' });
    await expect(lines).toContainText('subset: v1');
    await expect(panel.getByText(/Allowed/)).toBeVisible();

    await panel.getByRole('link', { name: 'VirtualService default/reviews' }).click();
    await expect(page).toHaveURL(/\/documents\?doc=networking.istio.io/);
    const document = page.getByRole('complementary', { name: 'VirtualService' });
    await expect(document.locator('[data-marked=true]').first()).toHaveText(/- route:/);
    await expect(document.locator('[data-marked=true]').last()).toHaveText(/weight: 10/);
  });

  test('of a route follows an edit of the request, and the rule that it now meets', async ({
    mesh,
    page,
  }) => {
    const before = await mesh.reviews();
    const rule = `    - match:
        - headers: { end-user: { exact: jason } }
      timeout: 3s
      fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }
      route:
        - destination: { host: reviews, subset: v2 }
`;
    const edited = before.yaml.replace('  http:\n', `  http:\n${rule}`);
    expect((await mesh.putReviews(edited)).status).toBe(200);
    await page.goto('/services/default/reviews');
    await page
      .getByRole('button', { name: /^GET \/reviews\/\{id\}: why/ })
      .first()
      .click();
    const panel = why(page);
    await expect(panel.getByText('Goes to reviews.default')).toBeVisible();
    await expect(panel.getByText('spec.http[1]', { exact: true })).toBeVisible();

    await panel.getByLabel('Headers').fill('end-user: jason');
    await expect(panel.getByText('Answered 418: an injected fault')).toBeVisible();
    await expect(panel.getByText('spec.http[0].match[0]', { exact: true })).toBeVisible();
    await panel.getByLabel('Headers').fill('nonsense');
    await expect(panel.getByText('Headers are written name: value, not "nonsense".')).toBeVisible();
    await panel.getByLabel('Headers').fill('');
    await panel.getByLabel('Host').fill('nobody.example');
    await expect(panel.getByText('Goes to nobody.example')).toBeVisible();
    await expect(panel.getByText('Mesh default')).toBeVisible();
    expect((await mesh.putReviews(before.yaml)).status).toBe(200);
  });

  test('of a span asks what was recorded, and of the called side whether it lets the caller in', async ({
    mesh,
    page,
  }) => {
    const { traceId, spanId } = await spanOf(mesh, 'reviews', 'server');
    const policy = '/api/v1/config/security.istio.io/AuthorizationPolicy/default/only-details';
    const { status } = await mesh.api<WriteResult>(policy, {
      method: 'PUT',
      headers: { 'content-type': 'application/yaml' },
      body: `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: only-details, namespace: default }
spec:
  action: DENY
  selector: { matchLabels: { app: reviews } }
  rules:
    - from: [{ source: { principals: ["cluster.local/ns/default/sa/bookinfo-details"] } }]
    - to: [{ operation: { methods: [DELETE] } }]
`,
    });
    expect(status).toBe(200);
    await page.goto(`/traces/${traceId}?span=${spanId}`);
    await page.getByRole('complementary', { name: 'Span' }).getByRole('button', { name: 'Why' }).click();
    const panel = why(page);
    await expect(panel.getByText('Headers are not recorded on spans')).toBeVisible();
    await expect(panel.getByText(/^Recorded: sent to/)).toBeVisible();
    await expect(panel.getByText('VirtualService default/reviews')).toBeVisible();
    await expect(panel.locator('[data-decision=allow]')).toHaveCount(1);

    await panel.getByLabel('Method').fill('DELETE');
    await expect(panel.locator('[data-decision=deny]')).toContainText('Denied with 403');
    await panel.getByRole('link', { name: 'AuthorizationPolicy default/only-details rule 1' }).click();
    const document = page.getByRole('complementary', { name: 'AuthorizationPolicy' });
    await expect(document.locator('[data-marked=true]')).toHaveText(/DELETE/);
    expect((await mesh.api(policy, { method: 'DELETE' })).status).toBe(200);
  });

  test('of connections follows the rules of TCP and TLS, asks whether they are let in, and is in its link', async ({
    mesh,
    page,
  }) => {
    const { status } = await mesh.api<WriteResult>('/api/v1/config', {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: `apiVersion: v1
kind: Service
metadata: { name: db, namespace: default }
spec:
  selector: { app: ratings }
  ports: [{ name: tcp, port: 3306, targetPort: 3306 }, { name: tls, port: 3307, targetPort: 3307 }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: db, namespace: default }
spec:
  hosts: [db]
  tcp:
    - match: [{ port: 1 }]
      route: [{ destination: { host: details } }]
    - match: [{ port: 3306 }]
      route: [{ destination: { host: db } }]
  tls:
    - match: [{ port: 3307, sniHosts: [db] }]
      route: [{ destination: { host: db } }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-db-for-reviews, namespace: default }
spec:
  action: DENY
  selector: { matchLabels: { app: ratings } }
  rules:
    - to: [{ operation: { ports: ["9999"] } }]
    - from: [{ source: { principals: ["cluster.local/ns/default/sa/bookinfo-reviews"] } }]
      to: [{ operation: { ports: ["3306"] } }]
`,
    });
    expect(status).toBe(200);
    const ratings = encodeURIComponent('reviews.default->ratings.default');
    await page.goto(`/map?edge=${ratings}&why=*`);
    const panel = why(page);
    await expect(panel.getByText('Goes to ratings.default')).toBeVisible();
    await panel.getByRole('radio', { name: 'TCP' }).click();
    await expect(panel.getByLabel('Path')).toHaveCount(0);
    await panel.getByLabel('Host or address').fill('db');
    await panel.getByLabel('Port').fill('3306');
    await expect(panel.getByText('Goes to db.default')).toBeVisible();
    await expect(panel.getByText('spec.tcp[1]', { exact: true })).toBeVisible();
    const denied = panel.locator('[data-decision=deny]');
    await expect(denied).toContainText('Denied, the connection is closed');
    await expect(denied.getByRole('link', { name: /no-db-for-reviews rule 1/ })).toBeVisible();

    // The link holds the question: whoever opens it sees the same answer.
    await expect(page).toHaveURL(/ask=.*3306/);
    await page.reload();
    await expect(panel.getByText('spec.tcp[1]', { exact: true })).toBeVisible();
    await expect(panel.getByRole('radio', { name: 'TCP' })).toBeChecked();

    await panel.getByRole('radio', { name: 'TLS' }).click();
    await expect(panel.getByLabel('Port')).toHaveValue('3307');
    await panel.getByLabel('Server name (SNI)').fill('db');
    await expect(panel.getByText('spec.tls[0].match[0]', { exact: true })).toBeVisible();
    await expect(panel.locator('[data-decision=allow]')).toBeVisible();
    await panel.getByRole('link', { name: 'VirtualService default/db' }).click();
    const document = page.getByRole('complementary', { name: 'VirtualService' });
    await expect(document.locator('[data-marked=true]').first()).toContainText('sniHosts');
    for (const path of [
      'networking.istio.io/VirtualService/default/db',
      'security.istio.io/AuthorizationPolicy/default/no-db-for-reviews',
      'core/Service/default/db',
    ])
      expect((await mesh.api(`/api/v1/config/${path}`, { method: 'DELETE' })).status).toBe(200);
  });
});

async function spanOf(mesh: Mesh, service: string, kind: string) {
  const { body } = await mesh.api<{ items: TraceSummary[] }>(`/api/v1/traces?service=${service}&limit=20`);
  for (const { traceId } of body.items) {
    const { body: trace } = await mesh.api<Trace>(`/api/v1/traces/${traceId}`);
    const span = trace.spans.find(
      (one) => one.service === service && one.kind === kind && one.scope === 'proxy',
    );
    if (span !== undefined) return { traceId, spanId: span.spanId };
  }
  throw new Error(`no trace has a ${kind} span of ${service}`);
}
