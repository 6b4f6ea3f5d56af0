import type { GatewayListener, LabelSelector } from '@heddle/schema';
import type { KubernetesGateway } from '../translate/gateway-api/gateway.ts';
import { distinct } from './route-rules.ts';
import { isIpAddress } from './host-names.ts';
import { keyError, labelFindings } from './label-values.ts';
import { errorIf, type Rule, type RuleFinding, schemaWarning } from './rule.ts';

/**
 * What the definitions of Gateway and ListenerSet ask of listeners and addresses beyond their fields' forms (IST0106); listeners that cannot
 * be told apart are KIA1503.
 *
 * @see the validation rules (CEL) of Gateway API v1
 */
export const kubernetesGatewayShape: Rule = function* (world) {
  for (const document of world.documents.kubernetesGateways) {
    for (const finding of findingsOf(document)) yield [document, finding];
  }
  for (const document of world.documents.listenerSets) {
    for (const finding of listenersFindings(document.object.spec.listeners)) yield [document, finding];
  }
};

function* listenersFindings(listeners: readonly GatewayListener[]): Iterable<RuleFinding> {
  const names = new Set<string>();
  const places = new Map<string, string>();
  for (const [i, listener] of listeners.entries()) {
    const at = `spec.listeners[${i}]`;
    yield* listenerFindings(listener, at);
    if (names.has(listener.name)) {
      yield error(`${at}.name`, `"${listener.name}" names two listeners; give each its own name`);
    }
    names.add(listener.name);
    const place = `${listener.port} ${listener.protocol} ${listener.hostname ?? ''}`;
    const first = places.get(place);
    if (first !== undefined) {
      yield {
        ...error(
          at,
          `listener ${first} has the same port, protocol and hostname; change one of them, or join the two`,
        ),
        code: 'KIA1503',
      };
    }
    places.set(place, first ?? listener.name);
  }
}

function* findingsOf({ object: { spec } }: KubernetesGateway): Iterable<RuleFinding> {
  yield* listenersFindings(spec.listeners);
  const addresses = new Set<string>();
  for (const [i, { type = 'IPAddress', value }] of (spec.addresses ?? []).entries()) {
    const at = `spec.addresses[${i}].value`;
    if (value === undefined) continue;
    if (type === 'IPAddress' && !isIpAddress(value)) {
      yield error(at, `"${value}" is not an IP address; write one, or add type: Hostname`);
    }
    const isKnown = type === 'IPAddress' || type === 'Hostname';
    if (isKnown && addresses.has(`${type} ${value}`))
      yield error(at, `${value} is there twice; keep one of them`);
    addresses.add(`${type} ${value}`);
    if (
      type === 'Hostname' &&
      !/^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value)
    ) {
      yield error(at, `"${value}" is not a host name`);
    }
  }
  const ports = (spec.tls?.frontend?.perPort ?? []).map(({ port }) => port);
  yield* distinct(ports, 'spec.tls.frontend.perPort');
  yield* labelFindings('spec.infrastructure.labels', spec.infrastructure?.labels);
  for (const key of Object.keys(spec.infrastructure?.annotations ?? {})) {
    yield* errorIf(`spec.infrastructure.annotations[${JSON.stringify(key)}]`, keyError(key));
  }
  yield* operatorFindings(spec.allowedListeners?.namespaces?.selector, 'spec.allowedListeners.namespaces');
}

const operators: ReadonlySet<string> = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);

/** The definition takes every word here. */
function* operatorFindings(selector: LabelSelector | undefined, at: string): Iterable<RuleFinding> {
  for (const [i, { operator }] of (selector?.matchExpressions ?? []).entries()) {
    if (operators.has(operator)) continue;
    yield schemaWarning(
      `${at}.selector.matchExpressions[${i}].operator`,
      `"${operator}" is no operator, and nothing is selected; write In, NotIn, Exists or DoesNotExist`,
    );
  }
}

function* listenerFindings(listener: GatewayListener, at: string): Iterable<RuleFinding> {
  const { protocol, tls, hostname, allowedRoutes } = listener;
  yield* operatorFindings(allowedRoutes?.namespaces?.selector, `${at}.allowedRoutes.namespaces`);
  const inClear = protocol === 'HTTP' || protocol === 'TCP' || protocol === 'UDP';
  if (inClear && tls !== undefined) {
    yield error(`${at}.tls`, `protocol ${protocol} has no TLS; remove tls, or use HTTPS or TLS`);
  }
  if (protocol === 'HTTPS' && tls?.mode === 'Passthrough') {
    yield error(`${at}.tls.mode`, 'HTTPS is terminated here; use protocol TLS to pass it through');
  }
  if (protocol === 'TLS' && tls === undefined) {
    yield error(`${at}.tls`, 'tls is missing: name a certificate, or say mode: Passthrough');
  }
  if ((protocol === 'TCP' || protocol === 'UDP') && hostname !== undefined) {
    yield error(`${at}.hostname`, `protocol ${protocol} knows no host names; remove the hostname`);
  }
  const terminates = tls !== undefined && (tls.mode ?? 'Terminate') === 'Terminate';
  const hasOptions = Object.keys(tls?.options ?? {}).length > 0;
  if (terminates && (tls.certificateRefs ?? []).length === 0 && !hasOptions) {
    yield error(
      `${at}.tls.certificateRefs`,
      'TLS is terminated with a certificate; name a Secret that holds it',
    );
  }
}

function error(path: string, message: string): RuleFinding {
  return { code: 'IST0106', severity: 'error', path, message };
}
