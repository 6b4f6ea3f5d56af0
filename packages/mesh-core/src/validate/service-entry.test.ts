import { describe, expect, it } from 'vitest';
import { verdictOf } from './testing.ts';

const ports = 'ports: [{ number: 443, name: tls, protocol: TLS }]';
const entry = (rest: string) => `{ hosts: [api.example.com], ${ports}, ${rest} }`;

describe('a ServiceEntry', () => {
  it.each([
    entry('resolution: DNS'),
    entry('resolution: STATIC, endpoints: [{ address: 10.0.0.1, ports: { tls: 8443 } }]'),
    '{ hosts: [a.b], ports: [{ number: 1, name: a }], resolution: STATIC, endpoints: [{ address: "unix:///a" }] }',
    entry('resolution: NONE, addresses: [10.0.0.0/8, "::1"]'),
    entry('resolution: STATIC, workloadSelector: { labels: { app: x } }'),
    `{ hosts: ["*.example.com"], ${ports}, resolution: DYNAMIC_DNS }`,
    entry('resolution: DNS, exportTo: ["~"]'),
    '{ hosts: [a.b], ports: [{ number: 1, name: a }], resolution: STATIC, endpoints: [{ address: 1.1.1.1 }] }',
  ])('is valid: %s', (spec) => {
    expect(verdictOf('ServiceEntry', spec)).toEqual(['valid']);
  });

  it.each([
    [`{ ${ports} }`, 'spec.hosts'],
    [`{ hosts: ["*"], ${ports}, addresses: [1.1.1.1] }`, 'spec.hosts[0]'],
    [entry('addresses: [10.0.0.0/33]'), 'spec.addresses[0]'],
    [entry('addresses: [10.0.0.0/8], resolution: DNS'), 'spec.addresses[0]'],
    [entry('resolution: NONE, endpoints: [{ address: 1.1.1.1 }]'), 'spec.endpoints'],
    [entry('resolution: STATIC, endpoints: [{ address: a.b }]'), 'spec.endpoints[0].address'],
    [
      entry('resolution: STATIC, endpoints: [{ address: 1.1.1.1, ports: { http: 80 } }]'),
      'spec.endpoints[0].ports["http"]',
    ],
    [entry('resolution: STATIC, endpoints: [{}]'), 'spec.endpoints[0].address'],
    [entry('resolution: STATIC, endpoints: [], workloadSelector: { labels: { a: b } }'), 'spec.endpoints'],
    [`{ hosts: ["*.a.b"], ${ports}, resolution: DNS }`, 'spec.hosts[0]'],
    [entry('resolution: DNS_ROUND_ROBIN, endpoints: [{ address: a.b }, { address: c.d }]'), 'spec.endpoints'],
    [entry('resolution: DYNAMIC_DNS'), 'spec.hosts[0]'],
    [
      '{ hosts: [a.b, c.d], ports: [{ number: 1, name: a, protocol: TCP }], resolution: STATIC }',
      'spec.ports[0].protocol',
    ],
    [
      '{ hosts: [a.b], ports: [{ number: 1, name: a }, { number: 2, name: a }], resolution: DNS }',
      'spec.ports[1].name',
    ],
    [
      '{ hosts: [a.b], ports: [{ number: 1, name: a }, { number: 1, name: b }], resolution: DNS }',
      'spec.ports[1].number',
    ],
    ['{ hosts: [a.b], ports: [{ number: 1, name: a_b }], resolution: DNS }', 'spec.ports[0].name'],
    [
      '{ hosts: [a.b], ports: [{ number: 1, name: a, protocol: FTP }], resolution: DNS }',
      'spec.ports[0].protocol',
    ],
    [entry('exportTo: ["~", .]'), 'spec.exportTo'],
  ])('is refused: %s', (spec, path) => {
    expect(verdictOf('ServiceEntry', spec)).toEqual(['invalid', `IST0106 ${path}`]);
  });

  it.each([
    ['{ hosts: ["*a.b"], ports: [{ number: 1, name: a, protocol: HTTP }] }', 'spec.hosts[0]'],
    [entry('workloadSelector: { labels: { a: b } }'), 'spec.workloadSelector'],
    [entry('resolution: STATIC, endpoints: [{ network: n }]'), 'spec.endpoints[0].address'],
  ])('is warned of: %s', (spec, path) => {
    expect(verdictOf('ServiceEntry', spec)).toEqual(['warning', `IST0133 ${path}`]);
  });
});

