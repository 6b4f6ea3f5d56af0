import type { Mesh } from './mesh.ts';
import { expect, test } from './test.ts';

const entryEdge = 'outside->istio-ingressgateway.istio-system';

test.describe('a killed reviews-v2', () => {
  test('fails on the map within 2 s, leaves the configuration, is started again, and takes traffic', async ({
    mesh,
    page,
  }, info) => {
    await page.goto('/');
    const card = page.locator('[data-node-id="reviews.default"]');
    await expect(card).toHaveAttribute('data-state', 'ok', { timeout: 30_000 });
    await page.evaluate(recordMap);
    const { pid, restarts } = mesh.process('reviews-v2');
    if (pid === null) throw new Error('reviews-v2 does not run');
    expect(await mesh.endpointsOf('v2', 'productpage-v1')).toBe(1);

    const killedAt = performance.now();
    const tookMs = () => Math.round(performance.now() - killedAt);
    process.kill(pid, 'SIGKILL');
    const [withdrawnMs, shownMs] = await Promise.all([
      until(async () => (await mesh.endpointsOf('v2', 'productpage-v1')) === 0).then(tookMs),
      page.locator('[data-node-id="reviews.default"][data-state="failing"]').waitFor().then(tookMs),
    ]);
    await until(async () => runsAnew(mesh, pid));
    const restartedMs = tookMs();
    expect(mesh.process('reviews-v2').restarts).toBe(restarts + 1);

    await until(async () => (await mesh.endpointsOf('v2', 'productpage-v1')) === 1);
    const backMs = tookMs();
    // A new process counts from nought.
    await until(async () => (await mesh.served('reviews-v2')) >= 5);
    await expect(card).toHaveAttribute('data-state', 'ok', { timeout: 30_000 });
    const figures = `endpoint withdrawn ${withdrawnMs} ms, failing on the map ${shownMs} ms, new process ${restartedMs} ms, endpoint back ${backMs} ms, ok on the map ${tookMs()} ms after the kill`;
    info.annotations.push({ type: 'killed reviews-v2', description: figures });
    console.log(figures);
    expect(shownMs).toBeLessThan(2000);
    // What reached no endpoint was sent to nobody: neither in plaintext nor to a service that was not there before.
    expect(await page.evaluate(() => window.mapRecord)).toEqual({ cards: 6, plaintextEdges: [entryEdge] });
  });

  test('waits longer each time before it is started again', async ({ mesh }) => {
    const gaps: number[] = [];
    for (let kill = 0; kill < 2; kill++) {
      const { pid } = mesh.process('reviews-v2');
      if (pid === null) throw new Error('reviews-v2 does not run');
      process.kill(pid, 'SIGKILL');
      const killedAt = performance.now();
      await until(async () => runsAnew(mesh, pid));
      gaps.push(performance.now() - killedAt);
    }
    // Half a second at first, doubled each time. Waits are compared with what they are at least: a busy machine adds to them.
    const [first = 0, second = 0] = gaps;
    expect(first).toBeGreaterThanOrEqual(500);
    expect(second).toBeGreaterThanOrEqual(1000);
    await until(async () => (await mesh.endpointsOf('v2', 'productpage-v1')) === 1);
  });
});

interface MapRecord {
  /** The most there were at one time. */
  cards: number;
  /** Edges that had a request without mTLS at any time. */
  plaintextEdges: string[];
}

declare global {
  interface Window {
    mapRecord: MapRecord;
  }
}

/** In the page: what the map shows from now on. */
function recordMap(): void {
  const record: MapRecord = { cards: 0, plaintextEdges: [] };
  window.mapRecord = record;
  const look = () => {
    record.cards = Math.max(record.cards, document.querySelectorAll('[data-node-id]').length);
    for (const edge of document.querySelectorAll('[data-edge-id]:not([data-mtls="1"])')) {
      const id = edge.getAttribute('data-edge-id') ?? '';
      if (!record.plaintextEdges.includes(id)) record.plaintextEdges.push(id);
    }
  };
  look();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}

function runsAnew(mesh: Mesh, oldPid: number): boolean {
  const { pid } = mesh.process('reviews-v2');
  return pid !== null && pid !== oldPid;
}

/** Asked every 20 ms: some of these states last half a second. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { intervals: [20], timeout: 20_000 }).toBe(true);
}
