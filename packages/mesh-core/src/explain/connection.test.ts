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

it('a gateway leaves out a match for TLS of which a name is taken', () => {
  const mesh =
    service('first', 443, 'tls') +
    service('second', 443, 'tls') +
    istio(
      'Gateway',
      'edge',
      '{ selector: { istio: edge }, servers: [{ port: { number: 443, name: tls, protocol: TLS }, hosts: ["*"], tls: { mode: PASSTHROUGH } }] }',
    ) +
    istio(
      'VirtualService',
      'shop',
      `{ hosts: ["*.example"], gateways: [edge], tls: [
        { match: [{ sniHosts: [a.example, b.example] }], ${to('first')} },
        { match: [{ sniHosts: [b.example, c.example] }, { sniHosts: [d.example] }], ${to('second')} }] }`,
    );
  const serverOf = (sni: string) =>
    ask(mesh, { protocol: 'tls', host: sni, port: 443, from: { gateway: 'default/edge' } }).upstreams?.[0]
      ?.service;
  expect(['a', 'b', 'c', 'd'].map((name) => serverOf(`${name}.example`))).toEqual([
    'first',
    'first',
    undefined,
    'second',
  ]);
});

describe('a connection that routes of the Gateway API decide', () => {
  const api = (
    kind: string,
    name: string,
    spec: string,
    more = '',
  ) => `apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: { name: ${name}${more} }
spec: ${spec}
---
`;
  const services =
    service('db', 3306, 'tcp') + service('replica', 3306, 'tcp') + service('vault', 443, 'tls');
  const gateway = api(
    'Gateway',
    'edge',
    `{ gatewayClassName: istio, listeners: [
      { name: db, port: 3306, protocol: TCP },
      { name: wild, port: 443, protocol: TLS, hostname: "*.example", tls: { mode: Passthrough } }] }`,
  );
  const throughEdge = { from: { gateway: 'default/edge' }, host: 'edge' } as const;

  it('in the mesh goes where the TCPRoute of the Service says, by weight', () => {
    const route = api(
      'TCPRoute',
      'db',
      `{ parentRefs: [{ group: "", kind: Service, name: db, port: 3306 }],
         rules: [{ backendRefs: [{ name: db, port: 3306, weight: 1 }, { name: replica, port: 3306, weight: 3 }] }] }`,
    );
    expect(ask(services + route, {})).toMatchObject({
      action: 'route',
      upstreams: [
        { service: 'db', percent: 25 },
        { service: 'replica', percent: 75 },
      ],
      why: [{ kind: 'TCPRoute', name: 'db', path: 'spec.rules[0]' }],
    });
  });

  it('in the mesh goes by the name that TLS asks for where a TLSRoute says so, else to the Service', () => {
    const route = api(
      'TLSRoute',
      'vault',
      `{ parentRefs: [{ group: "", kind: Service, name: vault }], hostnames: [old.example],
         rules: [{ backendRefs: [{ name: db, port: 3306 }] }] }`,
    );
    const tls = { protocol: 'tls', host: 'vault', port: 443 } as const;
    expect(ask(services + route, { ...tls, sni: 'old.example' })).toMatchObject({
      upstreams: [{ service: 'db' }],
      why: [{ kind: 'TLSRoute' }],
    });
  });

  it('at a gateway goes where the oldest TCPRoute of the listener says', () => {
    const route = (name: string, backend: string) =>
      api(
        'TCPRoute',
        name,
        `{ parentRefs: [{ name: edge, sectionName: db }], rules: [{ backendRefs: [{ name: ${backend}, port: 3306 }] }] }`,
      );
    expect(ask(services + gateway + route('a', 'db') + route('b', 'replica'), throughEdge)).toMatchObject({
      upstreams: [{ service: 'db' }],
      why: [{ kind: 'TCPRoute', name: 'a' }],
    });
  });

  it('at a gateway goes by the name that TLS asks for, as far as the listener has it', () => {
    const route = api(
      'TLSRoute',
      'vault',
      `{ parentRefs: [{ name: edge }], hostnames: [vault.example, vault.other], rules: [{ backendRefs: [{ name: vault, port: 443 }] }] }`,
    );
    const question = { ...throughEdge, protocol: 'tls', port: 443 } as const;
    const yaml = services + gateway + route;
    expect(ask(yaml, { ...question, sni: 'vault.example' })).toMatchObject({
      upstreams: [{ service: 'vault' }],
    });
    expect(ask(yaml, { ...question, sni: 'vault.other' }).action).toBe('none');
    expect(ask(yaml, { ...question, sni: 'shop.example' }).action).toBe('none');
  });

  it('at a gateway that ends TLS goes by the name that TLS asks for, else where the TCPRoute says', () => {
    const ending = api(
      'Gateway',
      'edge',
      `{ gatewayClassName: istio, listeners: [{ name: tls, port: 443, protocol: TLS, hostname: "*.example", tls: { mode: Terminate, certificateRefs: [{ name: cert }] } }] }`,
    );
    const tls = api(
      'TLSRoute',
      'vault',
      '{ parentRefs: [{ name: edge }], hostnames: [vault.example], rules: [{ backendRefs: [{ name: vault, port: 443 }] }] }',
    );
    const tcp = api(
      'TCPRoute',
      'db',
      '{ parentRefs: [{ name: edge }], rules: [{ backendRefs: [{ name: db, port: 3306 }] }] }',
    );
    const question = { ...throughEdge, protocol: 'tls', port: 443 } as const;
    const yaml = services + ending + tls + tcp;
    expect(ask(yaml, { ...question, sni: 'vault.example' })).toMatchObject({
      upstreams: [{ service: 'vault' }],
    });
    expect(ask(yaml, { ...question, sni: 'db.example' })).toMatchObject({ upstreams: [{ service: 'db' }] });
    expect(ask(yaml, { ...question, sni: 'db.test' }).action).toBe('none');
  });

  it('is lost when its backend is not there, or in a namespace that does not allow it', () => {
    const route = (backend: string) =>
      api('TCPRoute', 'db', `{ parentRefs: [{ name: edge }], rules: [{ backendRefs: [${backend}] }] }`);
    for (const backend of ['{ name: nobody, port: 1 }', '{ name: db, namespace: other, port: 3306 }']) {
      expect(ask(services + gateway + route(backend), throughEdge)).toMatchObject({
        action: 'error',
        status: 500,
        upstreams: [{ status: 500 }],
      });
    }
  });
});

