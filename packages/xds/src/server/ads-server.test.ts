import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeNamed, reviewsMesh, reviewsSplit, split, TestMesh } from '../testing/mesh.ts';

let mesh: TestMesh;
beforeEach(() => {
  mesh = new TestMesh();
});
afterEach(() => mesh.stop());

describe('a proxy that connects', () => {
  it('gets the whole snapshot once everything it refers to is there, and is in sync', async () => {
    const server = await mesh.serve();
    const proxy = mesh.connect('productpage');
    await mesh.connected(proxy.id);
    const snapshot = reviewsSplit(80, 20);
    server.publish(proxy.id, snapshot, 7);

    const first = await proxy.events.waitFor((event) => event.kind === 'snapshot');
    const sync = await mesh.accepted(proxy.id, 7);

    expect(first).toMatchObject({ snapshot, changes: { LDS: ['virtualOutbound'], RDS: ['9080'] } });
    expect(sync).toMatchObject({ online: true, revision: 7, node: nodeNamed('productpage') });
    expect(sync.types.map(({ type, state, resources }) => [type, state, resources]).slice(0, 4)).toEqual([
      ['CDS', 'acked', 2],
      ['EDS', 'acked', 2],
      ['LDS', 'acked', 1],
      ['RDS', 'acked', 1],
    ]);
  });

  it('gets an empty snapshot when there is nothing for it', async () => {
    const server = await mesh.serve();
    const proxy = mesh.connect('idle');
    await mesh.connected(proxy.id);
    const nothing = { listeners: [], routeConfigurations: [], clusters: [], loadAssignments: [] };
    server.publish(proxy.id, nothing, 1);
    expect(await proxy.events.waitFor((event) => event.kind === 'snapshot')).toMatchObject({
      snapshot: nothing,
    });
    await mesh.accepted(proxy.id, 1);
  });

  it('is refused with the reason when its token is wrong, and never becomes known', async () => {
    const server = await mesh.serve();
    const proxy = mesh.connect('stranger', { token: 'guess' });
    const refusal = await proxy.events.waitFor(
      (event) => event.kind === 'state' && event.state === 'disconnected',
    );
    expect(refusal).toMatchObject({ reason: 'UNAUTHENTICATED: this token was never issued' });
    expect(server.status()).toEqual([]);
  });

  it('replaces its own older stream, without being gone in between', async () => {
    await mesh.serve();
    const old = mesh.connect('reviews-v1');
    await mesh.connected(old.id);
    mesh.connect('reviews-v1');
    const cut = await old.events.waitFor((event) => event.kind === 'state' && event.state === 'disconnected');
    old.client.close();
    expect(cut).toMatchObject({ reason: 'ABORTED: replaced by a newer stream of the same proxy' });
    expect(mesh.server.proxyStatus(old.id)?.online).toBe(true);
  });
});

