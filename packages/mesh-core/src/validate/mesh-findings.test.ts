import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseDocuments } from '../documents/parse.ts';
import { instance } from '../testing.ts';
import { World } from '../world/world.ts';
import { validateDocuments } from './validate-documents.ts';
import { validateWorld } from './validate.ts';

const versions: Readonly<Record<string, string>> = {
  Service: 'v1',
  Secret: 'v1',
  ConfigMap: 'v1',
  Namespace: 'v1',
  ServiceAccount: 'v1',
  Deployment: 'apps/v1',
  VirtualService: 'networking.istio.io/v1',
  DestinationRule: 'networking.istio.io/v1',
  Gateway: 'networking.istio.io/v1',
  ServiceEntry: 'networking.istio.io/v1',
  Sidecar: 'networking.istio.io/v1',
  PeerAuthentication: 'security.istio.io/v1',
  AuthorizationPolicy: 'security.istio.io/v1',
  RequestAuthentication: 'security.istio.io/v1',
  Telemetry: 'telemetry.istio.io/v1',
};

/** `Kind name { spec }` or `Kind namespace/name { spec }`, oldest first; findings as `name: CODE severity path`. */
function findings(...documents: string[]): string[] {
  const text = documents
    .map((written) => {
      const [, kind = '', namespace = 'default', name, rest = '{}'] =
        /^(\w+) (?:(\S+)\/)?(\S+) ?([^]*)$/.exec(written) ?? [];
      const body: unknown = parse(rest === '' ? '{}' : rest);
      const members = ['Secret', 'ConfigMap', 'Namespace', 'ServiceAccount'].includes(kind)
        ? body
        : { spec: body };
      return JSON.stringify({
        apiVersion: versions[kind],
        kind,
        metadata: { name, namespace },
        ...(members as object),
      }); // oxlint-disable-line typescript/no-unsafe-type-assertion
    })
    .join('\n---\n');
  const parsed = parseDocuments(text);
  expect(parsed.findings).toEqual([]);
  const stored = parsed.documents.map((one, i) => ({ ...one, generation: 1, createdAtMs: i, revision: 1 }));
  const found = validateWorld(new World(stored, [instance('reviews-v1', 'reviews', 'v1')]), stored);
  return [...found].flatMap(([id, own]) =>
    own
      .filter(({ code }) => !quiet.has(code))
      .map(({ code, severity, path }) => `${id.split('/').at(-1)}: ${code} ${severity} ${path}`),
  );
}
/** What is told of nearly every document here. */
const quiet: ReadonlySet<string> = new Set([
  'HDL0020',
  'KIA1301',
  'KIA1101',
  'KIA0202',
  'KIA0302',
  'KIA1102',
]);

const route = 'route: [{ destination: { host: reviews } }]';
const toReviews = (more = '') => `{ hosts: [reviews], http: [{ ${route} }]${more} }`;
const service = 'Service reviews { selector: { app: reviews }, ports: [{ port: 9080, name: http }] }';

