import type {
  AuthorizationPolicySpec,
  ConnectionPoolSettings,
  GrpcRouteRule,
  HttpRouteRule,
  SidecarSpec,
  TrafficPolicy,
  WorkloadGroupSpec,
} from '@heddle/schema';
import { isPlainHttp, isTerminatedHttps } from '../compile/gateway.ts';
import { servesHttp } from '../translate/istio/sidecar-ingress.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** Fields and kinds that are stored but have no effect yet are named, never dropped in silence (HDL0020). */
export const notYetEnforced: Rule = function* (world) {
  for (const document of world.documents.virtualServices) {
    const { spec } = document.object;
    for (const field of ['tcp', 'tls'] as const) {
      if (spec[field] !== undefined) yield [document, notYet(`spec.${field}`)];
    }
    for (const [i, rule] of (spec.http ?? []).entries()) {
      if (rule.retries?.retryRemoteLocalities !== undefined) {
        yield [document, notYet(`spec.http[${i}].retries.retryRemoteLocalities`)];
      }
    }
  }
  for (const document of world.documents.destinationRules) {
    const { spec } = document.object;
    for (const path of ignoredSettings(spec.trafficPolicy, 'spec.trafficPolicy'))
      yield [document, notYet(path)];
    for (const [i, { trafficPolicy }] of (spec.subsets ?? []).entries()) {
      for (const path of ignoredSettings(trafficPolicy, `spec.subsets[${i}].trafficPolicy`)) {
        yield [document, notYet(path)];
      }
    }
  }
  for (const document of world.documents.telemetries) {
    const { tracing = [], metrics, accessLogging } = document.object.spec ?? {};
    for (const [i, entry] of tracing.entries()) {
      for (const field of ignoredTracing) {
        if (entry[field] !== undefined) yield [document, notYet(`spec.tracing[${i}].${field}`)];
      }
    }
    if (metrics !== undefined) yield [document, notYet('spec.metrics')];
    if (accessLogging !== undefined) yield [document, notYet('spec.accessLogging')];
  }
  for (const document of world.documents.sidecars) {
    for (const path of ignoredIngress(document.object.spec ?? {})) yield [document, notYet(path)];
    for (const finding of unservedIngress(document.object.spec ?? {})) yield [document, finding];
  }
  for (const document of world.documents.workloadGroups) {
    for (const path of ignoredOfGroup(document.object.spec)) yield [document, notYet(path)];
  }
  for (const document of world.documents.authorizationPolicies) {
    for (const finding of ofAuthorization(document.object.spec ?? {})) yield [document, finding];
  }
  for (const document of [...world.documents.httpRoutes, ...world.documents.grpcRoutes]) {
    const { spec } = document.object;
    if (spec.useDefaultGateways !== undefined) yield [document, notYet('spec.useDefaultGateways')];
    for (const [i, rule] of (spec.rules ?? []).entries()) {
      for (const finding of ofRouteRule(rule, `spec.rules[${i}]`)) yield [document, finding];
    }
  }
  for (const document of [...world.documents.tcpRoutes, ...world.documents.tlsRoutes]) {
    yield [document, notYet('spec.rules', document.key.kind)];
  }
  for (const document of world.documents.backendTrafficPolicies) {
    for (const field of ['retryConstraint', 'sessionPersistence'] as const) {
      if (document.object.spec[field] !== undefined) yield [document, notYet(`spec.${field}`)];
    }
  }
  for (const document of world.documents.kubernetesGateways) {
    const { spec } = document.object;
    for (const field of ['allowedListeners', 'backendTLS', 'defaultScope'] as const) {
      if (spec[field] !== undefined) yield [document, notYet(`spec.${field}`)];
    }
    if (spec.tls?.backend !== undefined) yield [document, notYet('spec.tls.backend')];
    for (const [i, { protocol, tls }] of spec.listeners.entries()) {
      const isServed = protocol === 'HTTP' || (protocol === 'HTTPS' && tls?.mode !== 'Passthrough');
      if (!isServed) yield [document, notYet(`spec.listeners[${i}]`, `${protocol} listener`)];
    }
  }
  for (const document of world.documents.gateways) {
    for (const [i, server] of document.object.spec.servers.entries()) {
      if (!isPlainHttp(server) && !isTerminatedHttps(server))
        yield [document, notYet(`spec.servers[${i}]`, `${server.port.protocol} server`)];
      if (server.defaultEndpoint !== undefined)
        yield [document, notYet(`spec.servers[${i}].defaultEndpoint`)];
    }
  }
};

const ignoredTracing = [
  'providers',
  'disableSpanReporting',
  'customTags',
  'useRequestIdForTraceSampling',
  'enableIstioTags',
  'disableContextPropagation',
] as const;

/** A filter that cannot be applied is not skipped: requests that it is for are refused. */
function* ofRouteRule(
  { filters = [], backendRefs = [], sessionPersistence }: HttpRouteRule | GrpcRouteRule,
  path: string,
): Iterable<RuleFinding> {
  if (sessionPersistence !== undefined) yield notYet(`${path}.sessionPersistence`);
  const refused = (at: string, type: string): RuleFinding => ({
    code: 'HDL0020',
    severity: 'warning',
    path: at,
    message: `the filter ${type} is accepted but not yet enforced here by the proxies: requests that match this rule are answered 500`,
  });
  for (const [f, { type }] of filters.entries()) {
    if (type === 'ExtensionRef' || type === 'ExternalAuth') yield refused(`${path}.filters[${f}]`, type);
  }
  for (const [b, backend] of backendRefs.entries()) {
    for (const [f, { type }] of (backend.filters ?? []).entries()) {
      if (type === 'RequestHeaderModifier' || type === 'ResponseHeaderModifier') continue;
      yield refused(`${path}.backendRefs[${b}].filters[${f}]`, type);
    }
  }
}

