/** Names of services, as documents write them and as the mesh means them. */
export const clusterDomain = 'cluster.local';

export function serviceHostname(namespace: string, name: string): string {
  return `${name}.${namespace}.svc.${clusterDomain}`;
}

/**
 * The full name that a host in a document stands for: a name without dots is completed with the document's own namespace, not
 * the client's (Istio's short names); `name.namespace` and `name.namespace.svc` are completed only when such a service is known.
 */
export function resolveHost(host: string, namespace: string, isKnown: (hostname: string) => boolean): string {
  const lower = host.toLowerCase();
  if (lower.includes('*')) return lower;
  if (!lower.includes('.')) return serviceHostname(namespace, lower);
  if (isKnown(lower)) return lower;
  const [name = '', inNamespace = '', ...rest] = lower.split('.');
  const full = serviceHostname(inNamespace, name);
  return (rest.length === 0 || (rest.length === 1 && rest[0] === 'svc')) && isKnown(full) ? full : lower;
}