it('tells connections of TCP apart by address', () => {
  expect(
    verdictOf('ServiceEntry', '{ hosts: [a.b], ports: [{ number: 1, name: a, protocol: TCP }] }'),
  ).toEqual(['warning', 'IST0134 spec.ports[0]']);
  expect(
    verdictOf('ServiceEntry', '{ hosts: [a.b], ports: [{ number: 1, name: a, protocol: tcp }] }'),
  ).toEqual(['warning', 'IST0134 spec.ports[0]']);
});

it.each([
  ['gate', 'MESH_INTERNAL', ['invalid', 'IST0106 spec.resolution']],
  ['gate', 'MESH_EXTERNAL', ['valid']],
  ['None', 'MESH_INTERNAL', ['valid']],
])(
  'resolves what the client called, outside of the mesh behind a waypoint: %s %s',
  (waypoint, location, verdict) => {
    const spec = `{ hosts: ["*.a.b"], location: ${location}, resolution: DYNAMIC_DNS, ports: [{ number: 80, name: a, protocol: HTTP }] }`;
    const labels = { 'istio.io/use-waypoint': waypoint };
    expect(verdictOf('ServiceEntry', spec, { labels })).toEqual(verdict);
  },
);

describe('a WorkloadEntry', () => {
  it.each([
    '{ address: 10.0.0.1, ports: { http: 80 } }',
    '{ address: vm.example.com }',
    '{ address: "unix://@a" }',
  ])('is valid: %s', (spec) => {
    expect(verdictOf('WorkloadEntry', spec)).toEqual(['valid']);
  });

  it.each([
    ['{}', 'spec.address'],
    ['{ address: a_b }', 'spec.address'],
    ['{ address: "unix://a" }', 'spec.address'],
    ['{ address: "unix:///a", ports: {} }', 'spec.ports'],
    ['{ address: 1.1.1.1, ports: { a_b: 1 } }', 'spec.ports["a_b"]'],
    ['{ address: 1.1.1.1, ports: { a: 0 } }', 'spec.ports.a'],
    ['{ address: 1.1.1.1, labels: { a: "b c" } }', 'spec.labels["a"]'],
  ])('is refused: %s', (spec, path) => {
    expect(verdictOf('WorkloadEntry', spec)).toEqual(['invalid', `IST0106 ${path}`]);
  });
});

describe('a WorkloadGroup', () => {
  it.each([
    ['{ template: {} }', 'valid'],
    [
      '{ template: {}, probe: { httpGet: { port: 80, scheme: HTTPS, httpHeaders: [{ name: x-a }] } } }',
      'valid',
    ],
    ['{}', 'invalid', 'IST0106 spec.template'],
    ['{ template: {}, probe: {} }', 'invalid', 'IST0106 spec.probe'],
    ['{ template: {}, probe: { exec: { command: [] } } }', 'invalid', 'IST0106 spec.probe.exec.command'],
    [
      '{ template: {}, probe: { httpGet: { port: 80, scheme: ftp } } }',
      'invalid',
      'IST0106 spec.probe.httpGet.scheme',
    ],
    [
      '{ template: {}, metadata: { labels: { "a b": c } } }',
      'invalid',
      'IST0106 spec.metadata.labels["a b"]',
    ],
  ])('%s is %s', (spec, ...expected) => {
    expect(verdictOf('WorkloadGroup', spec)).toEqual(expected);
  });
});
