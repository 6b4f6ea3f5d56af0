import type { RequestShape } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { instance, reviewsRule, reviewsSplit, service, worldOf } from '../testing.ts';
import { replay } from './replay.ts';

const client = instance('client', 'client', 'v1');
const reviews = instance('reviews', 'reviews', 'v1');
const shape: RequestShape = {
  direction: 'outbound',
  authority: 'reviews:9080',
  port: 9080,
  method: 'GET',
  path: '/reviews/1',
  scheme: 'http',
  headers: {},
  hidden: [],
  peer: '',
  sourceIp: '127.0.0.1',
};
const seen = (over: Partial<RequestShape> = {}, count = 1, proxyId = client.id) => ({
  proxyId,
  shape: { ...shape, ...over },
  count,
  status: 200,
  durationMs: 4,
});
const world = (yaml: string) => worldOf(parseDocuments(yaml).documents, [client, reviews]);
const common = service('reviews') + reviewsRule;
const forever = Infinity;

describe('a replay', () => {
  it('counts requests whose route changes, not only whose rule is another document version', () => {
    const now = world(common + reviewsSplit(100, 0));
    const then = world(`${common}${reviewsSplit(80, 20)}`);
    const result = replay([seen({}, 7), seen({ path: '/x' }, 2)], now, then, forever);
    expect(result).toMatchObject({ replayed: 9, skipped: 0, isPartial: false });
    expect(result.changed).toMatchObject([
      {
        from: 'reviews.default:9080 v1 100 %',
        to: 'reviews.default:9080 v1 80 % · reviews.default:9080 v2 20 %',
        count: 9,
        decidedBy: 'VirtualService default/reviews spec.http[0]',
      },
    ]);
    expect(
      replay([seen()], now, world(`# said again\n${common}${reviewsSplit(100, 0)}`), forever).changed,
    ).toEqual([]);
  });

  it('says it of a request that no rule matches any more, and of a timeout', () => {
    const only = (match: string, rest = '') => `${common}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec: { hosts: [reviews], http: [{ match: [{ uri: { ${match} } }], ${rest} route: [{ destination: { host: reviews } }] }] }
`;
    const now = world(only('prefix: /'));
    expect(replay([seen()], now, world(only('exact: /health')), forever).changed).toMatchObject([
      { to: 'answer 404: no rule matches' },
    ]);
    expect(replay([seen()], now, world(only('prefix: /', 'timeout: 2s,')), forever).changed).toMatchObject([
      { to: 'reviews.default:9080, timeout 2000 ms' },
    ]);
  });

  it('asks the policies of the workload that was called', () => {
    const policy = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: only-get }
spec: { selector: { matchLabels: { app: reviews } }, rules: [{ to: [{ operation: { methods: [GET] } }] }] }
`;
    const inbound = { direction: 'inbound', peer: 'spiffe://cluster.local/ns/default/sa/web' } as const;
    const result = replay(
      [
        seen({ ...inbound, method: 'DELETE' }, 3, reviews.id),
        seen(inbound, 5, reviews.id),
        seen({ ...inbound, method: 'DELETE' }, 1, client.id),
      ],
      world(common),
      world(`${common}${policy}`),
      forever,
    );
    expect(result.changed).toEqual([
      {
        from: 'allowed in',
        to: 'denied (403)',
        count: 3,
        examples: [
          'DELETE http://reviews:9080/reviews/1 from spiffe://cluster.local/ns/default/sa/web to reviews.default; was 200 in 4 ms',
        ],
        decidedBy: 'no rule of the ALLOW policies matches: AuthorizationPolicy default/only-get',
      },
    ]);
  });

  it('asks them about the client behind a gateway, and about headers of any name', () => {
    const policy = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: office }
spec:
  action: DENY
  rules:
    - from: [{ source: { notRemoteIpBlocks: [192.0.2.0/24] } }]
    - when: [{ key: 'request.headers[constructor]', values: ['F*'] }]
`;
    const behind = (address: string) =>
      seen({ direction: 'inbound', headers: { 'x-forwarded-for': `10.0.0.1, ${address}` } }, 1, reviews.id);
    const result = replay(
      [behind('192.0.2.7'), behind('203.0.113.9')],
      world(common),
      world(`${common}${policy}`),
      forever,
    );
    expect(result).toMatchObject({ replayed: 2, changed: [{ count: 1, to: 'denied (403)' }] });
  });

  it("follows a gateway's HTTPS servers, each with a table of its own", () => {
    const edge = instance('edge', 'edge', 'v1', { id: 'edge', kind: 'gateway', labels: { istio: 'edge' } });
    const at = (path: string) =>
      worldOf(
        parseDocuments(`${common}
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge }
spec:
  selector: { istio: edge }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      tls: { mode: SIMPLE, credentialName: shop }
      hosts: [shop.example]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec: { hosts: [shop.example], gateways: [edge], http: [{ match: [{ uri: { prefix: ${path} } }], route: [{ destination: { host: reviews } }] }] }
`).documents,
        [edge, reviews],
      );
    const request = seen(
      { direction: 'gateway', authority: 'shop.example', port: 443, scheme: 'https' },
      6,
      edge.id,
    );
    expect(replay([request], at('/'), at('/cart'), forever).changed).toMatchObject([
      { from: 'reviews.default:9080', to: 'answer 404: no rule matches', count: 6 },
    ]);
  });

  it('takes who got in where a login is asked for to be logged in, and foretells the login where it is new', () => {
    const edge = instance('edge', 'edge', 'v1', {
      id: 'edge',
      kind: 'gateway',
      labels: { 'gateway.networking.k8s.io/gateway-name': 'edge' },
    });
    const at = (path: string, more = '') =>
      worldOf(
        parseDocuments(`${common}
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge }
spec: { gatewayClassName: heddle, listeners: [{ name: http, port: 8080, protocol: HTTP }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop }
spec:
  parentRefs: [{ name: edge }]
  rules: [{ matches: [{ path: { value: ${path} } }], backendRefs: [{ name: reviews, port: 9080 }] }]
${more}`).documents,
        [edge, reviews],
      );
    const login = `---
apiVersion: v1
kind: Secret
metadata: { name: shop }
stringData: { client-secret: hush }
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: { name: login }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: edge }]
  oidc: { provider: { issuer: "https://id.example" }, clientID: shop, clientSecret: { name: shop } }
`;
    const request = seen(
      { direction: 'gateway', authority: 'shop.example', port: 8080, path: '/' },
      3,
      edge.id,
    );
    const changes = (now: ReturnType<typeof at>, then: ReturnType<typeof at>) =>
      replay([request], now, then, forever).changed;
    expect(changes(at('/', login), at('/', login))).toEqual([]);
    expect(changes(at('/'), at('/', login))).toMatchObject([
      {
        from: 'reviews.default:9080',
        to: 'answer 302: log in at https://id.example',
        decidedBy: 'SecurityPolicy default/login spec.oidc',
      },
    ]);
    expect(changes(at('/', login), at('/cart', login))).toMatchObject([
      { from: 'reviews.default:9080', to: 'answer 404: no rule matches' },
    ]);
  });

  it("lets a workload's Sidecar say what becomes of hosts outside the mesh", () => {
    const sidecar = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default }
spec: { outboundTrafficPolicy: { mode: REGISTRY_ONLY }, egress: [{ hosts: ['*/*'] }] }
`;
    const outside = seen({ authority: 'elsewhere.example', port: 80 });
    expect(replay([outside], world(common), world(`${common}${sidecar}`), forever).changed).toMatchObject([
      { from: 'pass through', to: 'answer 502: not in the mesh' },
    ]);
  });

  it('keeps five examples, leaves out proxies that are gone, and stops when its time is up', () => {
    const many = Array.from({ length: 9 }, (_, i) => seen({ path: `/${i}` }));
    const now = world(common + reviewsSplit(100, 0));
    const then = world(common + reviewsSplit(0, 100));
    expect(replay(many, now, then, forever).changed[0]?.examples).toHaveLength(5);
    expect(replay([seen({}, 4, 'gone')], now, then, forever)).toMatchObject({ replayed: 0, skipped: 4 });
    expect(replay(many, now, then, -1)).toMatchObject({ replayed: 0, isPartial: true });
  });
});
