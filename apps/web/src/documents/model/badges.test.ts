import type { Finding } from '@heddle/schema';
import { expect, it } from 'vitest';
import { badgesOf, conditionsOf, isTrouble } from './badges.ts';

const finding = (code: string, severity: Finding['severity'], message = code): Finding => ({
  code,
  severity,
  path: '',
  message,
});

it('says in a word what has no effect, apart from what is wrong', () => {
  const badges = badgesOf([
    finding('HDL0020', 'warning', 'spec.tcp is not enforced'),
    finding('HDL0020', 'warning', 'spec.tls is not enforced'),
    finding('HDL0001', 'warning', 'Shadowed: by another'),
    finding('IST0101', 'error'),
    finding('KIA1301', 'info'),
  ]);
  expect(badges.map(({ label, tone }) => `${label} ${tone}`)).toEqual([
    '1 error failing',
    'Shadowed degraded',
    'Not yet enforced plain',
  ]);
  expect(badges.at(-1)?.sentence).toBe('spec.tcp is not enforced (and 1 more)');
});

it('finds the conditions of a route by parent, of a gateway by listener, of a policy by ancestor', () => {
  const condition = { type: 'Accepted', status: 'False', reason: 'NoMatchingParent', message: 'no' };
  expect(
    conditionsOf({
      conditions: [{ ...condition, status: 'True' }],
      parents: [{ parentRef: { kind: 'Service', name: 'reviews', port: 80 }, conditions: [condition] }],
      listeners: [{ name: 'http', conditions: [condition] }],
      ancestors: [{ ancestorRef: { namespace: 'a', name: 'gw' }, conditions: [condition] }],
    }).map(({ about, status }) => `${about} ${status}`),
  ).toEqual([' True', 'Service reviews:80 False', 'Gateway a/gw False', 'listener http False']);
  expect(conditionsOf(undefined)).toEqual([]);
  expect(conditionsOf({ parents: 'nonsense', conditions: [null, 3] })).toEqual([]);
});

it('takes a condition that speaks of harm the other way round', () => {
  const of = (type: string, status: string) =>
    isTrouble({ about: '', type, status, reason: '', message: '' });
  expect([of('Accepted', 'False'), of('Accepted', 'True')]).toEqual([true, false]);
  expect([of('Conflicted', 'False'), of('Conflicted', 'True')]).toEqual([false, true]);
});
