import { describe, expect, it } from 'vitest';
import { cookieOf, requestHash } from './request-hash.ts';

const request = (headers: Record<string, string>, path = '/', sourceIp = '10.0.0.1') => ({
  header: (name: string) => headers[name],
  path,
  sourceIp,
});
const user = { kind: 'header', name: 'x-user' } as const;
const query = { kind: 'query', name: 'q' } as const;
const cookie = { kind: 'cookie', name: 'who', path: '', attributes: [] } as const;

describe('the hash of a request', () => {
  it('is the same for the same value, and of nothing else', () => {
    const ada = requestHash([user], request({ 'x-user': 'ada', other: '1' }));
    expect(requestHash([user], request({ 'x-user': 'ada', other: '2' }, '/x', '10.0.0.2'))).toBe(ada);
    expect(requestHash([user], request({ 'x-user': 'adb' }))).not.toBe(ada);
  });

  it('reads query parameters, cookies and the source address', () => {
    expect(requestHash([query], request({}, '/?p=1&q=7'))).toBe(requestHash([query], request({}, '/x?q=7')));
    expect(requestHash([cookie], request({ cookie: 'a=1; who="me"' }))).toBe(
      requestHash([cookie], request({ cookie: 'who=me' })),
    );
    const ip = { kind: 'source-ip' } as const;
    expect(requestHash([ip], request({}))).not.toBe(requestHash([ip], request({}, '/', '10.0.0.2')));
  });

  it('is absent when no policy finds anything, and made of those that do', () => {
    expect(requestHash([user, query, cookie], request({}))).toBeUndefined();
    expect(requestHash([user, query], request({ 'x-user': 'ada' }))).toBe(
      requestHash([user], request({ 'x-user': 'ada' })),
    );
    expect(requestHash([user, query], request({ 'x-user': 'ada' }, '/?q=1'))).not.toBe(
      requestHash([user], request({ 'x-user': 'ada' })),
    );
  });
});

it.each([
  ['who=me', 'me'],
  ['whose=1; who=me', 'me'],
  ['x=who=you; who="a b"', 'a b'],
  ['who', undefined],
  ['', undefined],
])('reads the cookie of %j', (header, value) => {
  expect(cookieOf(header, 'who')).toBe(value);
});
