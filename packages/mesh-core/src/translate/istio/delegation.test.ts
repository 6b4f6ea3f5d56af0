import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../../documents/parse.ts';
import { worldOf } from '../../testing.ts';
import { routingServices } from './delegation.ts';

/** The rules that a root comes to have, in few words. */
function rulesOf(root: string, delegate: string) {
  const { documents } = parseDocuments(
    `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: root, namespace: shop }
spec: { hosts: [shop.example], gateways: [edge], http: [${root}] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: leaf, namespace: teas }
spec: ${delegate}
`,
  );
  const [routing] = routingServices(worldOf(documents));
  return routing?.http.map(({ rule }) => rule);
}

const to = (host: string) => `route: [{ destination: { host: ${host} } }]`;
const toLeaf = 'delegate: { name: leaf, namespace: teas }';

describe('a rule that delegates', () => {
  it('is replaced by the rules of the delegate, whose short names mean the namespace of the delegate', () => {
    expect(rulesOf(`{ ${toLeaf} }`, `{ http: [{ ${to('green')} }, { ${to('black')} }] }`)).toMatchObject([
      { route: [{ destination: { host: 'green.teas.svc.cluster.local' } }] },
      { route: [{ destination: { host: 'black.teas.svc.cluster.local' } }] },
    ]);
  });

  it('gives what the delegate does not say itself, field by field', () => {
    const rules = rulesOf(
      `{ ${toLeaf}, timeout: 7s, mirror: { host: audit }, retries: { attempts: 4 } }`,
      `{ http: [{ ${to('green')}, timeout: 1s }] }`,
    );
    expect(rules).toMatchObject([
      { timeout: '1s', retries: { attempts: 4 }, mirror: { host: 'audit.shop.svc.cluster.local' } },
    ]);
  });

  it('narrows the matches of the delegate, and drops the rules that lie outside of it', () => {
    const rules = rulesOf(
      `{ match: [{ uri: { prefix: /tea }, headers: { x-user: { exact: ada } } }], ${toLeaf} }`,
      `{ http: [
        { match: [{ uri: { prefix: /tea/green } }], ${to('green')} },
        { match: [{ uri: { exact: /coffee } }], ${to('coffee')} },
        { match: [{ headers: { x-user: { exact: bob } } }], ${to('bobs')} },
        { match: [{ uri: { regex: "/tea.*" } }], ${to('regex')} },
        { ${to('black')} }] }`,
    );
    expect(rules?.map(({ match, route }) => [route?.[0]?.destination.host.split('.')[0], match])).toEqual([
      [
        'green',
        [expect.objectContaining({ uri: { prefix: '/tea/green' }, headers: { 'x-user': { exact: 'ada' } } })],
      ],
      ['black', [expect.objectContaining({ uri: { prefix: '/tea' } })]],
    ]);
  });

  it('is dropped where the delegate is missing, has hosts of its own, or is not exported to it', () => {
    expect(rulesOf('{ delegate: { name: nobody } }', `{ http: [{ ${to('green')} }] }`)).toEqual([]);
    expect(rulesOf(`{ ${toLeaf} }`, `{ hosts: [teas.example], http: [{ ${to('green')} }] }`)).toEqual([]);
    expect(rulesOf(`{ ${toLeaf} }`, `{ exportTo: ["."], http: [{ ${to('green')} }] }`)).toEqual([]);
    expect(rulesOf(`{ ${toLeaf} }`, `{ exportTo: [shop], http: [{ ${to('green')} }] }`)).toHaveLength(1);
  });

  it('goes one level deep', () => {
    expect(rulesOf(`{ ${toLeaf} }`, '{ http: [{ delegate: { name: deeper } }] }')).toEqual([]);
  });
});

it('a VirtualService without hosts routes nothing by itself', () => {
  const { documents } = parseDocuments(`apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: leaf }
spec: { http: [{ ${to('green')} }] }`);
  expect(routingServices(worldOf(documents))).toEqual([]);
});