describe('two documents', () => {
  it('of one host on the mesh contend for it', () => {
    expect(findings(`VirtualService a ${toReviews()}`, `VirtualService b ${toReviews()}`)).toEqual([
      'a: IST0109 error spec.hosts[0]',
      'b: IST0109 error spec.hosts[0]',
    ]);
  });

  it('of one host for different namespaces do not', () => {
    expect(
      findings(
        `VirtualService a ${toReviews(', exportTo: [x]')}`,
        `VirtualService b ${toReviews(', exportTo: [y]')}`,
        `VirtualService c ${toReviews(', gateways: [edge]')}`,
      ),
    ).toEqual([]);
  });

  it('of one host on a Gateway are joined', () => {
    const atEdge = toReviews(', gateways: [edge]');
    expect(findings(`VirtualService a ${atEdge}`, `VirtualService b ${atEdge}`)).toEqual([
      'b: KIA1106 warning spec.hosts[0]',
    ]);
  });

  it('of one host and port on the same proxies conflict', () => {
    const gateway =
      '{ selector: { a: b }, servers: [{ hosts: ["*"], port: { number: 80, name: http, protocol: HTTP } }] }';
    expect(
      findings(
        `Gateway a ${gateway}`,
        `Gateway b ${gateway}`,
        `Gateway c ${gateway.replace('a: b', 'a: c')}`,
      ),
    ).toEqual(['a: IST0145 error spec.servers[0].hosts', 'b: IST0145 error spec.servers[0].hosts']);
  });

  it('for a whole namespace are one too many', () => {
    const egress = '{ egress: [{ hosts: ["./*"] }] }';
    expect(
      findings(
        `Sidecar a ${egress}`,
        `Sidecar b ${egress}`,
        'Telemetry c {}',
        'Telemetry d {}',
        'PeerAuthentication e {}',
        'PeerAuthentication f {}',
      ),
    ).toEqual([
      'a: IST0111 error spec.workloadSelector',
      'b: IST0111 error spec.workloadSelector',
      'c: IST0160 error spec.selector',
      'd: IST0160 error spec.selector',
      'e: KIA0002 error spec.selector',
      'f: KIA0002 error spec.selector',
    ]);
  });

  it('for one workload are one too many', () => {
    const egress = (label: string) =>
      `{ workloadSelector: { labels: { ${label} } }, egress: [{ hosts: ["./*"] }] }`;
    expect(findings(`Sidecar a ${egress('app: reviews')}`, `Sidecar b ${egress('version: v1')}`)).toEqual([
      'a: IST0110 error spec.workloadSelector',
      'b: IST0110 error spec.workloadSelector',
    ]);
  });

  it('for one host say each thing once', () => {
    const rule =
      '{ host: reviews, trafficPolicy: { loadBalancer: { simple: RANDOM } }, subsets: [{ name: v1, labels: { version: v1 } }] }';
    expect(findings(service, `DestinationRule a ${rule}`, `DestinationRule b ${rule}`)).toEqual([
      'b: KIA0201 warning spec.trafficPolicy',
      'b: KIA0201 warning spec.subsets[0]',
    ]);
  });

  it('of one external host agree on the protocol of a port', () => {
    const entry = (protocol: string) =>
      `{ hosts: [a.b], resolution: DNS, ports: [{ number: 80, name: a, protocol: ${protocol} }] }`;
    expect(
      findings(
        `ServiceEntry a ${entry('HTTP')}`,
        `ServiceEntry b ${entry('HTTP2')}`,
        `ServiceEntry c ${entry('http')}`,
      ),
    ).toEqual([
      'a: IST0177 warning spec.ports[0].protocol',
      'b: IST0177 warning spec.ports[0].protocol',
      'c: IST0177 warning spec.ports[0].protocol',
    ]);
  });

  it('agree on TLS between client and server', () => {
    const rule = (mode: string) => `{ host: reviews, trafficPolicy: { tls: { mode: ${mode} } } }`;
    expect(
      findings(
        service,
        'PeerAuthentication p { mtls: { mode: STRICT } }',
        `DestinationRule d ${rule('DISABLE')}`,
      ),
    ).toEqual(['d: KIA0207 error spec.trafficPolicy.tls.mode']);
    expect(
      findings(
        service,
        'PeerAuthentication p { mtls: { mode: DISABLE } }',
        `DestinationRule d ${rule('ISTIO_MUTUAL')}`,
      ),
    ).toEqual(['d: KIA0505 error spec.trafficPolicy.tls.mode']);
  });

  it('agree on TLS in all of the mesh', () => {
    const all = (mode: string) => `{ host: "*.local", trafficPolicy: { tls: { mode: ${mode} } } }`;
    const policy = (mode: string) => `PeerAuthentication istio-system/p { mtls: { mode: ${mode} } }`;
    expect(findings(policy('STRICT'), `DestinationRule d ${all('DISABLE')}`)).toEqual([
      'd: KIA0208 error spec.trafficPolicy.tls.mode',
    ]);
    expect(findings(policy('DISABLE'), `DestinationRule d ${all('ISTIO_MUTUAL')}`)).toEqual([
      'd: KIA0506 error spec.trafficPolicy.tls.mode',
    ]);
    expect(findings(policy('PERMISSIVE'), `DestinationRule d ${all('DISABLE')}`)).toEqual([]);
  });

  it('agree on TLS where a namespace differs from the mesh', () => {
    const own = (mode: string) => `PeerAuthentication shop/p { mtls: { mode: ${mode} } }`;
    const rule = (name: string, host: string, mode: string) =>
      `DestinationRule ${name} { host: "${host}", trafficPolicy: { tls: { mode: ${mode} } } }`;
    const mutual = rule('istio-system/wide', '*.local', 'ISTIO_MUTUAL');
    expect(findings(own('DISABLE'), mutual)).toEqual(['wide: KIA0505 error spec.trafficPolicy.tls.mode']);
    expect(findings(own('STRICT'), rule('istio-system/wide', '*.local', 'DISABLE'))).toEqual([
      'wide: KIA0207 error spec.trafficPolicy.tls.mode',
    ]);
    expect(findings(own('PERMISSIVE'), mutual)).toEqual([]);
    const inClear = rule('shop/own', '*.shop.svc.cluster.local', 'DISABLE');
    expect(findings(own('DISABLE'), mutual, inClear)).toEqual([]);
  });

  it('do not take over the mTLS of a wider rule', () => {
    const rule = (host: string, policy: string) => `{ host: "${host}", trafficPolicy: { ${policy} } }`;
    const mutual = 'tls: { mode: ISTIO_MUTUAL }';
    expect(
      findings(
        `DestinationRule wide ${rule('*.default.svc.cluster.local', mutual)}`,
        `DestinationRule a ${rule('reviews', 'loadBalancer: { simple: RANDOM }')}`,
        `DestinationRule b ${rule('ratings', mutual)}`,
        `DestinationRule c ${rule('x.mill', 'loadBalancer: { simple: RANDOM }')}`,
        `DestinationRule d ${rule('details', `portLevelSettings: [{ port: { number: 80 }, ${mutual} }]`)}`,
      ),
    ).toEqual(['a: KIA0204 warning spec.trafficPolicy']);
  });

  it('of one external host and port are better one', () => {
    const entry = (host: string, more = '') =>
      `{ hosts: [${host}], resolution: DNS, ports: [{ number: 80, name: a, protocol: HTTP }]${more} }`;
    expect(
      findings(
        `ServiceEntry a ${entry('a.b')}`,
        `ServiceEntry b ${entry('a.b')}`,
        `ServiceEntry c ${entry('a.b', ', exportTo: [x]')}`,
        `ServiceEntry d ${entry('b.b', ', exportTo: [x]')}`,
        `ServiceEntry e ${entry('b.b', ', exportTo: [y]')}`,
      ),
    ).toEqual([
      'a: KIA1211 warning spec.ports[0]',
      'b: KIA1211 warning spec.ports[0]',
      'c: KIA1211 warning spec.ports[0]',
    ]);
  });
});

