import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { instance, meta, reviewsRule, reviewsSplit, service, type TestMesh, testMesh } from './testing.ts';

let mesh: TestMesh;
const [productpage, v1, v2] = [
  instance('productpage-v1', 'productpage', 'v1'),
  instance('reviews-v1', 'reviews', 'v1'),
  instance('reviews-v2', 'reviews', 'v2'),
];
const reviewsKey = {
  group: 'networking.istio.io',
  kind: 'VirtualService',
  namespace: 'default',
  name: 'reviews',
};

beforeEach(() => {
  mesh = testMesh();
  mesh.plane.apply(service('productpage') + service('reviews') + reviewsRule + reviewsSplit(90, 10), meta);
  for (const one of [productpage, v1, v2]) mesh.plane.connected(one);
  mesh.timers.advance(5000);
  mesh.published.length = 0;
});

const published = () => mesh.published.map(({ proxyId }) => proxyId.split('~')[2]);

describe('a write', () => {
  it('reaches every proxy that calls the service, at once', () => {
    const outcome = mesh.plane.apply(reviewsSplit(80, 20), meta);
    expect(outcome).toEqual({ kind: 'written', revision: 2, findings: [], changed: true });
    expect(published()).toEqual(['productpage-v1.default', 'reviews-v1.default', 'reviews-v2.default']);
    const routes = mesh.published[0]?.snapshot.routeConfigurations.find(({ name }) => name === '9080');
    const [route] = routes?.virtualHosts.find(({ domains }) => domains.includes('reviews'))?.routes ?? [];
    expect(route?.action).toMatchObject({ clusters: [{ weight: 80 }, { weight: 20 }] });
  });

  it('is titled by what it shifts', () => {
    mesh.plane.apply(reviewsSplit(80, 20), meta);
    expect(mesh.plane.store.change(2)?.title).toBe('reviews: v1 90 → 80 %, v2 10 → 20 %');
  });

  it('with an error changes nothing and names the path', () => {
    const outcome = mesh.plane.apply(reviewsSplit(0, 0), meta);
    expect(outcome).toMatchObject({
      kind: 'invalid',
      findings: [{ code: 'IST0106', path: 'spec.http[0].route', line: 8 }],
    });
    expect([mesh.plane.store.revision, mesh.published.length]).toEqual([1, 0]);
  });

  it('to a subset that does not exist is refused with what there is', () => {
    const outcome = mesh.plane.apply(reviewsSplit(90, 10).replace('subset: v2', 'subset: v9'), meta);
    expect(outcome).toMatchObject({
      kind: 'invalid',
      findings: [{ code: 'KIA1107', path: 'spec.http[0].route[1].destination.subset' }],
    });
    expect(JSON.stringify(outcome)).toContain('its DestinationRule has v1, v2');
  });

  it('that breaks another document is refused too', () => {
    const outcome = mesh.plane.apply(reviewsRule.replace(/.*name: v2.*\n/, ''), meta);
    expect(outcome).toMatchObject({
      kind: 'invalid',
      findings: [{ code: 'KIA1107', resource: 'VirtualService default/reviews' }],
    });
  });

  it('of several documents is all or nothing', () => {
    mesh.plane.apply(`${service('ratings')}apiVersion: v1\nkind: Wombat\nmetadata: {name: w}\n`, meta);
    expect(mesh.plane.store.list({ kind: 'Service' })).toHaveLength(2);
  });

  it('on a stale base is a conflict, whatever it says', () => {
    mesh.plane.apply(reviewsSplit(80, 20), meta);
    const stale = { key: reviewsKey, baseRevision: 1 };
    expect(mesh.plane.apply(reviewsSplit(70, 30), meta, stale)).toMatchObject({
      kind: 'conflict',
      currentRevision: 2,
    });
    expect(mesh.plane.apply(reviewsSplit(0, 0), meta, stale)).toMatchObject({ kind: 'conflict' });
  });

  it('on a base that was deleted since is a conflict, whatever it says', () => {
    mesh.plane.remove(reviewsKey, meta);
    const gone = { key: reviewsKey, baseRevision: 1 };
    expect(mesh.plane.apply(reviewsSplit(0, 0), meta, gone)).toMatchObject({
      kind: 'conflict',
      currentRevision: 0,
    });
  });

  it('under another name than its address is refused', () => {
    const outcome = mesh.plane.apply(reviewsSplit(1, 1), meta, { key: { ...reviewsKey, name: 'ratings' } });
    expect(outcome).toMatchObject({
      kind: 'invalid',
      findings: [{ code: 'HDL0014', path: 'metadata.name' }],
    });
    const other = mesh.plane.apply(service('reviews').replace('---', ''), meta, { key: reviewsKey });
    expect(other).toMatchObject({ kind: 'invalid', findings: [{ code: 'HDL0014', path: 'apiVersion' }] });
  });

  it('keeps a warning with the change', () => {
    const outcome = mesh.plane.apply(
      reviewsSplit(90, 10).replace(
        '- route:',
        '- retries: { attempts: 1, retryRemoteLocalities: true }\n      route:',
      ),
      meta,
    );
    expect(outcome).toMatchObject({
      kind: 'written',
      findings: [
        { code: 'HDL0020', path: 'spec.http[0].retries.retryRemoteLocalities', severity: 'warning' },
      ],
    });
  });
});

