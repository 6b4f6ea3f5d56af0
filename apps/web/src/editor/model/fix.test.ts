import { describe, expect, it } from 'vitest';
import { fixOf, nearest } from './fix.ts';

const unknownField = (field: string) => ({
  path: `spec.http[0].${field}`,
  message: `unknown field "${field}"; check its spelling and indentation, or remove it`,
});

describe('the fix of a finding', () => {
  it('of a misspelt field is the field that is meant', () => {
    const line = '          wieght: 10';
    expect(fixOf(unknownField('wieght'), line, true, ['destination', 'weight', 'headers'])).toEqual({
      label: 'Use weight',
      from: 10,
      to: 16,
      insert: 'weight',
      removesLine: false,
    });
  });

  it('of a field that is like none is to remove its line, if that is all of it', () => {
    const line = '      wombat: 3';
    expect(fixOf(unknownField('wombat'), line, true, ['route'])).toMatchObject({
      label: 'Remove it',
      removesLine: true,
    });
    expect(fixOf(unknownField('wombat'), '      wombat:', false, ['route'])).toBeNull();
    expect(fixOf(unknownField('wombat'), '    - { wombat: 3, weight: 1 }', true, ['route'])).toBeNull();
  });

  it('of a value outside a closed set is the nearest of the set', () => {
    const finding = {
      path: 'spec.action',
      message: 'spec.action is "DENNY", expected one of ALLOW, DENY, AUDIT, CUSTOM',
    };
    expect(fixOf(finding, '  action: DENNY', true, [])).toMatchObject({ insert: 'DENY', from: 10, to: 15 });
    expect(
      fixOf({ ...finding, message: 'spec.action is 3: it must be string' }, '  action: 3', true, []),
    ).toBeNull();
  });

  it('of an unknown kind is the kind that is meant', () => {
    const finding = { path: 'kind', message: 'unknown kind "VirtualServices" of networking.istio.io' };
    expect(fixOf(finding, 'kind: VirtualServices', true, ['VirtualService', 'Gateway'])?.insert).toBe(
      'VirtualService',
    );
  });
});

it('nothing is near a word that is like no other', () => {
  expect(nearest('wombat', ['route', 'match', 'timeout'])).toBeNull();
  expect(nearest('timout', ['route', 'match', 'timeout'])).toBe('timeout');
});
