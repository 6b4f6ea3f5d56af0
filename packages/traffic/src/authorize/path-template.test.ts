import { expect, it } from 'vitest';
import { compilePathTemplate } from './path-template.ts';

it.each([
  ['/a/{*}/c', '/a/b/c', true],
  ['/a/{*}/c', '/a//c', false],
  ['/a/{*}/c', '/a/b/b/c', false],
  ['/a/{**}', '/a/', true],
  ['/a/{**}', '/a', false],
  ['/a/{**}', '/a/b/c', true],
  ['/a/{**}/c', '/a/b/b/c', true],
  ['/a/{**}/c', '/a/c', false],
  ['/{*}', '/', false],
  ['/v1.0/{*}', '/v1x0/y', false], // a dot is a dot
  ['/a/{*}/', '/a/b/', true],
  ['/a/{*}/', '/a/b', false],
  ['/a/{*}', '/a/*=%20', true],
  ['/a/{**}', '/a/[x]', false],
  ['/a/{**}/c', '/a//c', true],
])('%s and %s: %s', (template, path, expected) => {
  expect(compilePathTemplate(template)(path)).toBe(expected);
});
