import { describe, expect, it } from 'vitest';
import { verdictOf } from './testing.ts';
import { validateDocuments } from './validate-documents.ts';

const ingress = (rest: string, port = 'number: 80, protocol: HTTP') =>
  `{ ingress: [{ port: { ${port} }, ${rest} }] }`;

describe('a Sidecar', () => {
  it.each([
    '{ egress: [{ hosts: [./*, istio-system/*, ~dev/*] }] }',
    '{ egress: [{ port: { number: 80 }, hosts: ["*/a.b"] }, { hosts: ["./*"] }] }',
    '{ egress: [{ port: { number: 0 }, bind: "unix:///a", hosts: ["./*"] }] }',
    '{ outboundTrafficPolicy: { mode: ALLOW_ANY } }',
    ingress('defaultEndpoint: 127.0.0.1:8080'),
    ingress('defaultEndpoint: ":8080"'),
    ingress('tls: { mode: SIMPLE, serverCertificate: a, privateKey: b }', 'number: 443, protocol: TLS'),
  ])('is valid: %s', (spec) => {
    expect(verdictOf('Sidecar', spec)).toEqual(['valid']);
  });

  it.each([
    ['{}', 'spec'],
    ['{ egress: [{ hosts: [a.b] }] }', 'spec.egress[0].hosts[0]'],
    ['{ egress: [{ hosts: [./short] }] }', 'spec.egress[0].hosts[0]'],
    ['{ egress: [{ hosts: ["./*"] }, { hosts: ["./*"] }] }', 'spec.egress[0].port'],
    [
      '{ egress: [{ port: { number: 80 }, hosts: ["./*"] }, { port: { number: 80 }, hosts: ["./*"] }] }',
      'spec.egress[1].port.number',
    ],
    ['{ egress: [{ port: { number: 0 }, hosts: ["./*"] }] }', 'spec.egress[0].port.number'],
    ['{ egress: [{ port: { number: 80 }, bind: a, hosts: ["./*"] }] }', 'spec.egress[0].bind'],
    [ingress('', 'protocol: HTTP'), 'spec.ingress[0].port.number'],
    [ingress('', 'number: 80, protocol: FTP'), 'spec.ingress[0].port.protocol'],
    [ingress('defaultEndpoint: 10.0.0.1:80'), 'spec.ingress[0].defaultEndpoint'],
    [ingress('tls: { mode: SIMPLE, serverCertificate: a, privateKey: b }'), 'spec.ingress[0].tls'],
    [
      ingress('tls: { mode: SIMPLE, credentialName: a }', 'number: 443, protocol: TLS'),
      'spec.ingress[0].tls.credentialName',
    ],
    ['{ outboundTrafficPolicy: { egressProxy: { host: a.b } } }', 'spec.outboundTrafficPolicy.egressProxy'],
    [
      '{ outboundTrafficPolicy: { mode: ALLOW_ANY, egressProxy: { host: a.b } } }',
      'spec.outboundTrafficPolicy.egressProxy.port',
    ],
    ['{ inboundConnectionPool: {} }', 'spec.inboundConnectionPool'],
  ])('is refused: %s', (spec, path) => {
    const [verdict, first] = verdictOf('Sidecar', spec);
    expect([verdict, first]).toEqual(['invalid', `IST0106 ${path}`]);
  });

  it.each([
    ['{ workloadSelector: {}, egress: [{ hosts: ["./*"] }] }', 'spec.workloadSelector'],
    ['{ egress: [{ hosts: ["./*", ./a.b] }] }', 'spec.egress[0].hosts[1]'],
    ['{ egress: [{ hosts: ["*/*", ./a.b] }] }', 'spec.egress[0].hosts'],
    [
      ingress('connectionPool: { http: {} }', 'number: 80, protocol: TCP'),
      'spec.ingress[0].connectionPool.http',
    ],
  ])('is warned of: %s', (spec, path) => {
    expect(verdictOf('Sidecar', spec)).toEqual(['warning', `IST0133 ${path}`]);
  });
});

