import { describe, expect, it } from 'vitest';
import { verdictOf } from './testing.ts';
import { validateDocuments } from './validate-documents.ts';

const patch = (rest: string) => `{ priority: 1, configPatches: [{ ${rest} }] }`;
const merge = 'patch: { operation: MERGE, value: { a: { b: 1 } } }';

describe('a kind for Envoys alone', () => {
  it('is valid, and told to be one', () => {
    const plugin = `apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: { name: p }
spec: { url: "oci://a.b/c:1", pluginConfig: { a: { b: 1 } } }
`;
    const [result] = validateDocuments([plugin]);
    expect([result?.verdict, result?.findings.map(({ code }) => code)]).toEqual(['valid', ['HDL0022']]);
  });

  it.each([
    ['WasmPlugin', '{ url: a.b/c:1 }', 'valid'],
    ['WasmPlugin', '{}', 'invalid', 'IST0106 spec.url'],
    ['WasmPlugin', '{ url: "ftp://a" }', 'invalid', 'IST0106 spec.url'],
    ['WasmPlugin', '{ url: a, sha256: abc }', 'invalid', 'IST0106 spec.sha256'],
    [
      'WasmPlugin',
      '{ url: a, selector: { matchLabels: { a: b } }, targetRefs: [] }',
      'invalid',
      'IST0106 spec.targetRefs',
    ],
    ['ProxyConfig', '{ concurrency: 0, image: { imageType: distroless } }', 'valid'],
    ['ProxyConfig', '{ concurrency: -1 }', 'invalid', 'IST0106 spec.concurrency'],
    [
      'ProxyConfig',
      '{ selector: { matchLabels: { a: "*" } } }',
      'invalid',
      'IST0106 spec.selector.matchLabels["a"]',
    ],
    ['EnvoyFilter', patch(`applyTo: CLUSTER, match: { cluster: { name: a } }, ${merge}`), 'valid'],
    ['EnvoyFilter', patch(`applyTo: CLUSTERS, ${merge}`), 'invalid', 'IST0106 spec.configPatches[0].applyTo'],
    ['EnvoyFilter', patch(merge), 'invalid', 'IST0106 spec.configPatches[0].applyTo'],
    ['EnvoyFilter', patch('applyTo: CLUSTER'), 'invalid', 'IST0106 spec.configPatches[0].patch'],
    [
      'EnvoyFilter',
      patch('applyTo: CLUSTER, patch: { operation: MERGE }'),
      'invalid',
      'IST0106 spec.configPatches[0].patch.value',
    ],
    [
      'EnvoyFilter',
      patch(`applyTo: HTTP_ROUTE, match: { listener: {} }, ${merge}`),
      'invalid',
      'IST0106 spec.configPatches[0].match.listener',
    ],
    [
      'EnvoyFilter',
      patch(
        `applyTo: HTTP_FILTER, match: { listener: { filterChain: { filter: { name: a, subFilter: { name: b } } } } }, ${merge}`,
      ),
      'invalid',
      'IST0106 spec.configPatches[0].match.listener.filterChain.filter.name',
    ],
    [
      'EnvoyFilter',
      patch('applyTo: HTTP_ROUTE, patch: { operation: REMOVE }'),
      'warning',
      'IST0154 spec.configPatches[0].patch.operation',
    ],
    [
      'EnvoyFilter',
      '{ configPatches: [{ applyTo: HTTP_FILTER, patch: { operation: INSERT_BEFORE, value: {} } }] }',
      'warning',
      'IST0151 spec.configPatches[0].patch.operation',
    ],
    [
      'EnvoyFilter',
      `{ configPatches: [
        { applyTo: HTTP_FILTER, match: { proxy: { proxyVersion: "1.2" } }, patch: { operation: ADD, value: { name: a } } },
        { applyTo: HTTP_FILTER, patch: { operation: INSERT_AFTER, value: { name: b } } },
        { applyTo: HTTP_FILTER, patch: { operation: INSERT_AFTER, value: { name: a } } }] }`,
      'warning',
      'IST0151 spec.configPatches[1].patch.operation',
      'IST0155 spec.configPatches[2].patch.operation',
    ],
  ])('%s %s is %s', (kind, spec, ...expected) => {
    expect(verdictOf(kind, spec)).toEqual(expected);
  });
});