describe('a change', () => {
  it('that takes a listener away with its routes never leaves a proxy with a listener without routes', async () => {
    const server = await mesh.serve();
    const proxy = mesh.connect('productpage', {
      accept: ({ listeners, routeConfigurations }) => {
        const known = new Set(routeConfigurations.map(({ name }) => name));
        const lost = listeners.filter((one) =>
          one.filterChains.some(({ http }) => !known.has(http.routeConfig)),
        );
        if (lost.length > 0) throw new Error(`no routes for ${lost.map(({ name }) => name).join()}`);
      },
    });
    await mesh.connected(proxy.id);
    const one = reviewsSplit(80, 20);
    const [listener] = one.listeners;
    const [config] = one.routeConfigurations;
    if (listener === undefined || config === undefined) throw new Error('a mesh has listeners and routes');
    const more = {
      ...one,
      listeners: [
        ...one.listeners,
        {
          ...listener,
          name: '0.0.0.0_81',
          port: 81,
          filterChains: [{ name: '81', http: { routeConfig: '81', tracingShare: 0 } }],
        },
      ],
      routeConfigurations: [{ ...config, name: '81' }, ...one.routeConfigurations],
    };
    for (let revision = 1; revision <= 6; revision += 1) {
      server.publish(proxy.id, revision % 2 === 0 ? one : more, revision);
      await mesh.accepted(proxy.id, revision);
    }
    const refusals = mesh.events.events.flatMap((event) =>
      event.kind === 'status' ? event.sync.types.flatMap(({ nack }) => nack ?? []) : [],
    );
    expect(refusals).toEqual([]);
  });

  it('of one weight sends the one route configuration and nothing else', async () => {
    const server = await mesh.serve();
    const proxy = mesh.connect('productpage');
    await mesh.connected(proxy.id);
    server.publish(proxy.id, reviewsSplit(80, 20), 1);
    const before = await mesh.accepted(proxy.id, 1);

    server.publish(proxy.id, reviewsSplit(50, 50), 2);
    const after = await mesh.accepted(proxy.id, 2);
    const second = await proxy.events.waitFor(
      (event) =>
        event.kind === 'snapshot' && event.changes.LDS.length === 0 && event.changes.CDS.length === 0,
    );

    expect(second).toMatchObject({
      snapshot: reviewsSplit(50, 50),
      changes: { CDS: [], EDS: [], LDS: [], RDS: ['9080'] },
    });
    const sentAt = (sync: typeof before, name: string) =>
      sync.types.find(({ type }) => type === name)?.sentAtMs;
    for (const type of ['CDS', 'EDS', 'LDS']) expect(sentAt(after, type)).toBe(sentAt(before, type));
  });

  it('that changes nothing for a proxy counts as accepted at once', async () => {
    const server = await mesh.serve();
    const proxy = mesh.connect('productpage');
    await mesh.connected(proxy.id);
    server.publish(proxy.id, reviewsSplit(80, 20), 1);
    await mesh.accepted(proxy.id, 1);
    server.publish(proxy.id, reviewsSplit(80, 20), 2);
    expect(server.proxyStatus(proxy.id)?.revision).toBe(2);
  });

  it('that the proxy refuses is shown with its words, sent once, and leaves the old in effect', async () => {
    const server = await mesh.serve();
    const proxy = mesh.connect('productpage', {
      accept: ({ routeConfigurations }) => {
        if (JSON.stringify(routeConfigurations).includes('"weight":66')) throw new Error('66 is not for me');
      },
    });
    await mesh.connected(proxy.id);
    server.publish(proxy.id, reviewsSplit(80, 20), 1);
    await mesh.accepted(proxy.id, 1);

    server.publish(proxy.id, reviewsSplit(66, 34), 2);
    const { sync } = await mesh.syncWhere(proxy.id, (now) =>
      now.types.some(({ state }) => state === 'nacked'),
    );
    expect(sync.types.find(({ type }) => type === 'RDS')).toMatchObject({
      state: 'nacked',
      nack: '66 is not for me',
    });
    expect(sync.revision).toBe(1);

    // Endpoints move on although the route is refused: with them comes proof that it was not sent again.
    const [first, second] = reviewsMesh.loadAssignments;
    const loadAssignments = [{ ...first, endpoints: [] }, second];
    server.publish(proxy.id, { ...reviewsSplit(66, 34), loadAssignments }, 3);
    const next = await proxy.events.waitFor(
      (event) => event.kind === 'snapshot' && event.changes.EDS.length === 1,
    );
    expect(next).toMatchObject({ snapshot: { ...reviewsSplit(80, 20), loadAssignments } });
    expect(server.proxyStatus(proxy.id)?.types.find(({ type }) => type === 'RDS')?.sentAtMs).toBe(
      sync.types.find(({ type }) => type === 'RDS')?.sentAtMs,
    );

    server.publish(proxy.id, { ...reviewsSplit(50, 50), loadAssignments }, 4);
    expect((await mesh.accepted(proxy.id, 4)).types.every(({ nack }) => nack === null)).toBe(true);
  });

  it('of a cluster and the route to it never shows the route without the cluster, nor takes the old one away first', async () => {
    const server = await mesh.serve();
    const seen: string[] = [];
    const proxy = mesh.connect('productpage', {
      accept: ({ clusters, routeConfigurations }) => {
        const known = new Set(clusters.map(({ name }) => name));
        const mentioned = JSON.stringify(routeConfigurations).match(/outbound\|9080\|v\d\|reviews/g) ?? [];
        seen.push(...mentioned.filter((name) => !known.has(name)));
      },
    });
    await mesh.connected(proxy.id);
    const [v1, v2] = reviewsMesh.clusters;
    const [e1, e2] = reviewsMesh.loadAssignments;
    const { listeners } = reviewsMesh;
    const toV1 = [split('9080', { [v1.name]: 1 })];
    const toV2 = [split('9080', { [v2.name]: 1 })];
    server.publish(
      proxy.id,
      { listeners, clusters: [v1], loadAssignments: [e1], routeConfigurations: toV1 },
      1,
    );
    await mesh.accepted(proxy.id, 1);
    server.publish(
      proxy.id,
      { listeners, clusters: [v2], loadAssignments: [e2], routeConfigurations: toV2 },
      2,
    );
    await mesh.accepted(proxy.id, 2);
    expect(seen).toEqual([]);
    const last = proxy.events.events.findLast((event) => event.kind === 'snapshot');
    expect(last).toMatchObject({ snapshot: { clusters: [v2], loadAssignments: [e2] } });
  });

  it('is accepted by 200 proxies', { timeout: 30_000 }, async () => {
    const server = await mesh.serve();
    const proxies = Array.from({ length: 200 }, (_, index) => mesh.connect(`load-${index}`));
    await Promise.all(proxies.map(({ id }) => mesh.connected(id)));
    const first = reviewsSplit(80, 20);
    for (const { id } of proxies) server.publish(id, first, 1);
    await Promise.all(proxies.map(({ id }) => mesh.accepted(id, 1)));
    const second = reviewsSplit(60, 40);
    for (const { id } of proxies) server.publish(id, second, 2);
    await Promise.all(proxies.map(({ id }) => mesh.accepted(id, 2)));
    expect(server.status().filter(({ revision }) => revision === 2)).toHaveLength(200);
  });
});

