/** What the secrets that a snapshot names stand for, as far as the documents say it and the proxy may know it. */
import { hkdfSync } from 'node:crypto';
import type { ProxySnapshot, TlsMaterial, TlsSecret } from '@heddle/traffic';
import {
  authoritiesSuffix,
  clientKeys,
  clientSecret,
  configMap,
  cookieKey,
  grantedSecret,
  ownSecret,
  userPasswords,
} from '../translate/istio/credential.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import { secretValues } from '../world/secret-values.ts';
import type { World } from '../world/world.ts';

/** Sorted by name. A secret that is not there, or lacks what it is named for, is left out. */
export function secretsFor(
  { listeners, clusters }: Pick<ProxySnapshot, 'listeners' | 'clusters'>,
  instance: Pick<WorkloadInstance, 'namespace'>,
  world: World,
): TlsSecret[] {
  const found = new Map<string, TlsSecret>();
  const add = (material: TlsMaterial | undefined, read: Reader) => {
    if (material?.kind !== 'secret' || found.has(material.name)) return;
    const secret = read(material.name, instance.namespace, world);
    if (secret !== undefined) found.set(secret.name, secret);
  };
  for (const { http } of listeners.flatMap(({ filterChains }) => filterChains)) {
    for (const name of (http.routeLogins ?? []).flatMap(({ secrets }) => secrets)) {
      add({ kind: 'secret', name }, credentialsNamed);
    }
    for (const { clientSecret: secret, cookieKey: key } of http.routeProviders ?? []) {
      add({ kind: 'secret', name: secret }, clientSecretNamed);
      add({ kind: 'secret', name: key }, cookieKeyNamed);
    }
  }
  for (const { tls } of listeners.flatMap(({ filterChains, tcpChains = [] }) => [
    ...filterChains,
    ...tcpChains,
  ])) {
    if (tls === undefined || !('certificates' in tls)) continue;
    for (const certificate of tls.certificates) add(certificate, certificateNamed);
    add(tls.authorities, authoritiesNamed);
  }
  for (const { tls } of clusters) {
    if (tls === undefined || tls.mode === 'ISTIO_MUTUAL') continue;
    add(tls.certificate, certificateNamed);
    if (tls.authorities.kind === 'secret') add(tls.authorities, authoritiesNamed);
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

type Reader = (name: string, own: string, world: World) => TlsSecret | undefined;

/** The keys of Secrets for certificates, in the order in which Istio looks for them. */
const certificateKeys = [
  ['cert', 'key'],
  ['tls.crt', 'tls.key'],
] as const;
const authorityKeys = ['cacert', 'ca.crt'] as const;
const revocationKeys = ['crl', 'ca.crl'] as const;

const certificateNamed: Reader = (name, own, world) => {
  const holder = holderOf(name, own);
  const values = holder && secretValues(holder, world);
  for (const [certificate, key] of certificateKeys) {
    const chainPem = values?.get(certificate) ?? '';
    const privateKeyPem = values?.get(key) ?? '';
    if (chainPem !== '' && privateKeyPem !== '') {
      return { kind: 'certificate', name, chainPem, privateKeyPem };
    }
  }
  return undefined;
};

/** `shop-cacert` is a Secret of that name, or the authorities in the Secret `shop`. */
const authoritiesNamed: Reader = (name, own, world) => {
  const holder = holderOf(name, own);
  if (holder === undefined) return undefined;
  const stripped = { ...holder, name: holder.name.replace(/-cacert$/, '') };
  const values = valuesOf(holder, world) ?? valuesOf(stripped, world);
  const first = (keys: readonly string[]) =>
    keys.map((key) => values?.get(key) ?? '').find((pem) => pem !== '');
  const rootsPem = first(authorityKeys);
  const revocationListPem = first(revocationKeys);
  if (rootsPem === undefined) return undefined;
  return {
    kind: 'authorities',
    name,
    rootsPem,
    ...(revocationListPem === undefined ? {} : { revocationListPem }),
  };
};

/** Of passwords only those that are hashed by SHA-1, as Envoy takes them: `ada:{SHA}...` in `.htpasswd`. */
const credentialsNamed: Reader = (name, own, world) => {
  const holder = holderOf(name, own);
  const values = holder && secretValues(holder, world);
  if (values === undefined) return undefined;
  const entries = name.startsWith(userPasswords)
    ? (values.get('.htpasswd') ?? '').split(/\r?\n/).flatMap((line) => {
        const [, id, value] = /^\s*([^:]+):\{SHA\}([\w+/]{27}=)\s*$/.exec(line) ?? [];
        return id === undefined || value === undefined ? [] : [{ id, value }];
      })
    : [...values].map(([id, value]) => ({ id, value })).filter(({ value }) => value !== '');
  return { kind: 'credentials', name, entries: entries.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
};

const clientSecretNamed: Reader = (name, own, world) => {
  const value = clientSecretIn(holderOf(name, own), world);
  return value === undefined ? undefined : { kind: 'opaque', name, value };
};

/**
 * Made of the client secret (HKDF, RFC 5869): the same at all gateways and after every restart without being kept anywhere, not to
 * be found out by who has not got the secret, and another one as soon as that is changed. Sessions end then, as they should.
 */
const cookieKeyNamed: Reader = (name, own, world) => {
  const holder = holderOf(name, own);
  const [secretName = '', use = ''] = (holder?.name ?? '').split('/');
  const value = clientSecretIn(holder && { ...holder, name: secretName }, world);
  if (value === undefined) return undefined;
  const key = Buffer.from(hkdfSync('sha256', value, 'heddle login cookies', use, 32));
  return { kind: 'opaque', name, value: key.toString('base64') };
};

function clientSecretIn(holder: Holder | undefined, world: World): string | undefined {
  const value = holder && secretValues(holder, world)?.get('client-secret');
  return value === '' ? undefined : value;
}

interface Holder {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly namespace: string;
  readonly name: string;
}

/** undefined: the proxy must not know it. Its own namespace is its own affair; another one has to have allowed it. */
function holderOf(name: string, own: string): Holder | undefined {
  const [, scheme = '', path = ''] = /^([a-z-]+:\/\/)(.+)$/.exec(name) ?? [];
  const slash = path.indexOf('/');
  const namespace = slash === -1 ? own : path.slice(0, slash);
  const found = { namespace, name: path.slice(slash + 1) };
  switch (scheme) {
    case ownSecret:
      return namespace === own ? { kind: 'Secret', ...found } : undefined;
    case grantedSecret:
    case userPasswords:
    case clientKeys:
    case clientSecret:
    case cookieKey:
      return { kind: 'Secret', ...found };
    case configMap:
      return name.endsWith(authoritiesSuffix) || slash !== -1 ? { kind: 'ConfigMap', ...found } : undefined;
    default:
      return undefined;
  }
}

function valuesOf(holder: Holder, world: World): ReadonlyMap<string, string> | undefined {
  if (holder.kind === 'Secret') return secretValues(holder, world);
  const document = world.documents.configMaps.find(({ key }) => isNamed(key, holder));
  return document && new Map(Object.entries(document.object.data ?? {}));
}

function isNamed(key: { readonly namespace: string; readonly name: string }, holder: Holder): boolean {
  return key.namespace === holder.namespace && key.name === holder.name;
}