/** Authorization fails closed: what cannot be asked yet is told with what happens instead. */
function* ofAuthorization({ rules = [] }: AuthorizationPolicySpec): Iterable<RuleFinding> {
  const unasked = (path: string, message: string): RuleFinding => ({
    code: 'HDL0020',
    severity: 'warning',
    path,
    message,
  });
  for (const [r, { when = [] }] of rules.entries()) {
    for (const [i, { key }] of when.entries()) {
      if (key.startsWith('experimental.')) {
        yield unasked(
          `spec.rules[${r}].when[${i}].key`,
          `${key} is accepted but not yet enforced by the proxies: no filter leaves metadata, so it matches nothing`,
        );
      }
    }
  }
}

function* ignoredOfGroup({ metadata, template, probe }: WorkloadGroupSpec): Iterable<string> {
  if (metadata?.annotations !== undefined) yield 'spec.metadata.annotations';
  // The address is each member's own, in Istio too.
  for (const field of ['address', 'network', 'locality'] as const) {
    if (template[field]) yield `spec.template.${field}`;
  }
  for (const field of ['exec', 'grpc'] as const) {
    if (probe?.[field] !== undefined) yield `spec.probe.${field}`;
  }
}

function* ignoredIngress({ ingress = [], inboundConnectionPool }: SidecarSpec): Iterable<string> {
  yield* ignoredPool(inboundConnectionPool, 'spec.inboundConnectionPool');
  for (const [i, listener] of ingress.entries()) {
    const path = `spec.ingress[${i}]`;
    // Nobody redirects connections to a sidecar of ours: it is called at its own address.
    for (const field of ['bind', 'captureMode'] as const) {
      if (listener[field] !== undefined) yield `${path}.${field}`;
    }
    yield* ignoredPool(listener.connectionPool, `${path}.connectionPool`);
  }
}

/** What a sidecar cannot serve is not served in another way instead. */
function* unservedIngress({ ingress = [] }: SidecarSpec): Iterable<RuleFinding> {
  const unserved = (path: string, what: string): RuleFinding => ({
    code: 'HDL0020',
    severity: 'warning',
    path,
    message: `${what} is accepted but not yet served by the sidecars: its requests are refused`,
  });
  for (const [i, listener] of ingress.entries()) {
    const path = `spec.ingress[${i}]`;
    if (!servesHttp(listener)) yield unserved(`${path}.port.protocol`, `a port that is not HTTP`);
    else if (listener.defaultEndpoint?.startsWith('unix:'))
      yield unserved(`${path}.defaultEndpoint`, 'a Unix domain socket');
  }
}

function* ignoredPool(pool: ConnectionPoolSettings | undefined, path: string): Iterable<string> {
  if (pool?.http !== undefined) yield `${path}.http`;
  for (const [field, value] of Object.entries(pool?.tcp ?? {})) {
    if (field !== 'connectTimeout' && value !== undefined) yield `${path}.tcp.${field}`;
  }
}

function* ignoredSettings(policy: TrafficPolicy | undefined, path: string): Iterable<string> {
  if (policy === undefined) return;
  for (const field of ['outlierDetection', 'tunnel', 'proxyProtocol', 'retryBudget'] as const) {
    if (policy[field] !== undefined) yield `${path}.${field}`;
  }
  const { loadBalancer, connectionPool, tls } = policy;
  for (const field of [
    'localityLbSetting',
    'zoneAwareLbSetting',
    'backendUtilization',
    'warmup',
    'warmupDurationSecs',
  ] as const) {
    if (loadBalancer?.[field] !== undefined) yield `${path}.loadBalancer.${field}`;
  }
  if (loadBalancer?.simple === 'PASSTHROUGH') yield `${path}.loadBalancer.simple`;
  yield* ignoredPool(connectionPool, `${path}.connectionPool`);
  // The machine's own roots have no list.
  if (tls?.caCrl !== undefined && !tls.caCertificates) yield `${path}.tls.caCrl`;
  for (const [i, { port: _port, ...settings }] of (policy.portLevelSettings ?? []).entries()) {
    yield* ignoredSettings(settings, `${path}.portLevelSettings[${i}]`);
  }
}

export function notYet(path: string, what: string = path.slice(path.lastIndexOf('.') + 1)): RuleFinding {
  return {
    code: 'HDL0020',
    severity: 'warning',
    path,
    message: `${what} is accepted but not yet enforced by the proxies: it is stored and shown, and changes nothing`,
  };
}

/** Kinds that change an Envoy by itself have no meaning for the mesh's own proxies (HDL0022). */
export function forEnvoy(kind: string): RuleFinding {
  return {
    code: 'HDL0022',
    severity: 'info',
    path: '',
    message: `${kind} is for Envoys alone: it is stored, shown and handed to them, and changes nothing at the mesh's own proxies`,
  };
}
