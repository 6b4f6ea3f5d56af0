import { describe, expect, it } from 'vitest';
import { keyText } from '../documents/key.ts';
import { parseDocuments } from '../documents/parse.ts';
import { service, worldOf } from '../testing.ts';
import { validateWorld } from './validate.ts';

const group = 'gateway.envoyproxy.io';
const surroundings = `${service('reviews')}
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge }
spec: { gatewayClassName: heddle, listeners: [{ name: http, port: 80, protocol: HTTP }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop }
spec: { parentRefs: [{ name: edge }], rules: [{ name: cart, backendRefs: [{ name: reviews, port: 9080 }] }] }
---
`;
const ref = (kind: string, name: string, more = '') =>
  `targetRefs: [{ group: gateway.networking.k8s.io, kind: ${kind}, name: ${name}${more} }]`;
const toRoute = ref('HTTPRoute', 'shop');
const toGateway = ref('Gateway', 'edge');

const policy = (kind: string, spec: string, name = 'policy') => `
apiVersion: ${group}/v1alpha1
kind: ${kind}
metadata: { name: ${name} }
spec: ${spec}
---
`;

/** `code severity path` of each finding of a policy, but for what is not yet enforced. */
function findingsOf(kind: string, yaml: string, name = 'policy'): string[] {
  return allFindings(kind, yaml, name)
    .filter(({ code }) => code !== 'HDL0020')
    .map(({ code, severity, path }) => `${code} ${severity} ${path}`);
}

/** Paths of a SecurityPolicy that are not enforced as they stand. */
function notEnforced(spec: string): string[] {
  return allFindings('SecurityPolicy', policy('SecurityPolicy', spec))
    .filter(({ code }) => code === 'HDL0020')
    .map(({ path }) => path);
}

function allFindings(kind: string, yaml: string, name = 'policy') {
  const { documents, findings } = parseDocuments(surroundings + yaml);
  const found = validateWorld(
    worldOf(documents),
    documents.map(({ key }) => ({ key, yaml: '' })),
  );
  const own = found.get(keyText({ group, kind, namespace: 'default', name })) ?? [];
  return [...findings, ...own];
}

const error = (path: string) => [`IST0106 error ${path}`];

describe('a target of a policy of Envoy Gateway', () => {
  it.each([
    ['is needed', '{ timeout: {} }', 'spec'],
    [
      'is named in one way',
      `{ ${toRoute}, targetRef: { group: gateway.networking.k8s.io, kind: HTTPRoute, name: shop } }`,
      'spec.targetRef',
    ],
    ['is of a kind that can be one', `{ ${ref('Secret', 'a')} }`, 'spec.targetRefs[0].kind'],
    [
      'has the group of its kind',
      `{ targetRefs: [{ group: apps, kind: HTTPRoute, name: a }] }`,
      'spec.targetRefs[0].group',
    ],
    [
      'that is selected has it, too',
      '{ targetSelectors: [{ group: apps, kind: HTTPRoute }] }',
      'spec.targetSelectors[0].group',
    ],
    [
      'of selected namespaces has a selector of them',
      '{ targetSelectors: [{ kind: HTTPRoute, namespaces: { from: Selector } }] }',
      'spec.targetSelectors[0].namespaces.selector',
    ],
    ['is a route where policies are merged', `{ ${toGateway}, mergeType: JSONMerge }`, 'spec.mergeType'],
    [
      'speaks HTTP where requests are admitted',
      `{ ${ref('TCPRoute', 'a')}, admissionControl: {} }`,
      'spec.admissionControl',
    ],
  ])('%s', (_, spec, path) => {
    expect(findingsOf('BackendTrafficPolicy', policy('BackendTrafficPolicy', spec))).toContain(
      error(path)[0],
    );
  });

  it('is no route for what clients do', () => {
    expect(findingsOf('ClientTrafficPolicy', policy('ClientTrafficPolicy', `{ ${toRoute} }`))).toEqual(
      error('spec.targetRefs[0].kind'),
    );
  });

  it.each([
    ['is there', ref('HTTPRoute', 'nowhere')],
    ['has the section', ref('HTTPRoute', 'shop', ', sectionName: nowhere')],
    ['has the listener', ref('Gateway', 'edge', ', sectionName: nowhere')],
  ])('%s', (_, target) => {
    expect(findingsOf('SecurityPolicy', policy('SecurityPolicy', `{ ${target} }`))).toEqual([
      'HDL0027 warning spec.targetRefs[0]',
    ]);
  });

  it('is a Service for traffic, and for nothing else', () => {
    const spec = '{ targetRefs: [{ group: "", kind: Service, name: reviews }] }';
    expect(findingsOf('BackendTrafficPolicy', policy('BackendTrafficPolicy', spec))).toEqual([]);
    expect(findingsOf('SecurityPolicy', policy('SecurityPolicy', spec))).toEqual(
      error('spec.targetRefs[0].kind'),
    );
  });

  it('is held by the oldest policy', () => {
    const both =
      policy('SecurityPolicy', `{ ${toRoute} }`, 'older') + policy('SecurityPolicy', `{ ${toRoute} }`);
    expect(findingsOf('SecurityPolicy', both, 'older')).toEqual([]);
    expect(findingsOf('SecurityPolicy', both)).toEqual(['HDL0026 warning spec.targetRefs[0]']);
  });
});

