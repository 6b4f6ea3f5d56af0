import { isIP } from 'node:net';
import {
  checkServerIdentity,
  createSecureContext,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { type Cluster, hostOf, type MeshTls, type OriginatedTls } from '@heddle/traffic';
import type { Identity } from '../identity/identity.ts';
import { spiffeIdOf } from '../identity/peer.ts';
import { TlsMaterialError, type TlsSecrets, trust } from '../identity/tls-secrets.ts';
import { namesIn } from '../listener/terminated-tls.ts';
import { UpstreamConnectError } from './connect-error.ts';

/** How one kind of TLS connection is made, and what the other end must prove. */
export interface ConnectionTls {
  /** Connections with the same are the same for a request. */
  readonly id: string;
  /** Of the mesh certificate; undefined outside of the mesh. */
  readonly generation: number | undefined;
  readonly secureContext: SecureContext;
  /** "": none, as for an address (RFC 6066 §3). */
  readonly sni: string;
  readonly alpn: readonly string[];
  /** undefined: nobody is verified. */
  readonly verify: ((certificate: PeerCertificate) => Error | undefined) | undefined;
  /** Whether the peer asks who we are, and may refuse us after the handshake. */
  readonly provesClient: boolean;
}

/** @throws UpstreamConnectError when this proxy has no identity: never plaintext instead */
export function meshConnection(
  { name }: Cluster,
  tls: MeshTls,
  identity: Identity | undefined,
): ConnectionTls {
  if (identity === undefined) {
    throw new UpstreamConnectError(`${name} needs mTLS, and this proxy has no certificate yet`);
  }
  return {
    id: `${identity.generation} ${tls.sni} ${tls.spiffeIds.join(' ')}`,
    generation: identity.generation,
    secureContext: identity.secureContext,
    sni: tls.sni,
    alpn: [],
    verify: (certificate) => verifyPeer(certificate, tls.spiffeIds),
    provesClient: true,
  };
}

interface Prepared {
  readonly revision: number;
  readonly number: number;
  readonly secureContext: SecureContext;
}

/** Of one proxy, by what the cluster says, as long as it is the same object and no secret has been replaced. Files are read once. */
const preparedBy = new WeakMap<TlsSecrets, WeakMap<OriginatedTls, Prepared>>();
let count = 0;

/**
 * @param authority that was called; its host is what is asked for where the cluster names none
 * @throws UpstreamConnectError when a certificate is missing: never plaintext instead
 */
export function originatedConnection(
  { name }: Cluster,
  tls: OriginatedTls,
  authority: string,
  secrets: TlsSecrets,
): ConnectionTls {
  const { number, secureContext } = prepare(name, tls, secrets);
  const host = (tls.sni || hostOf(authority)).replaceAll(/^\[|\]$/g, '').toLowerCase();
  const expected = tls.subjectAltNames.length > 0 ? tls.subjectAltNames : [host];
  return {
    id: `originated ${number} ${host}`,
    generation: undefined,
    secureContext,
    sni: isIP(host) === 0 ? host : '',
    alpn: ['http/1.1'],
    verify: tls.isInsecure ? undefined : (certificate) => verifyNames(certificate, expected),
    provesClient: tls.certificate !== undefined,
  };
}

function prepare(cluster: string, tls: OriginatedTls, secrets: TlsSecrets): Prepared {
  const prepared = preparedBy.get(secrets) ?? new WeakMap<OriginatedTls, Prepared>();
  preparedBy.set(secrets, prepared);
  const known = prepared.get(tls);
  if (known?.revision === secrets.revision) return known;
  try {
    const certificate = tls.certificate && secrets.certificate(tls.certificate);
    const secureContext = createSecureContext({
      ...(certificate === undefined ? {} : { cert: certificate.chainPem, key: certificate.privateKeyPem }),
      ...(tls.isInsecure ? {} : trustOf(tls, secrets)),
      minVersion: 'TLSv1.2',
    });
    const made = { revision: secrets.revision, number: ++count, secureContext };
    prepared.set(tls, made);
    return made;
  } catch (cause) {
    if (!(cause instanceof TlsMaterialError)) throw cause;
    throw new UpstreamConnectError(`${cluster} needs TLS: ${cause.message}`, { cause });
  }
}

function trustOf({ authorities }: OriginatedTls, secrets: TlsSecrets): SecureContextOptions {
  return authorities.kind === 'system' ? { ca: systemRoots() } : trust(secrets.authorities(authorities));
}

let roots: string[] | undefined;

/** What the machine trusts, and what Node brings along and is told to by NODE_EXTRA_CA_CERTS. */
function systemRoots(): string[] {
  return (roots ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]);
}

function verifyPeer(certificate: PeerCertificate, expected: readonly string[]): Error | undefined {
  const peer = spiffeIdOf(certificate);
  if (peer !== undefined && expected.includes(peer.spiffeId)) return undefined;
  return new Error(
    `upstream proved ${peer?.spiffeId ?? 'no SPIFFE ID'}, expected ${expected.join(' or ') || 'none at all'}`,
  );
}

/** A name of DNS may be covered by a wildcard of the certificate; a URI has to be there as it is. */
function verifyNames(certificate: PeerCertificate, expected: readonly string[]): Error | undefined {
  const shown = namesIn(certificate.subjectaltname);
  const isProved = expected.some((name) =>
    name.includes('://') ? shown.includes(name) : checkServerIdentity(name, certificate) === undefined,
  );
  if (isProved) return undefined;
  return new Error(`upstream proved ${shown.join(', ') || 'no name'}, expected ${expected.join(' or ')}`);
}
