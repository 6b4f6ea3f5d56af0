import type { RouteExplainAnswer, WorkloadSummary } from '@heddle/schema';
import { expect, it } from 'vitest';
import { accessRequests, routeRequest } from './ask.ts';
import type { Known, Question } from './question.ts';

const workload = (name: string, version: string, rest: Partial<WorkloadSummary> = {}): WorkloadSummary => ({
  namespace: 'default',
  name,
  version,
  service: 'reviews',
  services: ['reviews'],
  kind: 'service',
  labels: { version },
  serviceAccount: 'sa',
  spiffeId: `spiffe://td/ns/default/sa/${name}`,
  state: 'ok',
  ready: 1,
  total: 1,
  ...rest,
});
const known: Known = {
  workloads: [
    workload('page-v1', 'v1', { service: 'page', services: ['page'] }),
    workload('reviews-v1', 'v1'),
    workload('reviews-v2', 'v2'),
    workload('edge', '', { kind: 'gateway', service: 'edge', services: ['edge'] }),
  ],
  services: [],
};
const question: Question = {
  protocol: 'http',
  sni: '',
  from: 'default/page-v1',
  method: 'get',
  host: 'reviews',
  port: '80',
  path: '/a',
  headers: '',
};
const upstream = {
  host: 'reviews.default.svc.cluster.local',
  namespace: 'default',
  service: 'reviews',
  port: 80,
};
const route = (...upstreams: NonNullable<RouteExplainAnswer['upstreams']>): RouteExplainAnswer => ({
  action: 'route',
  upstreams,
  path: '/rewritten',
  authority: 'other',
  requestHeaders: { 'x-set': '1' },
  why: [],
});

it('asks the workloads of the subset that is sent to, for the request as it is sent, as the caller', () => {
  const v2 = { ...upstream, subset: 'v2', targetPort: 8080, percent: 100 };
  expect(accessRequests(question, route(v2), null, known)).toEqual([
    {
      workload: 'default/reviews-v2',
      authz: {
        workload: { namespace: 'default', serviceAccount: 'sa', labels: { version: 'v2' } },
        method: 'GET',
        path: '/rewritten',
        host: 'other',
        port: 8080,
        headers: { 'x-set': '1' },
        peer: 'spiffe://td/ns/default/sa/page-v1',
      },
    },
  ]);
});

it('asks every workload of a service without a subset, each once, and only the one that was called', () => {
  const whole = { ...upstream, percent: 50 };
  const asked = (called: string | null) =>
    accessRequests(question, route(whole, whole), called, known).map((one) => one.workload);
  expect(asked(null)).toEqual(['default/reviews-v1', 'default/reviews-v2']);
  expect(asked('default/reviews-v1')).toEqual(['default/reviews-v1']);
  expect(asked('default/gone')).toEqual(['default/reviews-v1', 'default/reviews-v2']);
});

it('asks the gateway first, which a caller from outside reaches without an identity', () => {
  const [entry, behind] = accessRequests(
    { ...question, from: 'default/edge' },
    route({ ...upstream, percent: 100 }),
    null,
    known,
  );
  expect(entry).toMatchObject({ workload: 'default/edge', authz: { path: '/a', port: 80 } });
  expect(entry?.authz).not.toHaveProperty('peer');
  expect(behind?.authz.peer).toBe('spiffe://td/ns/default/sa/edge');
});

it('asks nobody where the request goes nowhere', () => {
  expect(accessRequests(question, { action: 'none', status: 404, why: [] }, null, known)).toEqual([]);
});

it('asks of a connection only what a connection has', () => {
  const tls: Question = { ...question, protocol: 'tls', host: 'db.example', port: '443', sni: 'db' };
  expect(routeRequest(tls, known)).toEqual({
    from: { sidecar: { namespace: 'default', workload: 'page-v1', labels: { version: 'v1' } } },
    protocol: 'tls',
    host: 'db.example',
    port: 443,
    sni: 'db',
  });
  const answer: RouteExplainAnswer = { action: 'route', upstreams: [{ ...upstream, percent: 100 }], why: [] };
  const [first] = accessRequests({ ...tls, sni: '' }, answer, 'default/reviews-v1', known);
  expect(first?.authz).toEqual({
    workload: { namespace: 'default', serviceAccount: 'sa', labels: { version: 'v1' } },
    protocol: 'tcp',
    sni: 'db.example',
    port: 80,
    peer: 'spiffe://td/ns/default/sa/page-v1',
  });
});

it('asks of a call of gRPC as of a POST', () => {
  const call: Question = { ...question, protocol: 'grpc', path: '/shop.Cart/Add' };
  expect(routeRequest(call, known)).toMatchObject({
    protocol: 'grpc',
    method: 'POST',
    path: '/shop.Cart/Add',
  });
});
