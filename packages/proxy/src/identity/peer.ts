import type { PeerCertificate, TLSSocket } from 'node:tls';

/** Who is at the other end of a connection, proved by its certificate. */
export interface PeerIdentity {
  readonly spiffeId: string;
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** @returns undefined unless it is `spiffe://<trust domain>/ns/<namespace>/sa/<service account>` */
export function parseSpiffeId(uri: string): PeerIdentity | undefined {
  // The characters that SPIFFE-ID §2 allows in a segment; "." and ".." are no names.
  const parts = /^spiffe:\/\/([a-z0-9._-]+)\/ns\/(?!\.+\/)([\w.-]+)\/sa\/(?!\.+$)([\w.-]+)$/.exec(uri);
  const [, trustDomain, namespace, serviceAccount] = parts ?? [];
  if (trustDomain === undefined || namespace === undefined || serviceAccount === undefined) return undefined;
  return { spiffeId: uri, trustDomain, namespace, serviceAccount };
}

/**
 * The SPIFFE ID in a certificate whose chain was verified already.
 *
 * An X.509-SVID has exactly one URI SAN; with none or several nobody can say who it is, so it is nobody.
 *
 * @see SPIFFE X.509-SVID §2
 */
export function spiffeIdOf(certificate: Pick<PeerCertificate, 'subjectaltname'>): PeerIdentity | undefined {
  const names = certificate.subjectaltname ?? '';
  // Node quotes a name that contains the separator. No SPIFFE ID does, so whoever sends one is up to something.
  if (names.includes('"')) return undefined;
  const uris = names.split(', ').filter((name) => name.startsWith('URI:'));
  const [uri] = uris;
  return uris.length === 1 && uri !== undefined ? parseSpiffeId(uri.slice('URI:'.length)) : undefined;
}

/** The identity of the peer of an authorized TLS connection. */
export function peerOf(socket: TLSSocket): PeerIdentity | undefined {
  return socket.authorized ? spiffeIdOf(socket.getPeerCertificate()) : undefined;
}
