/** Who proves what to whom, upstream and downstream. */
import type { Origin } from './values.ts';

export type UpstreamTls = MeshTls | OriginatedTls;

/** Mesh mTLS towards the endpoints of a cluster (ISTIO_MUTUAL): own SVID, peers verified by SPIFFE ID. */
export interface MeshTls {
  readonly mode: 'ISTIO_MUTUAL';
  readonly sni: string;
  /** SPIFFE IDs one of which the peer must prove. Never empty. */
  readonly spiffeIds: readonly string[];
}

/** TLS to a server outside of the mesh, which proves its name; MUTUAL with a certificate of the client. */
export interface OriginatedTls {
  readonly mode: 'SIMPLE' | 'MUTUAL';
  /** "": the host that was called. */
  readonly sni: string;
  /** One of them must be in the peer's certificate; empty: the SNI. */
  readonly subjectAltNames: readonly string[];
  /** Who vouches for the peer. `system`: the machine's trusted roots. */
  readonly authorities: TlsMaterial | { readonly kind: 'system' };
  readonly certificate?: TlsMaterial;
  /** The peer is not verified at all. */
  readonly isInsecure: boolean;
}

/**
 * Where a certificate is read: files beside the proxy, or a secret that travels by itself under this name. The names are Istio's:
 * `kubernetes://shop` of the proxy's namespace, `kubernetes-gateway://edge/shop` of another that allows it,
 * `configmap://edge/roots`; with `-cacert` at the end the authorities of that Secret.
 */
export type TlsMaterial =
  | {
      readonly kind: 'files';
      readonly certificate: string;
      readonly privateKey: string;
      /** Of authorities: who of theirs is not trusted any more. */
      readonly revocationList?: string;
    }
  | { readonly kind: 'secret'; readonly name: string };

/** What a material of kind `secret` stands for. Never a part of a snapshot: it goes to the proxies that name it, and nowhere else. */
export type TlsSecret =
  | {
      readonly kind: 'certificate';
      readonly name: string;
      /** Leaf first. */
      readonly chainPem: string;
      readonly privateKeyPem: string;
    }
  | {
      readonly kind: 'authorities';
      readonly name: string;
      readonly rootsPem: string;
      /** Of each of them that has signed what a peer shows. */
      readonly revocationListPem?: string;
    }
  /** Who may come in: users with the SHA-1 of their passwords in base64, or clients with their keys. */
  | {
      readonly kind: 'credentials';
      readonly name: string;
      readonly entries: readonly { readonly id: string; readonly value: string }[];
    }
  /** What only its two sides know. */
  | { readonly kind: 'opaque'; readonly name: string; readonly value: string };

export type DownstreamTls = AcceptedMeshTls | TerminatedTls;

/** What peers of the mesh are asked for. */
export interface AcceptedMeshTls {
  /** STRICT: a client certificate of the mesh is required. PERMISSIVE: mTLS or plaintext on the same port. */
  readonly mode: 'STRICT' | 'PERMISSIVE' | 'DISABLE';
  /** Whose identities are let in; absent: those of the trust domain of the proxy's own certificate. */
  readonly trustDomains?: readonly string[];
  /** Absent: TLS 1.2. */
  readonly minVersion?: 'TLSv1_3';
  readonly from: readonly Origin[];
}

/** TLS of a gateway that passes on what is in it. */
export type EndedTls = TerminatedTls | (AcceptedMeshTls & { readonly mode: 'STRICT' });

export type TlsVersion = 'TLSv1_0' | 'TLSv1_1' | 'TLSv1_2' | 'TLSv1_3';

/** TLS of clients outside of the mesh, which ends at the gateway. */
export interface TerminatedTls {
  /** MUTUAL: the client has to prove who it is. OPTIONAL_MUTUAL: it may, and what it shows has to be good. */
  readonly mode: 'SIMPLE' | 'MUTUAL' | 'OPTIONAL_MUTUAL';
  /** Of different kinds of keys; the client takes what it knows. None: every connection is refused. */
  readonly certificates: readonly TlsMaterial[];
  /** Who vouches for clients; absent in SIMPLE. */
  readonly authorities?: TlsMaterial;
  /** One of them must be in the client's certificate; empty: any name. */
  readonly subjectAltNames: readonly string[];
  /** SHA-256 of the client's certificate in hexadecimal, or of its public key in base64: one of them must fit; empty: any. */
  readonly certificateHashes: readonly string[];
  readonly publicKeyHashes: readonly string[];
  /** Nobody has to vouch for the client's certificate. */
  readonly isInsecure: boolean;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Of TLS before 1.3, in OpenSSL's words; empty: the proxy's own choice. */
  readonly cipherSuites: readonly string[];
  readonly ecdhCurves: readonly string[];
  readonly from: readonly Origin[];
}
