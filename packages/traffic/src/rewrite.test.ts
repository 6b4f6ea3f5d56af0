import { expect, it } from 'vitest';
import type { PathMatch } from './ir/index.ts';
import { rewritePath } from './rewrite.ts';

const match = (path: PathMatch) => ({ path, headers: [], queryParams: [] });
const prefix = (value: string) => match({ kind: 'prefix', value, caseSensitive: true });

it('replaces a matched prefix as text and keeps the query', () => {
  expect(rewritePath(prefix('/'), { kind: 'prefix', value: '/x' }, '/a?q=/')).toBe('/xa?q=/');
});

it('replaces the whole path after an exact match', () => {
  const exact = match({ kind: 'exact', value: '/a', caseSensitive: true });
  expect(rewritePath(exact, { kind: 'prefix', value: '/b' }, '/a?q=1')).toBe('/b?q=1');
});

it('replaces the whole path after a regex match', () => {
  expect(rewritePath(match({ kind: 'regex', value: '/a.*' }), { kind: 'prefix', value: '/b' }, '/abc')).toBe(
    '/b',
  );
});

it('replaces every hit of a regex in the path, not in the query', () => {
  const rewrite = { kind: 'regex', pattern: '/v([0-9])', substitution: '/\\1' } as const;
  expect(rewritePath(prefix('/'), rewrite, '/v1/v2?x=/v3')).toBe('/1/2?x=/v3');
});

it('takes a dollar in a substitution literally', () => {
  expect(rewritePath(prefix('/'), { kind: 'regex', pattern: 'a', substitution: '$1' }, '/a')).toBe('/$1');
});

it('takes two backslashes in a substitution for one', () => {
  const rewrite = { kind: 'regex', pattern: '^/a/(.*)', substitution: '/\\\\\\1' } as const;
  expect(rewritePath(prefix('/'), rewrite, '/a/b')).toBe('/\\b');
});

it('changes nothing where a substitution names a group that the pattern does not have', () => {
  const rewrite = { kind: 'regex', pattern: '^/a', substitution: '/\\3' } as const;
  expect(rewritePath(prefix('/'), rewrite, '/a/b?c')).toBe('/a/b?c');
});

it('finds nothing once more where a hit has just ended', () => {
  const rewrite = { kind: 'regex', pattern: 'b*', substitution: '_' } as const;
  expect(rewritePath(prefix('/'), rewrite, '/abbc')).toBe('_/_a_c_');
});
