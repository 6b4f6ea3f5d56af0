import { describe, expect, it } from 'vitest';
import { parseDocuments } from './documents/parse.ts';
import { serviceHostname } from './world/hostname.ts';
import { routingOf } from './service-routing.ts';
import { SqliteConfigStore } from './store/sqlite-config-store.ts';
import { reviewsRule, reviewsSplit, service, worldOf } from './testing.ts';

const leaf = (name: string) => service(name);
const services = service('reviews') + leaf('reviews-v1') + leaf('reviews-v2') + reviewsRule;
const httpRoute = (name: string, rules: string, parent = 'kind: Service, name: reviews') => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ group: "", ${parent} }]
  rules: ${rules}
---
`;
const split = (rest: string) => `
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: { name: halves }
spec: { service: reviews, ${rest} }
---
`;

function routing(yaml: string) {
  const { documents, findings } = parseDocuments(services + yaml);
  expect(findings).toEqual([]);
  const world = worldOf(documents, []);
  const reviews = world.service(serviceHostname('default', 'reviews'));
  if (reviews === undefined) throw new Error('there is no Service reviews');
  const store = new SqliteConfigStore(':memory:', Date.now);
  const { joined, owner, rules, shadowed } = routingOf(world, reviews, store);
  store.close();
  return {
    owner: owner === null ? null : `${owner.kind} ${owner.name}`,
    joined: joined.map(({ name }) => name),
    shadowed: shadowed.map(({ kind, name }) => `${kind} ${name}`),
    rules: rules.map(({ document, path, match, extras, parts }) =>
      [
        document,
        path,
        match,
        ...extras,
        ...parts.map(({ version, weight, weightPath }) => `${version} ${weight} ${weightPath}`),
      ].join(' | '),
    ),
  };
}

describe('what routes a service', () => {
  it('is nothing without a document', () => {
    expect(routing('')).toEqual({ owner: null, joined: [], shadowed: [], rules: [] });
  });

  it('is a VirtualService, whose parts are subsets', () => {
    expect(routing(reviewsSplit(80, 20))).toMatchObject({
      owner: 'VirtualService reviews',
      rules: [
        '0 | spec.http[0] | everything else | v1 80 spec.http[0].route[0].weight | v2 20 spec.http[0].route[1].weight',
      ],
    });
  });

  it('is an HTTPRoute before a VirtualService before a TrafficSplit, and the others are named', () => {
    const all =
      httpRoute('http', '[{ backendRefs: [{ name: reviews-v1, port: 9080 }] }]') +
      `${reviewsSplit(80, 20)}---` +
      split('backends: [{ service: reviews-v1, weight: 1 }]');
    expect(routing(all)).toMatchObject({
      owner: 'HTTPRoute http',
      shadowed: ['VirtualService reviews', 'TrafficSplit halves'],
    });
  });

  it('is an HTTPRoute whose parts are Services, a missing weight being 1, the rule for everything else last', () => {
    const rules = `
    - backendRefs: [{ name: reviews-v1, port: 9080, weight: 3 }, { name: reviews-v2, port: 9080 }]
    - matches:
        - { path: { value: /a/ }, method: GET, headers: [{ name: x, value: "1" }] }
        - { path: { type: Exact, value: /b }, queryParams: [{ name: q, type: RegularExpression, value: "2.*" }] }
      timeouts: { request: 3s }
      filters: [{ type: RequestMirror, requestMirror: { backendRef: { name: reviews-v2, port: 9080 } } }]
      backendRefs: [{ name: reviews-v2, port: 9080, weight: 0 }]
`;
    expect(routing(httpRoute('http', rules)).rules).toEqual([
      '0 | spec.rules[1] | method GET and path /a/* and x 1 or path /b and ?q ~ 2.* | timeout 3s | mirror | reviews-v2 100 spec.rules[1].backendRefs[0].weight',
      '0 | spec.rules[0] | everything else | reviews-v1 75 spec.rules[0].backendRefs[0].weight | reviews-v2 25 spec.rules[0].backendRefs[1].weight',
    ]);
  });

  it('is several HTTPRoutes of one parent together, each rule in its document', () => {
    const two =
      httpRoute(
        'one',
        '[{ matches: [{ path: { value: /a } }], backendRefs: [{ name: reviews-v1, port: 9080 }] }]',
      ) + httpRoute('two', '[{ backendRefs: [{ name: reviews-v2, port: 9080 }] }]');
    const { joined, owner, rules } = routing(two);
    expect([owner, joined]).toEqual(['HTTPRoute one', ['two']]);
    expect(rules.map((rule) => rule.slice(0, 17))).toEqual(['0 | spec.rules[0]', '1 | spec.rules[0]']);
  });

  it('is a TrafficSplit by its quantities; with matches, the rest goes to the service itself', () => {
    expect(
      routing(
        split('backends: [{ service: reviews-v1, weight: 900m }, { service: reviews-v2, weight: 100m }]'),
      ).rules,
    ).toEqual([
      '0 | spec | everything else | reviews-v1 90 spec.backends[0].weight | reviews-v2 10 spec.backends[1].weight',
    ]);
    const matched = split(
      'matches: [{ kind: HTTPRouteGroup, name: beta }], backends: [{ service: reviews-v2, weight: 1 }]',
    );
    expect(routing(matched).rules).toEqual([
      '0 | spec | HTTPRouteGroup beta | reviews-v2 100 spec.backends[0].weight',
      '0 | spec.service | everything else | null 100 ',
    ]);
  });

  it('is a delegate too: its rules stand in its own document', () => {
    const delegating = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: root }
spec: { hosts: [reviews], http: [{ match: [{ uri: { prefix: /a } }], delegate: { name: child } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: child }
spec: { http: [{ route: [{ destination: { host: reviews-v1 }, weight: 50 }, { destination: { host: reviews, subset: v2 }, weight: 50 }] }] }
---
`;
    expect(routing(delegating)).toMatchObject({
      owner: 'VirtualService root',
      joined: ['child'],
      rules: [
        '1 | spec.http[0] | path /a* | reviews-v1 50 spec.http[0].route[0].weight | v2 50 spec.http[0].route[1].weight',
      ],
    });
  });
});
