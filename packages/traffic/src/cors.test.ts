import { describe, expect, it } from 'vitest';
import { type CorsRequest, decideCors } from './cors.ts';
import type { CorsPolicy, StringMatch } from './ir/index.ts';

const policy = (allowOrigins: readonly StringMatch[], more: Partial<CorsPolicy> = {}): CorsPolicy => ({
  allowOrigins,
  allowMethods: [],
  allowHeaders: [],
  exposeHeaders: [],
  allowCredentials: false,
  forwardUnmatchedPreflights: true,
  from: [],
  ...more,
});
const exact = (value: string) => ({ kind: 'exact', value, ignoreCase: false }) as const;
const request = (method: string, headers: Readonly<Record<string, string>>): CorsRequest => ({
  method,
  header: (name) => headers[name],
});
const shop = 'https://shop.example';
const asksFor = { origin: shop, 'access-control-request-method': 'PUT' };

describe('CORS', () => {
  it('does not concern a request without an origin', () => {
    expect(decideCors(policy([exact('*')]), request('GET', {}))).toEqual({ kind: 'pass' });
    expect(decideCors(policy([exact('*')]), request('GET', { origin: '' }))).toEqual({ kind: 'pass' });
  });

  it('takes OPTIONS for a preflight only when it names a method', () => {
    expect(decideCors(policy([exact(shop)]), request('OPTIONS', asksFor)).kind).toBe('answer');
    expect(decideCors(policy([exact(shop)]), request('OPTIONS', { origin: shop })).kind).toBe('permit');
  });

  it('matches the origin whole: exact, by prefix, by regex', () => {
    const kindFor = (match: StringMatch) =>
      decideCors(policy([match]), request('GET', { origin: shop })).kind;
    expect(kindFor({ kind: 'prefix', value: 'https://', ignoreCase: false })).toBe('permit');
    expect(kindFor({ kind: 'regex', value: 'https://.*\\.example' })).toBe('permit');
    expect(kindFor({ kind: 'regex', value: 'shop' })).toBe('pass');
    expect(kindFor(exact('https://shop.example:443'))).toBe('pass');
  });

  it('takes every origin where `*` matches, and names the origin that asked', () => {
    expect(decideCors(policy([exact('*')]), request('GET', { origin: 'null' }))).toEqual({
      kind: 'permit',
      responseHeaders: [{ name: 'access-control-allow-origin', value: 'null' }],
    });
  });

  it('exposes headers in both answers', () => {
    const exposing = policy([exact(shop)], { exposeHeaders: ['x-total', 'x-next'] });
    const header = { name: 'access-control-expose-headers', value: 'x-total,x-next' };
    for (const one of [request('GET', { origin: shop }), request('OPTIONS', asksFor)]) {
      expect(decideCors(exposing, one)).toMatchObject({ responseHeaders: [expect.anything(), header] });
    }
  });

  it('leaves out what the policy does not say, but says an age of 0', () => {
    expect(decideCors(policy([exact(shop)], { maxAgeSeconds: 0 }), request('OPTIONS', asksFor))).toEqual({
      kind: 'answer',
      responseHeaders: [
        { name: 'access-control-allow-origin', value: shop },
        { name: 'access-control-max-age', value: '0' },
      ],
    });
  });

  it('forwards a preflight of another origin, or answers it without permission', () => {
    const foreign = request('OPTIONS', { ...asksFor, origin: 'https://evil.example' });
    expect(decideCors(policy([exact(shop)]), foreign)).toEqual({ kind: 'pass' });
    expect(decideCors(policy([exact(shop)], { forwardUnmatchedPreflights: false }), foreign)).toEqual({
      kind: 'answer',
      responseHeaders: [],
    });
  });

  it('answers a star with the method and the headers that were asked for', () => {
    const asked = request('OPTIONS', {
      origin: shop,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'x-a,x-b',
    });
    expect(decideCors(policy([exact(shop)], { allowMethods: ['*'], allowHeaders: ['*'] }), asked)).toEqual({
      kind: 'answer',
      responseHeaders: [
        { name: 'access-control-allow-origin', value: shop },
        { name: 'access-control-allow-methods', value: 'PATCH' },
        { name: 'access-control-allow-headers', value: 'x-a,x-b' },
      ],
    });
  });

  it('answers a preflight that it does not forward in full, but without the origin', () => {
    const foreign = request('OPTIONS', { ...asksFor, origin: 'https://evil.example' });
    const over = {
      forwardUnmatchedPreflights: false,
      allowMethods: ['GET'],
      exposeHeaders: ['x-c'],
      maxAgeSeconds: 5,
    };
    expect(decideCors(policy([exact(shop)], over), foreign)).toEqual({
      kind: 'answer',
      responseHeaders: [
        { name: 'access-control-allow-methods', value: 'GET' },
        { name: 'access-control-max-age', value: '5' },
      ],
    });
  });
});
