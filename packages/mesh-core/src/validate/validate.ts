import type { Finding, ResourceKey } from '@heddle/schema';
import { keyText, keyWords } from '../documents/key.ts';
import { knownKind } from '../documents/kinds.ts';
import type { LineFinder } from '../documents/parse.ts';
import type { World } from '../world/world.ts';
import { authorizationPolicyAction } from './authorization-policy-action.ts';
import { authorizationPolicyReferences } from './authorization-policy-references.ts';
import { authorizationPolicyRules } from './authorization-policy-rules.ts';
import { authorizationPolicyTcp } from './authorization-policy-tcp.ts';
import { backendPolicyShape } from './backend-policy-shape.ts';
import { backendTrafficPolicyShape } from './backend-traffic-policy-shape.ts';
import { claimRoutes } from './claim-routes.ts';
import { clientTrafficPolicyShape } from './client-traffic-policy-shape.ts';
import { deploymentServices } from './deployment-services.ts';
import { deprecatedFields } from './deprecated-fields.ts';
import { destinationRuleOverlaps } from './destination-rule-overlaps.ts';
import { destinationRuleShape } from './destination-rule-shape.ts';
import { destinationRuleWithoutTls } from './destination-rule-without-tls.ts';
import { envoyExtensions } from './envoy-extensions.ts';
import { extensionProviders } from './extension-providers.ts';
import { envoyPoliciesNotYetEnforced } from './envoy-policies-not-yet-enforced.ts';
import { envoyPolicyTargets } from './envoy-policy-targets.ts';
import { exportToNamespaces } from './export-to-namespaces.ts';
import { exportTo } from './export-to.ts';
import { gatewayConflicts } from './gateway-conflicts.ts';
import { gatewayCredentials } from './gateway-credentials.ts';
import { gatewayHosts } from './gateway-hosts.ts';
import { gatewayPorts } from './gateway-ports.ts';
import { gatewayReferences } from './gateway-references.ts';
import { gatewaySelectors } from './gateway-selectors.ts';
import { gatewayShape } from './gateway-shape.ts';
import { hostOwners } from './host-owners.ts';
import { keyFetches } from './key-fetches.ts';
import { kubernetesGatewayReferences } from './kubernetes-gateway-references.ts';
import { kubernetesGatewayShape } from './kubernetes-gateway-shape.ts';
import { meshAnnotations } from './mesh-annotations.ts';
import { meshConfig } from './mesh-config.ts';
import { mtlsPairs } from './mtls-pairs.ts';
import { negativeConditions } from './negative-conditions.ts';
import { forEnvoy, notYet, notYetEnforced } from './not-yet-enforced.ts';
import { onePerWorkload } from './one-per-workload.ts';
import { peerAuthenticationShape } from './peer-authentication-shape.ts';
import { policyAttachment } from './policy-attachment.ts';
import { portNames } from './port-names.ts';
import { referenceGrantNamespaces } from './reference-grant-namespaces.ts';
import { requestAuthenticationShape } from './request-authentication-shape.ts';
import { routeParents } from './route-parents.ts';
import { routeReferences } from './route-references.ts';
import { routeRules } from './route-rules.ts';
import type { Rule } from './rule.ts';
import { securityPolicyReferences } from './security-policy-references.ts';
import { securityPolicyShape } from './security-policy-shape.ts';
import { selectedWorkloads } from './selected-workloads.ts';
import { serverVerification } from './server-verification.ts';
import { serviceContainerPorts } from './service-container-ports.ts';
import { serviceEntryOverlaps } from './service-entry-overlaps.ts';
import { serviceEntryProtocols } from './service-entry-protocols.ts';
import { serviceEntryShape } from './service-entry-shape.ts';
import { shadowedRoutes } from './shadowed-routes.ts';
import { sidecarReferences } from './sidecar-references.ts';
import { sidecarShape } from './sidecar-shape.ts';
import { smiDocuments } from './smi-documents.ts';
import { subsetLabels } from './subset-labels.ts';
import { telemetryProviders } from './telemetry-providers.ts';
import { telemetryShape } from './telemetry-shape.ts';
import { unprotectedWorkloads } from './unprotected-workloads.ts';
import { virtualServiceDelegates } from './virtual-service-delegates.ts';
import { virtualServiceDestinations } from './virtual-service-destinations.ts';
import { virtualServiceHttp } from './virtual-service-http.ts';
import { virtualServiceL4 } from './virtual-service-l4.ts';
import { virtualServiceMatch } from './virtual-service-match.ts';
import { virtualServiceOverlaps } from './virtual-service-overlaps.ts';
import { virtualServiceShape } from './virtual-service-shape.ts';
import { virtualServiceUnreachable } from './virtual-service-unreachable.ts';
import { virtualServiceWeights } from './virtual-service-weights.ts';
import { workloadEntryShape } from './workload-entry-shape.ts';
import { workloadGroupShape } from './workload-group-shape.ts';

