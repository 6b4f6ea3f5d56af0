import {
  type KubernetesGateway,
  listenersOf,
  servesGateway,
  takesKind,
} from '../translate/gateway-api/gateway.ts';
import { certificateProblem } from '../translate/gateway-api/certificate.ts';
import type { World } from '../world/world.ts';
import type { Rule, RuleFinding } from './rule.ts';

/**
 * A Gateway has a class (KIA1504), certificates that are there and granted, a proxy that serves it (KIA0302), and addresses and
 * ports that no other Gateway takes (KIA1501, KIA1502).
 */
export const kubernetesGatewayReferences: Rule = function* (world) {
  const { kubernetesGateways } = world.documents;
  for (const [i, document] of kubernetesGateways.entries()) {
    for (const finding of ofOne(document, world)) yield [document, finding];
    for (const finding of ofPair(document, kubernetesGateways.slice(0, i))) yield [document, finding];
  }
};

function* ofOne(document: KubernetesGateway, world: World): Iterable<RuleFinding> {
  const { gatewayClassName } = document.object.spec;
  if (!world.documents.gatewayClasses.some(({ key }) => key.name === gatewayClassName)) {
    yield {
      code: 'KIA1504',
      severity: 'info',
      path: 'spec.gatewayClassName',
      message: `no GatewayClass "${gatewayClassName}" is known; the Gateway is served all the same`,
    };
  }
  for (const { listener, index } of listenersOf(document)) {
    for (const [c, ref] of (listener.tls?.certificateRefs ?? []).entries()) {
      const problem = certificateProblem(ref, document.key, world);
      if (problem === undefined) continue;
      yield {
        code: 'IST0161',
        severity: 'warning',
        path: `spec.listeners[${index}].tls.certificateRefs[${c}]`,
        message: `${problem.message}: listener ${listener.name} has no certificate`,
      };
    }
    for (const [k, { kind }] of (listener.allowedRoutes?.kinds ?? []).entries()) {
      if (takesKind(listener, kind)) continue;
      yield {
        code: 'IST0106',
        severity: 'warning',
        path: `spec.listeners[${index}].allowedRoutes.kinds[${k}].kind`,
        message: `protocol ${listener.protocol} carries no ${kind}: the kind is ignored`,
      };
    }
  }
  const proxies = [...world.deployments, ...world.instances];
  if (proxies.some((proxy) => servesGateway(proxy, document, world))) return;
  yield {
    code: 'KIA0302',
    severity: 'warning',
    path: 'metadata.name',
    message: `no proxy in ${document.key.namespace} has the label gateway.networking.k8s.io/gateway-name=${document.key.name}: nothing listens for this Gateway`,
  };
}

function* ofPair(
  { key, object: { spec } }: KubernetesGateway,
  older: readonly KubernetesGateway[],
): Iterable<RuleFinding> {
  for (const other of older) {
    const name = `Gateway ${other.key.namespace}/${other.key.name}`;
    for (const [i, { type = 'IPAddress', value }] of (spec.addresses ?? []).entries()) {
      const taken = other.object.spec.addresses?.some(
        (one) => (one.type ?? 'IPAddress') === type && one.value === value,
      );
      if (taken) {
        yield {
          code: 'KIA1502',
          severity: 'warning',
          path: `spec.addresses[${i}]`,
          message: `${name} has the address ${value}, too: their listeners are joined`,
        };
      }
    }
    if (other.key.namespace !== key.namespace) continue;
    for (const [i, listener] of spec.listeners.entries()) {
      const same = other.object.spec.listeners.some(
        ({ port, hostname }) =>
          port === listener.port && hostname !== undefined && hostname === listener.hostname,
      );
      if (same) {
        yield {
          code: 'KIA1501',
          severity: 'warning',
          path: `spec.listeners[${i}]`,
          message: `${name} listens for ${listener.hostname} on port ${listener.port}, too; keep one of the two`,
        };
      }
    }
  }
}