describe('what a document names', () => {
  it('may be described by a ServiceEntry', () => {
    const entry =
      'ServiceEntry e { hosts: ["*.example.com"], ports: [{ number: 80, name: a, protocol: HTTP }] }';
    expect(findings(entry, 'Sidecar s { egress: [{ hosts: [./x.example.com, ./y.example.org] }] }')).toEqual([
      's: KIA1004 warning spec.egress[0].hosts[1]',
    ]);
  });

  it('are hosts that the Gateway has', () => {
    const gateway =
      'Gateway edge { servers: [{ hosts: [default/*.a.b, x/c.d], port: { number: 80, name: http, protocol: HTTP } }] }';
    const at = (host: string) => `{ hosts: [${host}], gateways: [edge], http: [{ ${route} }] }`;
    expect(findings(gateway, `VirtualService a ${at('r.a.b')}`, `VirtualService b ${at('c.d')}`)).toEqual([
      'b: IST0132 warning spec.gateways[0]',
    ]);
  });

  it('is a Secret with a certificate and its key', () => {
    const gateway = (name: string) =>
      `{ servers: [{ hosts: ["*"], port: { number: 443, name: https, protocol: HTTPS }, tls: { mode: SIMPLE, credentialName: ${name} } }] }`;
    expect(
      findings(
        `Gateway a ${gateway('x')}`,
        'Secret y { stringData: { tls.crt: x } }',
        `Gateway b ${gateway('y').replace('443', '444')}`,
      ),
    ).toEqual([
      'a: IST0101 warning spec.servers[0].tls.credentialName',
      'b: IST0161 error spec.servers[0].tls.credentialName',
    ]);
  });

  it('is one port of several', () => {
    expect(
      findings(
        'Service reviews { ports: [{ port: 80, name: http }, { port: 81, name: grpc }] }',
        `VirtualService v ${toReviews()}`,
      ),
    ).toEqual(['v: IST0112 warning spec.http[0].route[0].destination']);
  });

  it('are namespaces that are described, to export to', () => {
    const exported = (to: string) => toReviews(`, exportTo: [${to}]`);
    expect(findings(`VirtualService v ${exported('mill, gone')}`)).toEqual([]);
    expect(
      findings(
        'Namespace mill',
        'Service other/s {}',
        `VirtualService v ${exported('mill, gone, default, other')}`,
        'DestinationRule d { host: r, exportTo: ["."] }',
      ),
    ).toEqual(['v: KIA0005 warning spec.exportTo[1]']);
  });

  it('is a trust domain of the mesh', () => {
    const policy = (...domains: string[]) =>
      `AuthorizationPolicy a { rules: [{ from: [{ source: { principals: [${domains.map((domain) => `${domain}/ns/default/sa/bookinfo-reviews`).join(', ')}] } }] }] }`;
    expect(findings(policy('cluster.local', 'old.example.com', 'other.example.com'))).toEqual([
      'a: KIA0108 warning spec.rules[0].from[0].source.principals[1]',
      'a: KIA0108 warning spec.rules[0].from[0].source.principals[2]',
    ]);
    expect(
      findings(
        'ConfigMap istio-system/istio { data: { mesh: "trustDomainAliases: [old.example.com]" } }',
        policy('old.example.com', 'other.example.com'),
      ),
    ).toEqual(['a: KIA0108 warning spec.rules[0].from[0].source.principals[1]']);
  });

  it('is a port that a Service leads to', () => {
    const gateway = (number: number) =>
      `{ selector: { istio: edge }, servers: [{ hosts: ["*"], port: { number: ${number}, name: http, protocol: HTTP } }] }`;
    const proxies = 'Deployment e { template: { metadata: { labels: { istio: edge } }, spec: {} } }';
    const gateways = [80, 8080, 81].map((port) => `Gateway g${port} ${gateway(port)}`);
    expect(findings(proxies, ...gateways)).toEqual([]);
    expect(
      findings(
        proxies,
        'Service e { selector: { istio: edge }, ports: [{ port: 80, targetPort: 8080, name: http }, { port: 81, protocol: UDP, name: a }] }',
        'Service other/e { selector: { istio: edge }, ports: [{ port: 81, name: http }] }',
        ...gateways,
      ),
    ).toEqual(['g81: IST0162 warning spec.servers[0].port.number']);
  });

  it('is a port that a container has', () => {
    const deployment = (containers: string) =>
      `Deployment d { template: { metadata: { labels: { app: x } }, spec: { containers: ${containers} } } }`;
    const ports =
      'ports: [{ port: 80, targetPort: web, name: http }, { port: 9080, name: http-b }, { port: 81, name: http-c }]';
    const s = `Service s { selector: { app: x }, ${ports} }`;
    expect(
      findings(deployment('[{ ports: [{ name: web, containerPort: 8080 }, { containerPort: 9080 }] }]'), s),
    ).toEqual(['s: KIA0701 warning spec.ports[2]']);
    expect(findings(deployment('[{}]'), s)).toEqual([]);
  });

  it('is a Gateway of the Gateway API, not its labels', () => {
    const proxies =
      'Deployment e { template: { metadata: { labels: { gateway.networking.k8s.io/gateway-name: edge, app: e } }, spec: {} } }';
    const selected = '{ selector: { matchLabels: { app: e } } }';
    const named =
      '{ targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: edge }], action: DENY, rules: [{}] }';
    expect(
      findings(
        proxies,
        `AuthorizationPolicy a ${selected}`,
        `RequestAuthentication b ${selected}`,
        `AuthorizationPolicy c ${named}`,
        'AuthorizationPolicy d { selector: { matchLabels: { app: reviews } } }',
      ),
    ).toEqual(['a: IST0166 warning spec.selector', 'b: IST0166 warning spec.selector']);
  });

  it('is a provider of access logs', () => {
    const telemetry =
      'Telemetry t { accessLogging: [{ disabled: true }, {}, { providers: [{ name: envoy }] }] }';
    expect(findings(telemetry)).toEqual(['t: IST0157 warning spec.accessLogging[1].providers']);
    expect(
      findings(
        'ConfigMap istio-system/istio { data: { mesh: "defaultProviders: { accessLogging: [envoy] }" } }',
        telemetry,
      ),
    ).toEqual([]);
  });

  it('are labels that some workload has', () => {
    const selector = '{ selector: { matchLabels: { app: gone } } }';
    expect(findings(`AuthorizationPolicy a ${selector}`, `PeerAuthentication p ${selector}`)).toEqual([
      'a: IST0127 warning spec.selector',
      'p: KIA0004 warning spec.selector',
    ]);
  });
});

