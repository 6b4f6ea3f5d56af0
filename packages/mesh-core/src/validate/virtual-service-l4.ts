import { isCovered } from '../world/host-pattern.ts';
import { gatewayNameFindings } from './gateway-names.ts';
import { isIpAddress, subnetError, wildcardHostError } from './host-names.ts';
import { labelFindings } from './label-values.ts';
import { errorIf, type RuleFinding, documentRule, schemaError, schemaWarning } from './rule.ts';
import { destinationFindings } from './virtual-service-http.ts';
import { isForGatewaysAlone, isOutboundSni } from './virtual-service-shape.ts';
import type { WorldDocuments } from '../world/world.ts';

type Spec = WorldDocuments['virtualServices'][number]['object']['spec'];
type L4Match = NonNullable<NonNullable<Spec['tcp']>[number]['match']>[number];
type L4Route = NonNullable<Spec['tcp']>[number]['route'];

/** Routes of connections: subnets, SNI within the hosts of the document, destinations (IST0106). */
export const virtualServiceL4 = documentRule('virtualServices', function* ({ object: { spec } }) {
  for (const [i, { match, route }] of (spec.tcp ?? []).entries()) {
    for (const [m, one] of (match ?? []).entries()) yield* matchFindings(`spec.tcp[${i}].match[${m}]`, one);
    yield* routeFindings(`spec.tcp[${i}].route`, route);
  }
  for (const [i, { match, route }] of (spec.tls ?? []).entries()) {
    if (match.length === 0) {
      yield schemaError(`spec.tls[${i}].match`, 'match is empty; name the SNI of the connections');
    }
    for (const [m, one] of match.entries()) {
      const path = `spec.tls[${i}].match[${m}]`;
      if (one.sniHosts.length === 0) {
        yield schemaError(`${path}.sniHosts`, 'sniHosts is empty; name the SNI of the connections');
      }
      for (const [s, host] of one.sniHosts.entries())
        yield* sniFindings(`${path}.sniHosts[${s}]`, host, spec);
      yield* matchFindings(path, one);
    }
    yield* routeFindings(`spec.tls[${i}].route`, route);
  }
});

function* matchFindings(path: string, match: L4Match): Iterable<RuleFinding> {
  for (const [i, subnet] of (match.destinationSubnets ?? []).entries()) {
    yield* errorIf(`${path}.destinationSubnets[${i}]`, subnetError(subnet));
  }
  yield* labelFindings(`${path}.sourceLabels`, match.sourceLabels);
  yield* gatewayNameFindings(`${path}.gateways`, match.gateways);
}

function* routeFindings(path: string, route: L4Route): Iterable<RuleFinding> {
  if ((route ?? []).length === 0) yield schemaError(path, 'route is empty; name at least one destination');
  for (const [i, { destination }] of (route ?? []).entries()) {
    yield* destinationFindings(`${path}[${i}].destination`, destination);
  }
}

function* sniFindings(path: string, sni: string, spec: Spec): Iterable<RuleFinding> {
  const wrong = isForGatewaysAlone(spec) && isOutboundSni(sni) ? undefined : wildcardHostError(sni);
  if (wrong !== undefined && isIpAddress(sni)) {
    // RFC 6066 §3
    yield schemaWarning(
      path,
      `"${sni}": SNI carries names, not addresses, and most clients send none for an address`,
    );
  } else if (wrong !== undefined) {
    yield schemaError(path, wrong);
  } else if (!(spec.hosts ?? []).some((host) => isCovered(sni, host))) {
    yield schemaError(path, `"${sni}" is none of the hosts of this document; add it to spec.hosts`);
  }
}
