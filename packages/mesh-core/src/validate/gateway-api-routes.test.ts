import { describe, expect, it } from 'vitest';
import { service } from '../testing.ts';
import { validateDocuments } from './validate-documents.ts';

const parent = 'parentRefs: [{ group: "", kind: Service, name: reviews }]';
const httpRoute = (rule: string, name = 'reviews', parents = parent) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec: { ${parents}, rules: [{ ${rule} }] }
---
`;
const grpcRoute = (rule: string) => httpRoute(rule).replace('HTTPRoute', 'GRPCRoute');
const backend = 'backendRefs: [{ name: reviews, port: 9080 }]';

/** Of the last document, but for what it asks of others. */
const findingsOf = (text: string) =>
  (validateDocuments([text]).at(-1)?.findings ?? [])
    .filter(({ severity }) => severity !== 'info')
    .map(({ code, severity, path }) => `${code} ${severity} ${path}`);
const errorAt = (path: string) => [`IST0106 error ${path}`];

describe('a rule of an HTTPRoute', () => {
  it.each([
    ['is right', backend, []],
    ['has no unknown field', `${backend}, wieght: 3`, ['IST0106 error spec.rules[0].wieght']],
    [
      'names the port of a Service',
      'backendRefs: [{ name: reviews }]',
      errorAt('spec.rules[0].backendRefs[0].port'),
    ],
    [
      'has an absolute path',
      `matches: [{ path: { value: api } }], ${backend}`,
      errorAt('spec.rules[0].matches[0].path.value'),
    ],
    [
      'has a normalised path',
      `matches: [{ path: { type: Exact, value: /a/../b } }], ${backend}`,
      errorAt('spec.rules[0].matches[0].path.value'),
    ],
    [
      'has regular expressions of RE2',
      `matches: [{ path: { type: RegularExpression, value: "/a(?=b)" } }], ${backend}`,
      errorAt('spec.rules[0].matches[0].path.value'),
    ],
    [
      'has the member of the filter type',
      `filters: [{ type: URLRewrite }], ${backend}`,
      errorAt('spec.rules[0].filters[0].urlRewrite'),
    ],
    [
      'has no member of another filter type',
      `filters: [{ type: URLRewrite, urlRewrite: { hostname: a.example }, requestRedirect: { port: 1 } }]`,
      errorAt('spec.rules[0].filters[0].requestRedirect'),
    ],
    [
      'redirects or sends on',
      `filters: [{ type: RequestRedirect, requestRedirect: { hostname: a.example } }], ${backend}`,
      errorAt('spec.rules[0].backendRefs'),
    ],
    [
      'modifies request headers once',
      `filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { remove: [a] } }, { type: RequestHeaderModifier, requestHeaderModifier: { remove: [b] } }], ${backend}`,
      errorAt('spec.rules[0].filters[1]'),
    ],
    [
      'gives the member that its path modifier needs',
      `filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplaceFullPath } } }], ${backend}`,
      errorAt('spec.rules[0].filters[0].urlRewrite.path.replaceFullPath'),
    ],
    [
      'lets one try take no longer than the request',
      `timeouts: { request: 1s, backendRequest: 2s }, ${backend}`,
      errorAt('spec.rules[0].timeouts.backendRequest'),
    ],
    [
      'mirrors a percentage or a fraction',
      `filters: [{ type: RequestMirror, requestMirror: { backendRef: { name: reviews, port: 9080 }, percent: 5, fraction: { numerator: 1 } } }], ${backend}`,
      errorAt('spec.rules[0].filters[0].requestMirror.fraction'),
    ],
    [
      'gives no value of a set twice',
      `retry: { codes: [503, 503] }, filters: [{ type: CORS, cors: { allowOrigins: [http://a, http://a], allowMethods: [GET, GET], allowHeaders: [a, a], exposeHeaders: [a, a] } }, { type: RequestHeaderModifier, requestHeaderModifier: { remove: [a, a] } }], ${backend}`,
      [
        'filters[0].cors.allowOrigins[1]',
        'filters[0].cors.allowMethods[1]',
        'filters[0].cors.allowHeaders[1]',
        'filters[0].cors.exposeHeaders[1]',
        'filters[1].requestHeaderModifier.remove[1]',
        'retry.codes[1]',
      ].flatMap((path) => errorAt(`spec.rules[0].${path}`)),
    ],
    [
      'replaces the prefix of its only match',
      `matches: [{ path: { value: /a } }, { path: { value: /b } }], filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } }], ${backend}`,
      ['HDL0021 error spec.rules[0].filters[0].urlRewrite.path.replacePrefixMatch'],
    ],
    [
      'replaces no prefix without a match',
      `matches: [], filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } }], ${backend}`,
      ['HDL0021 error spec.rules[0].filters[0].urlRewrite.path.replacePrefixMatch'],
    ],
  ])('%s', (_, rule, findings) => {
    expect(findingsOf(service('reviews') + httpRoute(rule))).toEqual(findings);
  });
});

