/** Names of secrets as Istio has them in its discovery: what a person wrote as `credentialName`, and where it leads. */
import type { TlsMaterial } from '@heddle/traffic';

type SecretMaterial = Extract<TlsMaterial, { kind: 'secret' }>;

export const ownSecret = 'kubernetes://';
/** Of a namespace that allows it: only translators that have asked for the permission write such names. */
export const grantedSecret = 'kubernetes-gateway://';
export const configMap = 'configmap://';
/** Users with hashes of their passwords, and clients with their keys, in a Secret that may be named: only translators write these. */
export const userPasswords = 'users://';
export const clientKeys = 'keys://';
/** What a client of a provider proves itself with, in a Secret, and the key that is made of it: `cookies://shop/client/use`. */
export const clientSecret = 'client-secret://';
export const cookieKey = 'cookies://';
/** The authorities in a Secret, or in one of this name. */
export const authoritiesSuffix = '-cacert';

/** For what must not be known or was not named: nothing ever has this name, and what needs it refuses connections. */
export const noSecret: SecretMaterial = { kind: 'secret', name: 'invalid://' };

export function credentialSecret(written: string): SecretMaterial {
  if (written.startsWith(ownSecret) || written.startsWith(configMap))
    return { kind: 'secret', name: written };
  // Nobody has allowed what a person writes like this.
  const name = written.startsWith(grantedSecret) ? written.slice(grantedSecret.length) : written;
  return { kind: 'secret', name: `${ownSecret}${name}` };
}

/** Authorities in a file, with the list of whom they do not vouch for any more in another. */
export function authorityFile(certificate: string, revocationList = ''): TlsMaterial {
  const material = { kind: 'files', certificate, privateKey: '' } as const;
  return revocationList === '' ? material : { ...material, revocationList };
}

/** Who is vouched for by the authorities of the same credential. */
export function authoritiesOf(written: string): SecretMaterial {
  const { name } = credentialSecret(written);
  return { kind: 'secret', name: name.endsWith(authoritiesSuffix) ? name : `${name}${authoritiesSuffix}` };
}
