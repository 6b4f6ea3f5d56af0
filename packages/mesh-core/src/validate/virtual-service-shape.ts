import type { VirtualServiceSpec } from '@heddle/schema';
import type { Static } from 'typebox';
import { overlaps } from '../world/host-pattern.ts';
import { gatewayNameFindings } from './gateway-names.ts';
import { isIpAddress, wildcardHostError } from './host-names.ts';
import { isClaimMatch } from './virtual-service-match.ts';
import { type RuleFinding, documentRule, schemaError } from './rule.ts';

type Spec = Static<typeof VirtualServiceSpec>;

/** What one VirtualService must have by itself: hosts or the parts of a delegate, gateways, at least one route (IST0106). */
export const virtualServiceShape = documentRule('virtualServices', function* ({ object: { spec } }) {
  const hosts = spec.hosts ?? [];
  if (hosts.length === 0) yield* delegateFindings(spec);
  yield* gatewayNameFindings('spec.gateways', spec.gateways);
  yield* hostFindings(spec, hosts);
  if ([spec.http, spec.tcp, spec.tls].every((routes) => (routes ?? []).length === 0)) {
    yield schemaError('spec', 'there is no route; add one under http, tcp or tls');
  }
  if (!isForGatewaysAlone(spec)) yield* claimFindings(spec);
});

/** A VirtualService without hosts is a part that others delegate to. */
function* delegateFindings(spec: Spec): Iterable<RuleFinding> {
  for (const field of ['gateways', 'tls', 'tcp'] as const) {
    if ((spec[field] ?? []).length === 0) continue;
    yield schemaError(
      `spec.${field}`,
      `without hosts this is a delegate, which has http routes alone; add hosts or remove ${field}`,
    );
  }
}

/** Whether no sidecar hears of it. */
export function isForGatewaysAlone({ gateways = [] }: Spec): boolean {
  return gateways.length > 0 && !gateways.includes('mesh');
}

function* hostFindings(spec: Spec, hosts: readonly string[]): Iterable<RuleFinding> {
  const forGateways = isForGatewaysAlone(spec);
  let areRight = true;
  for (const [i, host] of hosts.entries()) {
    const wrong = isGatewaySni(spec, host, forGateways) ? undefined : wildcardHostError(host);
    if (wrong !== undefined && !isIpAddress(host)) {
      areRight = false;
      yield schemaError(`spec.hosts[${i}]`, wrong);
    } else if (host === '*' && !forGateways) {
      areRight = false;
      yield schemaError(
        `spec.hosts[${i}]`,
        '"*" is not allowed on the mesh gateway; name a service, or a Gateway under spec.gateways',
      );
    }
  }
  if (!areRight) return;
  // Suffixes make this quadratic in the hosts of one document; a document has few, and more than this no reader.
  for (const [i, host] of hosts.slice(0, 500).entries()) {
    const earlier = hosts.slice(0, i).find((one) => overlaps(one, host));
    if (earlier !== undefined) {
      yield schemaError(
        `spec.hosts[${i}]`,
        `"${host}" is covered by "${earlier}" already; remove one of them`,
      );
    }
  }
}

/** `outbound_.80_._.name`: the SNI of traffic that an AUTO_PASSTHROUGH gateway passes on. */
function isGatewaySni(spec: Spec, host: string, forGateways: boolean): boolean {
  const hasSni = (spec.tls ?? []).some(({ match }) => match.some(({ sniHosts }) => sniHosts.length > 0));
  return forGateways && hasSni && isOutboundSni(host);
}

export function isOutboundSni(host: string): boolean {
  const [direction, port, , name] = host.split('_');
  return (
    direction === 'outbound' &&
    /\d/.test(port ?? '') &&
    /[a-zA-Z]/.test((name ?? '').replace(/^\.+|\.+$/g, ''))
  );
}

function* claimFindings(spec: Spec): Iterable<RuleFinding> {
  for (const [r, { match = [] }] of (spec.http ?? []).entries()) {
    for (const [m, one] of match.entries()) {
      for (const field of ['headers', 'withoutHeaders'] as const) {
        for (const name of Object.keys(one[field] ?? {})) {
          if (!isClaimMatch(name)) continue;
          yield schemaError(
            `spec.http[${r}].match[${m}].${field}[${JSON.stringify(name)}]`,
            'routing by claims of a token is for gateways alone; name the Gateway under spec.gateways, without mesh',
          );
        }
      }
    }
  }
}
