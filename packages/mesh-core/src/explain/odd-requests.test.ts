/** Requests, routes and services that are written in unusual ways. */
import type { RouteExplainAnswer, RouteExplainRequest } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { worldOf } from '../testing.ts';
import { RouteExplainer } from './route.ts';

const service = (name: string, port: string, more = '') => `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [${port}]${more} }
---
`;
const istio = (kind: string, name: string, spec: string) => `apiVersion: networking.istio.io/v1
kind: ${kind}
metadata: { name: ${name} }
spec: ${spec}
---
`;
const http = (port: number) => `{ port: ${port}, name: http }`;
const mesh = service('loom', http(80)) + service('warp', http(80)) + service('shuttle', http(9080));
const rules = (list: string) => istio('VirtualService', 'loom', `{ hosts: [loom], http: [${list}] }`);
const toLoom = 'route: [{ destination: { host: loom } }]';

function ask(yaml: string, request: Partial<RouteExplainRequest> = {}): RouteExplainAnswer {
  const { documents, findings } = parseDocuments(yaml);
  expect(findings).toEqual([]);
  return new RouteExplainer(worldOf(documents)).explain({
    from: { sidecar: { namespace: 'default', workload: 'client' } },
    host: 'loom',
    port: 80,
    ...request,
  });
}

describe('the host that is called', () => {
  it('may be written with its port', () => {
    expect(ask(mesh, { host: 'shuttle:9080', port: 9080 })).toMatchObject({
      upstreams: [{ service: 'shuttle', port: 9080 }],
      authority: 'shuttle:9080',
    });
  });

  it('may be an IPv6 address, with and without brackets', () => {
    const six = service('six', http(9080), ', clusterIP: "fd00::1"');
    for (const host of ['fd00::1', '[fd00::1]']) {
      expect(ask(six, { host, port: 9080 })).toMatchObject({
        upstreams: [{ service: 'six' }],
        authority: '[fd00::1]:9080',
      });
    }
  });

  it('goes to its service where the port does not speak HTTP, whatever the rules for HTTP say', () => {
    const db =
      service('db', '{ port: 5432, name: tcp-pg }') +
      istio('VirtualService', 'db', '{ hosts: [db], http: [{ directResponse: { status: 418 } }] }');
    expect(ask(db, { host: 'db', port: 5432 })).toMatchObject({
      action: 'route',
      upstreams: [{ service: 'db', port: 5432, percent: 100 }],
      why: [{ kind: 'Service', name: 'db' }],
    });
  });
});