describe('a document by itself', () => {
  it.each([
    [
      'Service s { ports: [{ port: 80, name: web }, { port: 81 }, { port: 82, name: x, appProtocol: kubernetes.io/h2c }, { port: 53 }] }',
      ['s: IST0118 info spec.ports[0].name', 's: IST0118 info spec.ports[1].name'],
    ],
    [
      'Service s { ports: [{ port: 80, name: http, appProtocol: web }] }',
      ['s: KIA0602 warning spec.ports[0].appProtocol'],
    ],
    [
      'Service s { type: ExternalName, ports: [{ port: 80, name: tcp }] }',
      ['s: IST0150 warning spec.ports[0].name'],
    ],
    [
      'DestinationRule d { host: r, trafficPolicy: { tls: { mode: SIMPLE } } }',
      ['d: IST0128 warning spec.trafficPolicy.tls'],
    ],
    [
      'DestinationRule d { host: r, trafficPolicy: { portLevelSettings: [{ port: { number: 1 }, tls: { mode: SIMPLE } }] } }',
      ['d: IST0129 warning spec.trafficPolicy.portLevelSettings[0].tls'],
    ],
    ['DestinationRule d { host: r, subsets: [{ name: a }] }', ['d: KIA0209 warning spec.subsets[0]']],
    [
      `VirtualService v { hosts: [r], http: [{ ${route}, fault: { delay: { percent: 5, fixedDelay: 1s } } }] }`,
      ['v: IST0002 warning spec.http[0].fault.delay.percent'],
    ],
    [
      'VirtualService v { hosts: [r], http: [{ route: [{ destination: { host: a, subset: b }, weight: 1 }, { destination: { host: a, subset: b }, weight: 2 }] }] }',
      ['v: KIA1105 warning spec.http[0].route[1].destination'],
    ],
    [
      'VirtualService v { hosts: [r.b], tcp: [{ route: [{ destination: { host: a }, weight: 1 }, { destination: { host: a.default.svc.cluster.local }, weight: 2 }] }] }',
      ['v: KIA1105 warning spec.tcp[0].route[1].destination'],
    ],
    [
      'VirtualService v { hosts: [r], http: [{ route: [{ destination: { host: a, port: { number: 1 } }, weight: 1 }, { destination: { host: a, port: { number: 2 } }, weight: 2 }] }] }',
      [],
    ],
    [
      'Sidecar istio-system/s { workloadSelector: { labels: { app: reviews } }, egress: [{ hosts: ["./*"] }] }',
      ['s: KIA1006 warning spec.workloadSelector'],
    ],
  ])('%s', (document, expected) => {
    expect(findings(document)).toEqual(expected);
  });
});

