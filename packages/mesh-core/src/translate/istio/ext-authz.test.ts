import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../../documents/parse.ts';
import { Explainer } from '../../explain/explain.ts';
import { worldOf } from '../../testing.ts';
import { validateDocuments } from '../../validate/validate-documents.ts';
import { validateWorld } from '../../validate/validate.ts';
import { chainAuthorization, translateAuthorization } from './authorization-policy.ts';
import { extAuthzProviders } from './ext-authz.ts';

const mesh = (providers: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    extensionProviders: ${providers}
---
`;
const service = (namespace: string) => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: gate, namespace: ${namespace} }
spec: { hosts: [gate.example], ports: [{ number: 9000, name: http, protocol: HTTP }], resolution: DNS }
---
`;
const ask = (name: string, provider: string) => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: mill }
spec: { action: CUSTOM, provider: { name: ${provider} }, rules: [{}] }
---
`;
const worldWith = (...yaml: string[]) => worldOf(parseDocuments(yaml.join('')).documents);
const http = '[{ name: gate, envoyExtAuthzHttp: { service: gate.example, port: 9000 } }]';
const grpc = '[{ name: gate, envoyExtAuthzGrpc: { service: gate.example, port: 9000 } }]';
const target = { namespace: 'mill', serviceAccount: 'default', labels: {} };

describe('an extension provider', () => {
  it('waits ten minutes, refuses with 403 and takes no body unless it says otherwise', () => {
    const [provider] = extAuthzProviders(worldWith(mesh(grpc), service('mill')));
    expect(provider?.authorizer).toEqual({
      name: 'gate',
      cluster: 'outbound|9000||gate.example',
      service: { kind: 'grpc', authority: 'gate.example' },
      timeoutMs: 600_000,
      failOpen: false,
      statusOnError: 403,
      clearRouteCache: false,
      from: [expect.objectContaining({ kind: 'ConfigMap', name: 'istio', path: 'data.mesh' })],
    });
  });

  it.each([
    ['Gate', 'service: gate.example, port: 9000', 'is no name of a provider'],
    ['gate', 'port: 9000', 'it names no service'],
    ['gate', 'service: other.example, port: 9000', 'service "other.example" is not exactly one of the mesh'],
    ['gate', 'service: spin/gate.example, port: 9000', 'is not exactly one of the mesh'],
    ['gate', 'service: gate.example', 'port 0 is none'],
    ['gate', 'service: gate.example, port: 9001', 'has no port 9001'],
    ['gate', 'service: gate.example, port: 9000, statusOnError: "999"', 'statusOnError "999"'],
    ['gate', 'service: gate.example, port: 9000, pathPrefix: check', 'does not begin with /'],
    ['gate', 'service: gate.example, port: 9000, headersToUpstreamOnAllow: ["*"]', 'has "*" alone'],
    ['gate', 'service: gate.example, port: 9000, includeRequestBodyInCheck: {}', 'maxRequestBytes is 0'],
  ])('%s { %s } cannot be asked: %s', (name, settings, message) => {
    const world = worldWith(
      mesh(`[{ name: ${name}, envoyExtAuthzHttp: { ${settings} } }]`),
      service('mill'),
      ask('ask', name),
    );
    const [provider] = extAuthzProviders(world);
    expect(provider?.authorizer).toBeUndefined();
    expect(provider?.problems).toMatchObject([{ message: expect.stringContaining(message) }]);
    expect(chainAuthorization(target, world)).not.toHaveProperty('extAuthz');
  });

  it('names the namespace of a service that several have', () => {
    const both = [service('mill'), service('spin')];
    expect(extAuthzProviders(worldWith(mesh(http), ...both))[0]?.authorizer).toBeUndefined();
    const exact = mesh(http.replace('gate.example', 'spin/gate.example'));
    expect(extAuthzProviders(worldWith(exact, ...both))[0]?.authorizer).toBeDefined();
  });

  it('is not asked about connections when it speaks HTTP', () => {
    const rulesFor = (provider: string) =>
      translateAuthorization(target, 'tcp', worldWith(mesh(provider), service('mill'), ask('ask', 'gate')))
        .custom;
    expect([rulesFor(http).length, rulesFor(grpc).length]).toEqual([0, 1]);
  });
});

describe('explain', () => {
  const explain = (provider: string, answer?: 'allow' | 'deny' | 'error') =>
    new Explainer(worldWith(mesh(provider), service('mill'), ask('ask', 'gate'))).explain({
      authz: {
        workload: { namespace: 'mill' },
        path: '/a?b=1',
        ...(answer === undefined ? {} : { provider: { gate: answer } }),
      },
    });

  it('says who is asked what, and decides by the answer', () => {
    const settings = http.replace('port:', 'pathPrefix: /check, timeout: 1s, port:');
    expect(explain(settings, 'allow')).toMatchObject({
      decision: 'allow',
      asks: {
        provider: 'gate',
        protocol: 'http',
        host: 'gate.example',
        port: 9000,
        method: 'GET',
        path: '/check/a?b=1',
        timeoutMs: 1000,
        failOpen: false,
      },
    });
    expect(explain(settings, 'deny')).toMatchObject({ decision: 'deny', status: 403 });
  });

  it('fails open, or with the status that the provider has for it', () => {
    expect(explain(http.replace('port:', 'failOpen: true, port:'), 'error')).toMatchObject({
      decision: 'allow',
    });
    expect(explain(http.replace('port:', 'statusOnError: "503", port:'), 'error')).toMatchObject({
      decision: 'deny',
      status: 503,
    });
  });

  it('denies as long as nobody says what the provider answers', () => {
    expect(explain(http)).toMatchObject({
      decision: 'deny',
      why: expect.stringContaining('nobody says what it answers'),
    });
  });
});

describe('validation', () => {
  const told = (...yaml: string[]) =>
    validateDocuments([yaml.join('')]).flatMap(({ kind, findings }) =>
      findings.map(({ code, severity, path }) => `${kind} ${code} ${severity} ${path}`),
    );

  it('has nothing to say of a provider that can be asked', () => {
    expect(told(mesh(http), service('mill'), ask('ask', 'gate'))).toEqual([]);
  });

  it('names a provider that nobody has configured, and one whose service nobody knows, without a verdict', () => {
    const unknown = 'AuthorizationPolicy HDL0023 info spec.provider.name';
    expect(told(ask('ask', 'gate'))).toEqual([unknown]);
    expect(told(mesh(http), ask('ask', 'gate'))).toEqual(['ConfigMap HDL0023 info data.mesh', unknown]);
  });

  it('names what is wrong with a provider', () => {
    expect(told(mesh(http.replace('9000', '0')), service('mill'))).toEqual([
      'ConfigMap IST0133 warning data.mesh',
    ]);
  });

  it('names fields that no provider has, and providers of other kinds', () => {
    const providers = `[
      { name: gate, envoyExtAuthzHttp: { service: gate.example, port: 9000, failopen: true } },
      { name: log, envoyFileAccessLog: { path: /dev/stdout } }, { name: b, envoyExtAuthz: {} }]`;
    const [result] = validateDocuments([mesh(providers.replaceAll('\n', '')) + service('mill')]);
    expect(result?.findings.map(({ code, message }) => `${code} ${message.split(/ is|:/)[0]}`)).toEqual([
      'IST0133 MeshConfig has no field extensionProviders[0].envoyExtAuthzHttp.failopen',
      'HDL0020 extensionProviders[1].envoyFileAccessLog',
      'IST0133 MeshConfig has no field extensionProviders[2].envoyExtAuthz',
    ]);
  });

  it('names several providers on one workload', () => {
    const pump = `apiVersion: apps/v1
kind: Deployment
metadata: { name: pump, namespace: mill }
spec:
  selector: { matchLabels: { app: pump } }
  template: { metadata: { labels: { app: pump } }, spec: { containers: [] } }
---
`;
    const yaml = [pump, ask('a', 'gate'), ask('b', 'other')].join('');
    const documents = parseDocuments(yaml).documents.map((one) => ({ ...one, yaml }));
    const findings = [...validateWorld(worldOf(documents), documents).values()].flat();
    expect(findings.filter(({ code }) => code === 'HDL0024').map(({ resource }) => resource)).toEqual([
      'AuthorizationPolicy mill/a',
      'AuthorizationPolicy mill/b',
    ]);
  });
});