describe('a push', () => {
  it('is complete when every affected proxy has accepted it', () => {
    mesh.plane.apply(reviewsSplit(80, 20), meta);
    mesh.timers.advance(12);
    mesh.plane.accepted(productpage.id, 2);
    mesh.plane.refused(v1.id, 2, 'LDS: port 80 is taken');
    expect(mesh.plane.pushStatus(2)).toEqual({
      revision: 2,
      affected: 3,
      acked: 1,
      nacked: 1,
      pending: 1,
      ackedMs: null,
      refusals: [{ proxyId: v1.id, reason: 'LDS: port 80 is taken' }],
    });
    mesh.plane.accepted(v1.id, 3);
    mesh.plane.accepted(v2.id, 2);
    expect(mesh.plane.pushStatus(2)).toMatchObject({ acked: 3, nacked: 0, ackedMs: 12, refusals: [] });
  });

  it('does not wait for a proxy that leaves before it has answered', () => {
    mesh.plane.apply(reviewsSplit(80, 20), meta);
    for (const { id } of [productpage, v1]) mesh.plane.accepted(id, 2);
    mesh.plane.disconnected(v2.id);
    expect(mesh.plane.pushStatus(2)).toMatchObject({ affected: 3, pending: 1, ackedMs: null });
    mesh.timers.advance(5000);
    expect(mesh.plane.pushStatus(2)).toMatchObject({ affected: 2, acked: 2, pending: 0 });
    expect(mesh.plane.pushStatus(2)?.ackedMs).toBeGreaterThan(0);
  });

  it('of a change that touches no proxy is complete at once', () => {
    mesh.plane.apply('apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n', meta);
    expect(mesh.plane.pushStatus(2)).toMatchObject({ affected: 0, ackedMs: 0 });
  });

  it('keeps what did not change as the same objects', () => {
    mesh.plane.apply(reviewsSplit(80, 20), meta);
    const [first] = mesh.published;
    mesh.plane.apply(reviewsSplit(70, 30), meta);
    const second = mesh.published.findLast(({ proxyId }) => proxyId === first?.proxyId);
    expect(second?.snapshot.clusters).toHaveLength(first?.snapshot.clusters.length ?? -1);
    expect(second?.snapshot.clusters.every((one, i) => one === first?.snapshot.clusters[i])).toBe(true);
  });
});

describe('rolling back', () => {
  it('is a new change that restores the text', () => {
    mesh.plane.apply(reviewsSplit(80, 20), meta);
    expect(mesh.plane.rollback(2, meta)).toMatchObject({ kind: 'written', revision: 3 });
    expect(mesh.plane.store.get(reviewsKey)?.yaml).toBe(reviewsSplit(90, 10));
    expect(mesh.plane.store.change(2)?.rolledBackBy).toBe(3);
    expect(mesh.plane.store.change(3)?.title).toBe('reviews: v1 80 → 90 %, v2 20 → 10 %');
  });

  it('removes what the change had created', () => {
    mesh.plane.apply(service('ratings'), meta);
    mesh.plane.rollback(2, meta);
    expect(mesh.plane.store.list({ kind: 'Service' }).map(({ key }) => key.name)).toEqual([
      'productpage',
      'reviews',
    ]);
  });

  it('of a revision that never was is told', () => {
    expect(mesh.plane.rollback(99, meta)).toEqual({ kind: 'missing', what: 'revision 99' });
  });
});

