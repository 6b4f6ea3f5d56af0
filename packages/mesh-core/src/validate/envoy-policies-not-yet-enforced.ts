import type { BackendTrafficPolicySpec, ClientTrafficPolicySpec, SecurityPolicySpec } from '@heddle/schema';
import { redirectPathOf, unsafeEndpoint } from '../translate/envoy-gateway/oidc.ts';
import { unchecked } from '../translate/envoy-gateway/security.ts';
import { notYet } from './not-yet-enforced.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** Fields of the policies of Envoy Gateway that are stored, and partly handed to Envoys, but have no effect here yet (HDL0020). */
export const envoyPoliciesNotYetEnforced: Rule = function* (world) {
  const { envoyBackendPolicies, clientTrafficPolicies, securityPolicies } = world.documents;
  for (const document of [...envoyBackendPolicies, ...clientTrafficPolicies, ...securityPolicies]) {
    const { targetRef, targetRefs = [], targetSelectors = [] } = document.object.spec;
    const targets = [
      ...(targetRef === undefined ? [] : [[targetRef.kind, 'spec.targetRef'] as const]),
      ...targetRefs.map(({ kind }, i) => [kind, `spec.targetRefs[${i}]`] as const),
      ...targetSelectors.map(({ kind }, i) => [kind, `spec.targetSelectors[${i}]`] as const),
    ];
    for (const [kind, path] of targets) {
      if (unservedKinds.has(kind)) yield [document, notYet(path, `a policy of a ${kind}`)];
    }
  }
  for (const document of envoyBackendPolicies) {
    for (const path of ofBackendTraffic(document.object.spec)) yield [document, notYet(`spec.${path}`, path)];
  }
  for (const document of clientTrafficPolicies) {
    for (const path of ofClientTraffic(document.object.spec)) yield [document, notYet(`spec.${path}`, path)];
  }
  for (const document of securityPolicies) {
    for (const finding of ofSecurity(document.object.spec)) yield [document, finding];
  }
};

const unservedKinds: ReadonlySet<string> = new Set(['ListenerSet', 'UDPRoute', 'TCPRoute', 'TLSRoute']);

function* ofBackendTraffic(spec: BackendTrafficPolicySpec): Iterable<string> {
  for (const field of ignoredFields) if (spec[field] !== undefined) yield field;
  const { loadBalancer, timeout, retry, healthCheck, rateLimit } = spec;
  for (const field of [
    'slowStart',
    'zoneAware',
    'endpointOverride',
    'backendUtilization',
    'dynamicModule',
  ] as const) {
    if (loadBalancer?.[field] !== undefined) yield `loadBalancer.${field}`;
  }
  for (const field of [
    'connectionIdleTimeout',
    'maxConnectionDuration',
    'maxStreamDuration',
    'streamIdleTimeout',
  ] as const) {
    if (timeout?.http?.[field] !== undefined) yield `timeout.http.${field}`;
  }
  if (retry?.numAttemptsPerPriority !== undefined) yield 'retry.numAttemptsPerPriority';
  for (const field of ['active', 'passive', 'panicThreshold'] as const) {
    if (healthCheck?.[field] !== undefined) yield `healthCheck.${field}`;
  }
  for (const field of ['local', 'global'] as const) {
    if (rateLimit?.[field] !== undefined) yield `rateLimit.${field}`;
  }
}

const ignoredFields = [
  'circuitBreaker',
  'proxyProtocol',
  'tcpKeepalive',
  'connection',
  'dns',
  'http2',
  'useClientProtocol',
  'compression',
  'compressor',
  'responseOverride',
  'httpUpgrade',
  'requestBuffer',
  'telemetry',
  'routingType',
  'admissionControl',
  'bandwidthLimit',
] as const satisfies readonly (keyof BackendTrafficPolicySpec)[];

const ignoredClientFields = [
  'enableProxyProtocol',
  'proxyProtocol',
  'healthCheck',
  'grpc',
  'http1',
  'http2',
  'http3',
  'scheme',
] as const satisfies readonly (keyof ClientTrafficPolicySpec)[];

