import type { ServiceSummary, Span, WorkloadSummary } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import type { SpanNode } from '../../trace/model/tree.ts';
import {
  askedOf,
  type Asking,
  askingOf,
  flawOf,
  headersOf,
  type Known,
  type Question,
  requestFrom,
  withProtocol,
} from './question.ts';

const workload = (name: string, rest: Partial<WorkloadSummary> = {}): WorkloadSummary => ({
  namespace: 'default',
  name,
  version: 'v1',
  service: name.replace(/-v\d$/, ''),
  services: [name.replace(/-v\d$/, '')],
  kind: 'service',
  labels: { app: name.replace(/-v\d$/, '') },
  serviceAccount: name,
  spiffeId: `spiffe://cluster.local/ns/default/sa/${name}`,
  state: 'ok',
  ready: 1,
  total: 1,
  ...rest,
});
const signals = { rps: 1, errorRatio: 0, n: 1, errors: 0, p50Ms: 1, p95Ms: 1, p99Ms: 1 };
const service = (name: string, port: number, namespace = 'default'): ServiceSummary => ({
  namespace,
  name,
  hostname: `${name}.${namespace}.svc.cluster.local`,
  kind: 'service',
  ports: [{ number: port, name: 'http', protocol: 'http' }],
  state: 'ok',
  inbound: signals,
  versions: [],
  instancesReady: 1,
  instancesTotal: 1,
});
const gateway = workload('ingress', {
  namespace: 'istio-system',
  kind: 'gateway',
  labels: { istio: 'ingress' },
});
const known: Known = {
  workloads: [
    workload('page-v1'),
    workload('reviews-v1'),
    workload('reviews-v2', { version: 'v2' }),
    gateway,
  ],
  services: [service('page', 80), service('reviews', 9080), service('ingress', 8080, 'istio-system')],
};

const span = (over: Partial<Span>, parent: SpanNode | null = null): SpanNode => ({
  span: {
    spanId: 'a',
    parentSpanId: null,
    service: 'page',
    namespace: 'default',
    version: 'v1',
    scope: 'proxy',
    name: 'GET /reviews/{id}',
    kind: 'client',
    startUnixNano: '0',
    endUnixNano: '0',
    durationMs: 1,
    status: 'ok',
    statusMessage: '',
    httpStatus: 200,
    attributes: {},
    ...over,
  },
  parent,
  children: [],
  depth: 0,
  from: 0,
  to: 1,
  critical: [],
  failing: 'none',
  callerGoneAt: null,
});
const recorded = {
  'http.request.method': 'PUT',
  'url.path': '/reviews/7',
  'url.query': 'full=1',
  'server.address': 'reviews:9080',
  'heddle.source.workload': 'page-v1',
  'heddle.source.namespace': 'default',
  'heddle.destination.workload': 'reviews-v2',
  'heddle.destination.namespace': 'default',
  'heddle.cluster': 'outbound|9080|v2|reviews.default.svc.cluster.local',
};

describe('the request that an edge is asked about', () => {
  const edge = (source: string, target: string, route?: string) =>
    askedOf({ kind: 'edge', source, target, route }, known);

  it('is called from a workload of the source, by the name of the target, with a value for each template', () => {
    const asked = edge('page.default', 'reviews.default', 'GET /reviews/{id}/{part}');
    expect(asked.question).toEqual({
      protocol: 'http',
      sni: '',
      from: 'default/page-v1',
      method: 'GET',
      host: 'reviews',
      port: '9080',
      path: '/reviews/1/1',
      headers: '',
    });
    expect(asked.notes[0]).toContain('/reviews/{id}/{part}');
  });

  it('is a connection where the target takes no requests', () => {
    const db = { ...service('db', 3306), ports: [{ number: 3306, name: 'tcp', protocol: 'tcp' }] };
    const subject = { kind: 'edge', source: 'page.default', target: 'db.default', route: '*' } as const;
    const asked = askedOf(subject, { ...known, services: [db] });
    expect(asked.question).toMatchObject({ protocol: 'tcp', host: 'db', port: '3306' });
  });

  it('names the version that the node names, and the namespace where it is another', () => {
    expect(edge('reviews.default:v2', 'page.default').question.from).toBe('default/reviews-v2');
    expect(edge('ingress.istio-system', 'page.default').question.host).toBe('page.default');
    expect(edge('reviews-v2.default', 'page.default').question.from).toBe('default/reviews-v2');
  });

  it('asks the gateway where the caller is outside, and says that the host is not known', () => {
    const asked = edge('outside', 'ingress.istio-system', 'GET /productpage');
    expect(asked.question).toMatchObject({
      from: 'istio-system/ingress',
      port: '8080',
      path: '/productpage',
    });
    expect(asked.notes.join()).toContain('not recorded');
  });
});

