import { describe, expect, it } from 'vitest';
import { service } from '../testing.ts';
import { explainDocuments } from './explain-documents.ts';

const sidecar = { sidecar: { namespace: 'default', workload: 'client' } };
const route = (kind: string, spec: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: { name: reviews }
spec: { ${spec} }
---
`;
const toService = 'parentRefs: [{ group: "", kind: Service, name: reviews }]';
const explain = (yaml: string, request: object) => {
  const { explainer, leftOut } = explainDocuments([yaml]);
  expect(leftOut).toEqual([]);
  return explainer.explain(request);
};

describe('a gRPC call', () => {
  const grpc = { from: sidecar, protocol: 'grpc', host: 'reviews', port: 9080 };
  const yaml =
    service('reviews') +
    route(
      'GRPCRoute',
      `${toService}, rules: [{ matches: [{ method: { service: shop.Reviews, method: Get } }], backendRefs: [{ name: reviews, port: 9080 }] }]`,
    );

  it('follows the rule for its service and method', () => {
    expect(explain(yaml, { ...grpc, path: '/shop.Reviews/Get' })).toMatchObject({
      action: 'route',
      upstreams: [{ service: 'reviews', percent: 100 }],
      why: [{ kind: 'GRPCRoute', path: 'spec.rules[0].matches[0]' }],
    });
  });

  it('is answered UNIMPLEMENTED when no rule is for it', () => {
    expect(explain(yaml, { ...grpc, path: '/shop.Reviews/Put' })).toMatchObject({
      action: 'none',
      status: 404,
      grpcStatus: 12,
    });
  });
});

describe('a rule that the API server refuses although it is clear', () => {
  it('is explained, as Istio does it', () => {
    const rule = `{ matches: [{ path: { value: /a } }, { path: { value: /b } }], filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } }], backendRefs: [{ name: reviews, port: 9080 }] }`;
    const yaml = service('reviews') + route('HTTPRoute', `${toService}, rules: [${rule}]`);
    const request = { from: sidecar, host: 'reviews', port: 9080, path: '/b/c' };
    expect(explain(yaml, request)).toMatchObject({ action: 'route', path: '/c' });
  });
});

describe('a listener after TLS', () => {
  const yaml = `${service('reviews')}
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge }
spec:
  gatewayClassName: heddle
  listeners: [{ name: secure, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: cert }] } }]
---
${route('HTTPRoute', 'parentRefs: [{ name: edge }], rules: [{ filters: [{ type: RequestRedirect, requestRedirect: { hostname: new.example } }] }]')}`;

  it('redirects to https without its default port', () => {
    const request = { from: { gateway: 'default/edge' }, host: 'a.example', port: 443, path: '/x' };
    expect(explain(yaml, { ...request, scheme: 'https' })).toMatchObject({
      action: 'redirect',
      status: 302,
      location: 'https://new.example/x',
    });
    expect(explain(yaml, request)).toMatchObject({ location: 'https://new.example/x' });
  });
});
