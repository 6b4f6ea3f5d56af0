import type { ResourceKey } from '@heddle/schema';
import { envoyGatewayGroup, type EnvoyPolicyList } from '../translate/envoy-gateway/targets.ts';
import { gatewayApiGroup } from '../translate/gateway-api/gateway.ts';
import { routeDocuments } from '../translate/gateway-api/parents.ts';
import type { World } from '../world/world.ts';
import { envoyPolicyStatus } from './envoy-policy-status.ts';
import { gatewayClassStatus, type GatewayStatus, gatewayStatus } from './gateway-status.ts';
import { type PolicyStatus, policyStatus } from './policy-status.ts';
import { type RouteStatus, routeStatus } from './route-status.ts';

export type ResourceStatus =
  | GatewayStatus
  | NonNullable<ReturnType<typeof gatewayClassStatus>>
  | PolicyStatus
  | RouteStatus;

/** The status of a document of the Gateway API, as a controller writes it in Kubernetes; undefined for all others. */
export function resourceStatus(key: ResourceKey, world: World): ResourceStatus | undefined {
  const { gatewayClasses, kubernetesGateways, backendTlsPolicies, backendTrafficPolicies } = world.documents;
  const isIt = (one: { readonly key: ResourceKey }) =>
    one.key.kind === key.kind && one.key.namespace === key.namespace && one.key.name === key.name;
  if (key.group === 'gateway.networking.x-k8s.io') {
    const policy = backendTrafficPolicies.find(isIt);
    return policy && policyStatus(policy, backendTrafficPolicies, world);
  }
  if (key.group === envoyGatewayGroup) {
    const list = envoyPolicyLists[key.kind];
    const policy = list && world.documents[list].find(isIt);
    return policy && list && envoyPolicyStatus(policy, list, world);
  }
  if (key.group !== gatewayApiGroup) return undefined;
  switch (key.kind) {
    case 'GatewayClass': {
      const found = gatewayClasses.find(isIt);
      return found && gatewayClassStatus(found);
    }
    case 'Gateway': {
      const found = kubernetesGateways.find(isIt);
      return found && gatewayStatus(found, world);
    }
    case 'BackendTLSPolicy': {
      const found = backendTlsPolicies.find(isIt);
      return found && policyStatus(found, backendTlsPolicies, world);
    }
    default: {
      const found = routeDocuments(world).find(({ document }) => isIt(document));
      return found && routeStatus(found, world);
    }
  }
}

const envoyPolicyLists: Readonly<Record<string, EnvoyPolicyList>> = {
  BackendTrafficPolicy: 'envoyBackendPolicies',
  ClientTrafficPolicy: 'clientTrafficPolicies',
  SecurityPolicy: 'securityPolicies',
};