describe('a PeerAuthentication', () => {
  it.each([
    ['{ mtls: { mode: STRICT } }', 'valid'],
    ['{ selector: { matchLabels: { a: b } }, portLevelMtls: { 80: { mode: DISABLE } } }', 'valid'],
    ['{ portLevelMtls: { 80: { mode: DISABLE } } }', 'invalid', 'IST0106 spec.portLevelMtls'],
    [
      '{ selector: { matchLabels: { a: b } }, portLevelMtls: { 65536: { mode: DISABLE } } }',
      'invalid',
      'IST0106 spec.portLevelMtls["65536"]',
    ],
    ['{ selector: { matchLabels: { a: b } }, portLevelMtls: {} }', 'invalid', 'IST0106 spec.portLevelMtls'],
    ['{ selector: {} }', 'warning', 'IST0133 spec.selector'],
  ])('%s is %s', (spec, ...expected) => {
    expect(verdictOf('PeerAuthentication', spec)).toEqual(expected);
  });
});

describe('a Telemetry', () => {
  it.each([
    ['{ tracing: [{ customTags: { a: { literal: { value: b } } } }] }', 'valid'],
    ['{ accessLogging: [{ filter: { expression: "response.code >= 400" } }] }', 'valid'],
    ['{ metrics: [{ overrides: [{ tagOverrides: { a: { operation: REMOVE } } }] }] }', 'valid'],
    ['{ accessLogging: [{ filter: {} }] }', 'invalid', 'IST0106 spec.accessLogging[0].filter.expression'],
    [
      '{ metrics: [{ overrides: [{ tagOverrides: { a: {} } }] }] }',
      'invalid',
      'IST0106 spec.metrics[0].overrides[0].tagOverrides["a"].value',
    ],
    [
      '{ metrics: [{ overrides: [{ match: { metric: ALL_METRICS, customMetric: a } }] }] }',
      'invalid',
      'IST0106 spec.metrics[0].overrides[0].match.customMetric',
    ],
    ['{ tracing: [{}, {}] }', 'warning', 'IST0133 spec.tracing[1]'],
  ])('%s is %s', (spec, ...expected) => {
    expect(verdictOf('Telemetry', spec)).toEqual(expected);
  });
});

it('annotations of the mesh itself are not for people', () => {
  const annotations = { 'internal.istio.io/parents': 'x' };
  expect(verdictOf('PeerAuthentication', '{}', { annotations })).toEqual([
    'invalid',
    'IST0106 metadata.annotations["internal.istio.io/parents"]',
  ]);
});

it('a dry run is for an AuthorizationPolicy alone, and for ALLOW and DENY', () => {
  const annotations = { 'istio.io/dry-run': 'true' };
  const refused = ['invalid', 'IST0106 metadata.annotations["istio.io/dry-run"]'];
  expect(verdictOf('PeerAuthentication', '{}', { annotations })).toEqual(refused);
  expect(verdictOf('AuthorizationPolicy', '{ action: AUDIT, rules: [{}] }', { annotations })).toEqual(
    refused,
  );
});

it.each([
  ['{ port: { number: 80, protocol: HTTP }, defaultEndpoint: 127.0.0.1:8080 }', []],
  ['{ port: { number: 80, protocol: TCP } }', ['port.protocol']],
  ['{ port: { number: 80, protocol: HTTP }, defaultEndpoint: "unix:///run/app" }', ['defaultEndpoint']],
  [
    '{ port: { number: 80, protocol: HTTP }, bind: 10.0.0.1, captureMode: NONE, connectionPool: { tcp: { connectTimeout: 1s, maxConnections: 2 } } }',
    ['bind', 'captureMode', 'connectionPool.tcp.maxConnections'],
  ],
])('names what a sidecar does not serve of %s: %s', (listener, paths) => {
  const yaml = `apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: p, namespace: mill }
spec: { ingress: [${listener}] }
`;
  const findings = validateDocuments([yaml]).flatMap((one) => one.findings);
  expect(findings.map(({ code, path }) => `${code} ${path}`).toSorted()).toEqual(
    paths.map((path) => `HDL0020 spec.ingress[0].${path}`),
  );
});
