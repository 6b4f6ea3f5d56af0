import { describe, expect, it } from 'vitest';
import { normalizePath } from './normalize-path.ts';

describe('the normalised path', () => {
  it.each([
    ['BASE', '/a/b/c/./../../g', '/a/g'], // RFC 3986 §5.2.4
    ['BASE', '/a/%2E%2e/b', '/b'],
    ['BASE', '/a/..', '/'],
    ['BASE', '/a/.', '/a/'],
    ['BASE', '/../a', '/a'],
    ['BASE', '/a\\b', '/a/b'],
    ['BASE', '/a//b', '/a//b'],
    ['BASE', '/a%2Fb', '/a%2Fb'],
    ['BASE', '/.well-known/...', '/.well-known/...'],
    ['BASE', '/x?next=/../y', '/x?next=/../y'],
    ['BASE', '/%61dmin/%2d%5F%7e%5a%30', '/admin/-_~Z0'],
    ['BASE', '/a%20%25%3a%40%60%5b%7b', '/a%20%25%3a%40%60%5b%7b'],
    ['BASE', '/a"<>^`{|}b', '/a%22%3C%3E%5E%60%7B%7C%7Db'],
    ['BASE', '/a/%2e%2fb', '/a/.%2fb'],
    ['BASE', '/a//../b', '/a/b'],
    ['BASE', '/a%zz%', '/a%zz%'],
    ['BASE', '/a?b=%61/../{c}', '/a?b=%61/../{c}'],
    ['BASE', '/a/..;/b', '/b'],
    ['BASE', '/a/x/..;p=1;q/..;/b', '/b'],
    ['BASE', '/a/.;p/b', '/a/b'],
    ['BASE', '/a/b/..;p', '/a/'],
    ['BASE', '/a/..;?q', '/?q'],
    ['BASE', '/a/...;p/b;q/..x;', '/a/...;p/b;q/..x;'],
    ['BASE', '/a/..;%2fb', '/'],
    ['BASE', '/a/..;\\b', '/'],
    ['BASE', '/a\\..;\\b', '/a/..;/b'],
    ['BASE', '/a/%2e%2e;/b', '/a/..;/b'],
    ['DECODE_AND_MERGE_SLASHES', '/a/..;%2fb', '/b'],
    ['BASE', '*', '*'],
    ['NONE', '/a/../b', '/a/../b'],
    ['MERGE_SLASHES', '/a//b///c/../d', '/a/b/d'],
    ['MERGE_SLASHES', '/a%2F/b', '/a%2F/b'],
    ['DECODE_AND_MERGE_SLASHES', '/a%2Fb%5c%2f..%2fc?d=%2f', '/a/b/c?d=%2f'],
  ] as const)('%s of %s is %s', (level, path, normalised) => {
    expect(normalizePath(path, level)).toBe(normalised);
  });

  it.each(['/a/./b/../c', '/%2e%2e/..\\x', '/a//b/../../c/', '/%252e%252e/a'])(
    'of a normalised path is itself: %s',
    (path) => {
      const once = normalizePath(path);
      expect(normalizePath(once)).toBe(once);
    },
  );
});
