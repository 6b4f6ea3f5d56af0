import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { keyText } from '../documents/key.ts';
import { service, worldOf } from '../testing.ts';
import { validateDocuments } from './validate-documents.ts';
import { validateWorld } from './validate.ts';

const group = 'gateway.networking.k8s.io';
const gateway = (listeners: string, name = 'edge', more = '') => `
apiVersion: ${group}/v1
kind: Gateway
metadata: { name: ${name} }
spec: { gatewayClassName: heddle, ${more} listeners: [${listeners}] }
---
`;
const http = '{ name: http, port: 80, protocol: HTTP }';
const proxy = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: edge }
spec: { template: { metadata: { labels: { ${group}/gateway-name: edge } }, spec: {} } }
---
`;
const gatewayClass = `
apiVersion: ${group}/v1
kind: GatewayClass
metadata: { name: heddle }
spec: { controllerName: heddle.dev/mesh-controller }
---
`;

/** Of one document in the stored mesh, but for what is not enforced yet. */
function findingsOf(kind: string, name: string, yaml: string): string[] {
  const { documents, findings } = parseDocuments(yaml);
  expect(findings).toEqual([]);
  const stored = documents.find(({ key }) => key.kind === kind && key.name === name);
  const found = validateWorld(worldOf(documents), documents).get(
    stored === undefined ? '' : keyText(stored.key),
  );
  return (found ?? [])
    .filter(({ code }) => code !== 'HDL0020')
    .map(({ code, severity, path }) => `${code} ${severity} ${path}`);
}

/** Paths of the errors of the last document, by itself. */
const errorsOf = (yaml: string) =>
  validateDocuments([yaml.replace(/---\s*$/, '')])
    .at(-1)
    ?.findings.filter(({ code, severity }) => code === 'IST0106' && severity === 'error')
    .map(({ path }) => path);

describe('a Gateway', () => {
  const of = (yaml: string, name = 'edge') => findingsOf('Gateway', name, gatewayClass + proxy + yaml);

  it.each([
    ['is right', http, []],
    [
      'has no TLS on a port in clear',
      '{ name: http, port: 80, protocol: HTTP, tls: { mode: Passthrough } }',
      ['IST0106 error spec.listeners[0].tls'],
    ],
    [
      'has settings where it speaks TLS',
      '{ name: tls, port: 443, protocol: TLS }',
      ['IST0106 error spec.listeners[0].tls'],
    ],
    [
      'terminates TLS where it says nothing else',
      '{ name: tls, port: 443, protocol: TLS, tls: { options: { a.example/b: c } } }',
      [],
    ],
    [
      'does not pass HTTPS through',
      '{ name: tls, port: 443, protocol: HTTPS, tls: { mode: Passthrough } }',
      ['IST0106 error spec.listeners[0].tls.mode'],
    ],
    [
      'terminates TLS with a certificate',
      '{ name: tls, port: 443, protocol: HTTPS, tls: { mode: Terminate } }',
      ['IST0106 error spec.listeners[0].tls.certificateRefs'],
    ],
    [
      'has the certificate at hand',
      '{ name: tls, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: cert }] } }',
      ['IST0161 warning spec.listeners[0].tls.certificateRefs[0]'],
    ],
    [
      'knows no hostname on a TCP port',
      '{ name: tcp, port: 9000, protocol: TCP, hostname: a.example }',
      ['IST0106 error spec.listeners[0].hostname'],
    ],
    [
      'names each listener once',
      `${http}, { name: http, port: 81, protocol: HTTP }`,
      ['IST0106 error spec.listeners[1].name'],
    ],
    [
      'can tell its listeners apart',
      `${http}, { name: other, port: 80, protocol: HTTP }`,
      ['KIA1503 error spec.listeners[1]'],
    ],
    [
      'selects namespaces by operators that there are',
      '{ name: http, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: Selector, selector: { matchExpressions: [{ key: a, operator: Equals, values: [b] }] } } } }',
      ['IST0133 warning spec.listeners[0].allowedRoutes.namespaces.selector.matchExpressions[0].operator'],
    ],
    [
      'allows kinds that the protocol carries',
      '{ name: http, port: 80, protocol: HTTP, allowedRoutes: { kinds: [{ kind: TCPRoute }] } }',
      ['IST0106 warning spec.listeners[0].allowedRoutes.kinds[0].kind'],
    ],
  ])('%s', (_, listeners, findings) => {
    expect(of(gateway(listeners))).toEqual(findings);
  });

  it('does not share host and port with an older one', () => {
    const shop = http.replace(' }', ', hostname: shop.example }');
    expect(of(gateway(shop) + gateway(shop, 'second'), 'second')).toContain(
      'KIA1501 warning spec.listeners[0]',
    );
  });

  it('does not share an address with an older one', () => {
    const address = 'addresses: [{ value: 10.0.0.1 }],';
    expect(of(gateway(http, 'edge', address) + gateway(http, 'second', address), 'second')).toContain(
      'KIA1502 warning spec.addresses[0]',
    );
  });

  it.each([
    ['addresses: [{ value: gate.example }],', ['spec.addresses[0].value']],
    ['addresses: [{ type: Hostname, value: gate.example }],', []],
    ['addresses: [{ value: "2001:db8::1" }],', []],
    ['addresses: [{ type: Nickname, value: gate }],', ['spec.addresses[0].type']],
    ['addresses: [{ type: cloud.example/elastic, value: gate }],', []],
    ['infrastructure: { labels: { a.example/tier: front } },', []],
    ['infrastructure: { labels: { "two words": front } },', ['spec.infrastructure.labels["two words"]']],
    ['infrastructure: { labels: { tier: "*" } },', ['spec.infrastructure.labels["tier"]']],
    [
      'tls: { frontend: { default: {}, perPort: [{ port: 443, tls: {} }, { port: 443, tls: {} }] } },',
      ['spec.tls.frontend.perPort[1]'],
    ],
    ['infrastructure: { annotations: { "-": x } },', ['spec.infrastructure.annotations["-"]']],
  ])('has addresses and labels of the right form: %s', (more, paths) => {
    expect(errorsOf(gateway(http, 'edge', more))).toEqual(paths);
  });

  it('has a class and a proxy', () => {
    expect(findingsOf('Gateway', 'edge', gateway(http))).toEqual([
      'KIA1504 info spec.gatewayClassName',
      'KIA0302 warning metadata.name',
    ]);
  });
});

describe('a ListenerSet', () => {
  const listeners = (list: string) => `
