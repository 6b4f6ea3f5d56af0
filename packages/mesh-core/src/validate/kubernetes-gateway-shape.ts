import type { GatewayListener } from '@heddle/schema';
import type { KubernetesGateway } from '../translate/gateway-api/gateway.ts';
import type { Rule, RuleFinding } from './rule.ts';

/**
 * What the definition of a Gateway asks of its listeners and addresses beyond their fields' forms (IST0106); listeners that cannot
 * be told apart are KIA1503.
 *
 * @see the validation rules (CEL) of Gateway API v1
 */
export const kubernetesGatewayShape: Rule = function* (world) {
  for (const document of world.documents.kubernetesGateways) {
    for (const finding of findingsOf(document)) yield [document, finding];
  }
};

function* findingsOf({ object: { spec } }: KubernetesGateway): Iterable<RuleFinding> {
  const names = new Set<string>();
  const places = new Map<string, string>();
  for (const [i, listener] of spec.listeners.entries()) {
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
  const addresses = new Set<string>();
  for (const [i, { type = 'IPAddress', value }] of (spec.addresses ?? []).entries()) {
    const at = `spec.addresses[${i}].value`;
    if (value === undefined) continue;
    if (addresses.has(`${type} ${value}`)) yield error(at, `${value} is there twice; keep one of them`);
    addresses.add(`${type} ${value}`);
    if (
      type === 'Hostname' &&
      !/^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value)
    ) {
      yield error(at, `"${value}" is not a host name`);
    }
  }
}

function* listenerFindings({ protocol, tls, hostname }: GatewayListener, at: string): Iterable<RuleFinding> {
  const inClear = protocol === 'HTTP' || protocol === 'TCP' || protocol === 'UDP';
  if (inClear && tls !== undefined) {
    yield error(`${at}.tls`, `protocol ${protocol} has no TLS; remove tls, or use HTTPS or TLS`);
  }
  if (protocol === 'HTTPS' && tls?.mode === 'Passthrough') {
    yield error(`${at}.tls.mode`, 'HTTPS is terminated here; use protocol TLS to pass it through');
  }
  if (protocol === 'TLS' && tls?.mode === undefined) {
    yield error(`${at}.tls.mode`, 'tls.mode is missing; say Terminate or Passthrough');
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
