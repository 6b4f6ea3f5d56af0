import { describe, expect, it } from 'vitest';
import { verdictOf } from './testing.ts';
import { validateDocuments } from './validate-documents.ts';

const server = (rest: string, port = 'number: 80, name: http, protocol: HTTP') =>
  `{ servers: [{ hosts: ["*"], port: { ${port} }, ${rest} }] }`;
const secure = (tls: string) => server(`tls: { ${tls} }`, 'number: 443, name: https, protocol: HTTPS');

describe('a Gateway', () => {
  it.each([
    server(''),
    server('tls: { httpsRedirect: true }'),
    server('bind: 0.0.0.0', 'number: 80, name: a, protocol: grpc-web'),
    server('bind: "unix:///a"', 'number: 0, name: a, protocol: HTTP'),
    secure('mode: SIMPLE, credentialName: c, cipherSuites: [AES128-SHA, -ALL]'),
    secure('mode: MUTUAL, serverCertificate: a, privateKey: b, caCertificates: c'),
    secure('mode: ISTIO_MUTUAL'),
    secure('mode: SIMPLE, tlsCertificates: [{ serverCertificate: a, privateKey: b }]'),
    '{ servers: [{ hosts: [ns/*.a.b, ./c.d, 1.2.3.4, "*"], port: { number: 80, name: a, protocol: MYSQL } }] }',
  ])('is valid: %s', (spec) => {
    expect(verdictOf('Gateway', spec)).toEqual(['valid']);
  });

  it.each([
    ['{}', 'spec.servers'],
    [server('', 'number: 80, name: "", protocol: HTTP'), 'spec.servers[0].port.name'],
    [server('', 'number: 0, name: a, protocol: HTTP'), 'spec.servers[0].port.number'],
    [server('', 'number: 80, name: a, protocol: FTP'), 'spec.servers[0].port.protocol'],
    [server('', 'number: 80, name: a, protocol: HTTP, targetPort: 8080'), 'spec.servers[0].port.targetPort'],
    [server('', 'number: 443, name: a, protocol: TLS'), 'spec.servers[0].tls'],
    [server('tls: { mode: SIMPLE, credentialName: c }'), 'spec.servers[0].tls'],
    [server('tls: {}', 'number: 80, name: a, protocol: TCP'), 'spec.servers[0].tls'],
    [server('bind: localhost'), 'spec.servers[0].bind'],
    [secure('mode: ISTIO_MUTUAL, credentialName: c'), 'spec.servers[0].tls.credentialName'],
    [secure('mode: SIMPLE, serverCertificate: a'), 'spec.servers[0].tls.privateKey'],
    [secure('mode: SIMPLE, credentialName: c, credentialNames: [d]'), 'spec.servers[0].tls.credentialNames'],
    [secure('mode: MUTUAL, serverCertificate: a, privateKey: b'), 'spec.servers[0].tls.caCertificates'],
    [secure('mode: SIMPLE, serverCertificate: a, privateKey: b, caCrl: c'), 'spec.servers[0].tls.caCrl'],
    [secure('mode: SIMPLE, minProtocolVersion: TLS1'), 'spec.servers[0].tls.minProtocolVersion'],
    [
      '{ servers: [{ hosts: [short], port: { number: 80, name: a, protocol: HTTP } }] }',
      'spec.servers[0].hosts[0]',
    ],
    [
      '{ servers: [{ hosts: [a_b/c.d], port: { number: 80, name: a, protocol: HTTP } }] }',
      'spec.servers[0].hosts[0]',
    ],
    [
      '{ servers: [{ hosts: ["*a.b"], port: { number: 80, name: a, protocol: HTTP } }] }',
      'spec.servers[0].hosts[0]',
    ],
    [
      '{ servers: [{ hosts: [a.b], port: { number: 80, name: a, protocol: HTTP } }, { hosts: [c.d], port: { number: 81, name: a, protocol: HTTP } }] }',
      'spec.servers[1].port.name',
    ],
  ])('is refused: %s', (spec, path) => {
    const [verdict, first] = verdictOf('Gateway', spec);
    expect([verdict, first]).toEqual(['invalid', `IST0106 ${path}`]);
  });

  it('has a name without dots', () => {
    expect(verdictOf('Gateway', server(''), { name: 'a.b' })).toEqual(['invalid', 'IST0106 metadata.name']);
  });

  it.each([
    [secure('mode: PASSTHROUGH, credentialName: c'), 'spec.servers[0].tls.credentialName'],
    [secure('mode: SIMPLE, credentialName: c, cipherSuites: [ROT13]'), 'spec.servers[0].tls.cipherSuites[0]'],
    [
      server('tls: { mode: PASSTHROUGH, httpsRedirect: true }', 'number: 443, name: a, protocol: TLS'),
      'spec.servers[0].tls.httpsRedirect',
    ],
  ])('is warned of: %s', (spec, path) => {
    expect(verdictOf('Gateway', spec)).toEqual(['warning', `IST0133 ${path}`]);
  });
});

it.each([
  [
    'networking.istio.io/v1',
    '{ servers: [{ port: { number: 443, name: s, protocol: HTTPS }, hosts: ["*"], tls: { mode: SIMPLE, credentialName: "builtin://" } }] }',
    'spec.servers[0].tls.credentialName',
  ],
  [
    'gateway.networking.k8s.io/v1',
    '{ gatewayClassName: istio, listeners: [{ name: s, port: 443, protocol: HTTPS, tls: { options: { gateway.istio.io/tls-terminate-mode: ISTIO_SIMPLE } } }] }',
    'spec.listeners[0].tls.options["gateway.istio.io/tls-terminate-mode"]',
  ],
])('names the certificate of the mesh, which no server shows to anybody: %s', (apiVersion, spec, path) => {
  const yaml = `apiVersion: ${apiVersion}\nkind: Gateway\nmetadata: { name: p }\nspec: ${spec}\n`;
  const findings = validateDocuments([yaml]).flatMap((one) => one.findings);
  expect(findings.filter(({ code }) => code === 'HDL0020')).toMatchObject([{ path }]);
  expect(findings.map(({ code }) => code)).not.toContain('IST0101');
});
