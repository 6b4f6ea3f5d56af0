import { explainDocuments } from './explain-documents.ts';
import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { reviewsRule, reviewsSplit, service } from '../testing.ts';
import { World } from '../world/world.ts';
import type { RouteExplainRequest } from '@heddle/schema';
import { RouteExplainer } from './route.ts';

function explainer(yaml: string): RouteExplainer {
  const { documents, findings } = parseDocuments(yaml);
  expect(findings).toEqual([]);
  return new RouteExplainer(
    new World(
      documents.map((one, i) => ({ ...one, generation: 1, createdAtMs: i, revision: 1 })),
      [],
    ),
  );
}

const client = { sidecar: { namespace: 'default', workload: 'client', labels: { app: 'client' } } };
const ask = (over: Partial<RouteExplainRequest> = {}): RouteExplainRequest => ({
  from: client,
  host: 'reviews',
  port: 9080,
  path: '/reviews/0?x=1',
  ...over,
});
const rules = (http: string) =>
  `${service('reviews')}${reviewsRule}apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: reviews }\nspec:\n  hosts: [reviews]\n  http:\n${http}`;

it('sends to the only port of a service where the destination names none', () => {
  const documents = `
apiVersion: v1
kind: Service
metadata: { name: loom }
spec: { ports: [{ port: 80, name: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: shuttle }
spec: { ports: [{ port: 9080, name: http }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: loom }
spec: { hosts: [loom], http: [{ route: [{ destination: { host: shuttle } }] }] }
`;
  const from = { sidecar: { namespace: 'default', workload: 'client' } };
  expect(explainDocuments([documents]).explainer.explain({ from, host: 'loom', port: 80 })).toMatchObject({
    action: 'route',
    upstreams: [{ host: 'shuttle.default.svc.cluster.local', port: 9080, percent: 100 }],
  });
});