describe('the request of a span', () => {
  it('is what the proxy recorded', () => {
    const asked = askedOf({ kind: 'span', node: span({ attributes: recorded }) }, known);
    expect(asked.question).toEqual({
      protocol: 'http',
      sni: '',
      from: 'default/page-v1',
      method: 'PUT',
      host: 'reviews',
      port: '9080',
      path: '/reviews/7?full=1',
      headers: '',
    });
    expect(asked.called).toBe('default/reviews-v2');
    expect(asked.recordedCluster).toBe('outbound|9080|v2|reviews.default.svc.cluster.local');
    expect(asked.notes.join()).toContain('Headers are not recorded');
  });

  it('of a server span is that of the client span above, to the workload that served it', () => {
    const client = span({ attributes: recorded });
    const server = span(
      {
        kind: 'server',
        service: 'reviews',
        attributes: {
          'heddle.destination.workload': 'reviews-v2',
          'heddle.destination.namespace': 'default',
        },
      },
      client,
    );
    const asked = askedOf({ kind: 'span', node: server }, known);
    expect(asked.question.from).toBe('default/page-v1');
    expect(asked.called).toBe('default/reviews-v2');
  });

  it('at a gateway is asked on a port of its service, wherever it listens', () => {
    const at = span({
      service: 'ingress',
      namespace: 'istio-system',
      version: null,
      attributes: {
        ...recorded,
        'server.address': '127.0.0.1:40089',
        'heddle.source.workload': 'ingress',
        'heddle.source.namespace': 'istio-system',
      },
    });
    expect(askedOf({ kind: 'span', node: at }, known).question).toMatchObject({
      from: 'istio-system/ingress',
      host: '127.0.0.1',
      port: '8080',
    });
  });
});

describe('a question', () => {
  const good: Question = {
    protocol: 'http',
    sni: '',
    from: 'a/b',
    method: 'GET',
    host: 'x',
    port: '80',
    path: '/',
    headers: '',
  };
  it.each<[Asking, string | null]>([
    [{ from: 'a' }, 'The caller is namespace/workload.'],
    [{ host: ' ' }, 'A host is needed.'],
    [{ port: '70000' }, 'The port is 1 to 65535.'],
    [{ path: 'x' }, 'The path begins with /.'],
    [{ headers: 'a: b\nnonsense' }, 'Headers are written name: value, not "nonsense".'],
    [{ headers: 'a: b\n\nC: d:e' }, null],
    [{ protocol: 'grpc', path: '/a' }, 'The call is /package.Service/Method.'],
    [{ protocol: 'grpc', path: '/a.B/C' }, null],
    [{ protocol: 'tcp', path: '', headers: 'nonsense' }, null],
  ])('with %j: %s', (over, flaw) => {
    expect(flawOf({ ...good, ...over })).toBe(flaw);
  });

  it('about another protocol is about a port that speaks it, where there is one', () => {
    const db = service('db', 80);
    const ports = [...db.ports, { number: 3306, name: 'mysql', protocol: 'mysql' }];
    const withDb = { ...known, services: [{ ...db, ports }] };
    const asked: Question = { ...good, from: 'default/page-v1', host: 'db', port: '80' };
    expect(withProtocol(asked, 'tcp', withDb)).toEqual({ ...asked, protocol: 'tcp', port: '3306' });
    expect(withProtocol(asked, 'tls', withDb)).toEqual({ ...asked, protocol: 'tls' });
  });

  it('is in a link as far as it is otherwise than it was', () => {
    expect(askingOf({ ...good, port: '81', headers: '' }, good)).toEqual({ port: '81' });
    expect(askingOf(good, good)).toBeUndefined();
  });

  it('takes header names in lower case and values as they are', () => {
    expect(headersOf('End-User:  Jason \nX: a:b')).toEqual({ 'end-user': 'Jason', x: 'a:b' });
  });

  it('asks a sidecar with its labels, a gateway by its labels, a Kubernetes gateway by its name', () => {
    const kubernetes = workload('shop-gateway', {
      kind: 'gateway',
      labels: { 'gateway.networking.k8s.io/gateway-name': 'shop' },
    });
    const all = { ...known, workloads: [...known.workloads, kubernetes] };
    expect(requestFrom('default/page-v1', all)).toEqual({
      sidecar: { namespace: 'default', workload: 'page-v1', labels: { app: 'page' } },
    });
    expect(requestFrom('shop/unknown', all)).toEqual({ sidecar: { namespace: 'shop', workload: 'unknown' } });
    expect(requestFrom('istio-system/ingress', all)).toEqual({ gatewaySelector: { istio: 'ingress' } });
    expect(requestFrom('default/shop-gateway', all)).toEqual({ gateway: 'default/shop' });
  });
});
