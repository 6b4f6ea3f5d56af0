import { describe, expect, it } from 'vitest';
import type { RouteLogin } from './ir/index.ts';
import { presentedLogin } from './login.ts';

const login = (over: Partial<RouteLogin>): RouteLogin => ({
  name: 'shop/people',
  kind: 'basic',
  secrets: [],
  places: [],
  forwardHeader: '',
  sanitizes: false,
  from: [],
  ...over,
});
const asked = (headers: Record<string, string>, path = '/') => ({
  path,
  header: (name: string) => headers[name],
});
const basic = (text: string) => asked({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

describe('a password', () => {
  it('is what follows the first colon', () => {
    expect(presentedLogin(login({}), basic('ada:la:ce'))).toEqual({ user: 'ada', secret: 'la:ce' });
    expect(presentedLogin(login({}), basic('ada:'))).toEqual({ user: 'ada', secret: '' });
  });

  it.each([
    ['nothing', asked({})],
    ['another scheme', asked({ authorization: 'Bearer abc' })],
    ['no colon', basic('ada')],
    ['no base64', asked({ authorization: 'Basic %%%' })],
    ['no UTF-8', asked({ authorization: 'Basic /zr/' })],
  ])('is not there in %s', (_, request) => {
    expect(presentedLogin(login({}), request)).toBeUndefined();
  });
});

describe('a key', () => {
  const keyed = login({
    kind: 'api-key',
    places: [
      { kind: 'header', name: 'X-Key' },
      { kind: 'query', name: 'key' },
      { kind: 'cookie', name: 'key' },
    ],
  });

  it.each([
    ['header', asked({ 'x-key': 'a' }, '/?key=b')],
    ['header', asked({ 'x-key': 'Bearer a' })],
    ['query', asked({ cookie: 'key=c' }, '/x?y=1&key=a')],
    ['cookie', asked({ cookie: 'z=1; key=a' })],
  ])('is in the first place that has one: %s', (kind, request) => {
    expect(presentedLogin(keyed, request)).toMatchObject({ secret: 'a', place: { kind } });
  });

  it('is not there when all are empty', () => {
    expect(presentedLogin(keyed, asked({ 'x-key': '' }, '/?key='))).toBeUndefined();
  });
});