describe('a proxy that comes back', () => {
  it('is sent nothing that it has', async () => {
    const server = await mesh.serve();
    const proxy = mesh.connect('productpage');
    await mesh.connected(proxy.id);
    server.publish(proxy.id, reviewsSplit(80, 20), 1);
    await mesh.accepted(proxy.id, 1);
    const { port } = server;
    await server.close();
    await proxy.events.waitFor((event) => event.kind === 'state' && event.state === 'disconnected');

    const from = mesh.events.events.length;
    const again = await mesh.serve({ port });
    await mesh.connected(proxy.id, from);
    again.publish(proxy.id, reviewsSplit(80, 20), 1);
    const { sync } = await mesh.syncWhere(proxy.id, ({ revision }) => revision === 1, from);

    const config = sync.types.filter(({ type }) => type !== 'SDS');
    expect(config.map(({ state, sentAtMs }) => [state, sentAtMs])).toEqual([
      ['acked', null],
      ['acked', null],
      ['acked', null],
      ['acked', null],
    ]);
    expect(proxy.events.events.filter(({ kind }) => kind === 'snapshot').length).toBeGreaterThan(0);
  });

  it('is offline in between, with what it last had', async () => {
    const server = await mesh.serve();
    const proxy = mesh.connect('productpage');
    await mesh.connected(proxy.id);
    server.publish(proxy.id, reviewsSplit(80, 20), 1);
    await mesh.accepted(proxy.id, 1);
    proxy.client.close();
    await mesh.events.waitFor((event) => event.kind === 'disconnected');
    expect(server.proxyStatus(proxy.id)).toMatchObject({ online: false, revision: 1 });
    expect(new Set(server.proxyStatus(proxy.id)?.types.map(({ state }) => state))).toEqual(
      new Set(['offline']),
    );
    server.forget(proxy.id);
    expect(server.status()).toEqual([]);
  });
});

describe('what a proxy reports', () => {
  it('of its health arrives with the reason, and again after a reconnect', async () => {
    const server = await mesh.serve();
    const proxy = mesh.connect('ratings');
    await mesh.connected(proxy.id);
    proxy.client.reportHealth(false, 'connection refused');
    const first = await mesh.events.waitFor((event) => event.kind === 'health');
    expect(first).toEqual({ kind: 'health', id: proxy.id, healthy: false, reason: 'connection refused' });

    const { port } = server;
    await server.close();
    const from = mesh.events.events.length;
    await mesh.serve({ port });
    const again = await mesh.events.waitFor((event) => event.kind === 'health', from);
    expect(again).toEqual(first);
    proxy.client.reportHealth(true, '');
    await mesh.events.waitFor((event) => event.kind === 'health' && event.healthy, from);
  });

  it('as telemetry arrives frame by frame, in order', async () => {
    await mesh.serve();
    const proxy = mesh.connect('ratings');
    expect(proxy.client.sendTelemetry(Buffer.from('too early'))).toBe(false);
    await proxy.events.waitFor((event) => event.kind === 'state' && event.state === 'connected');
    expect(proxy.client.sendTelemetry(Buffer.from('one'))).toBe(true);
    expect(proxy.client.sendTelemetry(Buffer.from('two'))).toBe(true);
    await mesh.events.waitFor((event) => event.kind === 'telemetry' && event.frame === 'two');
    const frames = mesh.events.events.filter((event) => event.kind === 'telemetry').map(({ frame }) => frame);
    expect(frames).toEqual(['one', 'two']);
  });

  it('as telemetry of more than 1 MiB is refused, and the next frame gets through', async () => {
    await mesh.serve();
    const proxy = mesh.connect('ratings');
    await proxy.events.waitFor((event) => event.kind === 'state' && event.state === 'connected');
    proxy.client.sendTelemetry(Buffer.alloc(1024 * 1024 + 1));
    const sent = new Promise<void>((resolve) => {
      const offer = () => {
        if (proxy.client.sendTelemetry(Buffer.from('small'))) resolve();
        else setImmediate(offer);
      };
      setImmediate(offer);
    });
    await sent;
    expect(mesh.server.proxyStatus(proxy.id)?.online).toBe(true);
  });
});
