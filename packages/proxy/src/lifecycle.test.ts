import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StateDir } from './snapshot/state-dir.ts';
import { call, echo, idOf, identityOf, startApp, startTestProxy } from './testing/mesh.ts';
import {
  cluster,
  endpoint,
  forward,
  inboundSnapshot,
  outboundSnapshot,
  route,
  virtualHost,
  weighted,
} from './testing/snapshots.ts';

const name = 'outbound|9080||reviews.default.svc.cluster.local';

function callerOf(port: number) {
  return outboundSnapshot(
    [virtualHost('reviews', ['reviews'], [route(forward([weighted(name)]))])],
    [cluster(name)],
    { [name]: [endpoint(port)] },
  );
}

describe('the admin port', () => {
  it('is ready once configuration and certificate are there', async () => {
    const app = await startApp(echo);
    const proxy = await startTestProxy({ workload: 'reviews-v1', snapshot: inboundSnapshot(app.port) });
    const before = await call(proxy.ports.admin, '/healthz/ready');
    expect([before.status, before.text]).toEqual([503, 'no certificate yet\n']);
    proxy.applyIdentity(identityOf('reviews'));
    await proxy.ready;
    expect((await call(proxy.ports.admin, '/healthz/ready')).status).toBe(200);
  });

  it('tells the certificate and the snapshot, and no key', async () => {
    const app = await startApp(echo);
    const snapshot = inboundSnapshot(app.port);
    const identity = identityOf('reviews');
    const proxy = await startTestProxy({ workload: 'reviews-v1', snapshot, identity });
    const certs = JSON.parse((await call(proxy.ports.admin, '/certs')).text);
    expect(certs.certificates).toEqual([expect.objectContaining({ spiffeId: idOf('reviews') })]);
    expect(certs.certificates[0].serialNumber).toMatch(/^[0-9A-F]{32}$/);
    const dump = (await call(proxy.ports.admin, '/config_dump')).text;
    expect(JSON.parse(dump)).toEqual(snapshot);
    for (const path of ['/certs', '/config_dump', '/stats']) {
      expect((await call(proxy.ports.admin, path)).text).not.toContain('PRIVATE KEY');
    }
    expect((await call(proxy.ports.admin, '/quitquitquit', { method: 'POST' })).status).toBe(405);
  });

  it("counts requests under Istio's names", async () => {
    const app = await startApp(echo);
    const proxy = await startTestProxy({ workload: 'productpage-v1', snapshot: callerOf(app.port) });
    await call(proxy.ports.outbound, 'http://reviews:9080/');
    await proxy.cellsUntil((cells) => cells.length > 0);
    const { text } = await call(proxy.ports.admin, '/stats');
    const line = text.split('\n').find((one) => one.startsWith('istio_requests_total{'));
    expect(line).toMatch(/ 1$/);
    for (const label of [
      'reporter="source"',
      'source_workload="productpage-v1"',
      'destination_service="reviews.default.svc.cluster.local"',
      'response_code="200"',
      'response_flags="-"',
      'connection_security_policy="unknown"',
    ]) {
      expect(line).toContain(label);
    }
    expect(text).toMatch(/\nistio_request_duration_milliseconds_bucket\{[^}]*le="\+Inf"\} 1\n/);
    expect(text).toMatch(/\nheddle_spans_dropped_total 0\n/);
  });
});

describe('the health of the application', () => {
  it('is lost at the first refused connection, answered 503 UF fast, and found again by the probe', async () => {
    const app = await startApp(echo);
    const { port } = app;
    const server = await startTestProxy({
      workload: 'reviews-v1',
      appAddress: { host: '127.0.0.1', port },
      snapshot: inboundSnapshot(port, 'DISABLE'),
    });
    const ask = () => call(server.ports.inbound, '/', { headers: { host: 'reviews' } });
    expect((await ask()).status).toBe(200);
    await app.close();
    const down = await ask();
    expect([down.status, down.headers['x-heddle-flags']]).toEqual([503, 'UF']);
    expect((await ask()).text).toContain('the application does not accept connections');
    app.server.listen(port, '127.0.0.1');
    await once(app.server, 'listening');
    while ((await ask()).status !== 200) await new Promise(setImmediate);
  });
});

describe('draining', () => {
  it('finishes what is in flight and takes nothing new', async () => {
    const release = Promise.withResolvers<void>();
    const app = await startApp((_request, response) => {
      release.promise.then(() => response.end('done')).catch(() => {});
    });
    const proxy = await startTestProxy({ workload: 'productpage-v1', snapshot: callerOf(app.port) });
    const running = call(proxy.ports.outbound, 'http://reviews:9080/');
    while (app.hits === 0) await new Promise(setImmediate);
    const drained = proxy.drain();
    const late = connect({ host: '127.0.0.1', port: proxy.ports.outbound });
    const [error]: NodeJS.ErrnoException[] = await once(late, 'error');
    expect(error?.code).toBe('ECONNREFUSED');
    release.resolve();
    expect((await running).text).toBe('done');
    await drained;
  });
});

describe('a port that is taken', () => {
  it('is named', async () => {
    const app = await startApp(echo);
    await expect(
      startTestProxy({ workload: 'x', snapshot: callerOf(app.port), outboundPort: app.port }),
    ).rejects.toThrow(`cannot listen on 127.0.0.1:${app.port}`);
  });
});

describe('the state directory', () => {
  it('gives back what was saved, readable by its owner only', async () => {
    const path = join(await temporaryDir(), 'deep');
    const state = new StateDir(path);
    const identity = identityOf('reviews');
    await Promise.all([
      state.saveSnapshot(callerOf(1)),
      state.saveSnapshot(callerOf(2)),
      state.saveIdentity(identity),
    ]);
    const again = new StateDir(path);
    expect(await again.loadSnapshot()).toEqual(callerOf(2));
    expect(await again.loadIdentity()).toEqual(identity);
    for (const file of ['snapshot.json', 'identity.json']) {
      expect((await stat(join(path, file))).mode & 0o777).toBe(0o600);
    }
  });

  it('writes the newest of many that come at once, and keeps nobody waiting for the others', async () => {
    const path = await temporaryDir();
    const state = new StateDir(path);
    await state.saveSnapshot(callerOf(1));
    for (let round = 0; round < 2; round++) {
      await Promise.all(
        Array.from({ length: 200 }, (_, i) => state.saveSnapshot(callerOf(1000 * round + i))),
      );
      expect(await new StateDir(path).loadSnapshot()).toEqual(callerOf(1000 * round + 199));
    }
  });

  it('has nothing to give when it is empty, or its files are damaged', async () => {
    const path = await temporaryDir();
    const state = new StateDir(path);
    expect([await state.loadSnapshot(), await state.loadIdentity()]).toEqual([undefined, undefined]);
    await state.saveSnapshot(callerOf(1));
    const whole = await readFile(join(path, 'snapshot.json'), 'utf8');
    for (const damaged of [whole.slice(0, -10), '[]', '{"listeners":1}', '']) {
      await writeFile(join(path, 'snapshot.json'), damaged);
      expect(await state.loadSnapshot()).toBeUndefined();
    }
  });
});

async function temporaryDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'heddle-state-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}