describe('a service without an address of its own', () => {
  it('is called by the names of its pods, too, if it is headless', () => {
    const pods = service('pods', http(80), ', clusterIP: None');
    const rule = istio(
      'VirtualService',
      'pods',
      '{ hosts: [pods], http: [{ match: [{ uri: { prefix: /x } }], directResponse: { status: 418 } }, { route: [{ destination: { host: pods } }] }] }',
    );
    for (const host of ['pods', 'pods-0.pods', 'pods-0.pods.default.svc.cluster.local']) {
      expect(ask(pods + rule, { host })).toMatchObject({ upstreams: [{ service: 'pods' }], authority: host });
      expect(ask(pods + rule, { host, path: '/x' })).toMatchObject({ action: 'direct' });
    }
    const tcp = service('pods', '{ port: 5432, name: tcp }', ', clusterIP: None');
    expect(ask(tcp, { protocol: 'tcp', host: 'pods-0.pods', port: 5432 })).toMatchObject({
      upstreams: [{ service: 'pods' }],
    });
    expect(ask(mesh, { host: 'x.loom' })).toMatchObject({ why: [{ kind: 'Default' }] });
  });

  it('follows the VirtualService of its own name, if it is another name for a host, and else that of the host', () => {
    const alias = (name: string) =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { type: ExternalName, externalName: loom.default.svc.cluster.local, ports: [${http(80)}] }\n---\n`;
    const names = mesh + alias('old') + alias('older');
    const own = istio(
      'VirtualService',
      'older',
      '{ hosts: [older], http: [{ route: [{ destination: { host: warp } }] }] }',
    );
    const documents = names + own + rules(`{ timeout: 3s, ${toLoom} }`);
    expect(ask(documents, { host: 'old' })).toMatchObject({ timeoutMs: 3000 });
    expect(ask(documents, { host: 'older.default' })).toMatchObject({
      upstreams: [{ service: 'warp' }],
    });
  });
});

it('connects by another name to the host that it stands for', () => {
  const documents =
    service('db', '{ port: 5432, name: tcp }') +
    'apiVersion: v1\nkind: Service\nmetadata: { name: old }\nspec: { type: ExternalName, externalName: db.default.svc.cluster.local }\n---\n';
  for (const protocol of ['tcp', 'http'] as const) {
    expect(ask(documents, { protocol, host: 'old', port: 5432 })).toMatchObject({
      upstreams: [{ service: 'db' }],
    });
  }
});

it('leads from a backend that is only another name to the host that it stands for', () => {
  const alias = `apiVersion: v1
kind: Service
metadata: { name: old }
spec: { type: ExternalName, externalName: warp.default.svc.cluster.local, ports: [${http(80)}, { port: 81, name: http-b }] }
---
`;
  const route = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: loom }
spec:
  parentRefs: [{ group: "", kind: Service, name: loom }]
  rules:
    - matches: [{ path: { value: /none } }]
      backendRefs: [{ name: old, port: 81 }]
    - backendRefs: [{ name: old, port: 80 }]
---
`;
  expect(ask(mesh + alias + route)).toMatchObject({ action: 'route', upstreams: [{ service: 'warp' }] });
  expect(ask(mesh + alias + route, { path: '/none' })).toMatchObject({ action: 'error', status: 500 });
});

it('gives a host to the first by name, then by namespace, of VirtualServices of one age', () => {
  const virtualService = (
    name: string,
    namespace: string,
    status: number,
  ) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: ${namespace}, creationTimestamp: "2026-01-01T00:00:00Z" }
spec: { hosts: [loom.default.svc.cluster.local], http: [{ directResponse: { status: ${status} } }] }
---
`;
  const both = virtualService('b', 'alpha', 201) + virtualService('a', 'zeta', 202);
  expect(ask(mesh + both)).toMatchObject({ status: 202 });
});

describe('the port of the workloads', () => {
  const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: loom }
spec:
  template:
    metadata: { labels: { app: loom, version: v1 } }
    spec: { containers: [{ ports: [{ name: admin, containerPort: 9000 }, { name: web, containerPort: 8080 }] }] }
---
`;

  it('is looked up by its name in the containers that the Service selects', () => {
    const named = service('loom', '{ port: 80, name: http, targetPort: web }');
    expect(ask(named + deployment)).toMatchObject({ upstreams: [{ port: 80, targetPort: 8080 }] });
    expect(ask(named)).toMatchObject({ upstreams: [{ port: 80, targetPort: 80 }] });
  });

  it('is that of the EndpointSlice where the Service selects nobody', () => {
    const plain =
      'apiVersion: v1\nkind: Service\nmetadata: { name: loom }\nspec: { ports: [{ port: 80, name: http }] }\n---\n';
    const slice = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: loom-1, labels: { kubernetes.io/service-name: loom } }
addressType: IPv4
ports: [{ name: http, port: 8081 }]
endpoints: [{ addresses: [10.0.0.1] }]
---
`;
    expect(ask(plain + slice)).toMatchObject({ upstreams: [{ port: 80, targetPort: 8081 }] });
  });
});

describe('what a rule does', () => {
  it('tells shares that sum to 100', () => {
    const split = `{ route: [
      { destination: { host: loom }, weight: 1 },
      { destination: { host: warp }, weight: 1 },
      { destination: { host: shuttle }, weight: 1 }] }`;
    const percents = ask(mesh + rules(split)).upstreams?.map(({ percent }) => percent);
    expect(percents).toEqual([33.34, 33.33, 33.33]);
  });

  it('redirects to a path with a query of its own without the query that was called', () => {
    const redirect = rules('{ redirect: { uri: "/new?x=1" } }');
    expect(ask(mesh + redirect, { path: '/old?y=2' })).toMatchObject({ location: 'http://loom/new?x=1' });
  });

  it('answers bytes as the text that they are', () => {
    const bytes = rules('{ directResponse: { status: 200, body: { bytes: "aMOpbGxv" } } }');
    expect(ask(mesh + bytes)).toMatchObject({ action: 'direct', body: 'héllo' });
  });

  it('does not mirror nothing, and tells the port and subset of a mirror', () => {
    const none = rules(`{ ${toLoom}, mirror: { host: warp }, mirrorPercentage: { value: 0 } }`);
    expect(ask(mesh + none)).not.toHaveProperty('mirrors');
    const subsets = istio(
      'DestinationRule',
      'warp',
      '{ host: warp, subsets: [{ name: v2, labels: { version: v2 } }] }',
    );
    const some = rules(
      `{ ${toLoom}, mirrors: [{ destination: { host: warp, subset: v2 }, percentage: { value: 0 } }, { destination: { host: warp, subset: v2 } }] }`,
    );
    expect(ask(mesh + subsets + some).mirrors).toEqual([
      { host: 'warp.default.svc.cluster.local', port: 80, subset: 'v2', percent: 100 },
    ]);
  });

  it('removes, then sets, then appends, by the rule and by its lone destination; what is empty is not written', () => {
    const headers = (request: string) => `headers: { request: ${request} }`;
    const both = rules(
      `{ ${headers('{ set: { x-a: "1", x-b: "" }, add: { x-a: "2", x-c: c }, remove: [x-c] }')}, route: [{ destination: { host: loom }, ${headers('{ set: { x-c: over }, remove: [x-a] }')} }] }`,
    );
    expect(ask(mesh + both, { headers: { 'x-a': '0', 'x-b': '0', 'x-c': '0' } }).requestHeaders).toEqual({
      'x-a': '1, 2',
      'x-b': '0',
      'x-c': 'over, c',
    });
  });

  it('removes fields before it asks what they say; to the response the request is what was sent upstream', () => {
    const speaking = rules(
      `{ rewrite: { uri: /new }, match: [{ uri: { prefix: /old } }], ${toLoom},
         headers: { request: { set: { x-gone: "%REQ(x-user)%", x-path: "%REQ(:path)%" }, remove: [x-user] },
                    response: { set: { x-sent: "%REQ(:path)% %REQ(x-path)%", x-user: "%REQ(x-user)%" } } } }`,
    );
    const answer = ask(mesh + speaking, { path: '/old/1', headers: { 'x-user': 'ada' } });
    expect(answer.requestHeaders).toEqual({ 'x-path': '/old/1' });
    expect(answer.responseHeaders?.set).toEqual({ 'x-sent': '/new/1 /old/1' });
  });

  it('adds to the response of a fault what it adds to any', () => {
    const fault = `{ ${toLoom}, fault: { abort: { httpStatus: 503, percentage: { value: 100 } } }, headers: { response: { set: { x-a: b } } } }`;
    expect(ask(mesh + rules(fault))).toMatchObject({
      action: 'fault',
      status: 503,
      responseHeaders: { set: { 'x-a': 'b' } },
    });
  });

  it('tells the codes that are retried', () => {
    const retries = rules(`{ ${toLoom}, retries: { attempts: 1, retryOn: "reset,503" } }`);
    expect(ask(mesh + retries).retry).toMatchObject({
      attempts: 1,
      on: ['reset', 'retriable-status-codes'],
      statusCodes: [503],
    });
  });
});

it('splits a root service and to backends that are named in short or in full', () => {
  for (const suffix of ['', '.default', '.default.svc', '.default.svc.cluster.local']) {
    const split = `apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: { name: loom }
spec: { service: loom${suffix}, backends: [{ service: warp${suffix}, weight: 1 }] }
`;
    expect(ask(mesh + split)).toMatchObject({ upstreams: [{ service: 'warp' }] });
  }
});

it('lets a VirtualService for a wildcard route all hosts within it, its own ServiceEntry and narrower ones', () => {
  const entry = (name: string, host: string) =>
    istio(
      'ServiceEntry',
      name,
      `{ hosts: ["${host}"], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: NONE }`,
    );
  const documents =
    entry('wide', '*.shop.example') +
    entry('one', 'one.shop.example') +
    entry('narrow', '*.sub.shop.example') +
    istio(
      'VirtualService',
      'shop',
      '{ hosts: ["*.shop.example"], http: [{ directResponse: { status: 418 } }] }',
    );
  for (const host of ['any.shop.example', 'one.shop.example', 'a.sub.shop.example']) {
    expect(ask(documents, { host })).toMatchObject({ action: 'direct', status: 418 });
  }
});
