import { describe, expect, it } from 'vitest';
import { normalizePath } from './normalize-path.ts';

describe('the normalised path', () => {
  it.each([
    ['/a/b/c/./../../g', '/a/g'], // RFC 3986 §5.2.4
    ['/a/./b', '/a/b'],
    ['/a/..', '/'],
    ['/a/.', '/a/'],
    ['/a/%2E%2e/b', '/b'],
    ['/a\\b\\..\\c', '/a/c'],
    ['/a//b', '/a//b'],
    ['/%61dmin', '/admin'],
    ['/.well-known/x', '/.well-known/x'],
    ['/a/...', '/a/...'],
    ['/x?next=/../y', '/x?next=/../y'],
    ['/x/../y?q=%2f', '/y?q=%2f'],
    ['/x/..;p/y', '/y'],
  ])('of %s is %s', (path, normalised) => {
    expect(normalizePath(path, undefined)).toBe(normalised);
  });

  it.each([
    '/..',
    '/a/../../b',
    '/..;/a',
    '/a/..;x/..;/b',
    '/a/%2e%2e;/b',
    '/a%2fb',
    '/a%5Cb',
    '/a%00',
    '/a%zz',
    '/a%2',
    'a',
    '/a#b',
    '*',
  ])('does not exist for %s', (path) => {
    expect(normalizePath(path, undefined)).toBeUndefined();
  });

  it.each(['/a/./b/../c', '/%2e%2e/..\\x', '/a/b/../../c/'])('of a normalised path is itself: %s', (path) => {
    const once = normalizePath(path, undefined);
    expect(once === undefined ? undefined : normalizePath(once, undefined)).toBe(once);
  });

  it.each([
    ['NONE', '/a/../b%2fc', '/a/../b%2fc'],
    ['BASE', '/a/../b%2Fc', '/b%2Fc'],
    ['BASE', '/../a', '/a'],
    ['MERGE_SLASHES', '/a//b%2fc', '/a/b%2fc'],
    ['DECODE_AND_MERGE_SLASHES', '/a//b%2fc', '/a/b/c'],
    ['NONE', '/a%00', undefined],
    ['DECODE_AND_MERGE_SLASHES', 'a', undefined],
  ] as const)('where the mesh says %s, of %s is %s', (level, path, normalised) => {
    expect(normalizePath(path, level)).toBe(normalised);
  });
});