describe('HTTPS at a gateway', () => {
  const mesh =
    service('tea', 80, 'http') +
    service('cake', 80, 'http') +
    istio(
      'Gateway',
      'edge',
      `{ selector: { istio: edge }, servers: [
        { port: { number: 443, name: tea, protocol: HTTPS }, hosts: [tea.example], tls: { mode: SIMPLE, credentialName: tea } },
        { port: { number: 443, name: cake, protocol: HTTPS }, hosts: ["*.example"], tls: { mode: SIMPLE, credentialName: cake } }] }`,
    ) +
    istio('VirtualService', 'tea', `{ hosts: [tea.example], gateways: [edge], http: [{ ${to('tea')} }] }`) +
    istio('VirtualService', 'cake', `{ hosts: [cake.example], gateways: [edge], http: [{ ${to('cake')} }] }`);
  const question = {
    from: { gateway: 'default/edge' },
    protocol: 'http',
    scheme: 'https',
    port: 443,
  } as const;

  it('is served by the server for the name that TLS asks for', () => {
    expect(ask(mesh, { ...question, host: 'tea.example' })).toMatchObject({
      upstreams: [{ service: 'tea' }],
    });
    expect(ask(mesh, { ...question, host: 'cake.example' })).toMatchObject({
      upstreams: [{ service: 'cake' }],
    });
  });

  it('has no other server for a host than the one that TLS has chosen', () => {
    const asked = { ...question, host: 'cake.example', headers: { host: 'tea.example' } };
    // The wider server has the route, too: its hosts cover the name.
    expect(ask(mesh, asked)).toMatchObject({ upstreams: [{ service: 'tea' }] });
    const other = { ...question, host: 'tea.example', headers: { host: 'cake.example' } };
    expect(ask(mesh, other)).toMatchObject({ action: 'none', status: 404 });
    expect(ask(mesh, { ...question, host: 'pie.test' })).toMatchObject({ action: 'none', status: 404 });
  });
});

describe('a connection of which the gateway ends TLS', () => {
  const mesh =
    service('db', 3306, 'tcp') +
    istio(
      'Gateway',
      'edge',
      '{ selector: { istio: edge }, servers: [{ port: { number: 443, name: tls, protocol: TLS }, hosts: ["*"], tls: { mode: SIMPLE, credentialName: db } }] }',
    ) +
    istio('VirtualService', 'db', `{ hosts: ["*"], gateways: [edge], tcp: [{ ${to('db')} }] }`);
  const question = { from: { gateway: 'default/edge' }, host: 'db.example', port: 443 };

  it('goes where its tcp route says', () => {
    expect(ask(mesh, { ...question, protocol: 'tls' })).toMatchObject({ upstreams: [{ service: 'db' }] });
  });

  it('goes nowhere without TLS', () => {
    expect(ask(mesh, { ...question, protocol: 'tcp' })).toMatchObject({ action: 'none' });
  });
});
