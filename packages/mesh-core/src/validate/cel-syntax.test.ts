import { describe, expect, it } from 'vitest';
import { celError } from './cel-syntax.ts';

describe('an expression of CEL', () => {
  it.each([
    'response.code >= 400',
    "request.url_path.startsWith('/api') && !(response.code in [200, 204])",
    "has(request.headers['x-a']) ? -1 : 2u",
    '[1, 2.5e3, 0x1F,].exists(x, x > .5)',
    'a.b{c: 1}["k"].d() == {"x": 1}',
    'r"\\d" + """say "hi" """ // why',
    '"\\x41\\u0041\\101"',
    '--1 < !!true',
  ])('%s', (text) => {
    expect(celError(text)).toBeUndefined();
  });

  it.each([
    '',
    'response.code >=',
    'a b',
    '(a',
    'a ? b',
    'a == "x',
    '"\\q"',
    'if',
    'a.(b)',
    '{a}',
    'f(a,)',
    'a = b',
    'a & b',
    '#',
    '!-a',
  ])('is not: %s', (text) => {
    expect(celError(text)).toMatch('not an expression');
  });

  it('nests no deeper than can be read', () => {
    expect(celError('('.repeat(4000) + '1' + ')'.repeat(4000))).toMatch('not an expression');
  });
});