describe('explaining a route', () => {
  it('tells the split, the path, the retries and the rule', () => {
    expect(explainer(service('reviews') + reviewsRule + reviewsSplit(90, 30)).explain(ask())).toMatchObject({
      action: 'route',
      upstreams: [
        {
          host: 'reviews.default.svc.cluster.local',
          service: 'reviews',
          port: 9080,
          targetPort: 9080,
          subset: 'v1',
          percent: 75,
        },
        { subset: 'v2', percent: 25 },
      ],
      path: '/reviews/0?x=1',
      authority: 'reviews:9080',
      timeoutMs: 0,
      retry: { attempts: 2 },
      why: [{ kind: 'VirtualService', namespace: 'default', name: 'reviews', path: 'spec.http[0]' }],
    });
  });

  it('answers 404 where the service has rules and none matches', () => {
    const mesh = explainer(
      rules('    - match: [{ uri: { exact: /a } }]\n      route: [{ destination: { host: reviews } }]\n'),
    );
    expect(mesh.explain(ask())).toMatchObject({ action: 'none', status: 404, flag: 'NR' });
  });

  it('tells the headers as sent upstream only when they change', () => {
    const mesh = explainer(
      rules(
        '    - headers: { request: { set: { x-a: "1" }, remove: [x-b] }, response: { add: { x-c: "2" } } }\n      route: [{ destination: { host: reviews } }]\n',
      ),
    );
    expect(mesh.explain(ask({ headers: { 'X-B': 'gone', 'x-d': 'stays' } }))).toMatchObject({
      requestHeaders: { 'x-a': '1', 'x-d': 'stays' },
      responseHeaders: { add: { 'x-c': '2' } },
    });
    const plain = explainer(service('reviews')).explain(ask({ headers: { 'x-d': 'stays' } }));
    expect(plain).not.toHaveProperty('requestHeaders');
    expect(plain.why).toEqual([
      { group: 'core', kind: 'Service', namespace: 'default', name: 'reviews', path: 'spec' },
    ]);
  });

  it('keeps the share of a destination that does not exist, with its status', () => {
    const mesh = explainer(
      rules(
        '    - route:\n        - { destination: { host: reviews }, weight: 1 }\n        - { destination: { host: nowhere }, weight: 1 }\n',
      ),
    );
    expect(mesh.explain(ask())).toMatchObject({
      action: 'route',
      upstreams: [
        { percent: 50 },
        { host: 'nowhere.default.svc.cluster.local', percent: 50, status: 503, flag: 'NC' },
      ],
    });
    const lost = explainer(rules('    - route: [{ destination: { host: nowhere } }]\n')).explain(ask());
    expect(lost).toMatchObject({ action: 'error', status: 503, flag: 'NC' });
  });

  it('tells redirects, direct responses and certain faults', () => {
    const mesh = explainer(
      rules(
        '    - match: [{ uri: { prefix: /old } }]\n      redirect: { uri: /new, redirectCode: 308 }\n' +
          '    - match: [{ uri: { exact: /tea } }]\n      directResponse: { status: 418, body: { string: short } }\n' +
          '    - fault: { abort: { httpStatus: 500, percentage: { value: 100 } } }\n      route: [{ destination: { host: reviews } }]\n',
      ),
    );
    expect(mesh.explain(ask({ path: '/old?x=1' }))).toMatchObject({
      action: 'redirect',
      status: 308,
      location: 'http://reviews:9080/new?x=1',
    });
    expect(mesh.explain(ask({ path: '/tea' }))).toMatchObject({
      action: 'direct',
      status: 418,
      body: 'short',
    });
    expect(mesh.explain(ask({ path: '/x' }))).toMatchObject({ action: 'fault', status: 500 });
  });

  it('passes names outside the mesh through', () => {
    expect(explainer(service('reviews')).explain(ask({ host: 'example.org' }))).toMatchObject({
      action: 'route',
      upstreams: [{ host: 'example.org', percent: 100 }],
      path: '/reviews/0?x=1',
      authority: 'example.org:9080',
    });
  });

  it('lets a VirtualService for a wildcard route the services that no better one names', () => {
    const wildcard =
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: all }\nspec:\n  hosts: ["*.default.svc.cluster.local"]\n  http: [{ directResponse: { status: 503 } }]\n---\n';
    const mesh = explainer(
      wildcard + service('ratings') + service('reviews') + reviewsRule + reviewsSplit(1, 1),
    );
    expect(mesh.explain(ask({ host: 'ratings' }))).toMatchObject({ action: 'direct', status: 503 });
    expect(mesh.explain(ask())).toMatchObject({ action: 'route' });
  });

  it('asks a gateway by its name or by its labels', () => {
    const edge =
      'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: edge, namespace: fleet }\nspec:\n  selector: { istio: edge }\n  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*.example"] }]\n---\n' +
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: shop }\nspec:\n  hosts: [shop.example]\n  gateways: [fleet/edge]\n  http: [{ route: [{ destination: { host: reviews, port: { number: 9080 } } }] }]\n---\n';
    const mesh = explainer(edge + service('reviews'));
    const request = ask({ host: 'SHOP.example', port: 80, from: { gateway: 'fleet/edge' } });
    expect(mesh.explain(request)).toMatchObject({ action: 'route', upstreams: [{ service: 'reviews' }] });
    expect(mesh.explain({ ...request, from: { gatewaySelector: { istio: 'edge' } } })).toMatchObject({
      action: 'route',
    });
    expect(mesh.explain({ ...request, host: 'other.example' })).toMatchObject({
      action: 'none',
      status: 404,
    });
  });
});

it('follows rules of a gateway that ask for claims of the token', () => {
  const documents = `
apiVersion: v1
kind: Service
metadata: { name: loom }
spec: { ports: [{ port: 80, name: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: admin }
spec: { ports: [{ port: 80, name: http }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge }
spec: { selector: { istio: edge }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: [shop.example]
  gateways: [edge]
  http:
    - match: [{ headers: { "@request.auth.claims.groups": { exact: ops } } }]
      route: [{ destination: { host: admin } }]
    - route: [{ destination: { host: loom } }]
`;
  const asked = explainDocuments([documents]).explainer;
  const hostFor = (jwt?: object) => {
    const answer = asked.explain({
      from: { gateway: 'default/edge' },
      host: 'shop.example',
      port: 80,
      ...(jwt === undefined ? {} : { jwt }),
    });
    return 'upstreams' in answer ? answer.upstreams?.[0]?.service : answer;
  };
  expect(hostFor({ groups: ['dev', 'ops'] })).toBe('admin');
  expect(hostFor({ groups: ['dev'] })).toBe('loom');
  expect(hostFor()).toBe('loom');
});
