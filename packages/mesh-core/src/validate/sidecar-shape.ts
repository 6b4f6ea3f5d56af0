import type { SidecarSpec } from '@heddle/schema';
import { addressError, fqdnError, isDnsLabel, scopedHostError, socketPathError } from './host-names.ts';
import { connectionPoolFindings } from './connection-pool.ts';
import { selectorFindings } from './label-values.ts';
import { isHttp, isTls, protocolError } from './protocols.ts';
import { errorIf, type RuleFinding, documentRule, schemaError, schemaWarning } from './rule.ts';
import { serverTlsFindings } from './server-tls.ts';
import { destinationFindings } from './virtual-service-http.ts';

type Ingress = NonNullable<SidecarSpec['ingress']>[number];
type Egress = NonNullable<SidecarSpec['egress']>[number];

/** What one Sidecar must have by itself: listeners on ports of their own, hosts as namespace/name (IST0106). */
export const sidecarShape = documentRule('sidecars', function* ({ key, object: { spec = {} } }) {
  if (spec.workloadSelector !== undefined) {
    yield* selectorFindings('spec.workloadSelector', 'labels', spec.workloadSelector.labels);
  }
  const { ingress = [], egress = [], outboundTrafficPolicy, inboundConnectionPool } = spec;
  if (
    ingress.length + egress.length === 0 &&
    outboundTrafficPolicy === undefined &&
    inboundConnectionPool === undefined
  ) {
    yield schemaError(
      'spec',
      'the Sidecar says nothing; give it egress, ingress, outboundTrafficPolicy or inboundConnectionPool',
    );
  }
  yield* ingressFindings(ingress);
  yield* connectionPoolFindings('spec.inboundConnectionPool', inboundConnectionPool);
  yield* egressFindings(egress, key.namespace);
  yield* proxyFindings('spec.outboundTrafficPolicy', outboundTrafficPolicy);
});

function* ingressFindings(ingress: readonly Ingress[]): Iterable<RuleFinding> {
  const ports = new Set<number>();
  for (const [i, listener] of ingress.entries()) {
    const path = `spec.ingress[${i}]`;
    const { number = 0, protocol = '', name = '' } = listener.port;
    yield* portFindings(path, name, protocol);
    if (number === 0) yield schemaError(`${path}.port.number`, 'number is missing; expected 1 to 65535');
    if ((listener.bind ?? '') !== '') yield* errorIf(`${path}.bind`, addressError(listener.bind ?? ''));
    if (ports.has(number))
      yield schemaError(`${path}.port.number`, `port ${number} has a listener already; join them`);
    ports.add(number);
    yield* errorIf(`${path}.defaultEndpoint`, endpointError(listener.defaultEndpoint ?? ''));
    yield* ingressTlsFindings(`${path}.tls`, listener, protocol);
    yield* connectionPoolFindings(`${path}.connectionPool`, listener.connectionPool);
    if (listener.connectionPool?.http !== undefined && !isHttp(protocol)) {
      yield schemaWarning(
        `${path}.connectionPool.http`,
        `port ${number} is not HTTP: only the settings of tcp apply`,
      );
    }
  }
}

function* portFindings(path: string, name: string, protocol: string): Iterable<RuleFinding> {
  if (name !== '' && !isDnsLabel(name)) {
    yield schemaError(
      `${path}.port.name`,
      `"${name}" cannot be the name of a port; use letters, digits and -`,
    );
  }
  if (protocol !== '') yield* errorIf(`${path}.port.protocol`, protocolError(protocol));
}

/** `127.0.0.1:8080`, `0.0.0.0:8080`, `[::1]:8080`, `[::]:8080`, `:8080` or `unix:///path`. */
function endpointError(endpoint: string): string | undefined {
  if (endpoint === '') return undefined;
  if (endpoint.startsWith('unix://')) return socketPathError(endpoint.slice('unix://'.length));
  const match = /^(?:127\.0\.0\.1|0\.0\.0\.0|\[?::1\]|\[::\])?:[-+]?(\d{1,6})$/.exec(endpoint);
  const port = Number(match?.[1] ?? 0);
  return port >= 1 && port <= 65_535 && !endpoint.includes('-')
    ? undefined
    : `"${endpoint}" is not an endpoint of the own workload; write 127.0.0.1:8080 or unix:///path`;
}

