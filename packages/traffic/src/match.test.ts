import { describe, expect, it } from 'vitest';
import { type HeaderMatch, type Route, type RouteMatch, noHeaderMutation } from './ir/index.ts';
import { compileRouteTable, decideRoute, type RouteRequest } from './match.ts';

const any: RouteMatch = {
  path: { kind: 'prefix', value: '/', caseSensitive: true },
  headers: [],
  queryParams: [],
};

function route(name: string, match: Partial<RouteMatch> = {}): Route {
  return {
    name,
    match: { ...any, ...match },
    action: { kind: 'direct', status: 200, body: name },
    requestHeaders: noHeaderMutation,
    responseHeaders: noHeaderMutation,
    from: [],
  };
}

function request(
  path: string,
  headers: Record<string, string> = {},
  authority = 'reviews:9080',
): RouteRequest {
  return { authority, method: 'GET', path, scheme: 'http', header: (name) => headers[name] };
}

function decide(routes: Route[], asked: RouteRequest): string {
  const table = compileRouteTable({
    name: '9080',
    virtualHosts: [{ name: 'reviews', domains: ['reviews'], routes, from: [] }],
  });
  const decision = decideRoute(table, asked);
  return decision.kind === 'route' ? decision.route.name : decision.kind;
}

function header(name: string, rest: Partial<HeaderMatch> = {}): HeaderMatch {
  return { name, invert: false, treatMissingAsEmpty: false, ...rest };
}

describe('matching a route', () => {
  it('takes the first rule that matches, as written', () => {
    expect(decide([route('a'), route('b')], request('/'))).toBe('a');
  });

  it('matches a prefix as text, so /api matches /apix', () => {
    const api = route('api', { path: { kind: 'prefix', value: '/api', caseSensitive: true } });
    expect(decide([api], request('/apix'))).toBe('api');
  });

  it('matches a path-separated prefix by segment', () => {
    const api = route('api', { path: { kind: 'path-separated-prefix', value: '/api', caseSensitive: true } });
    expect(decide([api], request('/apix'))).toBe('no-route');
    expect(decide([api], request('/api'))).toBe('api');
    expect(decide([api], request('/api/x?y'))).toBe('api');
  });

  it('leaves the query out of an exact path', () => {
    const exact = route('exact', { path: { kind: 'exact', value: '/a', caseSensitive: true } });
    expect(decide([exact], request('/a?x=1'))).toBe('exact');
    expect(decide([exact], request('/a/'))).toBe('no-route');
  });

  it('matches a regex against the whole path', () => {
    const regex = route('regex', { path: { kind: 'regex', value: '/r[0-9]+' } });
    expect(decide([regex], request('/r12'))).toBe('regex');
    expect(decide([regex], request('/r12/x'))).toBe('no-route');
  });

  it('answers a pattern that blows up in backtracking engines in linear time', () => {
    const evil = route('evil', { path: { kind: 'regex', value: '/(a+)+$' } });
    expect(decide([evil], request(`/${'a'.repeat(5000)}b`))).toBe('no-route');
  });

  it('folds case only where the match says so', () => {
    const upper = route('upper', { path: { kind: 'exact', value: '/Login', caseSensitive: false } });
    expect(decide([upper], request('/login'))).toBe('upper');
  });

  it('asks for all headers of a match', () => {
    const jason = route('jason', {
      headers: [
        header('end-user', { match: { kind: 'exact', value: 'jason', ignoreCase: false } }),
        header('x-b'),
      ],
    });
    expect(decide([jason, route('rest')], request('/', { 'end-user': 'jason', 'x-b': '' }))).toBe('jason');
    expect(decide([jason, route('rest')], request('/', { 'end-user': 'jason' }))).toBe('rest');
    expect(decide([jason, route('rest')], request('/', { 'end-user': 'Jason', 'x-b': '1' }))).toBe('rest');
  });

  it('passes an inverted presence match only when the header is absent', () => {
    const without = route('without', { headers: [header('x-a', { invert: true })] });
    expect(decide([without], request('/'))).toBe('without');
    expect(decide([without], request('/', { 'x-a': '' }))).toBe('no-route');
  });

  it('counts an absent header as empty where the match says so', () => {
    const not = route('not', {
      headers: [
        header('x-a', {
          invert: true,
          treatMissingAsEmpty: true,
          match: { kind: 'exact', value: '1', ignoreCase: false },
        }),
      ],
    });
    expect(decide([not], request('/'))).toBe('not');
    expect(decide([not], request('/', { 'x-a': '1' }))).toBe('no-route');
  });

  it('matches the method as a pseudo header', () => {
    const post = route('post', {
      headers: [header(':method', { match: { kind: 'exact', value: 'POST', ignoreCase: false } })],
    });
    expect(decide([post], request('/'))).toBe('no-route');
  });

  it('takes the first value of a query parameter, as it is written', () => {
    const page = route('page', {
      queryParams: [{ name: 'q', match: { kind: 'exact', value: 'a%20b', ignoreCase: false } }],
    });
    expect(decide([page], request('/?q=a%20b&q=c'))).toBe('page');
    expect(decide([page], request('/?q=c&q=a%20b'))).toBe('no-route');
    expect(decide([page], request('/?Q=a%20b'))).toBe('no-route');
    expect(decide([page], request('/?q=a+b'))).toBe('no-route');
  });
});

describe('selecting a virtual host', () => {
  const table = compileRouteTable({
    name: '80',
    virtualHosts: [
      { name: 'star', domains: ['*'], routes: [route('star')], from: [] },
      { name: 'suffix', domains: ['*.a.b'], routes: [route('suffix')], from: [] },
      { name: 'longer', domains: ['*-x.a.b'], routes: [route('longer')], from: [] },
      { name: 'prefix', domains: ['api.*'], routes: [route('prefix')], from: [] },
      { name: 'exact', domains: ['c.a.b'], routes: [route('exact')], from: [] },
      { name: 'port', domains: ['c.a.b:81'], routes: [route('port')], from: [] },
    ],
  });
  const host = (authority: string) => {
    const decision = decideRoute(table, request('/', {}, authority));
    return decision.kind === 'route' ? decision.route.name : decision.kind;
  };

  it.each([
    ['c.a.b', 'exact'],
    ['C.A.B:80', 'exact'],
    ['c.a.b:81', 'port'],
    ['d.a.b', 'suffix'],
    ['d.e.a.b', 'suffix'],
    ['d-x.a.b', 'longer'],
    ['a.b', 'star'],
    ['.a.b', 'star'],
    ['-x.a.b', 'suffix'],
    ['api.test', 'prefix'],
    ['api.', 'star'],
    ['[::1]:80', 'star'],
  ])('%s goes to %s', (authority, expected) => {
    expect(host(authority)).toBe(expected);
  });
});