it('Services that share a workload agree on its ports', () => {
  expect(
    findings(
      'Deployment d { template: { metadata: { labels: { app: x } }, spec: {} } }',
      'Service a { selector: { app: x }, ports: [{ port: 80, targetPort: 8080, name: http }, { port: 53, name: dns-tcp, protocol: TCP }] }',
      'Service b { selector: { app: x }, ports: [{ port: 81, targetPort: 8080, name: http }, { port: 53, name: dns, protocol: UDP }] }',
    ).filter((one) => one.startsWith('d')),
  ).toEqual([
    'd: IST0116 warning spec.template.metadata.labels',
    'd: IST0137 warning spec.template.metadata.labels',
  ]);
});

it('an istiod fetches keys from no more places than it has to', () => {
  const istiod = (env: string) =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'istiod', labels: { app: 'istiod' } },
      spec: { template: { spec: { containers: [{ env: [{ name: env, value: '10.0.0.0/8' }] }] } } },
    });
  const policy = JSON.stringify({
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata: { name: 'r' },
  });
  const codes = (...texts: string[]) =>
    validateDocuments(texts).flatMap((one) =>
      one.findings.map(({ code }) => code).filter((code) => code === 'IST0175'),
    );
  expect(codes(istiod('A'), policy)).toEqual(['IST0175']);
  expect(codes(istiod('BLOCKED_CIDRS_IN_JWKS_URIS'), policy)).toEqual([]);
  expect(codes(istiod('A'))).toEqual([]);
});

