import { describe, expect, it } from 'vitest';
import type { RedirectAction, RouteMatch } from './ir/index.ts';
import { redirectLocation } from './redirect.ts';

const under = (value: string): RouteMatch => ({
  path: { kind: 'path-separated-prefix', value, caseSensitive: true },
  headers: [],
  queryParams: [],
});
const found = (over: Partial<RedirectAction>): RedirectAction => ({ kind: 'redirect', status: 302, ...over });
const request = { authority: 'shop:8080', path: '/api/v1?page=2', scheme: 'http' };

describe('the location of a redirect', () => {
  it('keeps what the action does not name', () => {
    expect(redirectLocation(found({}), under('/api'), request)).toBe('http://shop:8080/api/v1?page=2');
  });

  it('has the new prefix in place of the matched one, and the query', () => {
    const action = found({ prefixRewrite: '/moved' });
    expect(redirectLocation(action, under('/api'), request)).toBe('http://shop:8080/moved/v1?page=2');
  });

  it('has no port where the scheme has it by default', () => {
    const action = found({ scheme: 'https', host: 'new.example', port: 443, path: '/' });
    expect(redirectLocation(action, under('/api'), request)).toBe('https://new.example/?page=2');
  });

  it('has the query of the new path alone, if that has one', () => {
    expect(redirectLocation(found({ path: '/new?x=1' }), under('/api'), request)).toBe(
      'http://shop:8080/new?x=1',
    );
  });

  it('is the root where nothing takes the place of all that was matched', () => {
    const action = found({ prefixRewrite: '' });
    expect(redirectLocation(action, under('/api/v1'), request)).toBe('http://shop:8080/?page=2');
    expect(redirectLocation(action, under('/api'), request)).toBe('http://shop:8080/v1?page=2');
  });
});