function* ofClientTraffic(spec: ClientTrafficPolicySpec): Iterable<string> {
  for (const field of ignoredClientFields) if (spec[field] !== undefined) yield field;
  const { clientIPDetection, path, timeout, headers = {}, connection = {}, tcpKeepalive = {}, tls } = spec;
  if (clientIPDetection?.xForwardedFor?.disableXForwardedForAppend === true) {
    yield 'clientIPDetection.xForwardedFor.disableXForwardedForAppend';
  }
  if (path !== undefined) yield* ofPath(path);
  for (const layer of ['http', 'tcp'] as const) {
    for (const field of Object.keys(timeout?.[layer] ?? {})) yield `timeout.${layer}.${field}`;
  }
  for (const field of Object.keys(headers)) {
    if (field !== 'withUnderscoresAction') yield `headers.${field}`;
  }
  const { connectionLimit = {}, ...others } = connection;
  for (const field of Object.keys(others)) yield `connection.${field}`;
  for (const field of Object.keys(connectionLimit)) {
    if (field !== 'value' && field !== 'closeDelay') yield `connection.connectionLimit.${field}`;
  }
  for (const field of ['probes', 'interval'] as const) {
    if (tcpKeepalive[field] !== undefined) yield `tcpKeepalive.${field}`;
  }
  if (tls !== undefined) yield* ofClientTls(tls);
}

/** Without a way of their own the proxies refuse escaped slashes and merge none. */
function* ofPath({
  escapedSlashesAction = 'UnescapeAndRedirect',
  disableMergeSlashes = false,
}: NonNullable<ClientTrafficPolicySpec['path']>): Iterable<string> {
  if (escapedSlashesAction === 'UnescapeAndRedirect') yield 'path.escapedSlashesAction';
  if (escapedSlashesAction === 'RejectRequest' && !disableMergeSlashes) yield 'path';
  if (escapedSlashesAction === 'UnescapeAndForward' && disableMergeSlashes) yield 'path.disableMergeSlashes';
}

function* ofClientTls(tls: NonNullable<ClientTrafficPolicySpec['tls']>): Iterable<string> {
  for (const field of ['alpnProtocols', 'signatureAlgorithms', 'fingerprints', 'session'] as const) {
    if (tls[field] !== undefined) yield `tls.${field}`;
  }
  const {
    crl,
    allowExpiredCertificate,
    caCertificateRefs = [],
    subjectAltNames = {},
  } = tls.clientValidation ?? {};
  if (crl !== undefined) yield 'tls.clientValidation.crl';
  if (allowExpiredCertificate === true) yield 'tls.clientValidation.allowExpiredCertificate';
  if (caCertificateRefs.length > 1) yield 'tls.clientValidation.caCertificateRefs[1]';
  for (const field of ['dnsNames', 'emailAddresses', 'ipAddresses', 'uris'] as const) {
    for (const [i, { type = 'Exact' }] of (subjectAltNames[field] ?? []).entries()) {
      if (type !== 'Exact') yield `tls.clientValidation.subjectAltNames.${field}[${i}]`;
    }
  }
  if (subjectAltNames.otherNames !== undefined) yield 'tls.clientValidation.subjectAltNames.otherNames';
}