describe('what a rule delegates to', () => {
  const root = (delegate: string) =>
    `VirtualService root { hosts: [a.b], http: [{ delegate: ${delegate} }] }`;
  const leaf = (spec: string) => `VirtualService teas/leaf { ${spec} http: [{ redirect: { uri: / } }] }`;

  it.each([
    ['{ name: leaf, namespace: teas }', '', []],
    ['{ name: leaf }', '', ['root: IST0101 warning spec.http[0].delegate']],
    ['{ name: root }', '', ['root: IST0101 warning spec.http[0].delegate']],
    ['{ name: leaf, namespace: teas }', 'hosts: [c.d],', ['root: IST0101 warning spec.http[0].delegate']],
    ['{ name: leaf, namespace: teas }', 'exportTo: ["."],', ['root: IST0101 warning spec.http[0].delegate']],
  ])('is a VirtualService without hosts that is exported to it: %s %s', (delegate, spec, expected) => {
    expect(findings(root(delegate), leaf(spec)).filter((one) => one.startsWith('root'))).toEqual(expected);
  });

  it('may be there where only the root is given', () => {
    const text = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: root }
spec: { hosts: [a.b], http: [{ delegate: { name: leaf } }] }`;
    expect(validateDocuments([text])).toMatchObject([{ verdict: 'valid', findings: [{ severity: 'info' }] }]);
  });
});

it('names of an AuthorizationPolicy are known by their documents', () => {
  const policy = (namespace: string, account: string) =>
    `AuthorizationPolicy p { rules: [{ from: [{ source: { namespaces: [${namespace}], principals: [cluster.local/ns/shop/sa/${account}] } }] }] }`;
  const namespace = 'Namespace shop {}';
  const account = 'ServiceAccount shop/cart {}';
  const told = (text: string) => findings(namespace, account, text).filter((one) => /KIA010[16]/.test(one));
  expect(told(policy('shop', 'cart'))).toEqual([]);
  expect(told(policy('shpo', 'crat'))).toEqual([
    'p: KIA0101 warning spec.rules[0].from[0].source.namespaces[0]',
    'p: KIA0106 warning spec.rules[0].from[0].source.principals[0]',
  ]);
});

describe('Gateways whose selectors differ', () => {
  const gateway = (name: string, selector: string, tls = '') =>
    `Gateway ${name} { selector: { ${selector} }, servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: [a.b], tls: { ${tls || 'mode: PASSTHROUGH'} } }] }`;
  const proxy = 'Deployment d { template: { metadata: { labels: { app: gate, tier: front } }, spec: {} } }';
  const told = (code: string, ...documents: string[]) =>
    findings(...documents).filter((one) => one.includes(code));

  it.each([
    ['app: gate', 'app: gate, tier: front', true],
    ['app: gate', 'tier: front', true],
    ['app: gate', 'app: other', false],
    ['app: gate', 'tier: back', false],
  ])('contend for a host where one proxy has both: %s / %s', (first, second, contend) => {
    expect(told('IST0145', proxy, gateway('a', first), gateway('b', second))).toEqual(
      contend ? ['a', 'b'].map((name) => `${name}: IST0145 error spec.servers[0].hosts`) : [],
    );
  });

  it('show one certificate where the proxies of the wider one are those of the other', () => {
    const simple = 'mode: SIMPLE, credentialName: cert';
    const wide = gateway('wide', 'app: gate', simple);
    const narrow = gateway('narrow', 'app: gate, tier: front', simple);
    expect(told('IST0138', wide, narrow)).toEqual(['wide: IST0138 warning spec.servers[0].tls']);
  });
});

it('a Service of the system or of a gateway is not asked for names and container ports', () => {
  const spec =
    '{ selector: { app: gate }, ports: [{ port: 80, name: web, targetPort: 8080 }, { port: 53, name: dns, protocol: UDP, appProtocol: dns }] }';
  const deployment = (namespace: string) =>
    `Deployment ${namespace}/d { template: { metadata: { labels: { app: gate } }, spec: { containers: [{ name: a, ports: [{ containerPort: 1 }] }] } } }`;
  const of = (namespace: string) =>
    findings(deployment(namespace), `Service ${namespace}/s ${spec}`).filter((one) => one.startsWith('s: '));
  expect(of('shop')).toEqual([
    's: IST0118 info spec.ports[0].name',
    's: KIA0701 warning spec.ports[0]',
    's: KIA0701 warning spec.ports[1]',
  ]);
  expect(of('istio-system')).toEqual([]);
  expect(of('kube-system').filter((one) => one.includes('IST0118'))).toEqual([]);
});

it('a policy that a waypoint takes in part says so', () => {
  const [result] = validateDocuments([
    `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: p }
