import { describe, expect, it } from 'vitest';
import { verdictOf } from './testing.ts';

/** A credential is read where a selector names the clients. */
const policy = (settings: string) =>
  `{ host: r, workloadSelector: { matchLabels: { a: b } }, trafficPolicy: { ${settings} } }`;
const outlier = 'outlierDetection: { interval: 5s }';

describe('a DestinationRule', () => {
  it.each([
    '{ host: "*.example.com" }',
    '{ host: r, subsets: [{ name: v1, labels: { example.com/a: "" } }], exportTo: [.], workloadSelector: { matchLabels: { a: b } } }',
    policy('connectionPool: { tcp: { idleTimeout: 0s, connectTimeout: 1ms } }'),
    policy('loadBalancer: { consistentHash: { useSourceIp: true, maglev: { tableSize: 65537 } } }'),
    policy('loadBalancer: { localityLbSetting: { distribute: [{ from: a/*, to: { a/b/*: 70, c: 30 } }] } }'),
    policy(`${outlier}, loadBalancer: { localityLbSetting: { failover: [{ from: a, to: b }] } }`),
    policy('tls: { mode: MUTUAL, credentialName: c }'),
    policy('tls: { mode: SIMPLE, caCertificates: a }'),
    policy('portLevelSettings: [{ port: { number: 80 }, tls: { mode: DISABLE } }]'),
    policy('tunnel: { targetHost: 1.2.3.4, targetPort: 80, protocol: POST }'),
    policy('outlierDetection: { consecutiveLocalOriginFailures: 5, splitExternalLocalOriginErrors: true }'),
  ])('is valid: %s', (spec) => {
    expect(verdictOf('DestinationRule', spec)).toEqual(['valid']);
  });

  it.each([
    ['{ host: a_b }', 'spec.host'],
    [policy(''), 'spec.trafficPolicy'],
    [
      '{ host: r, subsets: [{ name: a, labels: { x: y } }, { name: a, labels: { x: z } }] }',
      'spec.subsets[1].name',
    ],
    ['{ host: r, subsets: [{ name: a.b, labels: { x: y } }] }', 'spec.subsets[0].name'],
    ['{ host: r, subsets: [{ name: a, labels: { x: "b c" } }] }', 'spec.subsets[0].labels["x"]'],
    [
      '{ host: r, subsets: [{ name: a, labels: { x: y }, trafficPolicy: {} }] }',
      'spec.subsets[0].trafficPolicy',
    ],
    ['{ host: r, exportTo: [other], workloadSelector: { matchLabels: { a: b } } }', 'spec.exportTo'],
    ['{ host: r, workloadSelector: { matchLabels: { a: "*" } } }', 'spec.workloadSelector.matchLabels["a"]'],
    [policy('connectionPool: {}'), 'spec.trafficPolicy.connectionPool'],
    [
      policy('connectionPool: { http: { idleTimeout: 0s } }'),
      'spec.trafficPolicy.connectionPool.http.idleTimeout',
    ],
    [
      policy('connectionPool: { http: { h2UpgradePolicy: UPGRADE, useClientProtocol: true } }'),
      'spec.trafficPolicy.connectionPool.http.useClientProtocol',
    ],
    [
      policy('connectionPool: { tcp: { maxConnections: -1 } }'),
      'spec.trafficPolicy.connectionPool.tcp.maxConnections',
    ],
    [policy('outlierDetection: { interval: 500us }'), 'spec.trafficPolicy.outlierDetection.interval'],
    [
      policy('outlierDetection: { maxEjectionPercent: 101 }'),
      'spec.trafficPolicy.outlierDetection.maxEjectionPercent',
    ],
    [
      policy('outlierDetection: { consecutiveLocalOriginFailures: 5 }'),
      'spec.trafficPolicy.outlierDetection.consecutiveLocalOriginFailures',
    ],
    [
      policy('loadBalancer: { simple: RANDOM, consistentHash: {} }'),
      'spec.trafficPolicy.loadBalancer.consistentHash',
    ],
    [
      policy('loadBalancer: { consistentHash: { maglev: { tableSize: 65536 } } }'),
      'spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize',
    ],
    [
      policy('loadBalancer: { consistentHash: { httpCookie: { name: "" } } }'),
      'spec.trafficPolicy.loadBalancer.consistentHash.httpCookie.name',
    ],
    [
      policy('loadBalancer: { localityLbSetting: { distribute: [{ from: a, to: { b: 90 } }] } }'),
      'spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to',
    ],
    [
      policy('loadBalancer: { localityLbSetting: { distribute: [{ from: a, to: { b/*: 50, b/c: 50 } }] } }'),
      'spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to',
    ],
    [
      policy(`${outlier}, loadBalancer: { localityLbSetting: { failover: [{ from: a, to: a }] } }`),
      'spec.trafficPolicy.loadBalancer.localityLbSetting.failover[0]',
    ],
    [policy('loadBalancer: { warmup: { duration: 0s } }'), 'spec.trafficPolicy.loadBalancer.warmup.duration'],
    [
      policy('tls: { mode: MUTUAL, clientCertificate: a, caCertificates: b }'),
      'spec.trafficPolicy.tls.privateKey',
    ],
    [
      policy('tls: { mode: SIMPLE, credentialName: a, caCertificates: b }'),
      'spec.trafficPolicy.tls.caCertificates',
    ],
    [
      policy('tls: { mode: SIMPLE, insecureSkipVerify: true, credentialName: a }'),
      'spec.trafficPolicy.tls.credentialName',
    ],
    [
      policy('tls: { mode: SIMPLE, credentialName: "configmap://other/a" }'),
      'spec.trafficPolicy.tls.credentialName',
    ],
    [policy('portLevelSettings: [{ port: { number: 80 } }]'), 'spec.trafficPolicy.portLevelSettings[0]'],
    [policy('tunnel: { targetHost: a_b, targetPort: 80 }'), 'spec.trafficPolicy.tunnel.targetHost'],
  ])('is refused: %s', (spec, path) => {
    expect(verdictOf('DestinationRule', spec)).toEqual(['invalid', `IST0106 ${path}`]);
  });

  it.each([
    [policy('outlierDetection: { consecutiveErrors: 5 }'), 'outlierDetection.consecutiveErrors'],
    [
      policy('loadBalancer: { consistentHash: { minimumRingSize: 5 } }'),
      'loadBalancer.consistentHash.minimumRingSize',
    ],
    [
      policy('loadBalancer: { localityLbSetting: { failoverPriority: [app] } }'),
      'loadBalancer.localityLbSetting',
    ],
  ])('is warned of: %s', (spec, path) => {
    expect(verdictOf('DestinationRule', spec)).toEqual(['warning', `IST0133 spec.trafficPolicy.${path}`]);
  });
});
