import type { Cluster, Listener, TlsMaterial } from '@heddle/traffic';

/** The secrets that listeners and clusters name. */
export function secretNames(listeners: Iterable<Listener>, clusters: Iterable<Cluster>): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (material: TlsMaterial | { readonly kind: 'system' } | undefined) => {
    if (material?.kind === 'secret') names.add(material.name);
  };
  for (const { filterChains, tcpChains = [] } of listeners) {
    for (const { http } of filterChains) {
      for (const { secrets } of http.routeLogins ?? []) secrets.forEach((name) => names.add(name));
      for (const { clientSecret, cookieKey } of http.routeProviders ?? []) {
        names.add(clientSecret).add(cookieKey);
      }
    }
    for (const { tls } of [...filterChains, ...tcpChains]) {
      if (tls === undefined || !('certificates' in tls)) continue;
      tls.certificates.forEach(add);
      add(tls.authorities);
    }
  }
  for (const { tls } of clusters) {
    if (tls === undefined || tls.mode === 'ISTIO_MUTUAL') continue;
    add(tls.certificate);
    add(tls.authorities);
  }
  return names;
}
