/** Names of services, as documents write them and as the mesh means them. */
export const clusterDomain = 'cluster.local';

export const serviceSuffix = `.svc.${clusterDomain}`;

export function serviceHostname(namespace: string, name: string): string {
  return `${name}.${namespace}${serviceSuffix}`;
}

/**
 * The full name that a host in a document stands for: a name without dots is completed with the document's own namespace, not
 * the client's. Any other name is taken as it is, `name.namespace` too (Istio).
 */
export function resolveHost(host: string, namespace: string): string {
  const lower = host.toLowerCase();
  return /[.*:]/.test(lower) ? lower : serviceHostname(namespace, lower);
}
