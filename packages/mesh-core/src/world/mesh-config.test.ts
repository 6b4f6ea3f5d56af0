import { describe, expect, it } from 'vitest';
import { Compiler, Interner } from '../compile/snapshot.ts';
import { parseDocuments } from '../documents/parse.ts';
import { RouteExplainer } from '../explain/route.ts';
import { instance, service as serviceOf, worldOf } from '../testing.ts';
import { translateAuthorization } from '../translate/istio/authorization-policy.ts';
import { validateDocuments } from '../validate/validate-documents.ts';

const configMap = (mesh: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    ${mesh.replaceAll('\n', '\n    ')}
---
`;
const service = `apiVersion: v1
kind: Service
metadata: { name: reviews }
spec: { ports: [{ port: 80, name: http }] }
`;
const settingsOf = (yaml: string) => worldOf(parseDocuments(yaml).documents).settings;
const from = { sidecar: { namespace: 'teas', workload: 'client', labels: {} } };
const ask = (yaml: string, host: string) =>
  new RouteExplainer(worldOf(parseDocuments(yaml).documents)).explain({ from, host, port: 80 });

describe('the ConfigMap istio in the root namespace', () => {
  it('refuses hosts that no document names (REGISTRY_ONLY)', () => {
    const only = configMap('outboundTrafficPolicy: { mode: REGISTRY_ONLY }') + service;
    expect(ask(only, 'example.org')).toMatchObject({ action: 'error', status: 502 });
    expect(ask(service, 'example.org')).toMatchObject({ action: 'route' });
  });

  it('says how often routes retry that do not say it themselves', () => {
    const retries = configMap('defaultHttpRetryPolicy: { attempts: 5, retryOn: reset }') + service;
    const reviews = 'reviews.default.svc.cluster.local';
    expect(ask(retries, reviews)).toMatchObject({ retry: { attempts: 5, on: ['reset'] } });
    expect(ask(configMap('defaultHttpRetryPolicy: { attempts: 0 }') + service, reviews)).toMatchObject({
      retry: { attempts: 0 },
    });
  });

  it('says whom documents are exported to that do not say it themselves', () => {
    const own = configMap('defaultServiceExportTo: ["."]') + service;
    expect(ask(own, 'reviews.default.svc.cluster.local')).toMatchObject({ why: [{ kind: 'Default' }] });
  });

  it('names another root namespace', () => {
    expect(settingsOf(configMap('rootNamespace: mesh')).rootNamespace).toBe('mesh');
  });

  it('leaves out what has the wrong form, and what it does not act on, and tells both', () => {
    const yaml = configMap('rootNamespace: [1]\naccessLogFile: /dev/stdout\ndefaultServiceExportTo: ["."]');
    expect(settingsOf(yaml)).toMatchObject({ rootNamespace: 'istio-system', serviceExportTo: ['.'] });
    const [result] = validateDocuments([yaml]);
    expect(result?.findings).toMatchObject([
      { code: 'HDL0020', path: 'data.mesh', message: expect.stringContaining('accessLogFile') },
      { code: 'IST0133', path: 'data.mesh', message: expect.stringContaining('rootNamespace') },
    ]);
  });

  it('names fields that Istio does not have, and those of proxies that do not act', () => {
    const config = `enableautomtls: false
defaultConfig: { concurrency: 2, tracing: { sampling: 1, zipkin: { address: x } }, traceing: {} }
outboundTrafficPolicy: { mode: ALLOW_ANY_DYNAMIC_DNS, tls: {} }
tcpKeepalive: { time: 10s }`;
    const [result] = validateDocuments([configMap(config)]);
    expect(result?.findings.map(({ code, message }) => `${code} ${message.split(/ is| \(|:/)[0]}`)).toEqual([
      'IST0133 MeshConfig has no field enableautomtls',
      "HDL0020 tcpKeepalive of the mesh's configuration",
      'HDL0020 defaultConfig.concurrency',
      'IST0133 MeshConfig has no field defaultConfig.traceing',
      'HDL0020 defaultConfig.tracing.zipkin',
      'HDL0020 ALLOW_ANY_DYNAMIC_DNS',
      'HDL0020 outboundTrafficPolicy.tls',
    ]);
  });

  it('keeps the defaults when it is no YAML, and says so', () => {
    const yaml = configMap('{ broken');
    expect(settingsOf(yaml).outboundTrafficPolicy).toBe('ALLOW_ANY');
    expect(validateDocuments([yaml])[0]?.findings).toMatchObject([{ code: 'IST0133' }]);
  });

  it('is no other ConfigMap', () => {
    const other = configMap('rootNamespace: mesh').replace('name: istio,', 'name: istio-other,');
    expect(settingsOf(other).rootNamespace).toBe('istio-system');
  });
});

describe('the trust domain', () => {
  const policy = (source: string) => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: p, namespace: teas }
spec: { rules: [{ from: [{ source: { ${source} } }] }] }
`;
  const config = (domain: string, ...aliases: string[]) =>
    configMap(`trustDomain: ${domain}\ntrustDomainAliases: [${aliases.join(', ')}]`);
  const matched = (domains: string, source: string) => {
    const world = worldOf(parseDocuments(domains + policy(source)).documents);
    const { allow } = translateAuthorization(
      { namespace: 'teas', serviceAccount: 'a', labels: {} },
      'http',
      world,
    );
    return JSON.stringify(allow[0]?.condition).match(/spiffe:[^"]+/g);
  };

  // The cases of Istio's own table: pilot/pkg/security/trustdomain.
  it.each([
    [config('td1', 'td2'), 'cluster.local/ns/f/sa/b', ['td1/ns/f/sa/b', 'td2/ns/f/sa/b']],
    [config('td1', 'td2'), 'td2/ns/f/sa/b', ['td1/ns/f/sa/b', 'td2/ns/f/sa/b']],
    [config('td1', 'td2'), 'other/ns/f/sa/b', ['other/ns/f/sa/b']],
    [config('td1'), 'cluster.local/ns/f/sa/b', ['td1/ns/f/sa/b']],
    [config('new-td', 'old-td'), '*-td/ns/f/sa/b', ['.*-td/ns/f/sa/b']],
  ])('%#: %s', (domains, principal, expected) => {
    expect(matched(domains, `principals: ["${principal}"]`)).toEqual(
      expected.map((one) => `spiffe://${one}`),
    );
  });

  it('is meant with its aliases where a rule names one of them', () => {
    expect(matched(config('td1', 'td2'), 'trustDomains: [td2]')).toEqual([
      'spiffe://td1/.*',
      'spiffe://td2/.*',
    ]);
    expect(matched(config('td1', 'td2'), 'trustDomains: [td3]')).toEqual(['spiffe://td3/.*']);
  });

  it('and its aliases are what servers may prove, and whom they let in', () => {
    const server = instance('reviews-v1', 'reviews', 'v1');
    const { documents } = parseDocuments(config('td1', 'td2') + serviceOf('reviews'));
    const snapshot = new Compiler(worldOf(documents, [server]), new Interner()).snapshotFor(server);
    expect(snapshot.clusters.find(({ name }) => name.includes('9080||reviews'))?.tls).toMatchObject({
      spiffeIds: [
        'spiffe://td1/ns/default/sa/bookinfo-reviews',
        'spiffe://td2/ns/default/sa/bookinfo-reviews',
      ],
    });
    expect(
      snapshot.listeners.flatMap(({ filterChains }) => filterChains.map(({ tls }) => tls)),
    ).toContainEqual(expect.objectContaining({ trustDomains: ['td1', 'td2'] }));
  });

  it('that could be no part of an identity is left out, and told', () => {
    const yaml = configMap('trustDomain: Not/A/Domain');
    expect(settingsOf(yaml).trustDomain).toBe('cluster.local');
    expect(validateDocuments([yaml])[0]?.findings).toMatchObject([{ code: 'IST0133' }]);
  });
});

describe('what holds where no document says it', () => {
  const compiled = (config: string, more = '') => {
    const client = instance('reviews-v1', 'reviews', 'v1');
    const { documents } = parseDocuments(configMap(config) + serviceOf('reviews') + more);
    return new Compiler(worldOf(documents, [client]), new Interner()).snapshotFor(client);
  };
  const reviewsOf = (...given: Parameters<typeof compiled>) =>
    compiled(...given).clusters.find(({ name }) => name.includes('9080||reviews'));
  const rule = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  trafficPolicy:
    connectionPool: { tcp: { connectTimeout: 3s, tcpKeepalive: { probes: 9 } }, http: { h2UpgradePolicy: DO_NOT_UPGRADE } }
    loadBalancer: { localityLbSetting: { failoverPriority: [zone] } }
`;
  const config = `connectTimeout: 2s
tcpKeepalive: { time: 60s }
h2UpgradePolicy: UPGRADE
localityLbSetting: { failover: [{ from: a, to: b }] }`;

  it('are the settings of connections to a service', () => {
    expect(reviewsOf(config)).toMatchObject({
      connectTimeoutMs: 2000,
      connections: { protocol: 'http2', keepalive: { timeMs: 60_000 } },
      locality: { kind: 'failover', failover: [{ from: 'a', to: 'b' }] },
    });
    expect(reviewsOf(config, rule)).toMatchObject({
      connectTimeoutMs: 3000,
      connections: { protocol: 'http1', keepalive: { probes: 9 } },
      locality: { kind: 'failover', failover: [], failoverPriority: ['zone'] },
    });
  });

  it('is the least version of TLS in the mesh, how paths are written, and the share of traces', () => {
    const yaml = `meshMTLS: { minProtocolVersion: TLSV1_3 }
pathNormalization: { normalization: MERGE_SLASHES }
defaultConfig: { tracing: { sampling: 12.5 } }`;
    const chains = compiled(yaml).listeners.flatMap(({ filterChains }) => filterChains);
    expect(chains.map(({ http }) => [http.pathNormalization, http.tracingShare])).toEqual(
      chains.map(() => ['MERGE_SLASHES', 125_000]),
    );
    expect(chains.map(({ tls }) => tls?.mode && 'minVersion' in tls && tls.minVersion)).toContain('TLSv1_3');
    const untraced = compiled('enableTracing: false').listeners.flatMap(({ filterChains }) => filterChains);
    expect(untraced.map(({ http }) => http.tracingShare)).toEqual(untraced.map(() => 0));
  });

  it('is TLS of gateways’ servers, and how many proxies before them are ours', () => {
    const gateway = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge }
spec:
  selector: { app: edge }
  servers:
    - { port: { number: 443, name: a, protocol: HTTPS }, hosts: [a.example], tls: { mode: SIMPLE, credentialName: a } }
    - { port: { number: 443, name: b, protocol: HTTPS }, hosts: [b.example], tls: { mode: SIMPLE, credentialName: b, minProtocolVersion: TLSV1_2, cipherSuites: [ECDHE-RSA-AES128-GCM-SHA256] } }
`;
    const defaults =
      'defaultConfig: { gatewayTopology: { numTrustedProxies: 2 } }\ntlsDefaults: { minProtocolVersion: TLSV1_3, cipherSuites: [AES128-SHA], ecdhCurves: [P-384] }';
    const edge = instance('edge-v1', 'edge', 'v1', { kind: 'gateway' });
    const { documents } = parseDocuments(configMap(defaults) + gateway);
    const { listeners } = new Compiler(worldOf(documents, [edge]), new Interner()).snapshotFor(edge);
    expect(listeners[0]?.filterChains.map(({ http }) => http.client?.address)).toEqual([
      { kind: 'forwarded-for', hops: 2 },
      { kind: 'forwarded-for', hops: 2 },
    ]);
    expect(listeners[0]?.filterChains.map(({ tls }) => tls)).toMatchObject([
      { minVersion: 'TLSv1_3', cipherSuites: ['AES128-SHA'], ecdhCurves: ['P-384'] },
      { minVersion: 'TLSv1_2', cipherSuites: ['ECDHE-RSA-AES128-GCM-SHA256'], ecdhCurves: ['P-384'] },
    ]);
  });

  it('is mTLS only where a DestinationRule asks for it, when enableAutoMtls is false', () => {
    expect(reviewsOf('enableAutoMtls: false')).not.toHaveProperty('tls');
    const mutual = rule.replace('trafficPolicy:', 'trafficPolicy:\n    tls: { mode: ISTIO_MUTUAL }');
    expect(reviewsOf('enableAutoMtls: false', mutual)).toMatchObject({ tls: { mode: 'ISTIO_MUTUAL' } });
  });
});

