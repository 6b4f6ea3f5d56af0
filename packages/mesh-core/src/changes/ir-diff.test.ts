import { describe, expect, it } from 'vitest';
import { Compiler, Interner } from '../compile/snapshot.ts';
import { parseDocuments } from '../documents/parse.ts';
import { instance, reviewsRule, reviewsSplit, service, worldOf } from '../testing.ts';
import { IrDiff } from './ir-diff.ts';

const proxies = [instance('reviews', 'reviews', 'v1'), instance('client', 'client', 'v1')];
const snapshots = (yaml: string) => {
  const compiler = new Compiler(worldOf(parseDocuments(yaml).documents, proxies), new Interner());
  return proxies.map((one) => compiler.snapshotFor(one));
};
const differences = (before: string, after: string) => {
  const diff = new IrDiff();
  const [now, then] = [snapshots(before), snapshots(after)];
  for (const [i, { id }] of proxies.entries()) {
    const [was, is] = [now[i], then[i]];
    if (was !== undefined && is !== undefined) diff.add(id, was, is);
  }
  return diff.result();
};
const common = service('reviews') + reviewsRule;

describe('the difference for proxies', () => {
  it('of one weight is two lines of one virtual host, told once for all proxies', () => {
    const [only, ...others] = differences(common + reviewsSplit(90, 10), common + reviewsSplit(80, 20));
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      type: 'virtual-host',
      name: '9080 reviews.default.svc.cluster.local:9080',
      change: 'update',
      proxies: proxies.map(({ id }) => id),
    });
    const changed = only?.lines.filter(({ op }) => op !== ' ').map(({ op, text }) => op + text.trim());
    expect(changed).toEqual(['-weight: 90', '+weight: 80', '-weight: 10', '+weight: 20']);
    expect(only?.lines.length).toBeLessThan(20);
  });

  it('of a comment is none', () => {
    expect(differences(common + reviewsSplit(90, 10), `${common}# why\n${reviewsSplit(90, 10)}`)).toEqual([]);
  });

  it('names what comes and what goes', () => {
    const added = differences(common, common + service('ratings'));
    expect(added.map(({ type, name, change }) => `${change} ${type} ${name}`)).toEqual([
      'create virtual-host 9080 ratings.default.svc.cluster.local:9080',
      'create cluster outbound|9080||ratings.default.svc.cluster.local',
      'create endpoints outbound|9080||ratings.default.svc.cluster.local',
    ]);
    const removed = differences(common + service('ratings'), common);
    expect(removed.map(({ change }) => change)).toEqual(['delete', 'delete', 'delete']);
  });
});