describe('a plan', () => {
  it('shows the diff, the findings and the proxies, and writes nothing', () => {
    const plan = mesh.plane.plan(reviewsSplit(80, 20));
    expect(plan).toMatchObject({ valid: true, baseRevision: 1, findings: [], totalProxies: 3 });
    expect(plan.affectedProxies).toHaveLength(3);
    expect(
      plan.diff[0]?.lines.filter(({ op }) => op !== ' ').map(({ op, text }) => op + text.trim()),
    ).toEqual(['-weight: 90', '+weight: 80', '-weight: 10', '+weight: 20']);
    expect([mesh.plane.store.revision, mesh.published.length]).toEqual([1, 0]);
  });

  it('of a comment concerns no proxy', () => {
    const plan = mesh.plane.plan(`# by hand\n${reviewsSplit(90, 10)}`);
    expect(plan).toMatchObject({ valid: true, affectedProxies: [], ir: [] });
    expect(plan.diff[0]?.lines.filter(({ op }) => op !== ' ')).toHaveLength(1);
  });

  it('of something invalid says so', () => {
    expect(mesh.plane.plan(reviewsSplit(0, 0))).toMatchObject({ valid: false, affectedProxies: [] });
    expect(mesh.plane.plan('a: [')).toMatchObject({ valid: false, findings: [{ code: 'HDL0010' }] });
  });

  it('of several documents counts lines through the whole text, as a write of them does', () => {
    const broken = reviewsSplit(90, 10).replace('subset: v2', 'subset: v9');
    const text = `# two of them\n${service('ratings')}${broken}`;
    const line = text.split('\n').findIndex((one) => one.includes('subset: v9')) + 1;
    const finding = { code: 'KIA1107', line };
    expect(mesh.plane.plan(text)).toMatchObject({ valid: false, findings: [finding] });
    expect(mesh.plane.apply(text, meta)).toMatchObject({ kind: 'invalid', findings: [finding] });
  });
});

describe('endpoints', () => {
  const endpoints = () =>
    mesh.published
      .at(-1)
      ?.snapshot.loadAssignments.find(
        ({ cluster }) => cluster === 'outbound|9080||reviews.default.svc.cluster.local',
      )
      ?.endpoints.map(({ workload }) => workload?.name);

  it('leave the configuration when they are not ready, and come back', () => {
    mesh.plane.registry.health(v2.id, false, 'the application refuses connections');
    expect(endpoints()).toEqual(['reviews-v1']);
    mesh.timers.advance(1000);
    mesh.plane.registry.health(v2.id, true, '');
    expect(endpoints()).toEqual(['reviews-v1', 'reviews-v2']);
  });

  it('stay while a stream breaks for a moment, and leave when it stays away', () => {
    mesh.plane.disconnected(v2.id);
    mesh.timers.advance(1000);
    mesh.plane.connected(v2);
    mesh.timers.advance(5000);
    expect(endpoints()).toEqual(['reviews-v1', 'reviews-v2']);
    mesh.plane.disconnected(v2.id);
    mesh.timers.advance(5000);
    expect(endpoints()).toEqual(['reviews-v1']);
  });

  it('gather when many change at once', () => {
    for (let i = 0; i < 50; i++) mesh.plane.registry.health(v2.id, i % 2 === 1, '');
    mesh.timers.advance(3000);
    expect(mesh.published.length).toBeLessThan(10);
    expect(endpoints()).toEqual(['reviews-v1', 'reviews-v2']);
  });
});

it('believes in the instances of its last run until they are back', () => {
  const directory = mkdtempSync(join(tmpdir(), 'heddle-plane-'));
  const path = join(directory, 'config.db');
  const first = testMesh(path);
  first.plane.apply(service('reviews'), meta);
  first.plane.connected(v1);
  first.plane.connected(v2);
  first.plane.store.close();
  const second = testMesh(path);
  second.plane.connected(v2);
  const [push] = second.published;
  expect(push?.snapshot.loadAssignments[0]?.endpoints.map(({ workload }) => workload?.name)).toEqual([
    'reviews-v1',
    'reviews-v2',
  ]);
  second.timers.advance(20_000);
  expect(second.published.at(-1)?.snapshot.loadAssignments[0]?.endpoints).toHaveLength(1);
  second.plane.close();
  second.plane.store.close();
  rmSync(directory, { recursive: true });
});