/** All rules, cheapest first; the order is the order of the findings. */
const rules: readonly Rule[] = [
  meshAnnotations,
  virtualServiceShape,
  routeParents,
  routeRules,
  kubernetesGatewayShape,
  backendPolicyShape,
  backendTrafficPolicyShape,
  clientTrafficPolicyShape,
  securityPolicyShape,
  envoyPolicyTargets,
  virtualServiceMatch,
  virtualServiceHttp,
  virtualServiceL4,
  virtualServiceUnreachable,
  destinationRuleShape,
  gatewayShape,
  serviceEntryShape,
  workloadEntryShape,
  workloadGroupShape,
  sidecarShape,
  exportTo,
  exportToNamespaces,
  peerAuthenticationShape,
  telemetryShape,
  policyAttachment,
  authorizationPolicyAction,
  authorizationPolicyRules,
  authorizationPolicyTcp,
  requestAuthenticationShape,
  virtualServiceWeights,
  virtualServiceDestinations,
  virtualServiceDelegates,
  hostOwners,
  shadowedRoutes,
  subsetLabels,
  gatewayReferences,
  gatewaySelectors,
  kubernetesGatewayReferences,
  routeReferences,
  securityPolicyReferences,
  referenceGrantNamespaces,
  authorizationPolicyReferences,
  meshConfig,
  extensionProviders,
  deprecatedFields,
  virtualServiceOverlaps,
  gatewayHosts,
  gatewayConflicts,
  gatewayPorts,
  gatewayCredentials,
  claimRoutes,
  destinationRuleOverlaps,
  destinationRuleWithoutTls,
  serverVerification,
  mtlsPairs,
  serviceEntryProtocols,
  serviceEntryOverlaps,
  sidecarReferences,
  onePerWorkload,
  selectedWorkloads,
  portNames,
  serviceContainerPorts,
  deploymentServices,
  negativeConditions,
  envoyExtensions,
  telemetryProviders,
  keyFetches,
  smiDocuments,
  unprotectedWorkloads,
  notYetEnforced,
  envoyPoliciesNotYetEnforced,
];

interface ValidatedDocument {
  readonly key: ResourceKey;
}

/** Of one document and severity, and characters of one message: more helps nobody. */
const maxFindings = 100;
const maxMessage = 1000;

/** Findings of the whole world without their lines, by document (`keyText`). Documents without findings are absent. */
export function validateWorld(world: World, documents: readonly ValidatedDocument[]): Map<string, Finding[]> {
  const found = new Map<string, Finding[]>();
  const counts = new Map<string, number>();
  const add = (key: ValidatedDocument['key'], finding: Omit<Finding, 'line' | 'resource'>) => {
    const id = keyText(key);
    const own = found.get(id) ?? [];
    found.set(id, own);
    // Told by severity, so that no number of lesser ones hides an error.
    const place = `${finding.severity} ${id}`;
    const told = (counts.get(place) ?? 0) + 1;
    counts.set(place, told);
    if (told > maxFindings) return;
    const message =
      finding.message.length > maxMessage ? `${finding.message.slice(0, maxMessage)}…` : finding.message;
    own.push({ ...finding, message, resource: keyWords(key) });
  };
  for (const rule of rules) {
    for (const [document, finding] of rule(world)) add(document.key, finding);
  }
  for (const { key } of documents) {
    const known = knownKind(key.group === 'core' ? '' : key.group, key.kind);
    if (known?.support === 'stored') add(key, notYet('', key.kind));
    if (known?.support === 'envoy') add(key, forEnvoy(key.kind));
  }
  return found;
}

/** With the lines that they mean, for which the document's text is parsed: only findings that somebody sees are worth it. */
export function withLines(findings: readonly Finding[], lines: () => LineFinder): readonly Finding[] {
  if (findings.length === 0) return findings;
  const find = lines();
  return findings.map((one) => {
    const line = find(one.path);
    return line === undefined ? one : { ...one, line };
  });
}