describe('a rule of a GRPCRoute', () => {
  it.each([
    ['is right', `matches: [{ method: { service: shop.Cart } }], ${backend}`, []],
    [
      'names a service or a method',
      `matches: [{ method: { type: Exact } }], ${backend}`,
      errorAt('spec.rules[0].matches[0].method'),
    ],
    [
      'names services as gRPC does',
      `matches: [{ method: { service: shop/Cart } }], ${backend}`,
      errorAt('spec.rules[0].matches[0].method.service'),
    ],
  ])('%s', (_, rule, findings) => {
    expect(findingsOf(service('reviews') + grpcRoute(rule))).toEqual(findings);
  });
});

describe('a route of connections', () => {
  const route = (kind: string, version: string, spec: string) => `
apiVersion: gateway.networking.k8s.io/${version}
kind: ${kind}
metadata: { name: wire }
spec: { ${parent}, ${spec} }
`;
  const of = (kind: string, version: string, spec: string) =>
    findingsOf(service('reviews') + route(kind, version, spec));
  const rule = `{ name: a, ${backend} }`;

  it.each(['TCPRoute', 'TLSRoute', 'UDPRoute'])('names the port of a Service: %s', (kind) => {
    expect(of(kind, 'v1alpha2', 'rules: [{ backendRefs: [{ name: reviews }] }]')).toEqual(
      errorAt('spec.rules[0].backendRefs[0].port'),
    );
  });

  it('has one rule, or in v1alpha2 several, each with its own name', () => {
    const several = `rules: [${rule}, ${rule.replace('a,', 'b,')}]`;
    expect(of('TCPRoute', 'v1', several)).toEqual(errorAt('spec.rules'));
    expect(of('TCPRoute', 'v1alpha2', several).filter((one) => one.includes(' error '))).toEqual([]);
    expect(of('TLSRoute', 'v1alpha2', `rules: [${rule}, ${rule}]`)).toContain(
      'IST0106 error spec.rules[1].name',
    );
  });

  it.each([
    ['', errorAt('spec.hostnames')],
    ['hostnames: [],', errorAt('spec.hostnames')],
    ['hostnames: [10.0.0.1],', errorAt('spec.hostnames[0]')],
    ['hostnames: ["*.a.example"],', []],
  ])('has names of hosts when it is of TLS: %s', (hostnames, findings) => {
    expect(of('TLSRoute', 'v1', `${hostnames} rules: [${rule}]`)).toEqual(findings);
    expect(of('TLSRoute', 'v1alpha3', `${hostnames} rules: [${rule}]`)).toEqual(findings);
  });

  it('is for every name in v1alpha2', () => {
    expect(of('TLSRoute', 'v1alpha2', `rules: [${rule}]`)).toEqual([]);
  });
});

describe('the parents of a route', () => {
  it('are told apart whatever the route carries', () => {
    const route = httpRoute(
      'backendRefs: [{ name: reviews, port: 53 }]',
      'dns',
      'parentRefs: [{ name: edge }, { name: edge }]',
    );
    expect(findingsOf(route.replace('HTTPRoute', 'UDPRoute'))).toEqual(errorAt('spec.parentRefs[1]'));
  });

  it.each([
    ['[{ name: edge }, { name: edge, sectionName: http }]', errorAt('spec.parentRefs[1]')],
    ['[{ name: edge, port: 80 }, { name: edge, port: 80 }]', errorAt('spec.parentRefs[1]')],
  ])('are told apart: %s', (refs, findings) => {
    const errors = findingsOf(service('reviews') + httpRoute(backend, 'reviews', `parentRefs: ${refs}`));
    expect(errors.filter((one) => one.includes(' error '))).toEqual(findings);
  });
});

describe('the owner of a host and port', () => {
  const virtualService = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: old }
spec: { hosts: [reviews], http: [{ route: [{ destination: { host: reviews } }] }] }
---
`;

  it('is the HTTPRoute before the VirtualService, which is told that it is shadowed', () => {
    expect(findingsOf(service('reviews') + httpRoute(backend) + virtualService)).toEqual([
      'HDL0001 warning spec.hosts',
    ]);
  });

  it('is the older of two attachments that are not joined', () => {
    const onPort = parent.replace('name: reviews', 'name: reviews, port: 9080');
    expect(
      findingsOf(service('reviews') + httpRoute(backend, 'first') + httpRoute(backend, 'second', onPort)),
    ).toEqual(['HDL0001 warning spec.parentRefs']);
  });
});