/** What protects fails closed while it cannot be checked. */
function* ofSecurity(spec: SecurityPolicySpec): Iterable<RuleFinding> {
  yield* ofExtAuth(spec);
  const closed = (path: string, message: string): RuleFinding => ({
    code: 'HDL0020',
    severity: 'warning',
    path,
    message,
  });
  for (const field of unchecked) {
    if (spec[field] === undefined) continue;
    const refused =
      'requests of POST, PUT, DELETE and PATCH are answered 403, but for those from additionalOrigins';
    yield closed(`spec.${field}`, `${field} is accepted but not yet enforced by the proxies: ${refused}`);
  }
  for (const [path, message] of ofOidc(spec)) yield closed(path, message);
  for (const [i, { action, cel, principal }] of (spec.authorization?.rules ?? []).entries()) {
    const path = `spec.authorization.rules[${i}]`;
    const doubt = action === 'Deny' ? 'it is taken for true' : 'it is taken for false';
    if (cel !== undefined) {
      yield closed(`${path}.cel`, `cel is accepted but not yet evaluated by the proxies: ${doubt}`);
    }
    if (principal?.clientIPGeoLocations !== undefined) {
      yield closed(`${path}.principal.clientIPGeoLocations`, `no proxy knows where an address is: ${doubt}`);
    }
  }
  for (const [i, { remoteJWKS }] of (spec.jwt?.providers ?? []).entries()) {
    for (const field of [
      'backendRef',
      'backendRefs',
      'backendSettings',
      'cacheDuration',
      'failedRefetchDuration',
    ] as const) {
      if (remoteJWKS?.[field] !== undefined) yield notYet(`spec.jwt.providers[${i}].remoteJWKS.${field}`);
    }
  }
}

function* ofExtAuth({ extAuth }: SecurityPolicySpec): Iterable<RuleFinding> {
  if (extAuth === undefined) return;
  const { grpc, http, contextExtensions, includeRouteMetadata, headersToExtAuth } = extAuth;
  if (contextExtensions !== undefined) yield notYet('spec.extAuth.contextExtensions');
  if (includeRouteMetadata === true) yield notYet('spec.extAuth.includeRouteMetadata');
  if (grpc !== undefined && headersToExtAuth !== undefined) yield notYet('spec.extAuth.headersToExtAuth');
  if (http?.pathOverride !== undefined) yield notYet('spec.extAuth.http.pathOverride');
  for (const [name, service] of [
    ['grpc', grpc],
    ['http', http],
  ] as const) {
    if (service?.backendSettings !== undefined) yield notYet(`spec.extAuth.${name}.backendSettings`);
    if ((service?.backendRefs ?? []).length > 1) yield notYet(`spec.extAuth.${name}.backendRefs[1]`);
  }
}

function* ofOidc({ oidc, jwt }: SecurityPolicySpec): Iterable<readonly [path: string, message: string]> {
  if (oidc === undefined) return;
  const { provider, redirectURL, forwardIDToken, disableTokenEncryption, passThroughAuthHeader } = oidc;
  const unsafe = unsafeEndpoint(provider);
  if (unsafe !== undefined) {
    const why = `${unsafe} "${provider[unsafe]}" is no https:// URL, and what goes there is secret`;
    yield [`spec.oidc.provider.${unsafe}`, `${why}: all requests that the policy is for are answered 403`];
  }
  if (redirectURL !== undefined && redirectPathOf(redirectURL) === undefined) {
    yield [
      'spec.oidc.redirectURL',
      `redirectURL "${redirectURL}" has no path to come back to: all requests that the policy is for are answered 403`,
    ];
  }
  for (const field of ['authorizationEndpoint', 'tokenEndpoint'] as const) {
    if (provider[field] !== undefined) continue;
    yield [
      `spec.oidc.provider.issuer`,
      `without ${field} our gateways ask the issuer for it; an Envoy cannot, and answers 403`,
    ];
    break;
  }
  if (forwardIDToken !== undefined) {
    yield ['spec.oidc.forwardIDToken', 'our gateways forward the ID token; an Envoy cannot, and answers 403'];
  }
  for (const field of ['backendRefs', 'backendSettings'] as const) {
    if (provider[field] === undefined) continue;
    yield [
      `spec.oidc.provider.${field}`,
      `${field} is accepted but not yet acted on by the proxies: they call the provider by the host of its endpoints`,
    ];
  }
  if (disableTokenEncryption === true) {
    yield ['spec.oidc.disableTokenEncryption', 'tokens are encrypted in cookies all the same'];
  }
  if (passThroughAuthHeader === true && (jwt === undefined || jwt.failOpen === true)) {
    yield [
      'spec.oidc.passThroughAuthHeader',
      'nothing passes without a login: spec.jwt does not verify what the header brings',
    ];
  }
}
