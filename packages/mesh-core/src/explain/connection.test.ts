import type { RouteExplainRequest } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { worldOf } from '../testing.ts';
import { RouteExplainer } from './route.ts';

const service = (name: string, port: number, portName: string, more = '') => `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ports: [{ port: ${port}, name: ${portName} }]${more} }
---
`;
const istio = (kind: string, name: string, spec: string) => `apiVersion: networking.istio.io/v1
kind: ${kind}
metadata: { name: ${name} }
spec: ${spec}
---
`;
const to = (host: string) => `route: [{ destination: { host: ${host} } }]`;
const client = { sidecar: { namespace: 'default', workload: 'client', labels: { app: 'client' } } };

function ask(yaml: string, request: Partial<RouteExplainRequest>) {
  const { documents, findings } = parseDocuments(yaml);
  expect(findings).toEqual([]);
  return new RouteExplainer(worldOf(documents)).explain({
    from: client,
    protocol: 'tcp',
    host: 'db',
    port: 3306,
    ...request,
  });
}

describe('a TCP connection', () => {
  const mesh = service('db', 3306, 'tcp') + service('replica', 3306, 'tcp');

  it('goes to the service that was called', () => {
    expect(ask(mesh, {})).toMatchObject({
      action: 'route',
      upstreams: [{ service: 'db', port: 3306, percent: 100 }],
      why: [{ kind: 'Service', name: 'db' }],
    });
  });

  it('follows the first tcp rule that is for the port and the caller', () => {
    const rules = istio(
      'VirtualService',
      'db',
      `{ hosts: [db], tcp: [
        { match: [{ port: 1 }, { sourceLabels: { app: other } }], ${to('nobody')} },
        { match: [{ port: 3306 }], route: [{ destination: { host: db }, weight: 3 }, { destination: { host: replica }, weight: 1 }] }] }`,
    );
    expect(ask(mesh + rules, {})).toMatchObject({
      action: 'route',
      upstreams: [
        { service: 'db', percent: 75 },
        { service: 'replica', percent: 25 },
      ],
      why: [{ kind: 'VirtualService', name: 'db', path: 'spec.tcp[1]' }],
    });
  });

  it('takes the rule with the narrowest subnet around the address of the service', () => {
    const placed = service('db', 3306, 'tcp', ', clusterIP: 10.96.0.1') + service('replica', 3306, 'tcp');
    const rules = istio(
      'VirtualService',
      'db',
      `{ hosts: [db], tcp: [
        { match: [{ destinationSubnets: [10.0.0.0/8] }], ${to('nobody')} },
        { match: [{ destinationSubnets: [10.96.0.0/16] }], ${to('replica')} },
        { ${to('nobody')} }] }`,
    );
    expect(ask(placed + rules, {})).toMatchObject({ upstreams: [{ service: 'replica' }] });
    expect(ask(placed + rules, { host: '10.96.0.1' })).toMatchObject({ upstreams: [{ service: 'replica' }] });
  });

  it('fails where its destination does not exist', () => {
    const rules = istio('VirtualService', 'db', `{ hosts: [db], tcp: [{ ${to('nowhere')} }] }`);
    expect(ask(mesh + rules, {})).toMatchObject({ action: 'error', status: 503, flag: 'NC' });
  });

  it('to a name outside the mesh is passed through', () => {
    expect(ask(mesh, { host: 'db.example' })).toMatchObject({ action: 'route', why: [{ kind: 'Default' }] });
  });
});

describe('a TLS connection', () => {
  const external = istio(
    'ServiceEntry',
    'pay',
    '{ hosts: [pay.example, "*.pay.example"], resolution: NONE, ports: [{ number: 443, name: tls, protocol: TLS }] }',
  );
  const tls = (sni: string, host = sni) => ({ protocol: 'tls' as const, host, sni, port: 443 });

  it('goes by the name that it asks for, exact before wildcard', () => {
    expect(ask(external, tls('pay.example'))).toMatchObject({ upstreams: [{ host: 'pay.example' }] });
    expect(ask(external, tls('eu.pay.example'))).toMatchObject({ upstreams: [{ host: '*.pay.example' }] });
    expect(ask(external, tls('other.example'))).toMatchObject({ why: [{ kind: 'Default' }] });
  });

  it('through a gateway that passes TLS on follows the tls rules', () => {
    const edge = istio(
      'Gateway',
      'edge',
      '{ selector: { istio: edge }, servers: [{ port: { number: 443, name: tls, protocol: TLS }, hosts: ["*.example"], tls: { mode: PASSTHROUGH } }] }',
    );
    const rules = istio(
      'VirtualService',
      'shop',
      `{ hosts: ["*.example"], gateways: [edge], tls: [
        { match: [{ sniHosts: ["*.example"] }], ${to('replica')} },
        { match: [{ sniHosts: [shop.example] }], ${to('db')} }] }`,
    );
    const mesh = service('db', 3306, 'tls') + service('replica', 3306, 'tls') + edge + rules;
    const from = { gateway: 'default/edge' };
    expect(ask(mesh, { ...tls('shop.example'), from })).toMatchObject({ upstreams: [{ service: 'db' }] });
    expect(ask(mesh, { ...tls('any.example'), from })).toMatchObject({ upstreams: [{ service: 'replica' }] });
    expect(ask(mesh, { ...tls('any.org'), from })).toMatchObject({ action: 'none' });
  });
});

it('a request over TLS that the gateway ends follows the http rules', () => {
  const mesh =
    service('db', 3306, 'http') +
    istio(
      'Gateway',
      'edge',
      '{ selector: { istio: edge }, servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: [shop.example], tls: { mode: SIMPLE, credentialName: shop } }, { port: { number: 80, name: http, protocol: HTTP }, hosts: [shop.example], tls: { httpsRedirect: true } }] }',
    ) +
    istio('VirtualService', 'shop', `{ hosts: [shop.example], gateways: [edge], http: [{ ${to('db')} }] }`);
  const over = (scheme: string, port: number) =>
    ask(mesh, {
      protocol: 'http',
      scheme,
      host: 'shop.example',
      port,
      path: '/x?y=1',
      from: { gateway: 'default/edge' },
    });
  expect(over('https', 443)).toMatchObject({ action: 'route', upstreams: [{ service: 'db' }] });
  expect(over('http', 80)).toMatchObject({
    action: 'redirect',
    status: 301,
    location: 'https://shop.example/x?y=1',
  });
});