describe('a BackendTrafficPolicy', () => {
  const says = (settings: string) =>
    findingsOf('BackendTrafficPolicy', policy('BackendTrafficPolicy', `{ ${toRoute}, ${settings} }`));

  it.each([
    ['a field that nobody knows', 'retry: { retries: 3 }', 'spec.retry.retries'],
    [
      'a duration of another form',
      'timeout: { http: { requestTimeout: 1.5s } }',
      'spec.timeout.http.requestTimeout',
    ],
    [
      'a hash without what is hashed',
      'loadBalancer: { type: ConsistentHash, consistentHash: { type: Header } }',
      'spec.loadBalancer.consistentHash',
    ],
    [
      'a hash where none is used',
      'loadBalancer: { type: Random, consistentHash: { type: SourceIP } }',
      'spec.loadBalancer.consistentHash',
    ],
    [
      'a table whose size is no prime',
      'loadBalancer: { type: ConsistentHash, consistentHash: { type: SourceIP, tableSize: 1000 } }',
      'spec.loadBalancer.consistentHash.tableSize',
    ],
    [
      'a slow start of a random choice',
      'loadBalancer: { type: Random, slowStart: { window: 1s } }',
      'spec.loadBalancer.slowStart',
    ],
    [
      'two preferences for zones',
      'loadBalancer: { type: RoundRobin, zoneAware: { preferLocal: {}, weightedZones: [] } }',
      'spec.loadBalancer.zoneAware',
    ],
    [
      'connections made beforehand for anything',
      'connection: { preconnect: { predictivePercent: 200 } }',
      'spec.connection.preconnect.predictivePercent',
    ],
    ['a health check without its form', 'healthCheck: { active: { type: HTTP } }', 'spec.healthCheck.active'],
    [
      'a health check of another form',
      'healthCheck: { active: { type: GRPC, tcp: {} } }',
      'spec.healthCheck.active.tcp',
    ],
    [
      'a body in a GET',
      'healthCheck: { active: { type: HTTP, http: { path: /, requestBody: { type: Text, text: a } } } }',
      'spec.healthCheck.active.http.requestBody',
    ],
    [
      'a payload without its text',
      'healthCheck: { active: { type: TCP, tcp: { send: { type: Text } } } }',
      'spec.healthCheck.active.tcp.send',
    ],
    [
      'bytes that are no base64',
      'healthCheck: { active: { type: TCP, tcp: { send: { type: Binary, binary: "%" } } } }',
      'spec.healthCheck.active.tcp.send.binary',
    ],
    [
      'a log of failures alone',
      'healthCheck: { active: { type: GRPC, healthCheckLog: { matches: [Failure] } } }',
      'spec.healthCheck.active.healthCheckLog.matches',
    ],
    [
      'more than a whole',
      'circuitBreaker: { retryBudget: { percent: { numerator: 3, denominator: 2 } } }',
      'spec.circuitBreaker.retryBudget.percent.numerator',
    ],
    [
      'a keepalive that waits for too long',
      'http2: { connectionKeepalive: { timeout: 2s, interval: 1s } }',
      'spec.http2.connectionKeepalive.timeout',
    ],
    ['two ways to compress', 'compression: [], compressor: []', 'spec.compression'],
    [
      'upgrades of what is buffered',
      'requestBuffer: { limit: 1Mi }, httpUpgrade: [{ type: websocket }]',
      'spec.requestBuffer',
    ],
    [
      'a window that is too short',
      'admissionControl: { samplingWindow: 10ms }',
      'spec.admissionControl.samplingWindow',
    ],
    ['a limit of nothing', 'bandwidthLimit: {}', 'spec.bandwidthLimit'],
    ['no fault', 'faultInjection: {}', 'spec.faultInjection'],
    [
      'two statuses of one abort',
      'faultInjection: { abort: { httpStatus: 503, grpcStatus: 14 } }',
      'spec.faultInjection.abort',
    ],
    ['a form of limit that is not given', 'rateLimit: { type: Global }', 'spec.rateLimit'],
    [
      'two limits for the rest',
      'rateLimit: { local: { rules: [{ limit: { requests: 1, unit: Second } }, { limit: { requests: 1, unit: Second } }] } }',
      'spec.rateLimit.local.rules[1]',
    ],
    [
      'a unit that does not fit the others',
      'rateLimit: { local: { rules: [{ limit: { requests: 1, unit: Minute } }, { clientSelectors: [{ path: {} }], limit: { requests: 1, unit: Second } }] } }',
      'spec.rateLimit.local.rules[1].limit.unit',
    ],
    [
      'a cost of responses',
      'rateLimit: { local: { rules: [{ cost: { response: { from: Number, number: 1 } }, limit: { requests: 1, unit: Second } }] } }',
      'spec.rateLimit.local.rules[0].cost.response',
    ],
    [
      'a selector of nothing',
      'rateLimit: { global: { rules: [{ clientSelectors: [{}], limit: { requests: 1, unit: Second } }] } }',
      'spec.rateLimit.global.rules[0].clientSelectors[0]',
    ],
    [
      'a value of each value',
      'rateLimit: { global: { rules: [{ clientSelectors: [{ headers: [{ name: a, type: Distinct, value: b }] }], limit: { requests: 1, unit: Second } }] } }',
      'spec.rateLimit.global.rules[0].clientSelectors[0].headers[0].value',
    ],
    [
      'a pattern that is none',
      'rateLimit: { global: { rules: [{ clientSelectors: [{ headers: [{ name: a, type: RegularExpression, value: "(" }] }], limit: { requests: 1, unit: Second } }] } }',
      'spec.rateLimit.global.rules[0].clientSelectors[0].headers[0].value',
    ],
    [
      'an address block that is none',
      'rateLimit: { global: { rules: [{ clientSelectors: [{ sourceCIDR: { value: 10.0.0.300/8 } }], limit: { requests: 1, unit: Second } }] } }',
      'spec.rateLimit.global.rules[0].clientSelectors[0].sourceCIDR.value',
    ],
    [
      'a response and a redirect',
      'responseOverride: [{ match: { statusCodes: [{ value: 500 }] }, response: {}, redirect: {} }]',
      'spec.responseOverride[0]',
    ],
    [
      'a match of nothing',
      'responseOverride: [{ match: {}, response: {} }]',
      'spec.responseOverride[0].match',
    ],
    [
      'a range that ends before it begins',
      'responseOverride: [{ match: { statusCodes: [{ type: Range, range: { start: 5, end: 4 } }] }, response: {} }]',
      'spec.responseOverride[0].match.statusCodes[0].range.end',
    ],
    [
      'a body from a Secret',
      'responseOverride: [{ match: { statusCodes: [{ value: 500 }] }, response: { body: { type: ValueRef, valueRef: { group: "", kind: Secret, name: a } } } }]',
      'spec.responseOverride[0].response.body.valueRef.kind',
    ],
    [
      'headers removed from an answer',
      'responseOverride: [{ match: { statusCodes: [{ value: 500 }] }, response: { header: { remove: [a] } } }]',
      'spec.responseOverride[0].response.header.remove',
    ],
    [
      'a redirect by prefix',
      'responseOverride: [{ match: { statusCodes: [{ value: 500 }] }, redirect: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } }]',
      'spec.responseOverride[0].redirect.path.type',
    ],
    [
      'a tunnel of another protocol',
      'httpUpgrade: [{ type: websocket, connect: {} }]',
      'spec.httpUpgrade[0].connect',
    ],
  ])('is refused for %s', (_, settings, path) => {
    expect(says(settings)).toEqual(error(path));
  });
});

