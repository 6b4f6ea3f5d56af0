import { describe, expect, it } from 'vitest';
import { validateDocuments } from './validate-documents.ts';

const group = `
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: api }
spec: { matches: [{ name: read, methods: [GET], pathRegex: /api/.* }] }
---
`;
const split = (spec: string, version = 'v1alpha4') =>
  `apiVersion: split.smi-spec.io/${version}\nkind: TrafficSplit\nmetadata: { name: s }\nspec: ${spec}\n`;
const routes = (body: string, version = 'v1alpha4') =>
  `apiVersion: specs.smi-spec.io/${version}\nkind: HTTPRouteGroup\nmetadata: { name: g }\n${body}\n`;
const tcp = (spec: string, version = 'v1alpha4') =>
  `apiVersion: specs.smi-spec.io/${version}\nkind: TCPRoute\nmetadata: { name: t }\nspec: ${spec}\n`;
const target = (spec: string) =>
  `${group}apiVersion: access.smi-spec.io/v1alpha3\nkind: TrafficTarget\nmetadata: { name: t }\nspec: ${spec}\n`;
const ends = 'destination: { kind: ServiceAccount, name: a }, sources: [{ kind: ServiceAccount, name: b }]';

/** Verdict, and findings but for what is told of references that nothing describes. */
const verdictOf = (text: string) => {
  const result = validateDocuments([text]).at(-1);
  const told = (result?.findings ?? []).filter(({ severity }) => severity !== 'info');
  return [result?.verdict, ...told.map(({ code, path }) => `${code} ${path}`)];
};

describe('documents of SMI', () => {
  it.each([
    split('{ service: r, backends: [{ service: a, weight: 90 }, { service: b, weight: 10 }] }'),
    split('{ service: r, backends: [{ service: a, weight: 500m }] }', 'v1alpha1'),
    split(
      '{ service: r, backends: [{ service: a, weight: 1 }], matches: [{ kind: HTTPRouteGroup, name: x }] }',
    ),
    routes('matches: [{ name: a, headers: { x: .* } }]', 'v1alpha2'),
    target(`{ ${ends}, rules: [{ kind: HTTPRouteGroup, name: api, matches: [read] }] }`),
    tcp('{ matches: { name: a, ports: [8080] } }'),
    tcp('{}', 'v1alpha3'),
    target(`{ ${ends}, rules: [{ kind: HTTPRouteGroup, name: api }] }`).replace('v1alpha3', 'v1alpha4'),
    'apiVersion: access.smi-spec.io/v1alpha4\nkind: IdentityBinding\nmetadata: { name: i }\nspec: { schemes: { serviceAccount: a } }\n',
    'apiVersion: specs.smi-spec.io/v1alpha4\nkind: UDPRoute\nmetadata: { name: u }\nspec: { matches: { ports: [53] } }\n',
  ])('are valid: %s', (text) => {
    expect(verdictOf(text)).toEqual(['valid']);
  });

  it.each([
    [split('{ service: r, backends: [{ service: a, weight: 500m }] }'), 'IST0106 spec.backends[0].weight'],
    [split('{ service: r, backends: [{ service: a, weight: -1 }] }'), 'IST0106 spec.backends[0].weight'],
    [
      split(
        '{ service: r, backends: [{ service: a, weight: 1 }], matches: [{ kind: HTTPRouteGroup, name: x }] }',
        'v1alpha2',
      ),
      'IST0106 spec.matches',
    ],
    [split('{ service: r, backends: [{ service: a }] }'), 'IST0106 spec.backends[0].weight'],
    [tcp('{}'), 'IST0106 spec.matches.ports'],
    [tcp('{ matches: { name: a } }'), 'IST0106 spec.matches.ports'],
    [tcp('{ matches: { ports: [1] } }', 'v1alpha3'), 'IST0106 spec.matches'],
    [routes('spec: { matches: [{ name: a, methods: [GTE] }] }'), 'IST0106 spec.matches[0].methods[0]'],
    [routes('matches: [{ name: a }]'), 'IST0106 matches'],
    [routes('spec: { matches: [{ name: a }, { name: a }] }'), 'IST0106 spec.matches[1].name'],
    [routes('spec: { matches: [{ name: a, pathRegex: "(?=a)" }] }'), 'IST0106 spec.matches[0].pathRegex'],
    [routes('spec: { matches: [{ name: a, methods: [get] }] }'), 'IST0106 spec.matches[0].methods[0]'],
    [
      target('{ destination: { kind: Pod, name: a }, sources: [{ kind: ServiceAccount, name: b }] }'),
      'IST0106 spec.destination.kind',
    ],
    [target('{ destination: { kind: ServiceAccount, name: a } }'), 'IST0106 spec.sources'],
    [target(`{ ${ends}, rules: [{ kind: Ingress, name: api }] }`), 'IST0106 spec.rules[0].kind'],
    [
      target(`{ ${ends}, rules: [{ kind: HTTPRouteGroup, name: api, matches: [write] }] }`),
      'IST0101 spec.rules[0].matches[0]',
    ],
  ])('are refused: %s', (text, finding) => {
    expect(verdictOf(text)).toEqual(['invalid', finding]);
  });

  it('tell of weights that leave nobody', () => {
    expect(verdictOf(split('{ service: r, backends: [{ service: a, weight: 0 }] }'))).toEqual([
      'warning',
      'IST0133 spec.backends',
    ]);
  });
});
