/** Who sees which documents, told by where requests go. */
import type { RouteExplainAnswer } from '@heddle/schema';
import { expect, describe, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { worldOf } from '../testing.ts';
import { RouteExplainer } from './route.ts';

const istio = (kind: string, name: string, spec: string) => `apiVersion: networking.istio.io/v1
kind: ${kind}
metadata: { name: ${name.split('/')[1]}, namespace: ${name.split('/')[0]} }
spec: ${spec}
---
`;
const service = (name: string, exportTo?: string) => `apiVersion: v1
kind: Service
metadata:
  name: ${name.split('/')[1]}
  namespace: ${name.split('/')[0]}
  annotations: { ${exportTo === undefined ? '' : `networking.istio.io/exportTo: "${exportTo}"`} }
spec: { ports: [{ port: 80, name: http }] }
---
`;
const answering = (name: string, host: string, status: number, more = '') =>
  istio(
    'VirtualService',
    name,
    `{ hosts: [${host}], http: [{ directResponse: { status: ${status} } }], ${more} }`,
  );

function ask(
  yaml: string,
  from: string,
  host: string,
  labels: Record<string, string> = {},
): RouteExplainAnswer {
  const { documents, findings } = parseDocuments(yaml);
  expect(findings).toEqual([]);
  const sidecar = { namespace: from, workload: 'client', labels };
  return new RouteExplainer(worldOf(documents)).explain({ from: { sidecar }, host, port: 80 });
}

const reviews = 'reviews.shop.svc.cluster.local';

describe('a VirtualService', () => {
  const mesh =
    service('shop/reviews') +
    answering('shop/all', reviews, 201) +
    answering('teas/own', reviews, 202, 'exportTo: ["."]') +
    answering('shop/for-books', reviews, 203, 'exportTo: [books]') +
    answering('shop/nobody', reviews, 204, 'exportTo: ["~"]');

  it('that is private to the client beats one that is older and for all', () => {
    expect(ask(mesh, 'teas', reviews)).toMatchObject({ action: 'direct', status: 202 });
  });

  it('that is exported to the client beats one that is older and for all', () => {
    expect(ask(mesh, 'books', reviews)).toMatchObject({ action: 'direct', status: 203 });
  });

  it('that is exported elsewhere is not there', () => {
    expect(ask(mesh, 'shop', reviews)).toMatchObject({ action: 'direct', status: 201 });
  });

  it('without a rule for the client leaves the service to itself', () => {
    const foreign =
      service('shop/reviews') +
      istio(
        'VirtualService',
        'shop/foreign',
        `{ hosts: [reviews], http: [{ match: [{ sourceLabels: { app: other } }], directResponse: { status: 503 } }] }`,
      );
    expect(ask(foreign, 'shop', reviews, { app: 'client' })).toMatchObject({
      action: 'route',
      upstreams: [{ service: 'reviews' }],
    });
    expect(ask(foreign, 'shop', reviews, { app: 'other' })).toMatchObject({ action: 'direct', status: 503 });
  });
});

describe('a Service', () => {
  it('that is not exported to the client is a name outside the mesh', () => {
    const mesh = service('shop/reviews', '.');
    expect(ask(mesh, 'shop', reviews)).toMatchObject({ upstreams: [{ service: 'reviews' }] });
    expect(ask(mesh, 'teas', reviews)).toMatchObject({ why: [{ kind: 'Default' }] });
  });

  it('that is not exported to the client cannot be a destination', () => {
    const mesh =
      service('shop/reviews') +
      service('shop/hidden', 'books') +
      istio(
        'VirtualService',
        'shop/v',
        '{ hosts: [reviews], http: [{ route: [{ destination: { host: hidden } }] }] }',
      );
    expect(ask(mesh, 'books', reviews)).toMatchObject({ action: 'route' });
    expect(ask(mesh, 'teas', reviews)).toMatchObject({ action: 'error', status: 503, flag: 'NC' });
  });

  it('is called by its address, and by its full name with a dot at the end', () => {
    const mesh = service('shop/reviews').replace('{ ports', '{ clusterIP: 10.96.1.1, ports');
    for (const host of ['10.96.1.1', `${reviews}.`]) {
      expect(ask(mesh, 'teas', host)).toMatchObject({ upstreams: [{ service: 'reviews' }] });
    }
  });
});

describe('the DestinationRule for a client', () => {
  const subset = (name: string) => `subsets: [{ name: ${name}, labels: { version: ${name} } }]`;
  const routes = istio(
    'VirtualService',
    'shop/v',
    `{ hosts: [reviews], http: [${['client', 'service', 'root', 'wild']
      .map(
        (name) =>
          `{ match: [{ uri: { exact: /${name} } }], route: [{ destination: { host: reviews, subset: ${name} } }] }`,
      )
      .join(', ')}] }`,
  );
  const rule = (name: string, host: string, spec: string) =>
    istio('DestinationRule', name, `{ host: "${host}", ${spec} }`);
  /** The subsets of which a client has clusters. */
  const subsetsSeen = (rules: string, from: string, labels: Record<string, string> = {}) => {
    const { documents } = parseDocuments(service('shop/reviews') + routes + rules);
    const explainer = new RouteExplainer(worldOf(documents));
    const sidecar = { namespace: from, workload: 'client', labels };
    return ['client', 'service', 'root', 'wild'].filter(
      (name) =>
        explainer.explain({ from: { sidecar }, host: reviews, port: 80, path: `/${name}` }).action ===
        'route',
    );
  };

  it('is that of its own namespace, else of the service, else of the root namespace', () => {
    const root = rule('istio-system/r', reviews, subset('root'));
    const ofService = rule('shop/r', reviews, subset('service'));
    const ofClient = rule('teas/r', reviews, subset('client'));
    expect(subsetsSeen(root, 'teas')).toEqual(['root']);
    expect(subsetsSeen(root + ofService, 'teas')).toEqual(['service']);
    expect(subsetsSeen(root + ofService + ofClient, 'teas')).toEqual(['client']);
    expect(subsetsSeen(root + ofService + ofClient, 'books')).toEqual(['service']);
  });

  it('may have a wildcard for its host, but an exact host in the same namespace is better', () => {
    const wild = rule('shop/wild', '*.shop.svc.cluster.local', subset('wild'));
    expect(subsetsSeen(wild, 'teas')).toEqual(['wild']);
    expect(subsetsSeen(wild + rule('shop/r', reviews, subset('service')), 'teas')).toEqual(['service']);
  });

  it('is not one that is exported to others', () => {
    const own = rule('shop/r', reviews, `${subset('service')}, exportTo: ["."]`);
    expect(subsetsSeen(own, 'shop')).toEqual(['service']);
    expect(subsetsSeen(own, 'teas')).toEqual([]);
    const forBooks = rule('shop/r', reviews, `${subset('service')}, exportTo: [books]`);
    expect(subsetsSeen(forBooks, 'books')).toEqual(['service']);
    expect(subsetsSeen(forBooks, 'teas')).toEqual([]);
  });

  it('unites rules of one host', () => {
    const rules = rule('shop/a', reviews, subset('service')) + rule('shop/b', reviews, subset('wild'));
    expect(subsetsSeen(rules, 'teas')).toEqual(['service', 'wild']);
  });

  it('with a workloadSelector is for those workloads of its namespace alone', () => {
    const selected = rule(
      'teas/a',
      reviews,
      `${subset('client')}, workloadSelector: { matchLabels: { app: a } }`,
    );
    const rules = rule('shop/r', reviews, subset('service')) + selected;
    expect(subsetsSeen(rules, 'teas', { app: 'a' })).toEqual(['client']);
    // A namespace that has rules for the host looks no further.
    expect(subsetsSeen(rules, 'teas', { app: 'b' })).toEqual([]);
    expect(subsetsSeen(rules, 'books', { app: 'a' })).toEqual(['service']);
  });
});

it('names the egress proxy of a Sidecar for hosts that no document has', () => {
  const egressProxy = '{ host: out.mill.svc.cluster.local, port: { number: 80 }, subset: v1 }';
  const yaml =
    service('mill/out') +
    istio(
      'Sidecar',
      'teas/default',
      `{ outboundTrafficPolicy: { mode: ALLOW_ANY, egressProxy: ${egressProxy} } }`,
    );
  expect(ask(yaml, 'teas', 'nowhere.example')).toMatchObject({
    action: 'route',
    upstreams: [{ host: 'out.mill.svc.cluster.local', port: 80, subset: 'v1', percent: 100 }],
    why: [{ kind: 'Sidecar', path: 'spec.outboundTrafficPolicy.egressProxy' }],
  });
});
