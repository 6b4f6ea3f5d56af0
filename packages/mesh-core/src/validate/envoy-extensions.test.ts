import { describe, expect, it } from 'vitest';
import { isRefused } from './refusal.ts';
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
    ['WasmPlugin', '{ url: "#%blah" }', 'invalid', 'IST0106 spec.url'],
    [
      'WasmPlugin',
      '{ url: a, vmConfig: { env: [{ name: A, valueFrom: HOST, value: b }, { name: A }] } }',
      'invalid',
      'IST0106 spec.vmConfig.env[0].value',
      'IST0106 spec.vmConfig.env[1].name',
    ],
    [
      'WasmPlugin',
      '{ url: a, match: [{ ports: [{ number: 80 }, { number: 80 }] }] }',
      'invalid',
      'IST0106 spec.match[0].ports[1]',
    ],
    ['TrafficExtension', '{ wasm: { url: "oci://a.b/c:1" }, phase: STATS, priority: 1 }', 'valid'],
    ['TrafficExtension', '{ lua: { inlineCode: "a()" } }', 'valid'],
    ['TrafficExtension', '{ phase: STATS }', 'invalid', 'IST0106 spec'],
    ['TrafficExtension', '{ wasm: { url: "a%" } }', 'invalid', 'IST0106 spec.wasm.url'],
    ['TrafficExtension', '{ lua: { inlineCode: "" } }', 'invalid', 'IST0106 spec.lua.inlineCode'],
    ['ProxyConfig', '{ concurrency: 0, image: { imageType: distroless } }', 'valid'],
    ['ProxyConfig', '{ concurrency: -1 }', 'invalid', 'IST0106 spec.concurrency'],
    [
      'ProxyConfig',
      '{ selector: { matchLabels: { a: "*" } } }',
      'invalid',
      'IST0106 spec.selector.matchLabels["a"]',
    ],
    [
      'TrafficExtension',
      '{ lua: { inlineCode: a }, targetRefs: [{ kind: Pod, name: a }] }',
      'invalid',
      'IST0106 spec.targetRefs[0]',
    ],
    ...['{a}', '::1', 'a%', 'a:b/c'].map((url) => [
      'WasmPlugin',
      `{ url: "${url}" }`,
      'invalid',
      'IST0106 spec.url',
    ]),
    ...['/a.wasm', 'a.b:5000/c:1', '[::1]:80/c', 'oci://a.b/c@sha256:0', 'file:///a'].map((url) => [
      'WasmPlugin',
      `{ url: "${url}" }`,
      'valid',
    ]),
  ])('%s %s is %s', (kind, spec, ...expected) => {
    expect(verdictOf(kind, spec)).toEqual(expected);
  });
});

describe('an EnvoyFilter', () => {
  it.each([
    [patch(`applyTo: CLUSTER, match: { cluster: { name: a } }, ${merge}`), 'warning'],
    [patch(`applyTo: CLUSTERS, ${merge}`), 'invalid', 'IST0106 spec.configPatches[0].applyTo'],
    [patch(merge), 'invalid', 'IST0106 spec.configPatches[0].applyTo'],
    [patch('applyTo: CLUSTER'), 'invalid', 'IST0106 spec.configPatches[0].patch'],
    [
      patch('applyTo: CLUSTER, patch: { operation: MERGE }'),
      'invalid',
      'IST0106 spec.configPatches[0].patch.value',
    ],
    [
      patch(`applyTo: HTTP_ROUTE, match: { listener: {} }, ${merge}`),
      'invalid',
      'IST0106 spec.configPatches[0].match.listener',
    ],
    [
      patch(
        `applyTo: HTTP_FILTER, match: { listener: { filterChain: { filter: { name: a, subFilter: { name: b } } } } }, ${merge}`,
      ),
      'invalid',
      'IST0106 spec.configPatches[0].match.listener.filterChain.filter.name',
    ],
    [
      patch('applyTo: HTTP_ROUTE, patch: { operation: REMOVE }'),
      'invalid',
      'IST0154 spec.configPatches[0].patch.operation',
    ],
    [
      '{ configPatches: [{ applyTo: HTTP_FILTER, patch: { operation: INSERT_BEFORE, value: {} } }] }',
      'warning',
      'IST0151 spec.configPatches[0].patch.operation',
    ],
    [
      `{ configPatches: [
        { applyTo: HTTP_FILTER, match: { proxy: { proxyVersion: "1.2" } }, patch: { operation: ADD, value: { name: a } } },
        { applyTo: HTTP_FILTER, patch: { operation: INSERT_AFTER, value: { name: b } } },
        { applyTo: HTTP_FILTER, patch: { operation: INSERT_AFTER, value: { name: a } } }] }`,
      'warning',
      'IST0151 spec.configPatches[1].patch.operation',
      'IST0155 spec.configPatches[2].patch.operation',
    ],
    [
      '{ targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: a, namespace: b }] }',
      'invalid',
      'IST0106 spec.targetRefs[0].namespace',
    ],
    ['{ targetRefs: [{ kind: "*", name: a }] }', 'invalid', 'IST0106 spec.targetRefs[0].kind'],
    [
      patch('applyTo: HTTP_ROUTE, patch: { operation: ADD, value: {} }'),
      'invalid',
      'IST0153 spec.configPatches[0].patch.operation',
    ],
    [
      patch('applyTo: CLUSTER, patch: { operation: REPLACE, value: {} }'),
      'invalid',
      'IST0152 spec.configPatches[0].patch.operation',
    ],
  ])('%s is %s', (spec, verdict, ...expected) => {
    const [found, ...told] = verdictOf('EnvoyFilter', spec);
    // Each is told that it rests on the inside of Envoy.
    const others = told.filter((one) => one !== 'IST0133 spec');
    expect([found, ...others]).toEqual([verdict, ...expected]);
  });

  it('is warned of, and loads with patches that are ignored', () => {
    expect(verdictOf('EnvoyFilter', '{}')).toEqual(['warning', 'IST0133 spec']);
    expect(isRefused({ code: 'IST0153', severity: 'error' })).toBe(false);
  });
});