describe('a ClientTrafficPolicy', () => {
  const says = (settings: string) =>
    findingsOf('ClientTrafficPolicy', policy('ClientTrafficPolicy', `{ ${toGateway}, ${settings} }`));

  it.each([
    ['no way to find the client', 'clientIPDetection: {}', 'spec.clientIPDetection'],
    [
      'two counts of hops',
      'clientIPDetection: { xForwardedFor: { numTrustedHops: 1, trustedCIDRs: [10.0.0.0/8] } }',
      'spec.clientIPDetection.xForwardedFor',
    ],
    [
      'an address block that is none',
      'clientIPDetection: { xForwardedFor: { trustedCIDRs: [10/8] } }',
      'spec.clientIPDetection.xForwardedFor.trustedCIDRs[0]',
    ],
    [
      'a delay without a limit',
      'connection: { connectionLimit: { closeDelay: 1s } }',
      'spec.connection.connectionLimit.closeDelay',
    ],
    [
      'two words on request ids',
      'headers: { preserveXRequestID: true, requestID: Disable }',
      'spec.headers.requestID',
    ],
    [
      'details that are not told',
      'headers: { xForwardedClientCert: { mode: Sanitize, certDetailsToAdd: [URI] } }',
      'spec.headers.xForwardedClientCert.certDetailsToAdd',
    ],
    ['suites of TLS 1.3', 'tls: { minVersion: "1.3", ciphers: [a] }', 'spec.tls.ciphers'],
    ['versions in the wrong order', 'tls: { maxVersion: "1.1" }', 'spec.tls.maxVersion'],
    [
      'a hash of a certificate that is none',
      'tls: { clientValidation: { certificateHashes: [ab] } }',
      'spec.tls.clientValidation.certificateHashes[0]',
    ],
    [
      'a hash of a key that is none',
      'tls: { clientValidation: { spkiHashes: [ab] } }',
      'spec.tls.clientValidation.spkiHashes[0]',
    ],
    [
      'certificates that nobody verifies',
      'tls: { clientValidation: { mode: RequireAny, allowExpiredCertificate: true } }',
      'spec.tls.clientValidation.allowExpiredCertificate',
    ],
  ])('is refused for %s', (_, settings, path) => {
    expect(says(settings)).toEqual(error(path));
  });
});