status: { conditions: [{ type: WaypointAccepted, status: "True", reason: PartiallyInvalid, message: no target }] }
`,
  ]);
  expect(result?.findings.map(({ code, message }) => [code, message])).toEqual([
    ['IST0171', 'it is not wholly WaypointAccepted: PartiallyInvalid: no target'],
  ]);
});

describe('identities of callers', () => {
  const policy =
    'AuthorizationPolicy shop/policy { selector: { matchLabels: { app: cart } }, rules: [{ from: [{ source: { principals: ["*"] } }] }] }';
  const rule = (host: string, mode: string, name = 'default') =>
    `DestinationRule shop/${name} { host: "${host}", trafficPolicy: { tls: { mode: ${mode} } } }`;

  it.each([
    [[], false],
    [['PeerAuthentication shop/default { mtls: { mode: PERMISSIVE } }'], false],
    [['PeerAuthentication shop/default { mtls: { mode: DISABLE } }'], true],
    [['PeerAuthentication istio-system/default { mtls: { mode: DISABLE } }'], true],
    [
      [
        'PeerAuthentication istio-system/default { mtls: { mode: DISABLE } }',
        'PeerAuthentication shop/cart { selector: { matchLabels: { app: cart } }, mtls: { mode: STRICT } }',
      ],
      false,
    ],
    [
      [
        'PeerAuthentication shop/other { selector: { matchLabels: { app: other } }, mtls: { mode: DISABLE } }',
      ],
      false,
    ],
    [[rule('*.shop.svc.cluster.local', 'DISABLE')], true],
    [[rule('*.local', 'DISABLE')], true],
    [[rule('*.local', 'DISABLE'), rule('*.shop.svc.cluster.local', 'ISTIO_MUTUAL', 'own')], false],
    [[rule('*.other.svc.cluster.local', 'DISABLE')], false],
  ])('are there where mTLS is: %j', (documents, isTold) => {
    const told = findings(policy, ...documents).filter((one) => one.includes('KIA0105'));
    expect(told).toEqual(isTold ? ['policy: KIA0105 warning spec.rules[0].from[0].source.principals'] : []);
  });
});