describe('discoverySelectors', () => {
  const inNamespace = (namespace: string) => `apiVersion: v1
kind: Service
metadata: { name: reviews, namespace: ${namespace} }
spec: { ports: [{ port: 80, name: http }] }
---
`;
  const labelled = `apiVersion: v1
kind: Namespace
metadata: { name: teas, labels: { mesh: "on" } }
---
`;
  const namespacesOf = (selectors: string) => {
    const yaml = configMap(`discoverySelectors: ${selectors}`) + labelled;
    const { documents } = parseDocuments(yaml + inNamespace('teas') + inNamespace('coffee'));
    return worldOf(documents).services.map(({ namespace }) => namespace);
  };

  it.each([
    ['[]', ['coffee', 'teas']],
    ['[{ matchLabels: { mesh: "on" } }]', ['teas']],
    ['[{ matchExpressions: [{ key: mesh, operator: DoesNotExist }] }]', ['coffee']],
    [
      '[{ matchExpressions: [{ key: kubernetes.io/metadata.name, operator: In, values: [coffee] }] }]',
      ['coffee'],
    ],
    ['[{ matchExpressions: [{ key: mesh, operator: NotIn, values: ["off"] }] }]', ['coffee', 'teas']],
    ['[{ matchLabels: { mesh: "off" } }, { matchExpressions: [{ key: mesh, operator: Exists }] }]', ['teas']],
  ])('%s: %s', (selectors, namespaces) => {
    expect(namespacesOf(selectors).toSorted()).toEqual(namespaces);
  });
});