apiVersion: ${group}/v1
kind: ListenerSet
metadata: { name: more }
spec: { parentRef: { name: edge }, listeners: [${list}] }
`;

  it.each([
    [http, []],
    ['', ['spec.listeners']],
    ['{ name: http, protocol: HTTP }', ['spec.listeners[0].port']],
    ['{ name: tls, port: 443, protocol: TLS }', ['spec.listeners[0].tls']],
    [`${http}, { name: http, port: 81, protocol: HTTP }`, ['spec.listeners[1].name']],
  ])('is asked for what a Gateway is: %s', (list, paths) => {
    expect(errorsOf(listeners(list))).toEqual(paths);
  });
});

describe('a route', () => {
  const route = (spec: string) => `
apiVersion: ${group}/v1
kind: HTTPRoute
metadata: { name: route }
spec: { ${spec} }
---
`;

  it('names parents and backends that are there', () => {
    const spec =
      'parentRefs: [{ name: nowhere }, { group: "", kind: Service, name: reviews }], rules: [{ backendRefs: [{ name: reviews, port: 9080 }, { name: ratings, port: 9080 }] }]';
    expect(findingsOf('HTTPRoute', 'route', service('reviews') + route(spec))).toEqual([
      'KIA1401 warning spec.parentRefs[0]',
      'KIA1402 warning spec.rules[0].backendRefs[1]',
    ]);
  });
});

describe('a ReferenceGrant', () => {
  it('trusts namespaces that are there', () => {
    const grant = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: ${group}/v1
kind: ReferenceGrant
metadata: { name: grant }
spec:
  from:
    - { group: ${group}, kind: HTTPRoute, namespace: shop }
    - { group: ${group}, kind: HTTPRoute, namespace: shpo }
  to: [{ group: "", kind: Service }]
`;
    expect(findingsOf('ReferenceGrant', 'grant', grant)).toEqual(['KIA1601 warning spec.from[1].namespace']);
  });
});

describe('a policy for a backend', () => {
  const tlsPolicy = (validation: string) => `
apiVersion: ${group}/v1
kind: BackendTLSPolicy
metadata: { name: policy }
spec: { targetRefs: [{ group: "", kind: Service, name: reviews }], validation: { hostname: a.example, ${validation} } }
`;

  it('trusts somebody, in one way', () => {
    const nobody = findingsOf('BackendTLSPolicy', 'policy', service('reviews') + tlsPolicy(''));
    expect(nobody).toEqual(['IST0106 error spec.validation']);
    const twice =
      'wellKnownCACertificates: System, caCertificateRefs: [{ group: "", kind: ConfigMap, name: ca }]';
    expect(findingsOf('BackendTLSPolicy', 'policy', service('reviews') + tlsPolicy(twice))).toEqual([
      'IST0106 error spec.validation',
    ]);
  });

  it('names the certificate by what its type says', () => {
    const names = 'wellKnownCACertificates: System, subjectAltNames: [{ type: URI, hostname: a.example }]';
    expect(findingsOf('BackendTLSPolicy', 'policy', service('reviews') + tlsPolicy(names))).toEqual([
      'IST0106 error spec.validation.subjectAltNames[0].hostname',
      'IST0106 error spec.validation.subjectAltNames[0].uri',
    ]);
  });

  it('names a URI by its scheme and authority', () => {
    const names = (uri: string) =>
      `wellKnownCACertificates: System, subjectAltNames: [{ type: URI, uri: "${uri}" }]`;
    expect(errorsOf(tlsPolicy(names('spiffe://cluster.local/ns/shop/sa/cart')))).toEqual([]);
    expect(errorsOf(tlsPolicy(names('/ns/shop')))).toEqual(['spec.validation.subjectAltNames[0].uri']);
  });

  it('names each Service once', () => {
    const twice = `
apiVersion: gateway.networking.x-k8s.io/v1alpha1
kind: XBackendTrafficPolicy
metadata: { name: policy }
spec: { targetRefs: [{ group: "", kind: Service, name: reviews }, { group: "", kind: Service, name: reviews }] }
`;
    expect(findingsOf('XBackendTrafficPolicy', 'policy', service('reviews') + twice)).toEqual([
      'IST0106 error spec.targetRefs[1]',
    ]);
  });

  it('counts retries over a second at least', () => {
    const traffic = `
apiVersion: gateway.networking.x-k8s.io/v1alpha1
kind: XBackendTrafficPolicy
metadata: { name: policy }
spec:
  targetRefs: [{ group: "", kind: Service, name: reviews }]
  retryConstraint: { budget: { interval: 500ms } }
`;
    expect(findingsOf('XBackendTrafficPolicy', 'policy', service('reviews') + traffic)).toEqual([
      'IST0106 error spec.retryConstraint.budget.interval',
    ]);
  });
});