function* ingressTlsFindings(path: string, { tls }: Ingress, protocol: string): Iterable<RuleFinding> {
  if (tls === undefined) return;
  for (const field of ['subjectAltNames', 'credentialName', 'credentialNames', 'tlsCertificates'] as const) {
    if ((tls[field] ?? '').length > 0)
      yield schemaError(`${path}.${field}`, `${field} is not for a sidecar; remove it`);
  }
  if (tls.httpsRedirect === true)
    yield schemaError(`${path}.httpsRedirect`, 'a sidecar does not redirect; remove it');
  if (tls.mode === 'ISTIO_MUTUAL' || tls.mode === 'AUTO_PASSTHROUGH') {
    yield schemaError(`${path}.mode`, `mode ${tls.mode} is not for a sidecar; write SIMPLE or MUTUAL`);
  }
  if (!isTls(protocol))
    yield schemaError(path, 'the port is not encrypted; write protocol HTTPS or TLS, or remove tls');
  yield* serverTlsFindings(path, tls);
}

function* egressFindings(egress: readonly Egress[], namespace: string): Iterable<RuleFinding> {
  const ports = new Set<number>();
  const sockets = new Set<string>();
  for (const [i, listener] of egress.entries()) {
    const path = `spec.egress[${i}]`;
    const { port, bind = '' } = listener;
    if (port === undefined) {
      if (i !== egress.length - 1) {
        yield schemaError(
          `${path}.port`,
          'the listener without a port takes every other port; put it last, and have one',
        );
      }
    } else {
      yield* portFindings(path, port.name ?? '', port.protocol ?? '');
      const { number = 0 } = port;
      if (number === 0) {
        yield* socketFindings(path, listener);
        if (sockets.has(bind)) yield schemaError(`${path}.bind`, `${bind} has a listener already; join them`);
        sockets.add(bind);
      } else {
        if (bind !== '') yield* errorIf(`${path}.bind`, addressError(bind));
        if (ports.has(number))
          yield schemaError(`${path}.port.number`, `port ${number} has a listener already; join them`);
        ports.add(number);
      }
    }
    yield* hostFindings(`${path}.hosts`, listener.hosts, namespace);
  }
}

function* socketFindings(
  path: string,
  { bind = '', captureMode = 'DEFAULT' }: Egress,
): Iterable<RuleFinding> {
  if (!bind.startsWith('unix://')) {
    yield schemaError(
      `${path}.port.number`,
      'port 0 is for Unix domain sockets; expected 1 to 65535, or bind: unix:///path',
    );
  } else {
    yield* errorIf(`${path}.bind`, socketPathError(bind.slice('unix://'.length)));
  }
  if (captureMode === 'IPTABLES') {
    yield schemaError(`${path}.captureMode`, 'a Unix domain socket is not captured; write DEFAULT or NONE');
  }
}

function* hostFindings(path: string, hosts: readonly string[], own: string): Iterable<RuleFinding> {
  const seen = new Map<string, Set<string>>();
  for (const [i, host] of hosts.entries()) {
    yield* errorIf(`${path}[${i}]`, scopedHostError(host, 'Sidecar'));
    const slash = host.indexOf('/');
    if (slash === -1 || host.startsWith('~')) continue;
    const written = host.slice(0, slash);
    const namespace = written === '.' ? own : written;
    const name = host.slice(slash + 1);
    const names = seen.get(namespace) ?? new Set();
    seen.set(namespace, names);
    if (name === '*' ? names.size > 0 : names.has(name) || names.has('*')) {
      yield schemaWarning(
        `${path}[${i}]`,
        `"${host}" is covered by another host of the list; remove one of them`,
      );
    }
    names.add(name);
  }
  if (seen.get('*')?.has('*') === true && seen.size > 1) {
    yield schemaWarning(path, '"*/*" is every host already; remove it or the others');
  }
}

function* proxyFindings(path: string, policy: SidecarSpec['outboundTrafficPolicy']): Iterable<RuleFinding> {
  const { mode = 'REGISTRY_ONLY', egressProxy } = policy ?? {};
  if (egressProxy === undefined) return;
  if (mode !== 'ALLOW_ANY') {
    yield schemaError(
      `${path}.egressProxy`,
      'an egress proxy takes what no document names: it needs mode ALLOW_ANY',
    );
    return;
  }
  yield* errorIf(`${path}.egressProxy.host`, fqdnError(egressProxy.host));
  if (egressProxy.port === undefined) {
    yield schemaError(`${path}.egressProxy.port`, 'port is missing; name the port of the proxy');
    return;
  }
  yield* destinationFindings(`${path}.egressProxy`, egressProxy);
}