describe('a SecurityPolicy', () => {
  const says = (settings: string) =>
    findingsOf('SecurityPolicy', policy('SecurityPolicy', `{ ${toRoute}, ${settings} }`));
  const keys = `localJWKS: { inline: '{"keys":[]}' }`;
  const known =
    'issuer: "https://id.example", authorizationEndpoint: "https://id.example/a", tokenEndpoint: "https://id.example/t"';
  const asking = 'grpc: { backendRefs: [{ name: a, port: 1 }] }';
  const oidc = (more: string, provider = 'provider: { issuer: a }') =>
    `oidc: { clientSecret: { name: a }, ${provider}, ${more} }`;

  it.each([
    [
      'tokens that may be missing in two ways',
      `jwt: { optional: true, failOpen: true, providers: [{ name: a, ${keys} }] }`,
      'spec.jwt.failOpen',
    ],
    [
      'providers of one name',
      `jwt: { providers: [{ name: a, ${keys} }, { name: a, ${keys} }] }`,
      'spec.jwt.providers[1].name',
    ],
    [
      'a new route by nothing',
      `jwt: { providers: [{ name: a, recomputeRoute: true, ${keys} }] }`,
      'spec.jwt.providers[0].recomputeRoute',
    ],
    ['a provider without keys', 'jwt: { providers: [{ name: a }] }', 'spec.jwt.providers[0]'],
    [
      'keys in two places',
      `jwt: { providers: [{ name: a, ${keys}, remoteJWKS: { uri: "https://a.example" } }] }`,
      'spec.jwt.providers[0].localJWKS',
    ],
    [
      'keys at no URL',
      'jwt: { providers: [{ name: a, remoteJWKS: { uri: keys } }] }',
      'spec.jwt.providers[0].remoteJWKS.uri',
    ],
    [
      'keys of another form than said',
      'jwt: { providers: [{ name: a, localJWKS: { type: ValueRef, inline: \'{"keys":[]}\' } }] }',
      'spec.jwt.providers[0].localJWKS',
    ],
    [
      'keys that are none',
      `jwt: { providers: [{ name: a, localJWKS: { inline: '{"keys":[{"kty":"x"}]}' } }] }`,
      'spec.jwt.providers[0].localJWKS.inline',
    ],
    [
      'claims of tokens that nobody verifies',
      'authorization: { rules: [{ action: Allow, principal: { jwt: { provider: a, scopes: [b] } } }] }',
      'spec.authorization.rules[0].principal.jwt',
    ],
    ['a rule for nobody', 'authorization: { rules: [{ action: Allow }] }', 'spec.authorization.rules[0]'],
    [
      'a principal of nobody',
      'authorization: { rules: [{ action: Allow, principal: {} }] }',
      'spec.authorization.rules[0].principal',
    ],
    [
      'an operation of nothing',
      'authorization: { rules: [{ action: Allow, operation: {}, principal: { clientCIDRs: [10.0.0.0/8] } }] }',
      'spec.authorization.rules[0].operation',
    ],
    [
      'an address block that is none',
      'authorization: { rules: [{ action: Allow, principal: { clientCIDRs: [a/8] } }] }',
      'spec.authorization.rules[0].principal.clientCIDRs[0]',
    ],
    [
      'a place that is none',
      'authorization: { rules: [{ action: Allow, principal: { clientIPGeoLocations: [{}] } }] }',
      'spec.authorization.rules[0].principal.clientIPGeoLocations[0]',
    ],
    [
      'a key in two places at once',
      'apiKeyAuth: { credentialRefs: [], extractFrom: [{ headers: [a], params: [b] }] }',
      'spec.apiKeyAuth.extractFrom[0]',
    ],
    ['nobody to ask', 'extAuth: {}', 'spec.extAuth'],
    ['nobody to ask by gRPC', 'extAuth: { grpc: {} }', 'spec.extAuth.grpc'],
    [
      'a Service without a port',
      'extAuth: { grpc: { backendRefs: [{ name: a }] } }',
      'spec.extAuth.grpc.backendRefs[0].port',
    ],
    [
      'a kind that cannot be asked',
      'extAuth: { grpc: { backendRefs: [{ kind: Secret, name: a, port: 1 }] } }',
      'spec.extAuth.grpc.backendRefs[0].kind',
    ],
    [
      'two values of one extension',
      `extAuth: { ${asking}, contextExtensions: [{ name: a, type: Value }] }`,
      'spec.extAuth.contextExtensions[0]',
    ],
    ['no client', oidc(''), 'spec.oidc'],
    [
      'a cookie without a name',
      oidc('clientID: a, cookieNames: { idToken: "a; b" }'),
      'spec.oidc.cookieNames.idToken',
    ],
    [
      'a header that is none',
      oidc('clientID: a, denyRedirect: { headers: [{ name: "a b", value: a }] }'),
      'spec.oidc.denyRedirect.headers[0].name',
    ],
    [
      'a pattern that is none',
      oidc('clientID: a, denyRedirect: { headers: [{ name: a, type: RegularExpression, value: "(" }] }'),
      'spec.oidc.denyRedirect.headers[0].value',
    ],
    [
      'a token in the Host',
      oidc('clientID: a, forwardIDToken: { header: Host }'),
      'spec.oidc.forwardIDToken.header',
    ],
    [
      'two tokens in one header',
      oidc('clientID: a, forwardAccessToken: true, forwardIDToken: { header: Authorization }'),
      'spec.oidc.forwardIDToken.header',
    ],
    [
      'a provider behind a lone reference',
      oidc('clientID: a', 'provider: { issuer: a, backendRef: { name: a, port: 1 } }'),
      'spec.oidc.provider.backendRef',
    ],
    ['an origin that is none', 'cors: { allowOrigins: [shop.example] }', 'spec.cors.allowOrigins[0]'],
  ])('is refused for %s', (_, settings, path) => {
    expect(says(settings).filter((one) => one.includes(' error '))).toEqual(error(path));
  });

  it.each([
    [
      'keys',
      'jwt: { providers: [{ name: a, localJWKS: { type: ValueRef, valueRef: { group: "", kind: ConfigMap, name: nowhere } } }] }',
      'IST0101 warning spec.jwt.providers[0].localJWKS.valueRef.name',
    ],
    ['users', 'basicAuth: { users: { name: nowhere } }', 'IST0101 warning spec.basicAuth.users.name'],
    [
      'a client',
      'oidc: { provider: { issuer: "https://a.example" }, clientID: a, clientSecret: { name: nowhere } }',
      'IST0101 warning spec.oidc.clientSecret.name',
    ],
    ['somebody to ask', `extAuth: { ${asking} }`, 'KIA1402 warning spec.extAuth.grpc.backendRefs[0]'],
  ])('names %s that are there', (_, settings, finding) => {
    expect(says(settings)).toEqual([finding]);
  });

  it.each([
    ['a provider without TLS', '', 'issuer: "http://id.example"', 'provider.issuer'],
    ['endpoints that an Envoy does not know', '', 'issuer: "https://id.example"', 'provider.issuer'],
    ['a header that an Envoy does not fill', 'forwardIDToken: { header: X-Id }', known, 'forwardIDToken'],
    ['nowhere to come back to', 'redirectURL: "https://shop.example/"', known, 'redirectURL'],
    ['an address that Envoy cannot write', 'redirectURL: "https://%FOO%/a"', known, 'redirectURL'],
    ['tokens that stay encrypted', 'disableTokenEncryption: true', known, 'disableTokenEncryption'],
    ['a token that nobody verifies', 'passThroughAuthHeader: true', known, 'passThroughAuthHeader'],
    [
      'a provider behind a Service',
      '',
      `${known}, backendRefs: [{ name: reviews, port: 9080 }]`,
      'provider.backendRefs',
    ],
  ])('says of oidc what does not act: %s', (_, more, provider, path) => {
    const settings = `oidc: { provider: { ${provider} }, clientID: a, clientSecret: { name: a }, ${more} }`;
    expect(notEnforced(`{ ${toRoute}, ${settings} }`)).toContain(`spec.oidc.${path}`);
  });

  it('says nothing of oidc that is acted on', () => {
    const settings = `oidc: { provider: { ${known} }, clientID: a, clientSecret: { name: a }, refreshToken: true }`;
    expect(notEnforced(`{ ${toRoute}, ${settings} }`)).toEqual([]);
  });

  it('names a provider that it has', () => {
    const rule = '{ action: Allow, principal: { jwt: { provider: b, scopes: [c] } } }';
    expect(says(`jwt: { providers: [{ name: a, ${keys} }] }, authorization: { rules: [${rule}] }`)).toEqual([
      'IST0133 warning spec.authorization.rules[0].principal.jwt.provider',
    ]);
  });

  it('reads a long origin without trying every way to divide it, which would never end', () => {
    says(`cors: { allowOrigins: ["https://${'a'.repeat(240)}!"] }`);
  });
});
