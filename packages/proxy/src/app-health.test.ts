import type { ReadinessProbe } from '@heddle/traffic';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppHealth } from './app-health.ts';
import { startApp } from './testing/mesh.ts';

/** Everything that was told of an application, and a way to wait for more. */
function watch(port: number, probe?: ReadinessProbe) {
  const health = new AppHealth({ host: '127.0.0.1', port });
  onTestFinished(() => {
    health.close();
  });
  if (probe !== undefined) health.use(probe);
  const told: boolean[] = [];
  health.onChange((isHealthy) => told.push(isHealthy));
  const became = async (expected: readonly boolean[]) => {
    await expect.poll(() => told).toEqual(expected);
  };
  return { health, told: became };
}

const times = { initialDelayMs: 0, periodMs: 20, timeoutMs: 5_000, successThreshold: 1, failureThreshold: 3 };
const byHttp = (port: number, over: Partial<ReadinessProbe> = {}): ReadinessProbe => ({
  check: {
    kind: 'http',
    scheme: 'http',
    host: 'localhost',
    port,
    path: '/ready?now',
    headers: [{ name: 'x-probe', value: 'yes' }],
  },
  ...times,
  from: [],
  ...over,
});

describe('the readiness of an application', () => {
  it('is that it accepts connections, unless it has a probe', async () => {
    const app = await startApp((_request, response) => response.end());
    const { told } = watch(app.port);
    await told([true]);
    await app.close();
    await told([true, false]);
  });

  it('by a probe over HTTP waits for the first good answer, and for as many bad ones as it says', async () => {
    const statuses = [503, 404, 399, 500, 500, 200, 500, 500, 500, 500];
    const asked: string[] = [];
    const app = await startApp(({ url, headers }, response) => {
      asked.push(`${url} ${headers['x-probe']?.toString()}`);
      response.writeHead(statuses[asked.length - 1] ?? 200).end();
    });
    const { told } = watch(app.port, byHttp(app.port));
    await told([false, true, false, true]);
    expect(asked[0]).toBe('/ready?now yes');
    // Two bad answers were not enough; the third in a row was.
    expect(asked.length).toBeGreaterThanOrEqual(11);
  });

  it('wants as many good answers in a row as the probe says', async () => {
    const statuses = [200, 500, 200, 200, 200];
    let asked = 0;
    const app = await startApp((_request, response) => {
      response.writeHead(statuses[asked++] ?? 200).end();
    });
    const { told } = watch(app.port, byHttp(app.port, { successThreshold: 3 }));
    await told([false, true]);
    expect(asked).toBeGreaterThanOrEqual(5);
  });

  it('does not come of an answer that is late', async () => {
    const app = await startApp(() => {});
    const { health, told } = watch(app.port, byHttp(app.port, { timeoutMs: 30 }));
    await expect.poll(() => app.hits).toBeGreaterThan(3);
    await told([false]);
    // Requests that come are served: the probe says whether they are sent here.
    expect(health.isHealthy).toBe(true);
  });

  it('is asked after the delay since the start, and of another port', async () => {
    const app = await startApp((_request, response) => response.end());
    const tcp: ReadinessProbe = {
      check: { kind: 'tcp', host: '127.0.0.1', port: app.port },
      ...times,
      initialDelayMs: 200,
      from: [],
    };
    const startedAt = performance.now();
    const { told } = watch(1, tcp);
    await told([false, true]);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(200);
  });
});
